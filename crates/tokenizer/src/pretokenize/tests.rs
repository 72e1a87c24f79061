//! Each pre-tokenizer on small texts, and where its words came from.

use serde_json::{Value, json};

use super::*;

fn stage(json: &Value) -> PreTokenizer {
    let stage = PreTokenizer::from_json(json).unwrap();
    assert_eq!(stage.to_json(), *json);
    stage
}

/// The words, and the bytes of the text that each came from.
fn words(json: &Value, text: &str) -> Vec<(String, usize, usize)> {
    let mut words = vec![];
    run(&stage(json).steps().unwrap(), Word::at(text, 0), &mut vec![], &mut |word| {
        let (start, end) = word.original(text, (0, word.text.len()));
        words.push((word.text.to_owned(), start, end));
        Ok(())
    })
    .unwrap();
    let mut unplaced = vec![];
    run(&stage(json).steps().unwrap(), Word::unplaced(text, true), &mut vec![], &mut |word| {
        unplaced.push(word.text.to_owned());
        Ok(())
    })
    .unwrap();
    assert_eq!(unplaced, words.iter().map(|word| word.0.clone()).collect::<Vec<_>>());
    words
}

fn check(json: Value, text: &str, expected: &[(&str, usize, usize)]) {
    let words = words(&json, text);
    let words: Vec<_> =
        words.iter().map(|(word, start, end)| (word.as_str(), *start, *end)).collect();
    assert_eq!(words, expected, "{json} on {text:?}");
}

#[test]
fn white_space_and_words() {
    let kind = |kind: &str| json!({"type": kind});
    check(kind("WhitespaceSplit"), " a\u{3000}bé,\n", &[("a", 1, 2), ("bé,", 5, 9)]);
    check(kind("Whitespace"), "a_1, é!", &[("a_1", 0, 3), (",", 3, 4), ("é", 5, 7), ("!", 7, 8)]);
    check(
        kind("BertPreTokenizer"),
        "a_b 、",
        &[("a", 0, 1), ("_", 1, 2), ("b", 2, 3), ("、", 4, 7)],
    );
    check(kind("UnicodeScripts"), " どこ go", &[("どこ ", 1, 8), ("go", 8, 10)]);
    check(kind("UnicodeScripts"), "  ", &[]);
}

#[test]
fn at_single_characters() {
    let digits = |apart: bool| json!({"type": "Digits", "individual_digits": apart});
    check(digits(false), "a12b", &[("a", 0, 1), ("12", 1, 3), ("b", 3, 4)]);
    check(digits(true), "½2", &[("½", 0, 2), ("2", 2, 3)]);
    let delimiter = json!({"type": "CharDelimiterSplit", "delimiter": "-"});
    check(delimiter, "-a--b", &[("a", 1, 2), ("b", 4, 5)]);
    let punctuation = json!({"type": "Punctuation", "behavior": "MergedWithPrevious"});
    check(punctuation, "a!?b", &[("a!", 0, 2), ("?", 2, 3), ("b", 3, 4)]);
    check(json!({"type": "FixedLength", "length": 2}), "aé日", &[("aé", 0, 3), ("日", 3, 6)]);
}

#[test]
fn metaspace_marks_spaces() {
    let metaspace = |scheme: &str, split: bool| json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split});
    check(metaspace("always", true), "a  b", &[("▁a", 0, 1), ("▁", 1, 2), ("▁b", 2, 4)]);
    check(metaspace("always", true), " é", &[("▁é", 0, 3)]);
    check(metaspace("never", false), "a b", &[("a▁b", 0, 3)]);
    let after = |scheme: &str| {
        let stages = [json!({"type": "WhitespaceSplit"}), metaspace(scheme, true)];
        json!({"type": "Sequence", "pretokenizers": stages})
    };
    check(after("first"), "a b", &[("▁a", 0, 1), ("b", 2, 3)]);
    check(after("always"), "a b", &[("▁a", 0, 1), ("▁b", 2, 3)]);
}

#[test]
fn byte_level_writes_visible_characters() {
    let byte_level = |prefix: bool, regex: bool| {
        json!({"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": true,
            "use_regex": regex})
    };
    check(byte_level(false, true), "it's é", &[("it", 0, 2), ("'s", 2, 4), ("ĠÃ©", 4, 7)]);
    check(byte_level(true, false), "é", &[("ĠÃ©", 0, 2)]);
}

#[test]
fn what_is_no_pre_tokenizer_is_refused() {
    let metaspace = |replacement: &str| json!({"type": "Metaspace", "replacement": replacement});
    let behavior = json!({"type": "Punctuation", "behavior": "Shuffled"});
    for (json, expected) in [
        (json!({"type": "Magic"}), "pre_tokenizer.type"),
        (json!({}), "pre_tokenizer.type"),
        (metaspace("ab"), "one character"),
        (behavior, "MergedWithNext"),
        (json!({"type": "FixedLength", "length": 0}), "1 or more"),
        (json!({"type": "Split", "pattern": "a", "behavior": "Removed"}), "Regex"),
        (
            json!({"type": "Sequence", "pretokenizers": vec![json!({"type": "Whitespace"}); 65]}),
            "stages",
        ),
    ] {
        let error = PreTokenizer::from_json(&json).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn older_files_say_it_otherwise() {
    let read = |json: Value| PreTokenizer::from_json(&json).unwrap();
    let old = json!({"type": "Metaspace", "replacement": "_", "add_prefix_space": false,
        "str_rep": "_"});
    let never = Metaspace { replacement: '_', prepend_scheme: PrependScheme::Never, split: true };
    assert_eq!(read(old), PreTokenizer::Metaspace(never));
    assert_eq!(read(json!({"type": "ByteLevel"})), PreTokenizer::ByteLevel(ByteLevel::default()));
}
