//! Our normalizers against the golden results of Hugging Face `tokenizers` and `sentencepiece`
//! (`testdata/normalize/`, which names tools and versions), and over every Unicode character.

use serde_json::Value;
use tokenizer::normalize::Normalizer;

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/normalize/golden.json");
    let text = std::fs::read_to_string(path).expect("the golden file is in the repository");
    serde_json::from_str(&text).expect("the golden file is JSON")
}

#[test]
fn texts_and_spans_are_those_of_hugging_face_and_sentencepiece() {
    let file = golden();
    let (mut whole, mut starts) = (0, 0);
    for kind in file["kinds"].as_array().unwrap() {
        let normalizer = Normalizer::from_json(&kind["normalizer"]).unwrap();
        assert_eq!(normalizer.to_json(), kind["normalizer"]);
        for case in kind["cases"].as_array().unwrap() {
            let text = case[0].as_str().unwrap();
            let aligned = normalizer.align(text).unwrap();
            assert_eq!(aligned.text(), case[1].as_str().unwrap(), "{} of {text:?}", kind["name"]);
            let spans = aligned.text().char_indices().map(|(at, _)| aligned.span(at).unwrap());
            let spans: Value = if kind["spans"] == "whole" {
                whole += 1;
                spans.map(|span| Value::from(vec![span.start, span.end])).collect()
            } else {
                starts += 1;
                spans.map(|span| Value::from(text[..span.start].chars().count())).collect()
            };
            assert_eq!(spans, case[2], "{} of {text:?}", kind["name"]);
        }
    }
    assert!(whole > 500 && starts > 50, "{whole} and {starts} cases");
}

/// The digest that `bench/parity/normalize` makes: FNV-1a over what each character becomes, alone
/// and between two marks, where that is a change.
fn digest(normalizer: &Normalizer) -> String {
    let all: Vec<char> = (0..=0x10_FFFF).filter_map(char::from_u32).collect();
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for block in all.chunks(64) {
        for (before, after) in [("", "\n"), ("\u{345}", "\u{334}\n")] {
            for &c in block.iter().filter(|&&c| c != '\n') {
                let old = format!("{before}{c}{after}");
                let new = normalizer.normalize(&old).expect("nothing here can fail");
                if new == old {
                    continue;
                }
                for byte in format!("{:x}:{new}", u32::from(c)).bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
                }
            }
        }
    }
    format!("{hash:016x}")
}

#[test]
fn every_character_becomes_what_it_does_with_hugging_face() {
    let file = golden();
    let digests = file["characters"].as_object().unwrap();
    assert_eq!(digests.len(), 10);
    for (name, expected) in digests {
        let kinds = file["kinds"].as_array().unwrap();
        let kind = kinds.iter().find(|kind| kind["name"] == **name).unwrap();
        let normalizer = Normalizer::from_json(&kind["normalizer"]).unwrap();
        assert_eq!(digest(&normalizer), *expected, "{name}");
    }
}
