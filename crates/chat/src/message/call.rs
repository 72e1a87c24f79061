//! A call of a tool, as the assistant's message carries it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// `{"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "function")]
pub struct ToolCall {
    /// What the tool's answer refers to; the older form has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is called.
    pub function: Function,
}

/// The tool's name, and what it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// The tool's name.
    pub name: String,
    /// JSON as text; an object in its place is read too.
    #[serde(default, deserialize_with = "text_or_object")]
    pub arguments: String,
}

impl<'de> Deserialize<'de> for ToolCall {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Read {
            id: Option<String>,
            r#type: Option<String>,
            function: Option<Function>,
        }
        let read = Read::deserialize(from)?;
        match (read.r#type.as_deref(), read.function) {
            (None | Some("function"), Some(function)) => Ok(Self { id: read.id, function }),
            (None | Some("function"), None) => {
                Err(D::Error::custom("a call in `tool_calls` needs its `function`"))
            }
            (Some(other), _) => Err(D::Error::custom(format!(
                "a call in `tool_calls` is of type {:?}; only \"function\" is known here",
                other.chars().take(40).collect::<String>()
            ))),
        }
    }
}

fn text_or_object<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        object @ Value::Object(_) => Ok(object.to_string()),
        _ => Err(D::Error::custom("`arguments` of a call are a text that holds a JSON object")),
    }
}
