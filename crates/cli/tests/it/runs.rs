//! `lyceum runs`: list, show, compare, rm, over runs that were really made and over hostile names.

use std::fs;

use serde_json::Value;

use crate::Lyceum;

/// A home with the runs `one` and `two`, which differ in their learning rate.
fn two_runs() -> Lyceum {
    let lyceum = Lyceum::new();
    let tiny = ["--layers", "1", "--width", "32", "--context", "64", "--batch", "4"];
    for (name, lr) in [("one", "1e-3"), ("two", "2e-3")] {
        let more = ["--vocab", "300", "--steps", "6", "--lr", lr, "--name", name];
        lyceum.good(&[&["pretrain", "-q"], &tiny[..], &more].concat());
    }
    lyceum
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Puts metrics into a run's report.
fn measure(lyceum: &Lyceum, run: &str, metrics: &str) {
    let path = lyceum.run_folder(run).join("report.json");
    let mut report = parse(&fs::read_to_string(&path).unwrap());
    report["metrics"] = parse(metrics);
    fs::write(path, report.to_string()).unwrap();
}

#[test]
fn runs_are_listed_shown_compared_and_removed() {
    let lyceum = two_runs();
    the_list(&lyceum);
    one_run(&lyceum);
    side_by_side(&lyceum);
    gone(&lyceum);
}

fn the_list(lyceum: &Lyceum) {
    let list = lyceum.good(&["runs"]);
    assert_eq!(list, lyceum.good(&["runs", "list"]));
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines[0].contains("bits/byte") && !lines[0].contains("stories"), "{list}");
    assert!(lines[2].starts_with("two  finished     6  "), "the newest first: {list}");
    assert!(lines[3].starts_with("one  finished"), "{list}");
    measure(lyceum, "one", r#"{"story_qa": {"value": 0.25, "low": 0.2, "high": 0.3}}"#);
    let list = lyceum.good(&["runs"]);
    assert!(list.contains("stories") && list.contains("25 %"), "{list}");
    let lines = lyceum.good(&["runs", "--json"]);
    let newest = parse(lines.lines().next().unwrap());
    assert_eq!((&newest["run"], &newest["story_qa"]), (&"two".into(), &Value::Null));
    assert!(newest["bytes"].as_u64().unwrap() > 10_000 && newest["modified"].as_u64() > Some(0));
}

fn one_run(lyceum: &Lyceum) {
    let shown = lyceum.good(&["runs", "show", "one"]);
    for part in
        ["one: finished", "corpus world seed 1", "6 steps", "pretrain   done", "held out", "└", "┤"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(shown.contains("Tell me a story.") || shown.contains("from nothing"), "{shown}");
    assert!(shown.contains("report.html") && shown.contains("measured   story qa"));
    let object = parse(&lyceum.good(&["runs", "show", "one", "--json"]));
    let stages = object["standing"]["stages"].as_array().unwrap();
    let timed = stages.iter().filter(|stage| stage["seconds"].as_f64() > Some(0.0)).count();
    assert_eq!((stages.len(), timed), (6, 6), "{stages:?}");
    assert_eq!(object["settings"]["config.schedule.steps"], 6);
    assert!(!object["samples"].as_array().unwrap().is_empty());
    assert!(
        crate::journal(&lyceum.run_folder("one")).iter().any(|record| record["seconds"].is_f64())
    );
    let newest = lyceum.good(&["runs", "show"]);
    assert!(newest.starts_with("two: "), "{newest}");
}

fn side_by_side(lyceum: &Lyceum) {
    let same = r#"{"true_answers": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 80}}"#;
    let other = r#"{"true_answers": {"value": 0.9, "low": 0.8, "high": 0.95, "n": 80}}"#;
    measure(lyceum, "one", same);
    measure(lyceum, "two", other);
    let table = lyceum.good(&["runs", "compare", "one", "two"]);
    let line = |start: &str| table.lines().find(|line| line.starts_with(start)).unwrap();
    assert!(line("recipe.train.lr").ends_with("0.001   0.002"), "{table}");
    assert!(!table.contains("recipe.train.layers"), "what is the same is left out: {table}");
    assert!(line("true answers").ends_with("* 0.9 (0.8–0.95), n 80, +0.400"), "{table}");
    assert!(table.contains("do not overlap") && table.contains("tokens a second"), "{table}");
    let object = parse(&lyceum.good(&["runs", "compare", "one", "two", "--json"]));
    assert_eq!(object["metrics"][0]["apart_from_first"], serde_json::json!([false, true]));
    assert_eq!(object["results"][1]["tokens"], object["results"][0]["tokens"]);
    let paths: Vec<&Value> =
        object["differences"].as_array().unwrap().iter().map(|d| &d["setting"]).collect();
    assert!(paths.contains(&&"recipe.train.lr".into()), "{paths:?}");
    let twice = lyceum.bad(&["runs", "compare", "one", "one"]);
    assert!(twice.contains("named twice"), "{twice}");
    let missing = lyceum.bad(&["runs", "compare", "one", "three"]);
    assert!(missing.contains("the store has two, one"), "{missing}");
    lyceum.bad(&["runs", "compare", "one"]);
}

fn gone(lyceum: &Lyceum) {
    let unasked = lyceum.bad(&["runs", "rm", "one"]);
    assert!(unasked.contains("give --yes"), "{unasked}");
    lyceum.bad(&["runs", "rm", "--yes", "two", "on"]);
    assert!(lyceum.run_folder("one").exists() && lyceum.run_folder("two").exists(), "none goes");
    let removed = lyceum.good(&["runs", "rm", "one", "one", "--yes"]);
    assert!(removed.starts_with("removed one: ") && removed.contains(" bytes) freed"), "{removed}");
    assert!(!lyceum.run_folder("one").exists() && lyceum.run_folder("two").exists());
    let object = parse(&lyceum.good(&["runs", "rm", "two", "-y", "--json"]));
    assert!(object["freed_bytes"].as_u64().unwrap() > 10_000, "{object}");
    assert_eq!(lyceum.good(&["runs", "--json"]), "");
}

#[test]
fn nothing_but_a_run_named_in_full_is_removed() {
    let lyceum = Lyceum::new();
    let precious = lyceum.file("precious.txt", b"diary");
    for name in ["books", "books-2"] {
        fs::create_dir_all(lyceum.run_folder(name)).unwrap();
    }
    let hostile =
        ["..", ".", "../..", "../runs/books", "books/", "book", "b*", "", precious.as_str()];
    for name in hostile {
        let error = lyceum.bad(&["runs", "rm", "--yes", "--", name]);
        assert!(error.contains("run"), "{name}: {error}");
    }
    assert!(lyceum.run_folder("books").exists() && lyceum.run_folder("books-2").exists());
    assert!(fs::exists(precious).unwrap());
    let store = journal::Store::open(&lyceum.folder.path().join("home")).unwrap();
    let lock = store.run("books").unwrap().lock().unwrap();
    let running = lyceum.bad(&["runs", "rm", "--yes", "books-2", "books"]);
    assert!(running.contains("is being written by process"), "{running}");
    assert!(lyceum.run_folder("books-2").exists(), "one that is running keeps the others");
    drop(lock);
    lyceum.good(&["runs", "rm", "--yes", "books-2", "books"]);
    assert!(!lyceum.run_folder("books").exists());
}

#[test]
fn a_run_that_has_not_begun_or_is_damaged_can_be_looked_at() {
    let lyceum = Lyceum::new();
    fs::create_dir_all(lyceum.run_folder("empty")).unwrap();
    fs::create_dir_all(lyceum.run_folder("bad")).unwrap();
    fs::write(lyceum.run_folder("bad").join("journal.jsonl"), "nonsense\n").unwrap();
    let output = lyceum.call(&["runs"]);
    let list = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && list.contains("bad    damaged"), "{list}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("journal.jsonl:1"));
    assert!(lyceum.good(&["runs", "show", "empty"]).starts_with("empty: stopped"));
    assert!(lyceum.bad(&["runs", "show", "bad"]).contains("expected a journal record"));
    assert!(lyceum.good(&["runs", "rm", "bad", "--yes"]).starts_with("removed bad"));
}
