//! `lyceum models`: pulled from a hub on 127.0.0.1, listed, used by name, removed.

mod local_hub;

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Lyceum, signal};
use local_hub::LocalHub;

/// A call that knows this hub alone: nothing of the environment leads elsewhere.
fn call(lyceum: &Lyceum, hub: &LocalHub, arguments: &[&str]) -> Command {
    let mut command = lyceum.command(arguments);
    for name in ["HF_TOKEN", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    command.env("HF_ENDPOINT", hub.url());
    command
}

fn pulled(lyceum: &Lyceum, hub: &LocalHub, arguments: &[&str]) -> Output {
    call(lyceum, hub, &[&["models", "pull"], arguments].concat()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What was printed by a call that must go well.
fn good(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// A run's model, as somebody publishes it.
fn published(lyceum: &Lyceum) -> LocalHub {
    let tiny = ["--layers", "1", "--width", "32", "--context", "64", "--batch", "4"];
    let more = ["--vocab", "300", "--steps", "6", "--name", "tiny"];
    lyceum.good(&[&["pretrain", "-q"], &tiny[..], &more].concat());
    LocalHub::of_folder(&lyceum.run_folder("tiny").join("model"))
}

#[test]
fn a_model_is_pulled_listed_used_by_name_and_removed() {
    let lyceum = Lyceum::new();
    let hub = published(&lyceum);
    let would = good(&pulled(&lyceum, &hub, &["owner/tiny", "--dry-run"]));
    assert!(
        would.contains("model.safetensors") && would.contains("files of owner/tiny"),
        "{would}"
    );
    assert_eq!(lyceum.good(&["models", "--json"]), "");
    let told = good(&pulled(&lyceum, &hub, &["owner/tiny"]));
    assert!(told.starts_with("owner/tiny is here: "), "{told}");
    assert!(told.contains("next: lyceum generate --model owner/tiny"), "{told}");
    let again = good(&pulled(&lyceum, &hub, &["owner/tiny", "--json"]));
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!((&again["received_bytes"], &again["revision"]), (&0.into(), &"main".into()));
    let theirs = fs::read(lyceum.path("home/models/owner/tiny/model.safetensors")).unwrap();
    assert_eq!(theirs, lyceum.weights("tiny"));
    the_list(&lyceum);
    by_name(&lyceum);
    gone(&lyceum);
}

fn the_list(lyceum: &Lyceum) {
    fs::create_dir_all(lyceum.path("home/models/owner/strange")).unwrap();
    fs::write(lyceum.path("home/models/owner/strange/config.json"), "{\"model_type\": \"odd\"}")
        .unwrap();
    let list = lyceum.good(&["models"]);
    assert_eq!(list, lyceum.good(&["models", "list"]));
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[2].starts_with("owner/strange  –  ") && lines[2].contains("21 B"), "{list}");
    assert!(lines[3].starts_with("owner/tiny     llama  ") && lines[3].contains("now"), "{list}");
    let lines = lyceum.good(&["models", "--json"]);
    let tiny: Value = serde_json::from_str(lines.lines().nth(1).unwrap()).unwrap();
    assert!(tiny["parameters"].as_u64() > Some(10_000) && tiny["pulled"].as_u64() > Some(0));
    assert_eq!(
        (&tiny["model"], &tiny["commit"]),
        (&"owner/tiny".into(), &local_hub::COMMIT.into())
    );
}

fn by_name(lyceum: &Lyceum) {
    let ours =
        lyceum.good(&["generate", "-n", "5", "--temperature", "0", "--model", "tiny", "Once"]);
    let theirs = ["generate", "-n", "5", "--temperature", "0", "--model", "owner/tiny", "Once"];
    assert_eq!(lyceum.good(&theirs), ours);
    assert!(lyceum.good(&["tokenizer", "info", "owner/tiny", "--json"]).contains("\"vocab\":"));
    let from = ["pretrain", "-q", "--from", "owner/tiny", "--steps", "2", "--name", "on"];
    let corpus = lyceum.file("more.txt", crate::sentences(600).as_bytes());
    let with = ["--corpus", &corpus, "--context", "64", "--batch", "4"];
    lyceum.good(&[&from[..], &with].concat());
    let near = lyceum.bad(&["generate", "--model", "owner/tinny"]);
    assert!(near.contains("owner/tinny") && near.contains("it has owner/tiny"), "{near}");
}

fn gone(lyceum: &Lyceum) {
    for name in ["owner", "owner/tin", "../home", "owner/tiny/", "owner/../owner/tiny", ""] {
        let error = lyceum.bad(&["models", "rm", "--", name]);
        assert!(error.contains("owner/tiny"), "{name}: {error}");
    }
    let removed = lyceum.good(&["models", "rm", "owner/tiny"]);
    assert!(
        removed.starts_with("removed owner/tiny: ") && removed.contains(" bytes) freed"),
        "{removed}"
    );
    lyceum.good(&["models", "rm", "owner/strange", "--json"]);
    assert!(!lyceum.path("home/models/owner").exists() && lyceum.run_folder("tiny").exists());
}

#[test]
fn options_and_the_environment_say_where_and_who() {
    let lyceum = Lyceum::new();
    let hub = LocalHub::of(&[("config.json", b"{}"), ("a.gguf", b"GGUF"), ("b.gguf", b"GGUFb")]);
    let only = ["owner/m", "--include", "*.gguf", "--exclude", "b*", "--json"];
    let mut command = call(&lyceum, &hub, &[&["models", "pull"], &only[..]].concat());
    let told = good(&command.env("HF_TOKEN", " hf_env \n").output().unwrap());
    assert!(told.contains("a.gguf") && !told.contains("b.gguf"), "{told}");
    assert_eq!(hub.tokens(), ["Bearer hf_env"; 2]);
    assert!(lyceum.path("home/models/owner/m/a.gguf").exists());
    let url = hub.url();
    let options = ["owner/m", "--endpoint", &url, "--token", "hf_option", "--dry-run"];
    let mut command = call(&lyceum, &hub, &[&["models", "pull"], &options[..]].concat());
    let command = command.env("HF_ENDPOINT", "http://127.0.0.1:1").env("HF_TOKEN", "hf_env");
    good(&command.output().unwrap());
    assert_eq!(hub.tokens().last().map(String::as_str), Some("Bearer hf_option"));
}

#[test]
fn what_cannot_be_pulled_says_why() {
    let lyceum = Lyceum::new();
    let hub = LocalHub::of(&[("a.gguf", b"GGUF")]);
    let says = |arguments: &[&str], words: &[&str]| {
        let output = pulled(&lyceum, &hub, arguments);
        let error = text(&output.stderr);
        assert!(!output.status.success() && !error.contains("panicked"), "{error}");
        words.iter().for_each(|word| assert!(error.contains(word), "{word:?} in {error}"));
    };
    says(&["gpt2"], &["has no owner", "OWNER/NAME"]);
    says(&["../x"], &["OWNER/NAME"]);
    says(&["owner/m"], &["no file is chosen of a.gguf", "--include"]);
    says(&["owner/m@v9"], &["no revision \"v9\""]);
    says(&["owner/none"], &["see that the name is right", "HF_TOKEN"]);
    says(&["owner/m", "--endpoint", "hub"], &["no hub's address"]);
    assert!(!lyceum.path("home/models").exists());
}

#[test]
fn ctrl_c_keeps_what_has_come() {
    let lyceum = Lyceum::new();
    let hub = LocalHub::of(&[("config.json", b"{}"), ("model.safetensors", &[7; 100_000])]);
    hub.stall_once("model.safetensors", 60_000);
    let mut command = call(&lyceum, &hub, &["models", "pull", "owner/m"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let folder = lyceum.path("home/models/owner/.m.pull");
    let has_come = || {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).any(|metadata| metadata.len() == 60_000)
    };
    let begun = Instant::now();
    while !has_come() {
        assert!(begun.elapsed().as_secs() < 60, "it never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let error = text(&output.stderr);
    assert!(error.contains("the same command goes on from there"), "{error}");
    assert_eq!(lyceum.good(&["models", "--json"]), "");
    let list = lyceum.call(&["models"]);
    assert!(text(&list.stderr).contains("on its way: owner/m, 60 kB so far"), "{list:?}");
    let told = good(&pulled(&lyceum, &hub, &["owner/m", "--json"]));
    assert!(told.contains("\"received_bytes\":40000"), "{told}");
}
