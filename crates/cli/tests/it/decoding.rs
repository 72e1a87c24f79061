//! What `lyceum generate` is told of stops, penalties, biases, likelihoods, searches and speed.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::{Lyceum, sentences};

/// A home with a small model in it.
fn home() -> Lyceum {
    let lyceum = Lyceum::new();
    let corpus = lyceum.file("corpus.txt", sentences(400).as_bytes());
    let tiny = ["--layers", "1", "--width", "32", "--context", "64", "--steps", "60"];
    lyceum.good(&[&["pretrain", "--corpus", &corpus], &tiny[..]].concat());
    lyceum
}

fn told(lyceum: &Lyceum, more: &[&str]) -> Value {
    let all = [&["generate", "--json", "-n", "24", "-t", "0"], more, &["the fox"]].concat();
    serde_json::from_str(&lyceum.good(&all)).unwrap()
}

/// The same as the searches take it, which know no temperature.
fn searched(lyceum: &Lyceum, more: &[&str]) -> Value {
    let all = [&["generate", "--json", "-n", "24"], more, &["the fox"]].concat();
    serde_json::from_str(&lyceum.good(&all)).unwrap()
}

fn piped(lyceum: &Lyceum, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = lyceum.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn options_of_decoding_reach_the_model() {
    let lyceum = home();
    let free = told(&lyceum, &[]);
    let text = free["text"].as_str().unwrap();
    stops_penalties_and_biases(&lyceum, &free);

    let likely = told(&lyceum, &["--logprobs", "2"]);
    let tokens = likely["logprobs"].as_array().unwrap();
    assert_eq!(tokens.len(), likely["ids"].as_array().unwrap().len());
    let best = |token: &Value| token["top"][0]["id"] == token["id"] && token["top"][1].is_object();
    assert!(tokens.iter().all(best), "{likely}");

    let found = searched(&lyceum, &["--beams", "3", "--n-best", "2", "--stats"]);
    let score = |i: usize| found["beams"][i]["score"].as_f64().unwrap();
    assert!(score(0) >= score(1) && found["beams"][2].is_null());
    assert!(found["stats"]["answer_tokens"].as_u64().unwrap() > 0);
    assert_eq!(searched(&lyceum, &["--beams", "1"])["beams"][0]["text"], text);
    let alpha = |alpha| searched(&lyceum, &["--contrastive-alpha", alpha, "--top-k", "5"]);
    assert_eq!(alpha("0")["text"], text);
    assert_ne!(alpha("0.9")["text"], text);

    let said = piped(&lyceum, &["generate", "-t", "0", "-n", "24", "--stats"], b"the fox\n");
    assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("the fox{text}\n"));
    let speed = String::from_utf8(said.stderr).unwrap();
    assert!(speed.contains("tokens/s") && speed.contains("first token after"), "{speed}");
    let said = piped(&lyceum, &["generate", "-t", "0", "-n", "24", "-"], b"the fox");
    assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("the fox{text}\n"));
    let said = piped(&lyceum, &["chat", "-n", "4", "--stats", "--dry-multiplier", "0.8"], b"the\n");
    assert!(String::from_utf8(said.stderr).unwrap().contains("tokens/s"));
}

#[test]
fn what_was_read_is_kept_and_a_full_context_may_move() {
    let lyceum = home();
    let kept = lyceum.path("fox.memory");
    let with_file = ["--stats", "--prompt-cache", kept.to_str().unwrap()];
    let first = told(&lyceum, &with_file);
    assert_eq!(first["stats"]["prompt_tokens_cached"], 0);
    let second = told(&lyceum, &with_file);
    assert_eq!(second["text"], first["text"]);
    let tokens = first["stats"]["prompt_tokens"].as_u64().unwrap();
    assert_eq!(second["stats"]["prompt_tokens_cached"], tokens - 1, "{second}");
    let other = [&["generate", "--cache", "q8_0", "a"], &with_file[1..]].concat();
    let refused = lyceum.bad(&other);
    assert!(refused.contains("--prompt-cache") && refused.contains("q8_0"), "{refused}");
    std::fs::write(&kept, "no memory").unwrap();
    assert!(lyceum.bad(&[&["generate", "a"], &with_file[1..]].concat()).contains("memory"));
    let search = lyceum.bad(&["generate", "--beams", "2", "--context-shift", "4", "a"]);
    assert!(search.contains("cannot be used with"), "{search}");

    assert!(!told(&lyceum, &["--cache", "q8_0"])["text"].as_str().unwrap().is_empty());
    assert!(lyceum.bad(&["chat", "--cache", "int3"]).contains("q8_0"));
    let long = |more: &[&str]| {
        let all = [&["generate", "--json", "-n", "200", "-t", "0"], more, &["the fox"]].concat();
        serde_json::from_str::<Value>(&lyceum.good(&all)).unwrap()
    };
    let (moved, reread) = (long(&["--context-shift", "3"]), long(&[]));
    assert_eq!(moved["ids"].as_array().unwrap().len(), reread["ids"].as_array().unwrap().len());
    let ids = |told: &Value| told["ids"].as_array().unwrap()[..40].to_vec();
    assert_eq!(ids(&moved), ids(&reread), "until the context is full nothing is otherwise");
}

fn stops_penalties_and_biases(lyceum: &Lyceum, free: &Value) {
    let text = free["text"].as_str().unwrap();
    let word = text.split_whitespace().nth(3).unwrap();
    let stopped = told(lyceum, &["--stop", "never said", "--stop", word]);
    let before = text.split(word).next().unwrap();
    assert_eq!((&stopped["text"], &stopped["finish"]), (&before.into(), &"stop".into()));
    let first = &free["ids"][0];
    let banned = told(lyceum, &["--logit-bias", &format!("{first}=-inf")]);
    assert!(!banned["ids"].as_array().unwrap().contains(first), "{banned}");
    let penalties = ["--repetition-penalty", "1.5", "--presence-penalty", "1", "--penalty-last-n"];
    assert_ne!(told(lyceum, &[&penalties[..], &["32"]].concat())["ids"], free["ids"]);
    let dry = ["--dry-multiplier", "5", "--dry-allowed-length", "1", "--dry-breaker", "@"];
    assert_ne!(told(lyceum, &dry)["ids"], free["ids"]);
}

#[test]
fn what_makes_no_sense_is_refused_before_a_model_is_looked_for() {
    let lyceum = Lyceum::new();
    let check = |arguments: &[&str], word: &str| {
        let errors = lyceum.bad(&[&["generate"], arguments, &["the"]].concat());
        assert!(errors.contains(word), "{arguments:?}: {errors}");
    };
    check(&["--beams", "3", "-t", "1"], "cannot be used with");
    check(&["--beams", "3", "--contrastive-alpha", "0.5"], "cannot be used with");
    check(&["--beams", "3", "--regex", "a*"], "cannot be used with");
    check(&["--beams", "3", "--speculate", "ngram"], "cannot be used with");
    check(&["--contrastive-alpha", "0.5", "--draft", "small.gguf"], "cannot be used with");
    check(&["--contrastive-alpha", "0.5", "--dry-multiplier", "1"], "cannot be used with");
    check(&["--contrastive-alpha", "1.5"], "contrastive alpha must be from 0 to 1");
    check(&["--beams", "0"], "beams must be from 1 to 1024");
    check(&["--beams", "2", "--n-best", "3"], "n_best");
    check(&["--length-penalty", "1"], "--beams");
    check(&["--dry-base", "2"], "--dry-multiplier");
    check(&["--typical-p", "0"], "typical_p");
    check(&["--presence-penalty", "-101"], "presence_penalty");
    check(&["--stop", ""], "an empty text");
    check(&["--logprobs", "2"], "--json");
    let bad = piped(&lyceum, &["generate"], b"\xff");
    assert!(!bad.status.success());
    assert!(String::from_utf8_lossy(&bad.stderr).contains("UTF-8"), "{bad:?}");
}
