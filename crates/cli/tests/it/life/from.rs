//! A life that begins with a model: a run of ours, or a checkpoint as others publish them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{TINY, WaitWithOutput};
use crate::{Lyceum, journal, sentences, signal};

/// What a model is trained on here: few steps of few rows.
const FEW: [&str; 7] = ["--quiet", "--context", "64", "--batch", "4", "--steps", "6"];

fn json_of(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Sixty talks about numbers.
fn talks(lyceum: &Lyceum) -> String {
    let talks = (0..60).map(|i| {
        format!("{{\"instruction\": \"Add one to {i}.\", \"output\": \"It is {}.\"}}\n", i + 1)
    });
    lyceum.file("talks.jsonl", talks.collect::<String>().as_bytes())
}

/// A GPT-2 as it is published: of special tokens it has the end of a text alone, whose id only its
/// config names, more rows than ids, and nothing that says how a talk is written.
fn gpt2(lyceum: &Lyceum) -> PathBuf {
    let corpus = lyceum.file("text.txt", sentences(3000).as_bytes());
    let base = ["pretrain", "-q", "--name", "base", "--arch", "gpt2", "--corpus", &corpus];
    lyceum.good(&[&base[..], &TINY[..], &["--vocab", "290"]].concat());
    let (theirs, folder) = (lyceum.run_folder("base").join("model"), lyceum.path("gpt2"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(theirs.join("model.safetensors"), folder.join("model.safetensors")).unwrap();
    let mut tokenizer = json_of(&theirs.join("tokenizer.json"));
    let added = tokenizer["added_tokens"].as_array_mut().unwrap();
    added.retain(|token| token["content"] == "<|endoftext|>");
    let end = added[0]["id"].clone();
    let vocab = tokenizer["model"]["vocab"].as_object_mut().unwrap();
    vocab.retain(|_, id| id.as_u64() < end.as_u64());
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let mut config = json_of(&theirs.join("config.json"));
    config["eos_token_id"] = end;
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    folder
}

fn stages(lyceum: &Lyceum, run: &str) -> Vec<String> {
    let figures: Value = report(lyceum, run);
    let names = figures["stages"].as_array().unwrap().iter();
    names.map(|stage| stage["name"].as_str().unwrap().to_string()).collect()
}

fn report(lyceum: &Lyceum, run: &str) -> Value {
    serde_json::from_str(&lyceum.good(&["report", run, "--json"])).unwrap()
}

#[test]
fn a_run_goes_on_with_ones_own_talks() {
    let lyceum = Lyceum::new();
    let base = ["pretrain", "-q", "--name", "base", "--vocab", "300"];
    lyceum.good(&[&base[..], &TINY[..]].concat());
    let talks = talks(&lyceum);
    let from = ["speedrun", "--name", "taught", "--from", "base", "--instructions", &talks];
    let told = lyceum.good(&[&from[..], &FEW[..]].concat());
    assert!(told.contains("lyceum chat --model taught") && !told.contains("in truth"), "{told}");
    assert_eq!(
        stages(&lyceum, "taught"),
        ["adopt", "lessons", "plan of teaching", "teach", "samples"]
    );
    let figures = report(&lyceum, "taught");
    assert_eq!((&figures["steps"], &figures["adopted"]["name"]), (&json!(6), &json!("base")));
    let whole = lyceum.good(&["report", "taught"]);
    assert!(whole.contains("Begun with base. Trained on talks.jsonl"), "{whole}");
    let [ours, theirs] = ["taught", "base"].map(|run| lyceum.run_folder(run).join("model"));
    let file = |folder: &Path, name: &str| std::fs::read(folder.join(name)).unwrap();
    for name in ["tokenizer.json", "tokenizer_config.json", "config.json"] {
        assert_eq!(file(&ours, name), file(&theirs, name), "{name}");
    }
    assert_eq!(
        json_of(&ours.join("generation_config.json")),
        json_of(&theirs.join("generation_config.json"))
    );
    assert_ne!(lyceum.weights("taught"), lyceum.weights("base"), "it has learnt");
    let by_folder = ["speedrun", "--name", "again", "--instructions", &talks, "--from"];
    lyceum.good(&[&by_folder[..], &[theirs.to_str().unwrap()], &FEW[..]].concat());
    assert_eq!(lyceum.weights("again"), lyceum.weights("taught"), "a run and its folder are one");
    let shown = lyceum.good(&["runs", "show", "taught"]);
    assert!(shown.contains("adopt") && shown.contains("6 steps"), "{shown}");
    let other = lyceum.bad(&[&from[..], &FEW[..], &["--lr", "0.5"]].concat());
    assert!(other.contains("lr"), "{other}");
}

#[test]
fn a_checkpoint_without_a_template_is_taught_in_words_and_examined() {
    let lyceum = Lyceum::new();
    let folder = gpt2(&lyceum);
    let from = ["speedrun", "--name", "pupil", "--from", "gpt2", "--exam", "2"];
    lyceum.good(&[&from[..], &FEW[..]].concat());
    assert_eq!(
        stages(&lyceum, "pupil"),
        ["adopt", "plan of teaching", "lessons", "teach", "exam", "samples"]
    );
    let figures = report(&lyceum, "pupil");
    assert_eq!(figures["metrics"]["story_qa"]["n"], 2);
    assert_eq!(figures["config"]["spec"]["family"], "gpt2");
    let model = lyceum.run_folder("pupil").join("model");
    let config = json_of(&model.join("tokenizer_config.json"));
    assert!(config["chat_template"].as_str().unwrap().contains("Assistant:"), "{config}");
    assert_eq!(config["eos_token"], "<|endoftext|>");
    let end = json_of(&folder.join("config.json"))["eos_token_id"].clone();
    assert_eq!(json_of(&model.join("generation_config.json"))["eos_token_id"], json!([end]));
    let notes = std::fs::read_to_string(lyceum.run_folder("pupil").join("journal.jsonl")).unwrap();
    let said = lyceum.good(&["generate", "-n", "300", "--temperature", "3", "the"]);
    assert!(said.starts_with("the"), "rows that are no tokens are never said: {said}");
    assert!(notes.contains("from gpt2: gpt2 of") && notes.contains("plain words"), "{notes}");
    let mut chat = lyceum
        .command(&["chat", "--model", "pupil", "-n", "5"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut chat.stdin.take().unwrap(), b"Who are you?\n").unwrap();
    let (code, errors) = chat.wait_with_output_of();
    assert!(code == Some(0) && !errors.contains("has seen no conversations"), "{errors}");
}

#[test]
fn a_checkpoint_reads_before_it_is_taught_and_pretrain_only_reads() {
    let lyceum = Lyceum::new();
    gpt2(&lyceum);
    let corpus = lyceum.file("more.txt", sentences(2000).as_bytes());
    let talks = talks(&lyceum);
    let both = ["--from", "gpt2", "--corpus", &corpus];
    let taught = ["speedrun", "--name", "taught", "--instructions", &talks];
    lyceum.good(&[&taught[..], &both[..], &FEW[..]].concat());
    assert_eq!(
        stages(&lyceum, "taught"),
        ["adopt", "tokens", "plan", "pretrain", "lessons", "plan of teaching", "teach", "samples"]
    );
    assert_eq!(
        report(&lyceum, "taught")["steps"],
        24,
        "three steps of teaching for each of reading"
    );
    lyceum.good(&[&["pretrain", "--name", "read"][..], &both[..], &FEW[..]].concat());
    assert_eq!(stages(&lyceum, "read"), ["adopt", "tokens", "plan", "pretrain", "samples"]);
    assert_ne!(lyceum.weights("read"), lyceum.weights("base"));
    let without = ["pretrain", "--from", "gpt2", "--name", "nothing"];
    let told = lyceum.bad(&[&without[..], &FEW[..]].concat());
    assert!(told.contains("give a --corpus"), "{told}");
}

/// The weights of a run, as numbers.
fn weights(lyceum: &Lyceum, run: &str) -> Vec<f32> {
    let file = lyceum.weights(run);
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let values = file[8 + header..].chunks_exact(4);
    values.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

#[test]
fn training_begins_with_the_weights_that_it_was_given() {
    let lyceum = Lyceum::new();
    gpt2(&lyceum);
    let corpus = lyceum.file("more.txt", sentences(2000).as_bytes());
    let talks = talks(&lyceum);
    let base = weights(&lyceum, "base");
    let still = ["--from", "gpt2", "--instructions", &talks, "--lr", "1e-9"];
    let check = |name, more: &[&str]| {
        lyceum.good(&[&["speedrun", "--name", name][..], &still, &FEW, more].concat());
        let after = weights(&lyceum, name);
        assert_eq!(after.len(), base.len());
        let farthest = after.iter().zip(&base).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(farthest > 0.0 && farthest < 1e-6, "{name}: {farthest}");
    };
    check("taught", &[]);
    check("read", &["--corpus", &corpus]);
}

#[test]
fn what_cannot_be_begun_with_is_told_before_a_run_is_made() {
    let lyceum = Lyceum::new();
    let folder = gpt2(&lyceum);
    let talks = talks(&lyceum);
    let check = |more: &[&str], words: &[&str]| {
        let call = ["speedrun", "--name", "never", "--instructions", &talks];
        let told = lyceum.bad(&[&call[..], more].concat());
        words.iter().for_each(|word| assert!(told.contains(word), "{word} in {told}"));
        assert!(!lyceum.run_folder("never").exists(), "{told}");
    };
    check(&["--from", "nobody"], &["nobody", "base"]);
    check(&["--from", "no/where"], &["cannot find the model", "no/where"]);
    std::fs::create_dir(lyceum.path("empty")).unwrap();
    check(&["--from", "empty"], &["there is no config.json", "a run's name"]);
    check(&["--from", "gpt2", "--width", "64", "--layers", "1"], &["--layers", "keeps its shape"]);
    check(&["--from", "gpt2", "--vocab", "300"], &["--vocab", "keeps its tokenizer"]);
    check(&["--from", "gpt2", "--context", "4096"], &["at most the model's 64"]);
    std::fs::remove_file(folder.join("tokenizer.json")).unwrap();
    check(&["--from", "gpt2"], &["there is no tokenizer.json", "AutoTokenizer"]);
}

#[test]
fn stopped_in_the_middle_it_needs_the_folder_no_more_and_ends_with_the_same_bits() {
    let lyceum = Lyceum::new();
    let folder = gpt2(&lyceum);
    let talks = talks(&lyceum);
    let begin = ["speedrun", "--from", "gpt2", "--instructions", &talks];
    let with = |name| [&begin[..], &FEW[..5], &["--steps", "150", "--name", name]].concat();
    lyceum.good(&with("whole"));
    let mut child = lyceum
        .command(&with("stopped"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let run = lyceum.run_folder("stopped");
    let started = Instant::now();
    while !journal(&run).iter().any(|record| record["kind"] == "step") {
        assert!(started.elapsed() < Duration::from_secs(60), "no step was taken");
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(&child, "-INT");
    let (code, errors) = child.wait_with_output_of();
    assert_eq!(code, Some(130), "{errors}");
    assert!(errors.contains("go on with: lyceum resume stopped"), "{errors}");
    std::fs::remove_dir_all(&folder).unwrap();
    let note = lyceum.call(&["generate", "-n", "2", "--model", "stopped"]);
    assert!(String::from_utf8_lossy(&note.stderr).contains("not finished"), "half a model speaks");
    lyceum.good(&["resume", "stopped", "--quiet"]);
    assert_eq!(lyceum.weights("stopped"), lyceum.weights("whole"));
}
