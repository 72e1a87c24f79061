//! `tokenizer_config.json`, the file beside a tokenizer: which special tokens mean what, whether
//! the first and the last of them are put around a text, and how long a text may be.
//!
//! Hugging Face's `transformers` reads it, its `tokenizers` does not. The chat template that it may
//! carry too is read elsewhere.

use serde_json::{Map, Value, json};

use super::Tokenizer;
use crate::Error;
use crate::hf::fields::MAX_TEXT_BYTES;
use crate::postprocess::{Piece, PostProcessor, SpecialToken, TemplateProcessing};

/// Lengths from here on mean "no limit": files write very large numbers for it.
const NO_LIMIT: f64 = 1e12;

/// What a `tokenizer_config.json` says about tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenizerConfig {
    /// Whether `bos_token` stands before every text.
    pub add_bos_token: Option<bool>,
    /// Whether `eos_token` stands behind every text.
    pub add_eos_token: Option<bool>,
    /// The token that begins a text.
    pub bos_token: Option<String>,
    /// The token that ends a text.
    pub eos_token: Option<String>,
    /// The token for what is unknown.
    pub unk_token: Option<String>,
    /// The token that fills up.
    pub pad_token: Option<String>,
    /// The most tokens that the model was made for, if there is a limit.
    pub model_max_length: Option<usize>,
}

impl TokenizerConfig {
    /// Reads the file's text, which is not trusted. Other keys are passed over.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let file: Map<String, Value> =
            serde_json::from_str(text).map_err(|e| Error::Config { detail: e.to_string() })?;
        let token = |key: &'static str| token(&file, key);
        Ok(Self {
            add_bos_token: switch(&file, "add_bos_token")?,
            add_eos_token: switch(&file, "add_eos_token")?,
            bos_token: token("bos_token")?,
            eos_token: token("eos_token")?,
            unk_token: token("unk_token")?,
            pad_token: token("pad_token")?,
            model_max_length: (file.get("model_max_length").and_then(Value::as_f64))
                .filter(|&length| (0.0..NO_LIMIT).contains(&length))
                .map(|length| length as usize),
        })
    }

    /// The file's text, with these keys only.
    pub fn to_json(&self) -> String {
        let all = [
            ("add_bos_token", json!(self.add_bos_token)),
            ("add_eos_token", json!(self.add_eos_token)),
            ("bos_token", json!(self.bos_token)),
            ("eos_token", json!(self.eos_token)),
            ("unk_token", json!(self.unk_token)),
            ("pad_token", json!(self.pad_token)),
            ("model_max_length", json!(self.model_max_length)),
        ];
        let file: Map<String, Value> = (all.into_iter())
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        serde_json::to_string_pretty(&file).expect("strings and numbers always serialize")
    }
}

fn wrong(key: &str, value: &Value, expected: &str) -> Error {
    let mut got = value.to_string();
    got.truncate(got.floor_char_boundary(80));
    Error::Config { detail: format!("{key} is {got}, expected {expected}") }
}

fn switch(file: &Map<String, Value>, key: &str) -> Result<Option<bool>, Error> {
    match file.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(switch)) => Ok(Some(*switch)),
        Some(other) => Err(wrong(key, other, "true or false")),
    }
}

/// A token by its text, or in older files by an object with its content.
fn token(file: &Map<String, Value>, key: &str) -> Result<Option<String>, Error> {
    let Some(value) = file.get(key).filter(|value| !value.is_null()) else { return Ok(None) };
    let text = value.as_str().or_else(|| value.get("content")?.as_str());
    match text {
        Some(text) if text.len() <= MAX_TEXT_BYTES => Ok(Some(text.to_owned())),
        _ => Err(wrong(key, value, "a token")),
    }
}

impl Tokenizer {
    /// Does what a `tokenizer_config.json` says about the first and the last token, as
    /// `transformers` does for models of the Llama family: where it says anything, a template with
    /// these two takes the post-processor's place.
    pub fn configure(&mut self, config: &TokenizerConfig) -> Result<(), Error> {
        if config.add_bos_token.is_none() && config.add_eos_token.is_none() {
            return Ok(());
        }
        let mut special_tokens = vec![];
        let mut wanted = |add: Option<bool>, token: &Option<String>, key: &str| {
            if add != Some(true) {
                return Ok(None);
            }
            let Some(token) = token else {
                let detail = format!("{key} is missing, expected it since it is to be added");
                return Err(Error::Config { detail });
            };
            let Some(id) = self.id(token) else {
                let detail = format!("{key} is {token:?}, expected a token of this tokenizer");
                return Err(Error::Config { detail });
            };
            let (ids, tokens) = (vec![id], vec![token.clone()]);
            special_tokens.push(SpecialToken { id: token.clone(), ids, tokens });
            Ok(Some(token.clone()))
        };
        let bos = wanted(config.add_bos_token, &config.bos_token, "bos_token")?;
        let eos = wanted(config.add_eos_token, &config.eos_token, "eos_token")?;
        let around = |second: bool| {
            let type_id = u32::from(second);
            let special = |token: &Option<String>| {
                token.clone().map(|id| Piece::SpecialToken { id, type_id })
            };
            let text = Some(Piece::Sequence { second, type_id });
            [special(&bos), text, special(&eos)].into_iter().flatten()
        };
        let (single, pair) = (around(false).collect(), around(false).chain(around(true)).collect());
        let template = TemplateProcessing::new(single, pair, special_tokens)?;
        self.post_processor = Some(PostProcessor::TemplateProcessing(template));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written() {
        let text = r#"{"add_bos_token": true, "bos_token": {"content": "<s>", "lstrip": false},
            "eos_token": "</s>", "model_max_length": 1000000000000000019884624838656, "x": 1}"#;
        let config = TokenizerConfig::from_json(text).unwrap();
        assert_eq!(config.bos_token.as_deref(), Some("<s>"));
        assert_eq!(config.model_max_length, None);
        assert_eq!(TokenizerConfig::from_json(&config.to_json()).unwrap(), config);
        for (text, expected) in [
            ("[]", "invalid type"),
            (r#"{"add_eos_token": "yes"}"#, "add_eos_token is \"yes\""),
            (r#"{"bos_token": 7}"#, "bos_token is 7"),
        ] {
            let error = TokenizerConfig::from_json(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn first_and_last_tokens_are_put_around() {
        let options = crate::TrainOptions {
            vocab_size: 258,
            specials: vec!["<s>".into(), "</s>".into()],
            ..crate::TrainOptions::default()
        };
        let mut tokenizer = Tokenizer::train(["x"], &options).unwrap();
        let mut config = TokenizerConfig {
            add_bos_token: Some(true),
            add_eos_token: Some(false),
            bos_token: Some("<s>".into()),
            ..TokenizerConfig::default()
        };
        tokenizer.configure(&config).unwrap();
        let (single, pair) = ([256, 97], [256, 97, 256, 98]);
        assert_eq!(tokenizer.encoding("a", None, true).unwrap().ids, single);
        assert_eq!(tokenizer.encoding("a", Some("b"), true).unwrap().ids, pair);
        assert_eq!(tokenizer.encoding("a", None, false).unwrap().ids, [97]);
        assert_eq!(tokenizer.encode("a").unwrap(), [97], "text alone stays as it is");
        config.bos_token = Some("<x>".into());
        let error = tokenizer.configure(&config).unwrap_err().to_string();
        assert!(error.contains("bos_token is \"<x>\""), "{error}");
    }
}
