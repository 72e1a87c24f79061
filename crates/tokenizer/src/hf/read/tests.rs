//! Small files, whole and broken.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;

fn file() -> Value {
    json!({
        "added_tokens": [{"id": 3, "content": "<s>", "special": true}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
        "decoder": {"type": "ByteLevel"},
        "model": {"type": "BPE", "vocab": {"a": 0, "Ġ": 1, "Ġa": 2}, "merges": ["Ġ a"]},
    })
}

fn check(pointer: &str, value: Value, expected: &Expect) {
    let mut file = file();
    *file.pointer_mut(pointer).unwrap() = value;
    expected.assert_eq(&read(&file.to_string()).unwrap_err().to_string());
}

#[test]
fn the_form_of_gpt_2_is_read() {
    let tokenizer = read(&file().to_string()).unwrap();
    assert_eq!(tokenizer.encode_with_special("a a<s>").unwrap(), [0, 2, 3]);
    assert_eq!(tokenizer.vocab_size(), 4);
    assert_eq!(read(&tokenizer.to_json()).unwrap().to_json(), tokenizer.to_json());
}

#[test]
fn special_tokens_may_come_first_or_leave_holes() {
    let mut file = file();
    file["added_tokens"][0]["id"] = json!(7);
    file["model"]["vocab"] = json!({"a": 6, "Ġ": 1, "Ġa": 2});
    let tokenizer = read(&file.to_string()).unwrap();
    assert_eq!(tokenizer.encode_with_special("a a<s>").unwrap(), [6, 2, 7]);
    assert_eq!(tokenizer.vocab_size(), 8);
    assert!(tokenizer.decode(&[3]).is_err());
}

#[test]
fn kinds_that_cannot_be_read_are_named() {
    check(
        "/model",
        json!(null),
        &expect![[
            r#"tokenizer.json has no "model": expected a tokenizer as Hugging Face tokenizers 0.20 or later saves it"#
        ]],
    );
    check(
        "/model/type",
        json!("Magic"),
        &expect![[
            r#"tokenizer.json wants model.type = "Magic", which is none of BPE, WordPiece, WordLevel and Unigram"#
        ]],
    );
    check(
        "/model/vocab",
        json!(null),
        &expect![[
            r#"tokenizer.json has no "model.vocab": expected a tokenizer as Hugging Face tokenizers 0.20 or later saves it"#
        ]],
    );
    check(
        "/decoder/type",
        json!("Metaspace"),
        &expect![[
            r#"tokenizer.json has no "Metaspace.replacement": expected a tokenizer as Hugging Face tokenizers 0.20 or later saves it"#
        ]],
    );
}

#[test]
fn files_that_contradict_themselves_are_refused() {
    check(
        "/model/merges",
        json!([["a", "a"]]),
        &expect![[
            r#"merge 0 (from 0 on) needs the piece "aa", which is not in the vocabulary; expected both parts of a merge and what they make to be pieces, take a fresh copy of the file"#
        ]],
    );
    check(
        "/model/merges",
        json!(["aa"]),
        &expect![[
            r#"the tokenizer contradicts itself: merge "aa" is not two tokens with a space between them; take a fresh copy of the file"#
        ]],
    );
    check(
        "/model/vocab/a",
        json!(1),
        &expect![[
            r#"id 1 belongs to "a" and to "Ġ": expected one piece for each id; take a fresh copy of the file it came from"#
        ]],
    );
    check(
        "/model/vocab/a",
        json!(4_000_000),
        &expect!["the tokenizer is too large: an id of 4000000, at most 1032 is accepted"],
    );
    check(
        "/added_tokens/0/id",
        json!(0),
        &expect![[
            r#"the tokenizer contradicts itself: id 0 is both "a" and "<s>"; take a fresh copy of the file"#
        ]],
    );
    check(
        "/added_tokens/0/content",
        json!("a"),
        &expect![[
            r#"the tokenizer contradicts itself: "a" is 3 in added_tokens and 0 in model.vocab; take a fresh copy of the file"#
        ]],
    );
}

#[test]
fn a_pattern_that_explodes_is_an_error() {
    let mut file = file();
    let split = |pattern: &str| {
        json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"},
            {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
        ]})
    };
    file["pre_tokenizer"] = split(r"(?:a+)+(?=b)\1?(?!c)");
    assert!(read(&file.to_string()).is_err(), "a reference to a group that is not there");
    file["pre_tokenizer"] = split(r"(a|b|ab)*\1(?<=c)[^ab]");
    let failed = read(&file.to_string()).unwrap().encode(&("ab".repeat(60) + "c"));
    assert!(matches!(failed, Err(Error::Split { .. })), "{failed:?}");
    file["pre_tokenizer"] = split(r"(?:\p{L}{1000}){1000}");
    assert!(matches!(read(&file.to_string()), Err(Error::Unsupported { .. })));
}

#[test]
fn what_is_no_json_is_an_error() {
    for text in ["", "{", "[]", "\"\"", &"[".repeat(100_000)] {
        assert!(matches!(read(text), Err(Error::Json { .. } | Error::MissingField { .. })));
    }
}

#[test]
fn older_files_without_a_type_are_read() {
    let of = |model: Value| read(&json!({"model": model}).to_string()).unwrap();
    let kind = |model| of(model).model().kind();
    assert_eq!(kind(json!({"vocab": {"a": 0}, "merges": []})), "BPE");
    let word_piece = json!({"vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 9});
    assert_eq!(kind(word_piece), "WordPiece");
    assert_eq!(kind(json!({"vocab": {"a": 0}, "unk_token": "a"})), "WordLevel");
    assert_eq!(kind(json!({"vocab": [["a", 0.0]], "unk_id": 0})), "Unigram");
}

#[test]
fn an_added_token_keeps_its_id_when_written() {
    let mut file = file();
    file["added_tokens"][0]["id"] = json!(9);
    let written: Value = serde_json::from_str(&read(&file.to_string()).unwrap().to_json()).unwrap();
    assert_eq!(written["model"]["vocab"]["<s>"], 9, "Hugging Face would take the next free id");
    file["added_tokens"][0]["id"] = json!(3);
    let written: Value = serde_json::from_str(&read(&file.to_string()).unwrap().to_json()).unwrap();
    assert_eq!(written["model"]["vocab"]["<s>"], Value::Null);
}

#[test]
fn truncation_and_padding_are_read_and_written() {
    let mut file = file();
    let truncation =
        json!({"direction": "Left", "max_length": 8, "strategy": "OnlyFirst", "stride": 2});
    let padding = json!({"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "a"});
    (file["truncation"], file["padding"]) = (truncation.clone(), padding.clone());
    let tokenizer = read(&file.to_string()).unwrap();
    let written: Value = serde_json::from_str(&tokenizer.to_json()).unwrap();
    assert_eq!((&written["truncation"], &written["padding"]), (&truncation, &padding));
    assert_eq!(tokenizer.encoding("a a", None, true).unwrap().ids, [0, 2, 0, 0, 0, 0, 0, 0]);
    for (pointer, junk) in [("/truncation/strategy", "Shortest"), ("/padding/direction", "Up")] {
        let mut broken = file.clone();
        *broken.pointer_mut(pointer).unwrap() = json!(junk);
        let error = read(&broken.to_string()).unwrap_err().to_string();
        assert!(error.contains(junk), "{error}");
    }
}
