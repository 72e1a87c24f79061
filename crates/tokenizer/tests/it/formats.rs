//! Published vocabularies in the formats of other tools, against the ids of those tools: golden ones
//! (`testdata/formats/`, which names tools and versions), and llama.cpp's own vectors.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokenizer::Tokenizer;
use tokenizer::formats::Format;

use super::{ids, public_data};

/// The parts of a vector file, which llama.cpp keeps apart by this line.
const SEPARATOR: &str = "\n__ggml_vocab_test__\n";

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/formats/ids.json");
    let text = std::fs::read_to_string(path).expect("the golden file is in the repository");
    serde_json::from_str(&text).expect("the golden file is JSON")
}

/// As llama.cpp reads its vectors: texts apart by the separator, ids by line.
fn vectors(path: &Path) -> Vec<(String, Vec<u32>)> {
    let read = |extension: &str| {
        let name = format!("{}.{extension}", path.display());
        std::fs::read_to_string(name).unwrap()
    };
    let (inputs, outputs) = (read("inp"), read("out"));
    let mut texts: Vec<&str> = inputs.split(SEPARATOR).collect();
    if texts.last() == Some(&"") {
        texts.pop();
    }
    let ids = |line: &str| line.split_whitespace().map(|id| id.parse().unwrap()).collect();
    assert_eq!(texts.len(), outputs.lines().count(), "{}", path.display());
    texts.iter().map(|&text| text.to_owned()).zip(outputs.lines().map(ids)).collect()
}

#[test]
fn every_vector_of_llama_cpp() {
    let Some(data) = public_data() else { return };
    let folder = data.join("llamacpp-vocabs");
    let mut n_files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "gguf") {
            continue;
        }
        let tokenizer = Tokenizer::open(&path).unwrap();
        let mut wrong = vec![];
        let all = vectors(&path);
        assert!(all.len() > 40, "{} vectors", all.len());
        for (text, expected) in &all {
            let fast = tokenizer.encode_with_special(text).unwrap();
            let plain = tokenizer.encode_plainly(text, true).unwrap();
            for found in [fast, plain] {
                if found != *expected {
                    wrong.push(format!("{text:?}: {found:?}, not {expected:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}: {}\n{}", path.display(), wrong.len(), wrong.join("\n"));
        n_files += 1;
    }
    assert!(n_files >= 4, "{n_files} files");
}

/// Where a golden vocabulary lies in the public data.
fn file(data: &Path, name: &str) -> PathBuf {
    data.join(match name {
        "clip" => "clip-bpe/bpe_simple_vocab_16e6.txt.gz",
        "bert" => "bert-vocab/vocab.txt",
        "gpt2" => "gpt2-bpe/encoder.json",
        "t5" => "t5-cc-sentencepiece/sentencepiece_cc_all.32000.100extra-sentencepiece.model",
        "sp-en" => "sentencepiece/python/test/test_model.model",
        "sp-ja" => "sentencepiece/python/test/test_ja_model.model",
        "llama2c" => "weights-stories260k/tok512.bin",
        other => return data.join(format!("tiktoken-ranks/{other}.tiktoken")),
    })
}

#[test]
fn ids_are_those_of_the_originals() {
    let golden = golden();
    let kinds = golden["kinds"].as_object().unwrap();
    assert!(kinds.len() >= 11, "{} kinds", kinds.len());
    let Some(data) = public_data() else { return };
    let texts: Vec<&str> =
        golden["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    for (name, kind) in kinds {
        let tokenizer = Tokenizer::open(&file(&data, name)).unwrap();
        let all = kind["ids"].as_array().unwrap();
        assert_eq!(all.len(), texts.len(), "{name}");
        for (text, expected) in texts.iter().zip(all) {
            let expected = ids(expected).unwrap();
            // CLIP looks for its special tokens in every text.
            let found = match name.as_str() {
                "clip" => tokenizer.encode_with_special(text),
                _ => tokenizer.encode(text),
            };
            assert_eq!(found.unwrap(), expected, "{name}: {text:?}");
            let plain = tokenizer.encode_plainly(text, name == "clip").unwrap();
            assert_eq!(plain, expected, "{name}, plainly: {text:?}");
            let Some(shown) = kind["decoded"].as_object().and_then(|all| all.get(*text)) else {
                continue;
            };
            assert_eq!(tokenizer.decode(&expected).unwrap(), shown.as_str().unwrap(), "{name}");
        }
    }
}

#[test]
fn files_with_the_same_vocabulary_are_the_same_tokenizer() {
    let Some(data) = public_data() else { return };
    let open = |path: &str| Tokenizer::open(&data.join(path)).unwrap();
    let text = std::fs::read_to_string(data.join("cs336-fixtures/fixtures/german.txt")).unwrap();
    let all = [
        open("gpt2-bpe/encoder.json"),
        open("cs336-fixtures/fixtures/gpt2_vocab.json"),
        open("gpt2-tokenizer-json/gpt2.json"),
        open("tiktoken-ranks/r50k_base.tiktoken"),
        open("llamacpp-vocabs/ggml-vocab-gpt-2.gguf"),
    ];
    let expected = all[0].encode(&text).unwrap();
    for tokenizer in &all {
        assert_eq!(tokenizer.encode(&text).unwrap(), expected);
        assert_eq!(tokenizer.encode_with_special("<|endoftext|>").unwrap(), [50256]);
    }
}

#[test]
fn published_vocabularies_are_written_as_they_were_read() {
    let Some(data) = public_data() else { return };
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("tiktoken-ranks/r50k_base.tiktoken", "r50k_base.tiktoken", Format::Tiktoken),
        ("tiktoken-ranks/cl100k_base.tiktoken", "cl100k_base.tiktoken", Format::Tiktoken),
        ("bert-vocab/vocab.txt", "vocab.txt", Format::VocabTxt),
        ("weights-stories260k/tok512.bin", "tok.bin", Format::Llama2c),
    ];
    for (from, to, format) in cases {
        let (from, to) = (data.join(from), folder.path().join(to));
        Tokenizer::open(&from).unwrap().save_as(&to, format).unwrap();
        assert!(std::fs::read(&from).unwrap() == std::fs::read(&to).unwrap(), "{}", from.display());
    }
}
