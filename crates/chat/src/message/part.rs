//! A piece of a message. Only text is read; whatever else there is keeps its place and its name.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::Error;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text: `text`, `input_text` or `output_text`.
    Text(String),
    /// What the assistant said when it refused.
    Refusal(String),
    /// What no model here reads.
    Other {
        /// What it is, in JSON's `type`.
        kind: String,
        /// All of it, unread.
        fields: Map<String, Value>,
    },
}

impl Part {
    /// Its text.
    ///
    /// # Errors
    /// [`Error::Part`] if it is no text.
    pub fn text(&self) -> Result<&str, Error> {
        match self {
            Self::Text(text) | Self::Refusal(text) => Ok(text),
            Self::Other { kind, .. } => Err(Error::Part { got: named(kind) }),
        }
    }
}

fn named(kind: &str) -> String {
    let what = match kind {
        "image_url" | "input_image" | "image" => "a picture",
        "input_audio" | "audio" => "sound",
        "video_url" | "input_video" | "video" => "a film",
        "file" | "input_file" => "a file",
        _ => {
            let kind: String = kind.chars().take(40).collect();
            return format!("a part of the unknown type {kind}");
        }
    };
    format!("{what} ({kind})")
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut fields = Map::deserialize(from)?;
        let Some(Value::String(kind)) = fields.get("type") else {
            return Err(D::Error::custom("a part of `content` needs a `type`, as \"text\""));
        };
        let kind = kind.clone();
        let mut text = |key| match fields.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(D::Error::custom(format!("a part of type {kind:?} needs a text in `{key}`"))),
        };
        match kind.as_str() {
            "text" | "input_text" | "output_text" => text("text").map(Self::Text),
            "refusal" => text("refusal").map(Self::Refusal),
            _ => Ok(Self::Other { kind, fields }),
        }
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => json!({"type": "text", "text": text}).serialize(to),
            Self::Refusal(text) => json!({"type": "refusal", "refusal": text}).serialize(to),
            Self::Other { fields, .. } => fields.serialize(to),
        }
    }
}
