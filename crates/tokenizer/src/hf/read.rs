//! `tokenizer.json` in. The file is not trusted: its size, ids and pattern are capped, and its
//! parts are checked against each other before any is used.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::MAX_FILE_BYTES;
use crate::bpe::train::MAX_VOCAB;
use crate::bpe::{Bpe, Merge};
use crate::pretokenize::{GPT2_PATTERN, Pretokenizer};
use crate::special::{Added, AddedTokens};
use crate::{Error, Tokenizer, byte_level};

/// The longest pattern that is compiled.
const MAX_PATTERN_BYTES: usize = 4096;

/// Enough to see which model it is, so that another one is named and not a type error.
#[derive(Deserialize)]
struct Outline {
    model: Option<ModelOutline>,
}

#[derive(Deserialize)]
struct ModelOutline {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<FileAdded>,
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    pre_tokenizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    decoder: Value,
    model: FileModel,
}

#[derive(Deserialize)]
struct FileAdded {
    id: u32,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct FileModel {
    vocab: Option<BTreeMap<String, u32>>,
    merges: Option<Vec<FileMerge>>,
    #[serde(default)]
    dropout: Option<f64>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
}

/// "left right" in older files, ["left", "right"] since tokenizers 0.20.
#[derive(Deserialize)]
#[serde(untagged)]
enum FileMerge {
    Line(String),
    Pair(String, String),
}

/// The tokenizer that `text` describes.
pub(crate) fn read(text: &str) -> Result<Tokenizer, Error> {
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large("a file (in bytes)", text.len(), MAX_FILE_BYTES as usize));
    }
    if text.trim().is_empty() {
        return Err(Error::Json { detail: "it is empty".into() });
    }
    check_model_kind(text)?;
    let file: File = parse(text)?;
    check_stages(&file)?;
    let pretokenizer = pretokenizer(&file.pre_tokenizer)?;
    let vocab = file.model.vocab.ok_or(Error::MissingField { field: "model.vocab" })?;
    let merges = file.model.merges.ok_or(Error::MissingField { field: "model.merges" })?;
    let added = added_tokens(file.added_tokens, &vocab)?;
    let merges = merges.iter().map(|m| merge(m, &vocab)).collect::<Result<_, _>>()?;
    let bpe = Bpe::new(tokens(&vocab, &added)?, merges);
    let bpe = if file.model.ignore_merges { bpe.with_whole_words() } else { bpe };
    Tokenizer::assemble(bpe, pretokenizer, added, file.post_processor)
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|e| Error::Json { detail: e.to_string() })
}

fn too_large(what: &'static str, got: usize, most: usize) -> Error {
    Error::TooLarge { what, got: got as u64, most: most as u64 }
}

fn check_model_kind(text: &str) -> Result<(), Error> {
    let model = parse::<Outline>(text)?.model.ok_or(Error::MissingField { field: "model" })?;
    match model.kind {
        // Files from before the type was written hold BPE or fail on the fields below.
        None => Ok(()),
        Some(kind) if kind == "BPE" => Ok(()),
        Some(kind) => Err(Error::Unsupported {
            field: "model.type",
            got: format!("{kind:?}"),
            expected: "only BPE can be read yet",
        }),
    }
}

/// Refuses what would change ids and is not done here.
fn check_stages(file: &File) -> Result<(), Error> {
    let refuse = |field, got: String, expected| Err(Error::Unsupported { field, got, expected });
    if !file.normalizer.is_null() {
        return refuse("normalizer", kind(&file.normalizer), "only null can be read yet");
    }
    if file.decoder["type"] != "ByteLevel" {
        return refuse("decoder.type", kind(&file.decoder), "only ByteLevel can be read yet");
    }
    let model = &file.model;
    if let Some(dropout) = model.dropout.filter(|&p| p != 0.0) {
        return refuse("model.dropout", dropout.to_string(), "only null or 0 can be read");
    }
    let affixes = [
        ("model.continuing_subword_prefix", &model.continuing_subword_prefix),
        ("model.end_of_word_suffix", &model.end_of_word_suffix),
    ];
    for (field, affix) in affixes {
        if let Some(affix) = affix.as_deref().filter(|affix| !affix.is_empty()) {
            return refuse(field, format!("{affix:?}"), "only an empty one can be read yet");
        }
    }
    if model.byte_fallback {
        return refuse("model.byte_fallback", "true".into(), "only false can be read yet");
    }
    Ok(())
}

/// The "type" of a stage, for a message.
fn kind(stage: &Value) -> String {
    let mut kind = stage["type"].to_string();
    kind.truncate(kind.floor_char_boundary(80));
    kind
}

fn pretokenizer(stage: &Value) -> Result<Pretokenizer, Error> {
    let refuse = |got| {
        Err(Error::Unsupported {
            field: "pre_tokenizer",
            got,
            expected: "only ByteLevel without a prefix space, alone or after one Split by a regular \
                       expression (Isolated, not inverted), can be read yet",
        })
    };
    let is_byte_level = |stage: &Value, with_pattern: bool| {
        stage["type"] == "ByteLevel"
            && stage["add_prefix_space"] == false
            && stage["use_regex"].as_bool().unwrap_or(true) == with_pattern
    };
    if is_byte_level(stage, true) {
        return Pretokenizer::from_pattern(GPT2_PATTERN);
    }
    let Some([split, byte_level]) = stage["pretokenizers"].as_array().map(Vec::as_slice) else {
        return refuse(kind(stage));
    };
    if !is_byte_level(byte_level, false) {
        return refuse(format!("a sequence that ends in {}", kind(byte_level)));
    }
    if split["type"] != "Split" || split["behavior"] != "Isolated" || split["invert"] == true {
        return refuse(format!("a sequence that begins with {}", kind(split)));
    }
    match split["pattern"]["Regex"].as_str() {
        None => refuse("a Split without a Regex".to_owned()),
        Some(pattern) if pattern.len() > MAX_PATTERN_BYTES => {
            Err(too_large("a pattern (in bytes)", pattern.len(), MAX_PATTERN_BYTES))
        }
        Some(pattern) => Pretokenizer::from_pattern(pattern),
    }
}

fn added_tokens(
    added: Vec<FileAdded>,
    vocab: &BTreeMap<String, u32>,
) -> Result<AddedTokens, Error> {
    for token in &added {
        if token.single_word || token.lstrip || token.rstrip {
            return Err(Error::Unsupported {
                field: "added_tokens",
                got: format!("{:?} with single_word, lstrip or rstrip", token.content),
                expected: "only plain added tokens can be read yet",
            });
        }
        if let Some(&id) = vocab.get(&token.content).filter(|&&id| id != token.id) {
            let detail = format!(
                "{:?} is {} in added_tokens and {id} in model.vocab",
                token.content, token.id
            );
            return Err(Error::Inconsistent { detail });
        }
    }
    let last = added.iter().map(|token| token.id).max().unwrap_or(0) as usize;
    check_last_id(last, vocab.len() + added.len())?;
    let added =
        added.into_iter().map(|t| Added { id: t.id, content: t.content, special: t.special });
    AddedTokens::new(added.collect())
}

/// Ids may have holes, but a small file must not ask for a large table.
fn check_last_id(last: usize, n_tokens: usize) -> Result<(), Error> {
    let most = (2 * n_tokens + 1024).min(MAX_VOCAB);
    if last < most { Ok(()) } else { Err(too_large("an id", last, most)) }
}

/// The bytes of the ordinary tokens by id.
fn tokens(vocab: &BTreeMap<String, u32>, added: &AddedTokens) -> Result<Vec<Box<[u8]>>, Error> {
    let last = vocab.values().copied().max().unwrap_or(0) as usize;
    check_last_id(last, vocab.len() + added.iter().count())?;
    let mut tokens = vec![Box::<[u8]>::default(); last + 1];
    for (visible, &id) in vocab {
        if let Some(token) = added.get(id) {
            if token.content != *visible {
                let detail = format!("id {id} is both {visible:?} and {:?}", token.content);
                return Err(Error::Inconsistent { detail });
            }
            continue;
        }
        let place = &mut tokens[id as usize];
        if !place.is_empty() {
            let detail = format!("id {id} is both {visible:?} and another token of model.vocab");
            return Err(Error::Inconsistent { detail });
        }
        *place = match byte_level::to_bytes(visible) {
            Some(bytes) if !bytes.is_empty() => bytes.into(),
            _ => {
                let detail = format!("token {visible:?} is not written in byte-level characters");
                return Err(Error::Inconsistent { detail });
            }
        };
    }
    Ok(tokens)
}

fn merge(merge: &FileMerge, vocab: &BTreeMap<String, u32>) -> Result<Merge, Error> {
    let (left, right) = match merge {
        FileMerge::Pair(left, right) => (left.as_str(), right.as_str()),
        FileMerge::Line(line) => line.split_once(' ').ok_or_else(|| Error::Inconsistent {
            detail: format!("merge {line:?} is not two tokens with a space between them"),
        })?,
    };
    let id = |token: &str| {
        vocab.get(token).copied().ok_or_else(|| Error::Inconsistent {
            detail: format!("merge {left:?} + {right:?} needs {token:?}, which model.vocab lacks"),
        })
    };
    Ok(Merge { left: id(left)?, right: id(right)?, product: id(&format!("{left}{right}"))? })
}

#[cfg(test)]
mod tests {
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
            json!("Unigram"),
            &expect![[r#"tokenizer.json wants model.type = "Unigram", only BPE can be read yet"#]],
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
                r#"tokenizer.json wants decoder.type = "Metaspace", only ByteLevel can be read yet"#
            ]],
        );
        check(
            "/pre_tokenizer/add_prefix_space",
            json!(true),
            &expect![[
                r#"tokenizer.json wants pre_tokenizer = "ByteLevel", only ByteLevel without a prefix space, alone or after one Split by a regular expression (Isolated, not inverted), can be read yet"#
            ]],
        );
    }

    #[test]
    fn files_that_contradict_themselves_are_refused() {
        check(
            "/model/merges",
            json!([["a", "a"]]),
            &expect![[
                r#"tokenizer.json contradicts itself: merge "a" + "a" needs "aa", which model.vocab lacks; take a fresh copy of the file"#
            ]],
        );
        check(
            "/model/merges",
            json!(["aa"]),
            &expect![[
                r#"tokenizer.json contradicts itself: merge "aa" is not two tokens with a space between them; take a fresh copy of the file"#
            ]],
        );
        check(
            "/model/vocab/a",
            json!(1),
            &expect![[
                r#"tokenizer.json contradicts itself: id 1 is both "Ġ" and another token of model.vocab; take a fresh copy of the file"#
            ]],
        );
        check(
            "/model/vocab/a",
            json!(4_000_000),
            &expect!["tokenizer.json is too large: an id of 4000000, at most 1032 is accepted"],
        );
        check(
            "/added_tokens/0/id",
            json!(0),
            &expect![[
                r#"tokenizer.json contradicts itself: id 0 is both "a" and "<s>"; take a fresh copy of the file"#
            ]],
        );
        check(
            "/added_tokens/0/content",
            json!("a"),
            &expect![[
                r#"tokenizer.json contradicts itself: "a" is 3 in added_tokens and 0 in model.vocab; take a fresh copy of the file"#
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
}
