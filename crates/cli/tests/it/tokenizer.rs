//! `lyceum tokenizer`'s looks at vocabularies, and the page of tokens.

use std::path::Path;

use serde_json::Value;

use crate::Lyceum;

/// A village's text, and two vocabularies of it.
fn two(lyceum: &Lyceum) -> String {
    let corpus = lyceum.file("village.txt", lyceum.good(&["world", "-n", "40"]).as_bytes());
    for (vocab, out) in [("300", "small.json"), ("600", "large.json")] {
        lyceum.good(&["tokenizer", "train", "--corpus", &corpus, "--vocab", vocab, "--out", out]);
    }
    corpus
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_larger_vocabulary_makes_fewer_tokens_of_prose_and_of_code() {
    let lyceum = Lyceum::new();
    let corpus = two(&lyceum);
    lyceum.file("main.rs", b"fn main() {\n    println!(\"the mill\");\n}\n");
    let mut call = vec!["tokenizer", "compare", "small.json", "large.json", "--corpus", &corpus];
    call.extend(["--corpus", "main.rs", "--html", "page.html"]);
    let table = lyceum.good(&call);
    for word in ["bytes/token", "village", "main", "small", "large", "page.html"] {
        assert!(table.contains(word), "{word} in {table}");
    }
    let page = std::fs::read_to_string(lyceum.path("page.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("Fertility"), "{page}");
    call.push("--json");
    let found = objects(&lyceum.good(&call));
    let of = |corpus: &str, tokenizer: &str, key: &str| {
        let is = |o: &&Value| o["corpus"] == corpus && o["tokenizer"] == tokenizer;
        found.iter().find(is).unwrap()[key].as_f64().unwrap()
    };
    assert!(of("village", "large", "tokens") < of("village", "small", "tokens"));
    assert_eq!(of("main", "large", "bytes"), of("main", "small", "bytes"));
    let (bytes, tokens) = (of("village", "large", "bytes"), of("village", "large", "tokens"));
    assert!((of("village", "large", "bytes_per_token") - bytes / tokens).abs() < 1e-12);
    assert!(of("village", "large", "unused_share") < 1.0);
}

#[test]
fn languages_are_held_against_the_reference() {
    let lyceum = Lyceum::new();
    two(&lyceum);
    std::fs::create_dir(lyceum.path("declaration")).unwrap();
    let text = |heading: &str, sentence: &str| -> Vec<u8> {
        let sections = (1..9).map(|i| format!("{heading} {i}\n{sentence}\n\n"));
        sections.collect::<String>().into_bytes()
    };
    lyceum.file("declaration/English", &text("Article", "the mill is old"));
    lyceum.file("declaration/Japanese", &text("第", "粉屋は古いのです"));
    lyceum.file("declaration/Noise", b"nothing of the kind");
    let call = ["tokenizer", "compare", "small.json", "--languages", "declaration"];
    let shown = lyceum.good(&call);
    assert!(shown.contains("1 files") && shown.contains("English = 1"), "{shown}");
    let found = objects(&lyceum.good(&[&call[..], &["--json"]].concat()));
    let of = |name: &str| found.iter().find(|o| o["language"] == name).unwrap()["premium"].as_f64();
    assert_eq!(of("English"), Some(1.0));
    assert!(of("Japanese").unwrap() > 1.5, "every byte is a token: {found:?}");
    let missing = lyceum.bad(&[&call[..], &["--reference", "Latin"]].concat());
    assert!(missing.contains("--reference, such as English"), "{missing}");
}

#[test]
fn what_a_vocabulary_is_made_of() {
    let lyceum = Lyceum::new();
    two(&lyceum);
    let shown = lyceum.good(&["tokenizer", "info", "small.json"]);
    assert!(shown.contains("<|endoftext|>") && shown.contains('█'), "{shown}");
    let found = &objects(&lyceum.good(&["tokenizer", "info", "small.json", "--json"]))[0];
    let n = |key: &str| found[key].as_u64().unwrap();
    let specials = found["specials"].as_array().unwrap().len() as u64;
    assert_eq!((n("vocab"), n("tokens") + specials), (300, 300));
    let lengths = found["bytes"].as_object().unwrap();
    assert_eq!(lengths.values().filter_map(Value::as_u64).sum::<u64>(), n("tokens"));
}

#[test]
fn sizes_are_tried_on_small_models_once() {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("village.txt", lyceum.good(&["world", "-n", "300"]).as_bytes());
    let mut call = vec!["tokenizer", "tradeoff", "--corpus", &corpus, "--vocab", "300,500"];
    call.extend(["--minutes", "0.02", "--size", "20k", "--json", "--html", "sizes.html"]);
    let found = objects(&lyceum.good(&call));
    let of = |i: usize, key: &str| found[i][key].as_f64().unwrap();
    assert_eq!((of(0, "vocab"), of(1, "vocab")), (300.0, 500.0));
    assert!(of(1, "bytes_per_token") > of(0, "bytes_per_token"));
    assert!(of(1, "output_share") > of(0, "output_share"));
    assert!(of(0, "bits_per_byte") > 0.0 && of(0, "bits_per_byte") < 9.0);
    assert!(Path::new(&lyceum.path("sizes.html")).is_file());
    assert!(lyceum.run_folder("tradeoff-300").join("report.json").is_file());
    assert_eq!(objects(&lyceum.good(&call)), found, "nothing is trained twice");
    let other = lyceum.bad(&[&call[..], &["--seed", "2"]].concat());
    assert!(other.contains("--name"), "{other}");
}

#[test]
fn nothing_to_measure_is_said() {
    let lyceum = Lyceum::new();
    two(&lyceum);
    let message = lyceum.bad(&["tokenizer", "compare", "small.json"]);
    assert!(message.contains("--corpus") && message.contains("--languages"), "{message}");
    let message = lyceum.bad(&["tokenizer", "compare", "village.txt", "--corpus", "village.txt"]);
    assert!(message.contains("village.txt"), "{message}");
}

#[test]
fn every_kind_is_learnt_and_goes_to_the_formats_that_can_hold_it() {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("village.txt", lyceum.good(&["world", "-n", "40"]).as_bytes());
    for (kind, out, other) in [
        ("bpe", "bpe.json", "bpe.gguf"),
        ("sentencepiece-bpe", "pieces.model", "pieces.json"),
        ("unigram", "unigram.model", "unigram.json"),
        ("wordpiece", "words.txt", "words.json"),
        ("wordlevel", "level.json", "level2.json"),
    ] {
        let train = ["tokenizer", "train", "--corpus", &corpus, "--kind", kind, "--out", out];
        lyceum.good(&[&train[..], &["--vocab", "500", "--special", "<|end|>"]].concat());
        lyceum.good(&["tokenizer", "convert", out, other]);
        let ids = |file: &str| {
            let call = ["tokenizer", "encode", "--json", "--tokenizer", file, "The mill is old."];
            objects(&lyceum.good(&call))[0]["ids"].clone()
        };
        assert_eq!(ids(out), ids(other), "{kind}");
        assert!(ids(out).as_array().unwrap().len() >= 4, "{kind}");
        assert!(lyceum.good(&["tokenizer", "info", other]).contains("ordinary tokens"), "{kind}");
    }
    let refused = lyceum.bad(&["tokenizer", "convert", "words.json", "words.tiktoken"]);
    assert!(refused.contains("tiktoken") && refused.contains("WordPiece"), "{refused}");
    let refused = lyceum.bad(&["tokenizer", "convert", "unigram.model", "unigram.gguf"]);
    assert!(refused.contains("falls back on bytes"), "{refused}");
    let refused = lyceum.bad(&["tokenizer", "convert", "words.json", "words.xyz"]);
    assert!(refused.contains("--to") && refused.contains("sentencepiece"), "{refused}");
}

#[test]
fn special_tokens_stand_around_a_text_if_they_are_asked_for() {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("village.txt", lyceum.good(&["world", "-n", "40"]).as_bytes());
    let train =
        ["tokenizer", "train", "--corpus", &corpus, "--kind", "wordpiece", "--vocab", "300"];
    lyceum.good(&[&train[..], &["--lowercase", "--out", "bert.json"]].concat());
    let encode = |more: &[&str]| {
        let call = ["tokenizer", "encode", "--json", "--tokenizer", "bert.json", "THE mill"];
        objects(&lyceum.good(&[&call[..], more].concat()))[0].clone()
    };
    let (plain, around) = (encode(&[]), encode(&["--special"]));
    let tokens = around["tokens"].as_array().unwrap();
    assert_eq!((tokens[0].as_str(), tokens[1].as_str()), (Some("[CLS]"), Some("the")));
    assert_eq!(around["offsets"][1], serde_json::json!([0, 3]));
    assert_eq!(plain["tokens"].as_array().unwrap().len() + 2, tokens.len());
}
