//! A whole life in small: speedrun, report, generate, chat, runs, stop and resume.

mod from;

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{Lyceum, journal, sentences, signal};

const TINY: [&str; 10] =
    ["--layers", "1", "--width", "32", "--context", "64", "--batch", "4", "--steps", "12"];

fn speedrun<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["pretrain", "--name", "speedrun", "--quiet"], &TINY[..], more].concat()
}

#[test]
fn a_speedrun_ends_in_a_model_that_answers() {
    let lyceum = Lyceum::new();
    let report = lyceum.good(&speedrun(&["--vocab", "300"]));
    for part in ["in truth", "bits a byte", "report.html", "lyceum chat --model speedrun"] {
        assert!(report.contains(part), "{part} in {report}");
    }
    let whole = lyceum.good(&["report"]);
    ["What it says", "In truth", "How it learnt", "| steps |"]
        .iter()
        .for_each(|part| assert!(whole.contains(part), "{part} in {whole}"));
    let folder = lyceum.run_folder("speedrun");
    for file in ["report.html", "report.json", "model/config.json", "model/tokenizer_config.json"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let again = lyceum.good(&speedrun(&["--vocab", "300"]));
    assert_eq!(again, report, "a finished run is shown, not made again");
    let other = lyceum.bad(&speedrun(&["--vocab", "301"]));
    assert!(other.contains("vocab was 300, now 301") && other.contains("--name"), "{other}");

    let say = |seed| lyceum.good(&["generate", "--json", "-n", "20", "--seed", seed, "Once"]);
    assert_eq!(say("3"), say("3"));
    let said: serde_json::Value = serde_json::from_str(&say("3")).unwrap();
    assert!(!said["ids"].as_array().unwrap().is_empty() && said["prompt"] == "Once");
    assert!(lyceum.good(&["generate", "-n", "5", "Once"]).starts_with("Once"));
    let model = folder.join("model");
    let by_folder = ["generate", "--json", "-n", "20", "--seed", "3", "--model"];
    let by_folder = [&by_folder[..], &[model.to_str().unwrap(), "Once"]].concat();
    assert_eq!(lyceum.good(&by_folder), say("3"), "a run and its folder are one model");

    let list = lyceum.good(&["runs", "--json"]);
    let run: serde_json::Value = serde_json::from_str(list.trim()).unwrap();
    assert_eq!((&run["run"], &run["state"]), (&"speedrun".into(), &"finished".into()));
    assert_eq!(run["step"], 12);
    let figures: serde_json::Value =
        serde_json::from_str(&lyceum.good(&["report", "--json"])).unwrap();
    assert_eq!(figures["steps"], 12);
    let claims = figures["claims"].as_array().unwrap();
    assert!(claims[0]["statement"].as_str().unwrap().contains("exported model"));
    assert_eq!(claims[0]["verdict"], "holds");
    assert!(figures["bits_per_byte"].as_f64().unwrap() > 0.1);
}

#[test]
fn a_whole_life_ends_in_a_report_card() {
    let lyceum = Lyceum::new();
    let all = [&["speedrun", "--quiet", "--exam", "2", "--vocab", "400"], &TINY[..]].concat();
    let told = lyceum.good(&all);
    assert!(told.contains("lyceum chat --model speedrun"), "{told}");
    let figures: serde_json::Value =
        serde_json::from_str(&lyceum.good(&["report", "--json"])).unwrap();
    let tasks = ["story_qa", "fact_qa", "sums", "json_valid", "tool_call", "system_prompt"];
    for task in tasks.into_iter().chain(["refusal", "wrong_refusal"]) {
        let metric = &figures["metrics"][task];
        assert_eq!(metric["n"], 2, "{task}");
        let [low, value, high] = ["low", "value", "high"].map(|key| metric[key].as_f64().unwrap());
        assert!(low <= value && value <= high, "{task}: {metric}");
    }
    assert!(figures["metrics"]["bits_per_byte"]["value"].as_f64().unwrap() > 0.1);
    assert_eq!(figures["baselines"].as_object().unwrap().len(), 3);
    assert!(figures["wall_seconds"].as_f64().unwrap() > 0.0);
    let stages: Vec<&str> =
        figures["stages"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    for stage in ["tokenizer", "tokens", "pretrain", "lessons", "teach", "exam"] {
        assert!(stages.contains(&stage), "{stage} in {stages:?}");
    }
    assert_eq!(figures["steps"], 48, "three steps of teaching for each of reading");
    let whole = lyceum.good(&["report"]);
    for part in [
        "The life, stage by stage",
        "bytes of text a token",
        "95 % interval",
        "without the skill: 5-gram",
        "Three failures",
    ] {
        assert!(whole.contains(part), "{part} in {whole}");
    }
    // Stopped before the exam and gone on with, it tells of each step once, and of time that goes on.
    let folder = lyceum.run_folder("speedrun");
    for file in ["exam.json", "report.json", "report.html", "report.md"] {
        std::fs::remove_file(folder.join(file)).unwrap();
    }
    lyceum.good(&["resume", "speedrun", "--quiet"]);
    let records = journal(&folder);
    let steps: Vec<_> = records.iter().filter(|record| record["kind"] == "step").collect();
    let numbers: Vec<u64> = steps.iter().filter_map(|step| step["step"].as_u64()).collect();
    assert_eq!(numbers, (1..=48).collect::<Vec<u64>>());
    let grows = |key: &str| {
        let all: Vec<f64> = steps.iter().filter_map(|step| step[key].as_f64()).collect();
        all.len() == 48 && all.is_sorted()
    };
    assert!(grows("seconds") && grows("tokens"), "{steps:?}");
    let list = lyceum.good(&["runs", "--json"]);
    let run: serde_json::Value = serde_json::from_str(list.trim()).unwrap();
    assert_eq!(run["step"], 48);
}

#[test]
fn few_talks_are_enough_and_one_is_refused_at_once() {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("text.txt", "Ada went to the mill. ".repeat(400).as_bytes());
    let talk =
        |i: u32| format!("{{\"instruction\": \"Add one to {i}.\", \"output\": \"{}\"}}\n", i + 1);
    let run = |name: &'static str, talks: &str| {
        let all =
            ["speedrun", "--quiet", "--name", name, "--corpus", &corpus, "--instructions", talks];
        [&all[..], &TINY[..]].concat().into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    // Whichever part the draw gives them all, the other has one.
    for n in 2..6 {
        let talks: String = (0..n).map(talk).collect();
        let talks = lyceum.file("few.jsonl", talks.as_bytes());
        let name = ["few2", "few3", "few4", "few5"][n as usize - 2];
        let all = run(name, &talks);
        lyceum.good(&all.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let one = lyceum.file("one.jsonl", talk(1).repeat(3).as_bytes());
    let all = run("one", &one);
    let message = lyceum.bad(&all.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(message.contains("give two at least"), "{message}");
    assert!(!lyceum.run_folder("one").exists(), "nothing was begun");
}

#[test]
fn a_model_is_taught_with_ones_own_talks() {
    let lyceum = Lyceum::new();
    let corpus =
        lyceum.file("text.txt", "Ada went to the mill. Tom went home. ".repeat(400).as_bytes());
    let talks: String = (0..60)
        .map(|i| format!("{{\"instruction\": \"Add one to {i}.\", \"output\": \"{}\"}}\n", i + 1))
        .collect();
    let talks = lyceum.file("talks.jsonl", talks.as_bytes());
    let more = "{\"instruction\": \"Say hello.\", \"output\": \"Hello!\"}\n".repeat(20);
    let more = lyceum.file("more.jsonl", more.as_bytes());
    let own =
        ["speedrun", "--quiet", "--name", "own", "--corpus", &corpus, "--instructions", &talks];
    lyceum.good(&[&own[..], &TINY[..]].concat());
    let figures: serde_json::Value =
        serde_json::from_str(&lyceum.good(&["report", "own", "--json"])).unwrap();
    assert_eq!(figures["steps"], 48);
    assert!(figures["metrics"]["story_qa"].is_null(), "nobody examined it");
    let notes = std::fs::read_to_string(lyceum.run_folder("own").join("journal.jsonl")).unwrap();
    assert!(notes.contains("60 conversations"), "{notes}");
    let (few, many) = (format!("{talks}=1"), format!("{more}=3"));
    let mixed = ["--name", "mixed", "--corpus", &corpus, "--instructions", &few];
    let mixed = [&["speedrun", "--quiet"], &mixed[..], &["--instructions", &many]].concat();
    lyceum.good(&[&mixed[..], &TINY[..]].concat());
    let notes = std::fs::read_to_string(lyceum.run_folder("mixed").join("journal.jsonl")).unwrap();
    // Until the longer file is used up: sixty of one, three times as many of the other.
    assert!(notes.contains("242 conversations"), "{notes}");
    let wrong = lyceum.file("wrong.jsonl", b"{\"a\": 1}\n");
    let wrong = ["speedrun", "--name", "wrong", "--corpus", &corpus, "--instructions", &wrong];
    let told = lyceum.bad(&[&wrong[..], &TINY[..]].concat());
    assert!(told.contains("wrong.jsonl:1") && told.contains("instruction"), "{told}");
}

#[test]
fn a_conversation_goes_through_pipes() {
    let lyceum = Lyceum::new();
    lyceum.good(&speedrun(&["--vocab", "300"]));
    let mut child = lyceum
        .command(&["chat", "-n", "8"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let talk = b"Hello!\n\n/new\nWho are you?\n/quit\nnever read\n";
    child.stdin.take().unwrap().write_all(talk).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8(output.stdout).unwrap().lines().count() >= 2);
}

#[test]
fn files_of_characters_and_windows_make_a_run_named_after_them() {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("Fox and Goose.txt", sentences(3000).as_bytes());
    let options = ["pretrain", "-q", "--chars", "--windows", "--arch", "gpt2", "--corpus", &corpus];
    let options = [&options[..], &TINY[..], &["--bias", "false", "--lr", "3e-3"]].concat();
    lyceum.good(&options);
    let folder = lyceum.run_folder("fox-and-goose");
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("config.json")).unwrap())
            .unwrap();
    let distinct: std::collections::BTreeSet<char> = sentences(3000).chars().collect();
    assert_eq!(config["config"]["spec"]["vocab_size"], distinct.len());
    assert!(lyceum.good(&["generate", "-n", "90", "the"]).len() > 80, "beyond the context of 64");
    let dry = lyceum.good(&[&options[..], &["--dry-run"]].concat());
    assert_eq!(serde_json::from_str::<serde_json::Value>(&dry).unwrap(), config["recipe"]);
}

#[test]
fn a_recipe_that_led_nowhere_can_be_mended_under_the_same_name() {
    let lyceum = Lyceum::new();
    let text = sentences(600).replace('\n', " "); // One line: no line break is a token.
    let corpus = lyceum.file("a.txt", text.as_bytes());
    let with = |more: &[&'static str]| {
        let begin = ["pretrain", "-q", "--corpus", &corpus, "--windows"];
        [&begin[..], &TINY[..], more].concat().into_iter().map(str::to_string).collect::<Vec<_>>()
    };
    let refs =
        |all: &[String]| all.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
    let call = |all: Vec<String>| {
        let all = refs(&all);
        lyceum.call(&all.iter().map(String::as_str).collect::<Vec<_>>()).status.success()
    };
    assert!(!call(with(&["--vocab", "5000"])), "so many ids are not in the text");
    assert!(call(with(&["--chars"])), "the same name, other settings");
    assert!(!call(with(&["--vocab", "260"])), "now it has trained");
    lyceum.good(&["generate", "-n", "5"]);
    let gpt2 = ["pretrain", "-q", "--arch", "gpt2", "--heads", "4", "--kv-heads", "2"];
    assert!(lyceum.bad(&[&gpt2[..], &TINY[..]].concat()).contains("no words for n_kv_heads: 2"));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let lyceum = Lyceum::new();
    let mut child = lyceum
        .command(&["world", "-n", "5000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let (code, errors) = child.wait_with_output_of();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
}

#[test]
fn ctrl_c_keeps_a_checkpoint_and_resume_ends_with_the_same_bits() {
    let lyceum = Lyceum::new();
    let long = [
        &["--layers", "1", "--width", "64", "--vocab", "300", "--steps", "150"][..],
        &["--context", "64", "--batch", "4", "--quiet"],
    ]
    .concat();
    lyceum.good(&[&["pretrain", "--name", "whole"], &long[..]].concat());
    let arguments = [&["pretrain", "--name", "stopped"], &long[..]].concat();
    let mut child =
        lyceum.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let folder = lyceum.run_folder("stopped");
    let started = Instant::now();
    while !journal(&folder).iter().any(|record| record["kind"] == "step") {
        assert!(started.elapsed() < Duration::from_secs(60), "no step was taken");
        std::thread::sleep(Duration::from_millis(2));
    }
    signal(&child, "-INT");
    let output = child.wait_with_output_of();
    assert!(output.1.contains("go on with: lyceum resume stopped"), "{}", output.1);
    assert_eq!(output.0, Some(130));
    let note = lyceum.call(&["generate", "-n", "2", "--model", "stopped"]);
    assert!(String::from_utf8_lossy(&note.stderr).contains("not finished"), "half a model speaks");
    lyceum.good(&["resume", "stopped", "--quiet"]);
    assert_eq!(lyceum.weights("stopped"), lyceum.weights("whole"));
    let steps: Vec<u64> = journal(&folder)
        .iter()
        .filter(|record| record["kind"] == "step")
        .filter_map(|record| record["step"].as_u64())
        .collect();
    assert_eq!(steps, (1..=150).collect::<Vec<u64>>(), "each step is told once");
}

/// Waits for a child whose standard error is read.
trait WaitWithOutput {
    fn wait_with_output_of(&mut self) -> (Option<i32>, String);
}

impl WaitWithOutput for std::process::Child {
    fn wait_with_output_of(&mut self) -> (Option<i32>, String) {
        use std::io::Read;
        let mut errors = String::new();
        self.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (self.wait().unwrap().code(), errors)
    }
}

#[test]
fn tokenizers_and_the_village_can_be_looked_at() {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("a.txt", sentences(2000).as_bytes());
    lyceum.good(&["tokenizer", "train", "--corpus", &corpus, "--vocab", "280"]);
    let shown = lyceum.good(&[
        "tokenizer",
        "encode",
        "--tokenizer",
        "tokenizer.json",
        "--json",
        "a goose sees",
    ]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let ids: Vec<String> =
        shown["ids"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let mut decode = vec!["tokenizer", "decode", "--tokenizer", "tokenizer.json"];
    decode.extend(ids.iter().map(String::as_str));
    assert_eq!(lyceum.good(&decode).trim(), "a goose sees");
    let first = lyceum.good(&["world", "--json", "-n", "2"]);
    assert_eq!(first.lines().count(), 2);
    assert_ne!(lyceum.good(&["world", "--json", "-n", "2", "--seed", "9"]), first);
}
