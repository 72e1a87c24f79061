//! Our models against the golden results of Hugging Face `tokenizers` (`testdata/models/`, which
//! names tool and version): ids, spans, and what training learns; and training with other ties
//! against the reference of Stanford's CS336 where the public data is at hand.

use std::path::Path;

use fancy_regex::Regex;
use serde_json::Value;
use tokenizer::bpe::train::{CharacterOptions, train_bytes, train_characters};
use tokenizer::bpe::{self, Bpe, Unknown, merges};
use tokenizer::vocab::Vocab;
use tokenizer::wordlevel::{self, WordLevel};
use tokenizer::wordpiece::{self, WordPiece};
use tokenizer::words::Words;
use tokenizer::{Ties, Token, TrainOptions};

fn golden() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/models/golden.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn text(json: &Value) -> Option<String> {
    json.as_str().map(str::to_owned)
}

/// The tokens of `word` by the model, fast and plainly.
fn encode(json: &Value, word: &str) -> [Vec<Token>; 2] {
    let ids = json["vocab"].as_object().unwrap().iter();
    let vocab = Vocab::new(ids.map(|(piece, id)| (piece, id.as_u64().unwrap() as u32))).unwrap();
    let (mut fast, mut plain) = (vec![], vec![]);
    let (prefix, unk) = (text(&json["continuing_subword_prefix"]), text(&json["unk_token"]));
    match json["type"].as_str().unwrap() {
        "BPE" => {
            let unknown = unk.map(|unk| vocab.id(unk.as_bytes()).unwrap());
            let options = bpe::Options {
                unknown: unknown.map_or(Unknown::Drop, Unknown::Piece),
                fuse_unk: json["fuse_unk"] == true,
                byte_fallback: json["byte_fallback"] == true,
                ignore_merges: json["ignore_merges"] == true,
                end_of_word_suffix: text(&json["end_of_word_suffix"]),
                continuing_subword_prefix: prefix.clone(),
                dropout: None,
            };
            let pairs: Vec<(String, String)> =
                serde_json::from_value(json["merges"].clone()).unwrap();
            let merges = merges(&vocab, pairs, prefix.as_deref().unwrap_or_default()).unwrap();
            let model = Bpe::from_characters(vocab, merges, options).unwrap();
            model.tokens(word, &mut bpe::Scratch::default(), &mut fast).unwrap();
            model.encode_plainly(word, &mut plain).unwrap();
        }
        "WordPiece" => {
            let most = json["max_input_chars_per_word"].as_u64().unwrap();
            let options = wordpiece::Options {
                unk_token: unk.unwrap(),
                continuing_subword_prefix: prefix.unwrap(),
                max_input_chars_per_word: most as usize,
            };
            let model = WordPiece::new(vocab, options).unwrap();
            model.tokens(word, &mut fast).unwrap();
            model.encode_plainly(word, &mut plain).unwrap();
        }
        _ => {
            let model = WordLevel::new(vocab, unk.unwrap());
            model.tokens(word, &mut fast).unwrap();
            plain.clone_from(&fast);
        }
    }
    [fast, plain]
}

/// Places in characters, as Python has them; a part of a character is all of it.
fn in_characters(word: &str, token: &Token) -> (usize, usize) {
    let before = |at: u32| word.char_indices().filter(|&(start, _)| start < at as usize).count();
    let start = word.floor_char_boundary(token.start as usize);
    (before(start as u32), before(token.end))
}

#[test]
fn ids_and_spans_are_those_of_hugging_face() {
    let (file, mut n_cases, mut n_spans) = (golden(), 0, 0);
    for entry in file["encoded"].as_array().unwrap() {
        for case in entry["cases"].as_array().unwrap() {
            let word = case[0].as_str().unwrap();
            let ids: Vec<u32> = serde_json::from_value(case[1].clone()).unwrap();
            let spans: Option<Vec<(usize, usize)>> =
                serde_json::from_value(case[2].clone()).unwrap();
            for tokens in encode(&entry["model"], word) {
                let found: Vec<u32> = tokens.iter().map(|token| token.id).collect();
                assert_eq!(found, ids, "{word:?} {}", entry["model"]);
                if let Some(spans) = &spans {
                    let found: Vec<_> =
                        tokens.iter().map(|token| in_characters(word, token)).collect();
                    assert_eq!(found, *spans, "{word:?} {}", entry["model"]);
                    n_spans += 1;
                }
            }
            n_cases += 1;
        }
    }
    assert!(n_cases > 300 && n_spans > 200, "{n_cases} cases, {n_spans} with spans");
}

fn learn(words: Words, kind: &str, options: &Value) -> (Vec<String>, Vec<(String, String)>) {
    let number = |name: &str| options[name].as_u64();
    let vocab_size = number("vocab_size").unwrap() as usize;
    let specials: Vec<String> =
        serde_json::from_value(options["special_tokens"].clone()).unwrap_or_default();
    let min_frequency = number("min_frequency").unwrap_or(0);
    let bpe = match kind {
        "bytes" => {
            let options =
                TrainOptions { vocab_size, specials, min_frequency, ..TrainOptions::default() };
            train_bytes(words, &options, &mut |_| true)
        }
        "characters" => {
            let options = CharacterOptions {
                vocab_size,
                specials,
                min_frequency,
                max_token_length: number("max_token_length").map(|n| n as usize),
                ..CharacterOptions::default()
            };
            train_characters(words, &options, &mut |_| true)
        }
        _ => {
            let options = wordlevel::train::TrainOptions {
                vocab_size,
                specials,
                min_frequency,
                ..wordlevel::train::TrainOptions::default()
            };
            let model = wordlevel::train::train(&words, &options).unwrap();
            let pieces = (0..model.len() as u32).map(|id| model.piece(id).unwrap().to_owned());
            return (pieces.collect(), vec![]);
        }
    };
    written(&bpe.unwrap())
}

fn written(bpe: &Bpe) -> (Vec<String>, Vec<(String, String)>) {
    let piece = |id| bpe.piece(id).unwrap().into_owned();
    let pieces = (0..bpe.len() as u32).map(piece).collect();
    (pieces, bpe.merges().iter().map(|m| (piece(m.left), piece(m.right))).collect())
}

#[test]
fn what_is_learnt_is_what_hugging_face_learns() {
    let file = golden();
    let counts: Vec<(String, u64)> = serde_json::from_value(file["words"].clone()).unwrap();
    let cases = file["learnt"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let words = Words::from_counts(counts.iter().map(|(word, n)| (word, *n))).unwrap();
        let kind = case["kind"].as_str().unwrap();
        let (mut vocab, merges) = learn(words, kind, &case["options"]);
        let mut expected: Vec<String> = serde_json::from_value(case["vocab"].clone()).unwrap();
        if kind == "bytes" {
            // Our bytes have the ids of their values.
            vocab.sort();
            expected.sort();
        }
        assert_eq!(vocab, expected, "{kind} {}", case["options"]);
        let expected: Vec<(String, String)> =
            serde_json::from_value(case["merges"].clone()).unwrap();
        assert_eq!(merges, expected, "{kind} {}", case["options"]);
    }
}

#[test]
fn with_ties_to_the_greater_bytes_merges_are_those_of_cs336() {
    let Some(data) = super::public_data() else { return };
    let folder = data.join("cs336-fixtures/fixtures");
    let corpus = std::fs::read_to_string(folder.join("corpus.en")).unwrap();
    let pattern = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    let pattern = Regex::new(pattern).unwrap();
    let split = |text: &str, each: &mut dyn FnMut(&str)| {
        for part in text.split("<|endoftext|>") {
            pattern.find_iter(part).for_each(|found| each(found.unwrap().as_str()));
        }
        Ok(())
    };
    let words = Words::count([&corpus], &split, &mut |_| true).unwrap();
    let options =
        TrainOptions { vocab_size: 500, ties: Ties::LargerBytes, ..TrainOptions::default() };
    let (_, merges) = written(&train_bytes(words, &options, &mut |_| true).unwrap());
    let reference = std::fs::read_to_string(folder.join("train-bpe-reference-merges.txt")).unwrap();
    let reference: Vec<(String, String)> = reference
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(left, right)| (left.to_owned(), right.to_owned()))
        .collect();
    assert_eq!(reference.len(), 243);
    assert_eq!(merges, reference);
}
