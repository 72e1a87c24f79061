//! Our unigram ids against the golden ones of Hugging Face `tokenizers` and of SentencePiece
//! (`testdata/unigram/`, which names tools and versions), each with its arithmetic.

use std::path::Path;

use serde_json::Value;
use tokenizer::Error;
use tokenizer::unigram::{Arithmetic, Kind, Options, Unigram};

fn unigram(json: &Value, arithmetic: Arithmetic) -> Option<Unigram> {
    let kind = |kind: &Value| if kind == "apart" { Kind::Apart } else { Kind::Normal };
    let kinds = match arithmetic {
        Arithmetic::HuggingFace => vec![],
        Arithmetic::SentencePiece => json["kinds"].as_array()?.iter().map(kind).collect(),
    };
    let (unk_id, byte_fallback) = (Some(0), json["byte_fallback"].as_bool()?);
    let options = Options { unk_id, byte_fallback, arithmetic, kinds, ..Options::default() };
    Unigram::new(serde_json::from_value(json["pieces"].clone()).ok()?, options).ok()
}

/// The ids of `text`, the fast way and plainly.
fn encode(model: &Unigram, text: &str) -> Result<[Vec<u32>; 2], Error> {
    let (mut ids, mut plain) = (vec![], vec![]);
    model.encode(text, &mut ids)?;
    model.encode_plainly(text, &mut plain)?;
    Ok([ids, plain])
}

#[test]
fn ids_are_those_of_both_originals() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/unigram/ids.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut n_cases = 0;
    for (arithmetic, tool) in
        [(Arithmetic::HuggingFace, "tokenizers"), (Arithmetic::SentencePiece, "sentencepiece")]
    {
        for json in file["models"].as_array().unwrap() {
            let model = unigram(json, arithmetic).unwrap();
            for case in json["cases"].as_array().unwrap() {
                let expected: Vec<u32> = serde_json::from_value(case[tool].clone()).unwrap();
                let text = case["text"].as_str().unwrap();
                let both = [expected.clone(), expected];
                assert_eq!(encode(&model, text).unwrap(), both, "{tool}: {text:?}");
                n_cases += 1;
            }
        }
    }
    assert!(n_cases >= 90, "{n_cases} cases");
}
