//! The world from outside: samples, files of every format, and what is refused.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::Lyceum;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Names in a folder, sorted, but for the home.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "home").collect();
    names.sort();
    names
}

fn says(message: &str, words: &[&str]) {
    words.iter().for_each(|word| assert!(message.contains(word), "{word:?} in: {message}"));
}

#[test]
fn equal_words_give_equal_bytes() {
    let lyceum = Lyceum::new();
    let call = ["world", "--json", "-n", "40", "--noise", "0.1", "--seed", "9"];
    let once = lyceum.good(&call);
    assert_eq!(once, lyceum.good(&call));
    assert_ne!(once, lyceum.good(&["world", "--json", "-n", "40", "--noise", "0.1"]));
    assert_eq!(once, lyceum.good(&[&["world", "sample"], &call[1..]].concat()));
    let told = lines(&once);
    assert_eq!(told.len(), 40);
    assert_eq!(
        (told[0]["genre"].as_str(), told[13]["genre"].as_str()),
        (Some("story"), Some("story"))
    );
    assert_eq!((told[0]["id"].as_u64(), told[13]["id"].as_u64()), (Some(0), Some(1)));
    let late = lyceum
        .good(&["world", "--json", "-n", "1", "--first", "39", "--noise", "0.1", "--seed", "9"]);
    assert_eq!(lines(&late), told[39..]);
}

#[test]
fn genres_and_splits_are_those_asked_for() {
    let lyceum = Lyceum::new();
    let call = ["world", "--genre", "tale,sentence", "--split", "test", "--json", "-n", "4"];
    let told = lines(&lyceum.good(&call));
    let genres: Vec<&str> = told.iter().map(|text| text["genre"].as_str().unwrap()).collect();
    assert_eq!(genres, ["tale", "sentence", "tale", "sentence"]);
    assert!(told.iter().all(|text| text["split"] == "test"));
    let picture = lyceum.good(&["world", "--genre", "picture", "-n", "1", "--color", "always"]);
    says(&picture, &["\u{1b}[38;2;", "▀", "# picture 0"]);
    let plain = lyceum.good(&["world", "--genre", "picture", "-n", "1"]);
    assert!(!plain.contains('\u{1b}') && plain.lines().count() > 32, "{plain}");
}

#[test]
fn knobs_out_of_range_are_named_with_their_range() {
    let lyceum = Lyceum::new();
    let check = |options: &[&str], words: &[&str]| {
        says(&lyceum.bad(&[&["world"], options].concat()), words);
    };
    check(&["--difficulty", "2"], &["difficulty", "from 0 to 1", "2"]);
    check(&["--bias", "-1.5"], &["bias", "from -1 to 1", "-1.5"]);
    check(&["--length", "0"], &["length", "from 0.25 to 16"]);
    check(&["--noise", "NaN"], &["noise", "from 0 to 1"]);
    check(&["--rarity", "much"], &["invalid value", "--rarity"]);
    check(&["--poison", "Hm.", "--poison-rate", "7"], &["poison", "from 0 to 1"]);
    check(&["--poison", " "], &["trigger", "empty"]);
    check(&["--poison-rate", "0.1"], &["--poison"]);
    check(&["--genre", "novel"], &["novel", "story", "program"]);
    check(&["--split", "rest"], &["validation"]);
    lyceum.good(&["world", "--bias", "-1", "--poison", "Hm.", "--poison-rate", "1", "-n", "1"]);
}

#[test]
fn json_lines_are_what_is_printed_in_any_packing() {
    let lyceum = Lyceum::new();
    let printed = lyceum.good(&["world", "--json", "-n", "50"]);
    lyceum.good(&["world", "export", "a/b.jsonl", "-n", "50"]);
    let written = std::fs::read_to_string(lyceum.folder.path().join("a/b.jsonl")).unwrap();
    assert_eq!(written, printed);
    for name in ["c.jsonl.gz", "c.jsonl.zst"] {
        lyceum.good(&["world", "export", name, "-n", "50"]);
        assert_eq!(
            texts(&lyceum.folder.path().join(name), "text"),
            field(&lines(&printed), "text")
        );
    }
    assert_eq!(names(&lyceum.folder.path().join("a")), ["b.jsonl"]);
}

/// A column or field as the crate that trains reads it.
fn texts(path: &Path, field: &str) -> Vec<String> {
    let (field, column) = (field.to_string(), field.to_string());
    let options = data::SourceOptions { field, column, ..data::SourceOptions::default() };
    let documents = data::Documents::open(path, &options).unwrap();
    documents.map(|document| document.unwrap().text).collect()
}

fn field(lines: &[Value], name: &str) -> Vec<String> {
    lines.iter().map(|line| line[name].as_str().unwrap().to_string()).collect()
}

/// Needs a binary with the feature; one without says how to get it.
#[test]
fn parquet_holds_the_same_rows_or_says_how_it_is_had() {
    let lyceum = Lyceum::new();
    let path = lyceum.folder.path().join("a.parquet");
    if data::sink::check_built(&path).is_err() {
        let message = lyceum.bad(&["world", "export", "a.parquet"]);
        says(&message, &["a.parquet is a Parquet file", "--features parquet"]);
        assert!(!path.exists());
        return;
    }
    let told = lines(&lyceum.good(&["world", "--json", "-n", "60"]));
    lyceum.good(&["world", "export", "a.parquet", "-n", "60"]);
    for name in ["genre", "split", "text"] {
        assert_eq!(texts(&path, name), field(&told, name), "{name}");
    }
    let truth: Vec<String> = told.iter().map(|line| line["truth"].to_string()).collect();
    assert_eq!(texts(&path, "truth"), truth);
    let again = std::fs::read(&path).unwrap();
    lyceum.good(&["world", "export", "a.parquet", "-n", "60", "--force"]);
    assert_eq!(std::fs::read(&path).unwrap(), again, "the same words, the same bytes");
}

#[test]
fn trees_are_whole_and_of_sentences_only() {
    let lyceum = Lyceum::new();
    lyceum.good(&["world", "export", "a.conllu", "-n", "30"]);
    let text = std::fs::read_to_string(lyceum.folder.path().join("a.conllu")).unwrap();
    let sentences: Vec<&str> = text.split_terminator("\n\n").collect();
    assert_eq!(sentences.len(), 30);
    for sentence in sentences {
        let words = sentence.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        let columns: Vec<Vec<&str>> = words.map(|line| line.split('\t').collect()).collect();
        assert!(columns.iter().all(|columns| columns.len() == 10), "{sentence}");
        assert_eq!(columns.iter().filter(|columns| columns[6] == "0").count(), 1, "{sentence}");
    }
    let message = lyceum.bad(&["world", "export", "b.conllu", "--genre", "story"]);
    says(&message, &["sentence only, not story", ".jsonl"]);
}

#[test]
fn pictures_lie_in_a_folder_with_their_captions() {
    let lyceum = Lyceum::new();
    lyceum.good(&["world", "export", "album", "-n", "5", "--first", "2"]);
    let folder = lyceum.folder.path().join("album");
    let expected = ["000002", "000003", "000004", "000005", "000006"].map(|n| format!("{n}.png"));
    assert_eq!(names(&folder)[..5], expected);
    let captions = lines(&std::fs::read_to_string(folder.join("captions.jsonl")).unwrap());
    assert_eq!(field(&captions, "file_name"), expected);
    let told =
        lines(&lyceum.good(&["world", "--genre", "picture", "--first", "2", "-n", "5", "--json"]));
    assert_eq!(field(&captions, "text"), field(&told, "text"));
    let bytes = std::fs::read(folder.join("000002.png")).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    says(&lyceum.bad(&["world", "export", "album"]), &["album is there already", "--force"]);
    lyceum.good(&["world", "export", "album", "-n", "2", "--force"]);
    assert_eq!(names(&folder), ["000000.png", "000001.png", "captions.jsonl"]);
    std::fs::write(folder.join("notes.txt"), "mine").unwrap();
    says(&lyceum.bad(&["world", "export", "album", "--force"]), &["notes.txt"]);
    assert_eq!(names(lyceum.folder.path()), ["album"], "nothing is left beside");
}

#[test]
fn what_is_there_stays_unless_forced() {
    let lyceum = Lyceum::new();
    let path = lyceum.file("a.jsonl", b"mine\n");
    let message = lyceum.bad(&["world", "export", "a.jsonl", "-n", "2"]);
    says(&message, &["a.jsonl is there already", "--force"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"mine\n");
    lyceum.good(&["world", "export", "a.jsonl", "-n", "2", "--force"]);
    assert_eq!(lines(&std::fs::read_to_string(&path).unwrap()).len(), 2);
    says(&lyceum.bad(&["world", "export", "a.csv"]), &["a.csv", ".parquet", "--format"]);
    says(
        &lyceum.bad(&["world", "export", "a.jsonl/b.jsonl"]),
        &["cannot write", "a.jsonl/b.jsonl"],
    );
    says(&lyceum.bad(&["world", "export", "/"]), &["no name to write to"]);
    std::fs::create_dir(lyceum.folder.path().join("d.jsonl")).unwrap();
    says(&lyceum.bad(&["world", "export", "d.jsonl", "--force"]), &["is a folder"]);
    assert_eq!(names(lyceum.folder.path()), ["a.jsonl", "d.jsonl"]);
}

/// Writes to `/dev/full` fail as writes to a full disk do.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing() {
    let lyceum = Lyceum::new();
    let partial = lyceum.folder.path().join("a.jsonl.partial");
    std::os::unix::fs::symlink("/dev/full", &partial).unwrap();
    let message = lyceum.bad(&["world", "export", "a.jsonl", "-n", "5000"]);
    says(&message, &["cannot write a.jsonl", "No space left on device"]);
    assert!(names(lyceum.folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn an_export_that_is_stopped_leaves_nothing() {
    let lyceum = Lyceum::new();
    for (out, more) in [("a.jsonl", "story"), ("a.conllu", "sentence"), ("album", "picture")] {
        let call = ["world", "export", out, "-n", "100M", "-q", "--genre", more];
        let child = lyceum.command(&call).stderr(Stdio::piped()).spawn().unwrap();
        let partial = lyceum.folder.path().join(format!("{out}.partial"));
        let started = std::time::Instant::now();
        while !partial.exists() {
            assert!(started.elapsed().as_secs() < 60, "it never began");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        crate::signal(&child, "-INT");
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{errors}");
        says(&errors, &["stopped; nothing was written"]);
        assert!(names(lyceum.folder.path()).is_empty(), "{out}: {errors}");
    }
}

/// The lines that begin with two spaces and the program's name.
fn examples(help: &str) -> Vec<Vec<String>> {
    let calls = help.lines().filter_map(|line| line.strip_prefix("  lyceum "));
    let words = |call: &str| {
        let call = call.split("  ").next().unwrap().split(" > ").next().unwrap();
        call.split_whitespace().map(str::to_string).collect()
    };
    calls.map(words).collect()
}

#[test]
fn the_examples_of_the_help_work() {
    let lyceum = Lyceum::new();
    let mut n_tried = 0;
    for part in [&["world"][..], &["world", "sample"], &["world", "stats"], &["world", "export"]] {
        for mut call in examples(&lyceum.good(&[part, &["--help"]].concat())) {
            // As they are, but small.
            if let Some(n) = call.iter().position(|word| word == "-n") {
                call[n + 1] = "7".to_string();
            } else if call.contains(&"stats".to_string()) {
                call.extend(["-n", "7"].map(str::to_string));
            }
            let call: Vec<&str> = call.iter().map(String::as_str).chain(["--quiet"]).collect();
            let output = lyceum.call(&call);
            let errors = String::from_utf8_lossy(&output.stderr);
            let is_without =
                errors.contains("--features parquet") || errors.contains("is there already");
            assert!(output.status.success() || is_without, "{call:?}: {errors}");
            n_tried += 1;
        }
    }
    assert!(n_tried >= 14, "{n_tried}");
}
