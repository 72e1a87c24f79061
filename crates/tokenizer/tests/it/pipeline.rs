//! Whole tokenizers of the published shapes against the golden results of Hugging Face
//! `tokenizers` (`testdata/pipeline/`, which names the version).

use serde_json::{Value, json};
use tokenizer::{Encoding, Tokenizer};

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/pipeline/golden.json");
    let text = std::fs::read_to_string(path).expect("the golden file is in the repository");
    serde_json::from_str(&text).expect("the golden file is JSON")
}

fn check(encoding: &Encoding, case: &Value, name: &Value) {
    let ours = json!({
        "ids": encoding.ids,
        "type_ids": encoding.type_ids,
        "tokens": encoding.tokens,
        "word_ids": encoding.word_ids,
        "offsets": encoding.char_offsets,
        "special_tokens_mask": encoding.special_tokens_mask,
        "attention_mask": encoding.attention_mask,
        "sequence_ids": encoding.sequence_ids(),
    });
    for (field, value) in ours.as_object().expect("it is an object") {
        assert_eq!(*value, case[field], "{name}, {field} of {:?}", case["text"]);
    }
}

#[test]
fn encodings_and_texts_are_those_of_hugging_face() {
    let file = golden();
    let (mut n_kinds, mut n_cases) = (0, 0);
    for kind in file["kinds"].as_array().unwrap() {
        let tokenizer = Tokenizer::from_json(&kind["tokenizer"].to_string()).unwrap();
        let again = Tokenizer::from_json(&tokenizer.to_json()).unwrap();
        assert_eq!(again.to_json(), tokenizer.to_json());
        for case in kind["cases"].as_array().unwrap() {
            let (text, pair) = (case["text"].as_str().unwrap(), case["pair"].as_str());
            for tokenizer in [&tokenizer, &again] {
                let encoding = tokenizer.encoding(text, pair, true).unwrap();
                check(&encoding, case, &kind["name"]);
            }
            let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
            assert_eq!(tokenizer.decode(&ids).unwrap(), case["decoded"], "{}", kind["name"]);
            let shown = tokenizer.decode_without_special(&ids).unwrap();
            assert_eq!(shown, case["shown"], "{}", kind["name"]);
            let mut stream = tokenizer.decoder();
            let parts: String = ids.iter().map(|&id| stream.push(id).unwrap()).collect();
            assert_eq!(parts + &stream.finish(), case["decoded"], "{}", kind["name"]);
            n_cases += 1;
        }
        n_kinds += 1;
    }
    assert!(n_kinds >= 13 && n_cases >= 180, "{n_kinds} kinds, {n_cases} cases");
}

#[test]
fn broken_files_are_errors_and_not_panics() {
    let file = golden();
    for kind in file["kinds"].as_array().unwrap() {
        let whole = kind["tokenizer"].to_string();
        for at in (0..whole.len()).step_by(997) {
            let Some(start) = whole.get(..at) else { continue };
            assert!(Tokenizer::from_json(start).is_err(), "{} cut at {at}", kind["name"]);
        }
        for pointer in ["/normalizer", "/pre_tokenizer", "/post_processor", "/decoder", "/model"] {
            for junk in [json!(1), json!([]), json!({}), json!({"type": "Magic"}), json!("x")] {
                let mut broken = kind["tokenizer"].clone();
                *broken.pointer_mut(pointer).unwrap() = junk;
                assert!(Tokenizer::from_json(&broken.to_string()).is_err(), "{pointer}");
            }
        }
    }
}
