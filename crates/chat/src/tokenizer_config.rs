//! `tokenizer_config.json`, the file beside a tokenizer that carries the chat template and the
//! names of the special tokens, as `transformers` reads and writes it.
//!
//! Only what a conversation needs is read; of several named templates the one called `default`, and
//! where tools are told the one called `tool_use`, as `transformers` takes them. A template beside it in
//! a file of its own (`chat_template.jinja`) is the caller's to read.

use serde_json::{Value, json};

use crate::Error;

/// What is read of the file, and written to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenizerConfig {
    /// The template, if the model knows conversations.
    pub chat_template: Option<String>,
    /// Another for conversations with tools.
    pub tool_template: Option<String>,
    /// The beginning-of-text token.
    pub bos_token: Option<String>,
    /// The end-of-text token.
    pub eos_token: Option<String>,
    /// The others that templates may name, by their names there: `unk_token` and its like.
    pub other_tokens: Vec<(String, String)>,
}

/// The special tokens that `transformers` gives to templates, beside those of beginning and end.
const OTHER_TOKENS: [&str; 5] = ["unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

impl TokenizerConfig {
    /// The config of a model trained on our own form.
    pub fn ours() -> Self {
        let end_of_text = crate::special::END_OF_TEXT.to_string();
        Self {
            chat_template: Some(crate::DEFAULT_TEMPLATE.to_string()),
            bos_token: Some(end_of_text.clone()),
            eos_token: Some(end_of_text),
            ..Self::default()
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
        // No template of ours needs them, so that an odd one is as good as none.
        let named = |key: &&str| Some((key.to_string(), token(&file, key).ok().flatten()?));
        Ok(Self {
            chat_template: template(&file["chat_template"])?,
            tool_template: named_template(&file["chat_template"], "tool_use"),
            bos_token: token(&file, "bos_token")?,
            eos_token: token(&file, "eos_token")?,
            other_tokens: OTHER_TOKENS.iter().filter_map(named).collect(),
        })
    }

    /// The file's text, for a fast tokenizer.
    pub fn to_json(&self) -> String {
        let mut file = json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": false,
        });
        let fields = [("bos_token", &self.bos_token), ("eos_token", &self.eos_token)];
        let template = match (&self.chat_template, &self.tool_template) {
            (Some(default), Some(tools)) => Some(json!([
                {"name": "default", "template": default},
                {"name": "tool_use", "template": tools},
            ])),
            (default, _) => default.as_ref().map(|source| json!(source)),
        };
        if let Some(template) = template {
            file["chat_template"] = template;
        }
        for (key, value) in fields {
            if let Some(value) = value {
                file[key] = json!(value);
            }
        }
        for (key, value) in &self.other_tokens {
            file[key] = json!(value);
        }
        format!("{file:#}\n")
    }
}

/// A template, or a list of named ones.
fn template(value: &Value) -> Result<Option<String>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::String(source) => Ok(Some(source.clone())),
        Value::Array(_) => named_template(value, "default").map(Some).ok_or_else(|| {
            wrong("chat_template", "one template named \"default\" in the list", value)
        }),
        _ => Err(wrong("chat_template", "a text or a list of named texts", value)),
    }
}

/// The template of this name in a list.
fn named_template(list: &Value, name: &str) -> Option<String> {
    let found = list.as_array()?.iter().find(|template| template["name"] == name)?;
    found["template"].as_str().map(str::to_string)
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
        let more = TokenizerConfig {
            tool_template: Some("{{ tools }}".to_string()),
            other_tokens: vec![("pad_token".to_string(), "<pad>".to_string())],
            ..TokenizerConfig::ours()
        };
        for config in [TokenizerConfig::ours(), TokenizerConfig::default(), more] {
            assert_eq!(TokenizerConfig::from_json(&config.to_json()).unwrap(), config);
        }
        assert!(TokenizerConfig::ours().to_json().contains("PreTrainedTokenizerFast"));
    }

    #[test]
    fn published_forms_are_read() {
        let read = |text: &str| TokenizerConfig::from_json(text);
        let config = read(
            r#"{"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": null, "unk_token": "?",
            "chat_template": [{"name": "tool_use", "template": "t"},
                              {"name": "default", "template": "d"}]}"#,
        )
        .unwrap();
        assert_eq!(config.chat_template.as_deref(), Some("d"));
        assert_eq!(config.tool_template.as_deref(), Some("t"));
        assert_eq!(config.bos_token.as_deref(), Some("<s>"));
        assert_eq!(config.eos_token, None);
        assert_eq!(config.other_tokens, [("unk_token".to_string(), "?".to_string())]);
        let check = |text: &str, key: &str| {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        };
        check("{", "the whole file");
        check(r#"{"bos_token": 3}"#, "bos_token");
        check(r#"{"chat_template": [{"name": "rag", "template": "r"}]}"#, "default");
    }
}
