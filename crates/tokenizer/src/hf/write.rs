//! `tokenizer.json` out. All tokens, the added ones too, stand in `model.vocab`, as Hugging Face's
//! own trainer writes them, so that every id is explicit wherever the special tokens stand.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::{Tokenizer, byte_level};

#[derive(Serialize)]
struct File<'a> {
    version: &'static str,
    truncation: Value,
    padding: Value,
    added_tokens: Vec<Value>,
    normalizer: Value,
    pre_tokenizer: Value,
    post_processor: &'a Value,
    decoder: Value,
    model: Model,
}

#[derive(Serialize)]
struct Model {
    r#type: &'static str,
    dropout: Value,
    unk_token: Value,
    continuing_subword_prefix: Value,
    end_of_word_suffix: Value,
    fuse_unk: bool,
    byte_fallback: bool,
    ignore_merges: bool,
    vocab: Vocab,
    merges: Vec<(String, String)>,
}

/// Token and id, in the order of the ids, as a JSON object.
struct Vocab(Vec<(String, u32)>);

impl Serialize for Vocab {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(token, id)| (token, id)))
    }
}

/// The file that describes `tokenizer`.
pub(crate) fn write(tokenizer: &Tokenizer) -> String {
    let file = File {
        version: "1.0",
        truncation: Value::Null,
        padding: Value::Null,
        added_tokens: added_tokens(tokenizer),
        normalizer: Value::Null,
        pre_tokenizer: pre_tokenizer(tokenizer.pretokenizer.pattern()),
        post_processor: &tokenizer.post_processor,
        decoder: byte_level_stage(true),
        model: model(tokenizer),
    };
    serde_json::to_string_pretty(&file).expect("strings and numbers always serialize")
}

fn added_tokens(tokenizer: &Tokenizer) -> Vec<Value> {
    let token = |t: &crate::special::Added| {
        json!({
            "id": t.id, "content": t.content, "special": t.special,
            "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        })
    };
    tokenizer.added.iter().map(token).collect()
}

fn pre_tokenizer(pattern: &str) -> Value {
    let split = json!({
        "type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false,
    });
    json!({"type": "Sequence", "pretokenizers": [split, byte_level_stage(false)]})
}

fn byte_level_stage(use_regex: bool) -> Value {
    json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
        "use_regex": use_regex,
    })
}

fn model(tokenizer: &Tokenizer) -> Model {
    let name = |id| match tokenizer.added.get(id) {
        Some(token) => Some(token.content.clone()),
        None => tokenizer.bpe.bytes(id).map(byte_level::to_visible),
    };
    let ids = 0..tokenizer.vocab_size() as u32;
    let merge_side = |id| name(id).expect("both sides of a merge are tokens");
    Model {
        r#type: "BPE",
        dropout: Value::Null,
        unk_token: Value::Null,
        continuing_subword_prefix: Value::Null,
        end_of_word_suffix: Value::Null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: tokenizer.bpe.takes_whole_words(),
        vocab: Vocab(ids.filter_map(|id| name(id).map(|name| (name, id))).collect()),
        merges: (tokenizer.bpe.merges().iter())
            .map(|m| (merge_side(m.left), merge_side(m.right)))
            .collect(),
    }
}
