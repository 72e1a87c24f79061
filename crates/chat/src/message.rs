//! Who said what, in the JSON form that OpenAI's interface made common:
//! `{"role": "user", "content": "text"}` or a list of parts as content.
//!
//! Pictures have their place in the form, so that a message with one is understood and refused
//! by name; tool calls are left out.

use serde::{Deserialize, Deserializer, Serialize};

use crate::Error;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Who sets the rules of the conversation.
    #[serde(alias = "developer")]
    System,
    /// Who asks.
    User,
    /// Who answers.
    Assistant,
    /// What a tool returned.
    Tool,
}

impl Role {
    /// Its name in templates and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; absent and null are the empty text.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub content: Content,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Text.
    Text(String),
    /// Text and pictures.
    Parts(Vec<Part>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture by address. Reserved: no model here reads it yet.
    ImageUrl {
        /// The address and its options, unread.
        image_url: serde_json::Value,
    },
}

impl Message {
    /// A message of text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: Content::Text(text.into()) }
    }

    /// Its text; parts one after the other.
    ///
    /// # Errors
    /// [`Error::Part`] if a part is no text.
    pub fn text(&self) -> Result<String, Error> {
        match &self.content {
            Content::Text(text) => Ok(text.clone()),
            Content::Parts(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Text { text } => Ok(text.as_str()),
                    Part::ImageUrl { .. } => Err(Error::Part { got: "a picture" }),
                })
                .collect(),
        }
    }
}

fn null_is_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Content, D::Error> {
    Ok(Option::<Content>::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_content_is_read() {
        let check = |json: &str, role: Role, text: &str| {
            let message: Message = serde_json::from_str(json).unwrap();
            assert_eq!((message.role, message.text().unwrap().as_str()), (role, text));
        };
        check(r#"{"role":"user","content":"hi"}"#, Role::User, "hi");
        check(r#"{"role":"developer","content":"rules"}"#, Role::System, "rules");
        check(r#"{"role":"assistant","content":null}"#, Role::Assistant, "");
        check(r#"{"role":"assistant"}"#, Role::Assistant, "");
        check(
            r#"{"role":"tool","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
            Role::Tool,
            "ab",
        );
    }

    #[test]
    fn a_picture_is_understood_and_refused() {
        let json = r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}"#;
        let message: Message = serde_json::from_str(json).unwrap();
        assert!(message.text().unwrap_err().to_string().contains("picture"));
        assert!(serde_json::from_str::<Message>(r#"{"role":"cat","content":""}"#).is_err());
    }
}
