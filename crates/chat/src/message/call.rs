//! A call of a tool, as the assistant's message carries it.

use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// `{"id": …, "type": "function", "function": {"name": …, "arguments": "{…}"}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// What the tool's answer refers to; the older form has none.
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

impl Serialize for ToolCall {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("ToolCall", 3)?;
        match &self.id {
            Some(id) => fields.serialize_field("id", id)?,
            None => fields.skip_field("id")?,
        }
        fields.serialize_field("type", "function")?;
        fields.serialize_field("function", &self.function)?;
        fields.end()
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
