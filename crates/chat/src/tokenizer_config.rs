//! `tokenizer_config.json`, the file beside a tokenizer that carries the chat template and the
//! names of the special tokens, as `transformers` reads and writes it.
//!
//! Only what a conversation needs is read; of several named templates the one called `default` is
//! taken.

use serde_json::{Value, json};

use crate::Error;

/// What is read of the file, and written to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenizerConfig {
    /// The template, if the model knows conversations.
    pub chat_template: Option<String>,
    /// The beginning-of-text token.
    pub bos_token: Option<String>,
    /// The end-of-text token.
    pub eos_token: Option<String>,
}

impl TokenizerConfig {
    /// The config of a model trained on our own form.
    pub fn ours() -> Self {
        let end_of_text = crate::special::END_OF_TEXT.to_string();
        Self {
            chat_template: Some(crate::DEFAULT_TEMPLATE.to_string()),
            bos_token: Some(end_of_text.clone()),
            eos_token: Some(end_of_text),
        }
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// [`Error::Config`] with the key.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let file: Value = serde_json::from_str(text).map_err(|e| Error::Config {
            key: "the whole file".to_string(),
            expected: "JSON",
            got: e.to_string(),
        })?;
        Ok(Self {
            chat_template: template(&file["chat_template"])?,
            bos_token: token(&file, "bos_token")?,
            eos_token: token(&file, "eos_token")?,
        })
    }

    /// The file's text, for a fast tokenizer.
    pub fn to_json(&self) -> String {
        let mut file = json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": false,
        });
        let fields = [
            ("chat_template", &self.chat_template),
            ("bos_token", &self.bos_token),
            ("eos_token", &self.eos_token),
        ];
        for (key, value) in fields {
            if let Some(value) = value {
                file[key] = json!(value);
            }
        }
        format!("{file:#}\n")
    }
}

/// A template, or a list of named ones.
fn template(value: &Value) -> Result<Option<String>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::String(source) => Ok(Some(source.clone())),
        Value::Array(named) => {
            let default = named.iter().find(|t| t["name"] == "default");
            let source = default.and_then(|t| t["template"].as_str());
            source.map(|s| Some(s.to_string())).ok_or_else(|| {
                wrong("chat_template", "one template named \"default\" in the list", value)
            })
        }
        _ => Err(wrong("chat_template", "a text or a list of named texts", value)),
    }
}

/// A token is a text, or an object with its text as `content`.
fn token(file: &Value, key: &str) -> Result<Option<String>, Error> {
    match &file[key] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        object => match object["content"].as_str() {
            Some(text) => Ok(Some(text.to_string())),
            None => Err(wrong(key, "a text or an object with `content`", object)),
        },
    }
}

fn wrong(key: &str, expected: &'static str, got: &Value) -> Error {
    let got = got.to_string().chars().take(80).collect();
    Error::Config { key: key.to_string(), expected, got }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_out_and_comes_back() {
        for config in [TokenizerConfig::ours(), TokenizerConfig::default()] {
            assert_eq!(TokenizerConfig::from_json(&config.to_json()).unwrap(), config);
        }
        assert!(TokenizerConfig::ours().to_json().contains("PreTrainedTokenizerFast"));
    }

    #[test]
    fn published_forms_are_read() {
        let read = |text: &str| TokenizerConfig::from_json(text);
        let config = read(
            r#"{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": null,
            "chat_template": [{"name": "tool_use", "template": "t"},
                              {"name": "default", "template": "d"}]}"#,
        )
        .unwrap();
        assert_eq!(config.chat_template.as_deref(), Some("d"));
        assert_eq!(config.bos_token.as_deref(), Some("<s>"));
        assert_eq!(config.eos_token, None);
        let check = |text: &str, key: &str| {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        };
        check("{", "the whole file");
        check(r#"{"bos_token": 3}"#, "bos_token");
        check(r#"{"chat_template": [{"name": "rag", "template": "r"}]}"#, "default");
    }
}
