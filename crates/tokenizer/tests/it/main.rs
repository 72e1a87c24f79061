//! Our ids against the golden ones of Hugging Face `tokenizers` (`testdata/tokenizer/`, which
//! names tool and version), and against published vocabularies where the public data is at hand.
#![expect(clippy::unwrap_used, reason = "the panic of a test is its message")]

mod formats;
mod models;
mod normalize;
mod pipeline;
mod unigram;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenizer::{Alphabet, Tokenizer, TrainOptions};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/tokenizer").join(name)
}

fn ids(value: &Value) -> Option<Vec<u32>> {
    value.as_array()?.iter().map(|id| u32::try_from(id.as_u64()?).ok()).collect()
}

/// The folder of public data, if there is one.
fn public_data() -> Option<PathBuf> {
    let folder = std::env::var_os("LYCEUM_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: LYCEUM_TEST_DATA does not name the folder of public data");
    }
    folder
}

#[test]
fn ids_are_those_of_hugging_face() {
    let tokenizer = Tokenizer::load(&golden("tokenizer.json")).unwrap();
    let file: Value =
        serde_json::from_str(&std::fs::read_to_string(golden("ids.json")).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() >= 15, "{} cases", cases.len());
    for case in cases {
        let text = case["text"].as_str().unwrap();
        assert_eq!(tokenizer.encode(text).unwrap(), ids(&case["ids"]).unwrap(), "{text:?}");
        let plain = tokenizer.encode_plainly(text, false).unwrap();
        assert_eq!(plain, ids(&case["ids"]).unwrap(), "{text:?}");
        let with_special = ids(&case["with_special"]).unwrap();
        assert_eq!(tokenizer.encode_with_special(text).unwrap(), with_special, "{text:?}");
        assert_eq!(tokenizer.decode(&with_special).unwrap(), text);
    }
}

#[test]
fn shakespeare_has_65_characters() {
    let Some(data) = public_data() else { return };
    let text = std::fs::read_to_string(data.join("tinyshakespeare/input.txt")).unwrap();
    let options = TrainOptions {
        vocab_size: 65,
        specials: vec![],
        alphabet: Alphabet::Seen,
        ..TrainOptions::default()
    };
    let tokenizer = Tokenizer::train([&text], &options).unwrap();
    let ids = tokenizer.encode(&text).unwrap();
    assert_eq!(ids.len(), text.len());
    assert_eq!(ids[..5], [18, 47, 56, 57, 58]); // First
    assert_eq!(tokenizer.decode(&ids).unwrap(), text);
}

#[test]
fn the_published_file_of_gpt_2_is_read() {
    let Some(data) = public_data() else { return };
    let tokenizer = Tokenizer::load(&data.join("gpt2-tokenizer-json/gpt2.json")).unwrap();
    assert_eq!(tokenizer.vocab_size(), 50257);
    assert_eq!(tokenizer.encode("Hello, world!").unwrap(), [15496, 11, 995, 0]);
    assert_eq!(tokenizer.encode_with_special("<|endoftext|>").unwrap(), [50256]);
}
