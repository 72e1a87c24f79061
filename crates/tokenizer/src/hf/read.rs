//! `tokenizer.json` in. The file is not trusted: its size, ids and patterns are capped, and its
//! parts are checked against each other before any is used.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::fields::too_large;
use super::models::{BpeFile, ModelFile, UnigramFile, WordLevelFile, WordPieceFile};
use super::settings;
use super::{MAX_FILE_BYTES, models};
use crate::added::AddedToken;
use crate::decode::Decoder;
use crate::normalize::Normalizer;
use crate::postprocess::PostProcessor;
use crate::pretokenize::PreTokenizer;
use crate::{Error, Parts, Tokenizer};

/// Enough to see which model it is, so that messages are about the right one.
#[derive(Deserialize)]
struct Outline {
    version: Option<Value>,
    model: Option<ModelOutline>,
}

#[derive(Deserialize)]
struct ModelOutline {
    #[serde(rename = "type")]
    kind: Option<String>,
    merges: Option<IgnoredAny>,
    continuing_subword_prefix: Option<IgnoredAny>,
    unk_token: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct File<M> {
    #[serde(default)]
    truncation: Value,
    #[serde(default)]
    padding: Value,
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
    model: M,
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
    /// Where it is not said, ordinary tokens are normalized.
    normalized: Option<bool>,
    #[serde(default)]
    special: bool,
}

/// The tokenizer that `text` describes.
pub(crate) fn read(text: &str) -> Result<Tokenizer, Error> {
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(too_large("a file (in bytes)", text.len(), MAX_FILE_BYTES as usize));
    }
    if text.trim().is_empty() {
        return Err(Error::Json { detail: "it is empty".into() });
    }
    match model_kind(text)?.as_str() {
        "BPE" => read_file::<BpeFile>(text),
        "WordPiece" => read_file::<WordPieceFile>(text),
        "WordLevel" => read_file::<WordLevelFile>(text),
        "Unigram" => read_file::<UnigramFile>(text),
        other => Err(Error::Unsupported {
            field: "model.type",
            got: format!("{other:?}"),
            expected: "which is none of BPE, WordPiece, WordLevel and Unigram",
        }),
    }
}

fn parse<'t, T: Deserialize<'t>>(text: &'t str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|e| Error::Json { detail: e.to_string() })
}

/// The model's type, or in files from before it was written, what its fields say.
fn model_kind(text: &str) -> Result<String, Error> {
    let outline: Outline = parse(text)?;
    if let Some(version) = outline.version.filter(|version| *version != "1.0") {
        let (got, expected) = (version.to_string(), "only version 1.0 is known");
        return Err(Error::Unsupported { field: "version", got, expected });
    }
    let model = outline.model.ok_or(Error::MissingField { field: "model" })?;
    let guess = match (model.merges, model.continuing_subword_prefix, model.unk_token) {
        (Some(_), ..) => "BPE",
        (None, Some(_), _) => "WordPiece",
        (None, None, Some(_)) => "WordLevel",
        (None, None, None) => "Unigram",
    };
    Ok(model.kind.unwrap_or_else(|| guess.to_owned()))
}

fn read_file<'t, M: Deserialize<'t> + ModelFile>(text: &'t str) -> Result<Tokenizer, Error> {
    let file: File<M> = parse(text)?;
    let stage = |value| Some(value).filter(|value: &&Value| !value.is_null());
    let pre_tokenizer = stage(&file.pre_tokenizer).map(PreTokenizer::from_json).transpose()?;
    let added_tokens = file.added_tokens.into_iter().map(FileAdded::into_token).collect::<Vec<_>>();
    models::check_added(&file.model, &added_tokens)?;
    Tokenizer::from_parts(Parts {
        normalizer: stage(&file.normalizer).map(Normalizer::from_json).transpose()?,
        model: file.model.into_model(pre_tokenizer.as_ref(), &added_tokens)?,
        pre_tokenizer,
        post_processor: stage(&file.post_processor).map(PostProcessor::from_json).transpose()?,
        decoder: stage(&file.decoder).map(Decoder::from_json).transpose()?,
        added_tokens,
        truncation: settings::truncation(&file.truncation)?,
        padding: settings::padding(&file.padding)?,
    })
}

impl FileAdded {
    fn into_token(self) -> AddedToken {
        AddedToken {
            id: self.id,
            content: self.content,
            single_word: self.single_word,
            lstrip: self.lstrip,
            rstrip: self.rstrip,
            normalized: self.normalized.unwrap_or(!self.special),
            special: self.special,
        }
    }
}

#[cfg(test)]
mod tests;
