//! `tokenizer.json` out, in the form of tokenizers 0.23: what is read and written again loads there
//! and gives the same ids.
//!
//! There, an added token that is no piece of the model gets the next free id, whatever the file
//! says. Where that would be another id than ours, all added tokens are written among the pieces.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::settings;
use crate::bpe::{Bpe, Unknown};
use crate::model::Model;
use crate::unigram::Unigram;
use crate::{AddedToken, Tokenizer};

#[derive(Serialize)]
struct File<'a> {
    version: &'static str,
    truncation: Value,
    padding: Value,
    added_tokens: Vec<Value>,
    normalizer: Value,
    pre_tokenizer: Value,
    post_processor: Value,
    decoder: Value,
    model: ModelOut<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ModelOut<'a> {
    Bpe(BpeOut<'a>),
    WordPiece {
        r#type: &'static str,
        unk_token: &'a str,
        continuing_subword_prefix: &'a str,
        max_input_chars_per_word: usize,
        vocab: Vocab,
    },
    WordLevel {
        r#type: &'static str,
        vocab: Vocab,
        unk_token: &'a str,
    },
    Unigram {
        r#type: &'static str,
        unk_id: Option<u32>,
        vocab: &'a [(String, f64)],
        byte_fallback: bool,
    },
}

#[derive(Serialize)]
struct BpeOut<'a> {
    r#type: &'static str,
    dropout: Option<f64>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<&'a str>,
    end_of_word_suffix: Option<&'a str>,
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
        truncation: settings::truncation_json(tokenizer.truncation.as_ref()),
        padding: settings::padding_json(tokenizer.padding.as_ref()),
        added_tokens: tokenizer.added.iter().map(added_token).collect(),
        normalizer: tokenizer.normalizer.as_ref().map_or(Value::Null, |stage| stage.to_json()),
        pre_tokenizer: (tokenizer.pre_tokenizer.as_ref())
            .map_or(Value::Null, |stage| stage.to_json()),
        post_processor: (tokenizer.post_processor.as_ref())
            .map_or(Value::Null, |stage| stage.to_json()),
        decoder: tokenizer.decoder.as_ref().map_or(Value::Null, |stage| stage.to_json()),
        model: model(tokenizer),
    };
    serde_json::to_string_pretty(&file).expect("strings and numbers always serialize")
}

fn added_token(token: &AddedToken) -> Value {
    json!({
        "id": token.id, "content": token.content, "single_word": token.single_word,
        "lstrip": token.lstrip, "rstrip": token.rstrip, "normalized": token.normalized,
        "special": token.special,
    })
}

/// All pieces, and the added tokens where their ids need it.
fn vocab(tokenizer: &Tokenizer) -> Vocab {
    let model = &tokenizer.model;
    let pieces = (0..model.len() as u32)
        .filter_map(|id| model.piece(id).map(|piece| (piece.into_owned(), id)));
    let mut pieces: Vec<(String, u32)> = pieces.collect();
    let outside: Vec<&AddedToken> =
        tokenizer.added.iter().filter(|token| model.piece(token.id).is_none()).collect();
    let mut free = pieces.len() as u32..;
    if outside.iter().any(|token| free.next() != Some(token.id)) {
        pieces.extend(outside.iter().map(|token| (token.content.clone(), token.id)));
        pieces.sort_unstable_by_key(|&(_, id)| id);
    }
    Vocab(pieces)
}

fn model(tokenizer: &Tokenizer) -> ModelOut<'_> {
    match &tokenizer.model {
        Model::Bpe(model) => ModelOut::Bpe(bpe(tokenizer, model)),
        Model::WordPiece(model) => ModelOut::WordPiece {
            r#type: "WordPiece",
            unk_token: &model.options().unk_token,
            continuing_subword_prefix: &model.options().continuing_subword_prefix,
            max_input_chars_per_word: model.options().max_input_chars_per_word,
            vocab: vocab(tokenizer),
        },
        Model::WordLevel(model) => ModelOut::WordLevel {
            r#type: "WordLevel",
            vocab: vocab(tokenizer),
            unk_token: model.unk_token(),
        },
        Model::Unigram(model) => unigram(model),
    }
}

fn unigram(model: &Unigram) -> ModelOut<'_> {
    ModelOut::Unigram {
        r#type: "Unigram",
        unk_id: model.options().unk_id,
        vocab: model.pieces(),
        byte_fallback: model.options().byte_fallback,
    }
}

fn bpe<'a>(tokenizer: &'a Tokenizer, model: &'a Bpe) -> BpeOut<'a> {
    let options = model.options();
    // A merge may make what is only an added token.
    let name = |id| tokenizer.model.piece(id).or_else(|| tokenizer.token(id));
    let unk_token = match options.unknown {
        Unknown::Piece(id) => name(id).map(Cow::into_owned),
        Unknown::Refuse | Unknown::Drop => None,
    };
    BpeOut {
        r#type: "BPE",
        dropout: options.dropout,
        unk_token,
        continuing_subword_prefix: options.continuing_subword_prefix.as_deref(),
        end_of_word_suffix: options.end_of_word_suffix.as_deref(),
        fuse_unk: options.fuse_unk,
        byte_fallback: options.byte_fallback,
        ignore_merges: options.ignore_merges,
        vocab: vocab(tokenizer),
        // Merges that follow from scores may be of characters that are no pieces.
        merges: (model.merges().iter())
            .filter(|merge| name(merge.product).is_some())
            .filter_map(|merge| {
                Some((name(merge.left)?.into_owned(), name(merge.right)?.into_owned()))
            })
            .collect(),
    }
}
