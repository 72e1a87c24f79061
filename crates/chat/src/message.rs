//! Who said what, in the JSON form that OpenAI's interface made common:
//! `{"role": "user", "content": "text"}`, with calls of tools, what tools returned, and content in
//! parts.
//!
//! Fields that nobody here knows are passed over. Older names for the same are read and written as
//! the newer ones: the role `developer` is `system`, `function` is `tool`, a `function_call` is the one
//! call of a tool. Pictures and sound have their place in the form, so that a message with one is
//! understood and refused by name.

mod call;
mod part;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use call::{Function, ToolCall};
pub use part::Part;

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
    #[serde(alias = "function")]
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
#[serde(from = "Read")]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content,
    /// What the assistant thought before it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// The tools that the assistant called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool's message answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Which one of several speakers of this role, or which tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// Text.
    Text(String),
    /// Text and other things.
    Parts(Vec<Part>),
    /// The form's null: nothing is said, as where the assistant only calls a tool.
    Nothing,
}

impl Default for Content {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::Null => Ok(Self::Nothing),
            Value::String(text) => Ok(Self::Text(text)),
            Value::Array(parts) => {
                let parts = parts.into_iter().map(Part::deserialize).collect::<Result<_, _>>();
                parts.map(Self::Parts).map_err(D::Error::custom)
            }
            _ => Err(D::Error::custom("`content` is a text or a list of parts")),
        }
    }
}

impl Message {
    /// A message of text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            content: Content::Text(text.into()),
            reasoning_content: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            name: None,
        }
    }

    /// Its text; each part on a line of its own, and no text where nothing is said.
    ///
    /// # Errors
    /// [`Error::Part`] if a part is no text.
    pub fn text(&self) -> Result<String, Error> {
        match &self.content {
            Content::Text(text) => Ok(text.clone()),
            Content::Parts(parts) => {
                let texts = parts.iter().map(Part::text).collect::<Result<Vec<&str>, Error>>()?;
                Ok(texts.join("\n"))
            }
            Content::Nothing => Ok(String::new()),
        }
    }
}

/// A message as clients write it.
#[derive(Deserialize)]
struct Read {
    role: Role,
    content: Option<Content>,
    reasoning_content: Option<String>,
    /// Another name for it.
    reasoning: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
    /// The older form of a call, which has no id.
    function_call: Option<Function>,
    tool_call_id: Option<String>,
    name: Option<String>,
}

impl From<Read> for Message {
    fn from(read: Read) -> Self {
        let older = read.function_call.map(|function| ToolCall { id: None, function });
        let calls = read.tool_calls.filter(|calls| !calls.is_empty());
        Self {
            role: read.role,
            content: read.content.unwrap_or(Content::Nothing),
            reasoning_content: read.reasoning_content.or(read.reasoning),
            tool_calls: calls.unwrap_or_else(|| Vec::from_iter(older)),
            tool_call_id: read.tool_call_id,
            name: read.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Message {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_form_of_content_is_read() {
        let check = |json: &str, role: Role, text: &str| {
            let message = read(json);
            assert_eq!((message.role, message.text().unwrap().as_str()), (role, text));
            let again = serde_json::to_string(&message).unwrap();
            assert_eq!(read(&again), message, "{again}");
        };
        check(r#"{"role":"user","content":"hi"}"#, Role::User, "hi");
        check(r#"{"role":"developer","content":"rules"}"#, Role::System, "rules");
        check(r#"{"role":"assistant","content":null}"#, Role::Assistant, "");
        check(r#"{"role":"assistant"}"#, Role::Assistant, "");
        check(r#"{"role":"function","name":"f","content":"4"}"#, Role::Tool, "4");
        check(
            r#"{"role":"tool","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
            Role::Tool,
            "a\nb",
        );
        let parts = r#"[{"type":"input_text","text":"a"},{"type":"output_text","text":"b","annotations":[]},
            {"type":"refusal","refusal":"c"}]"#;
        check(&format!(r#"{{"role":"user","content":{parts},"odd":1}}"#), Role::User, "a\nb\nc");
    }

    #[test]
    fn what_is_no_text_is_understood_and_refused() {
        let check = |part: &str, named: &str| {
            let message = read(&format!(r#"{{"role":"user","content":[{part}]}}"#));
            let error = message.text().unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
            let again = serde_json::to_string(&message).unwrap();
            assert!(again.contains(part), "{again}");
        };
        check(r#"{"type":"image_url","image_url":{"url":"x"}}"#, "a picture (image_url)");
        check(r#"{"type":"input_image","image_url":"x"}"#, "a picture (input_image)");
        check(r#"{"type":"input_audio","input_audio":{"data":""}}"#, "sound (input_audio)");
        check(r#"{"type":"file","file":{}}"#, "a file (file)");
        check(r#"{"type":"hologram"}"#, "of the unknown type hologram");
        for json in [
            r#"{"role":"cat","content":""}"#,
            r#"{"role":"user","content":[{"text":"a"}]}"#,
            r#"{"role":"user","content":[{"type":"text","text":3}]}"#,
            r#"{"role":"user","content":7}"#,
        ] {
            assert!(serde_json::from_str::<Message>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn calls_and_their_answers_are_read() {
        let call =
            r#"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}"#;
        let json = format!(r#"{{"role":"assistant","content":null,"tool_calls":[{call}]}}"#);
        let message = read(&json);
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        assert_eq!(message.tool_calls[0].id.as_deref(), Some("c1"));
        assert_eq!(message.tool_calls[0].function.arguments, r#"{"a": 1}"#);
        let answer = read(r#"{"role":"tool","tool_call_id":"c1","name":"f","content":"4"}"#);
        assert_eq!(
            (answer.tool_call_id.as_deref(), answer.name.as_deref()),
            (Some("c1"), Some("f"))
        );
        let older = r#"{"role":"assistant","function_call":{"name":"f","arguments":{"a":1}},
            "tool_calls":null,"reasoning":"hm","refusal":null}"#;
        let older = read(older);
        assert_eq!(older.tool_calls[0].function.arguments, r#"{"a":1}"#);
        assert_eq!(
            (older.tool_calls[0].id.clone(), older.reasoning_content),
            (None, Some("hm".into()))
        );
        let refused = |call: &str, named: &str| {
            let json = format!(r#"{{"role":"assistant","tool_calls":[{call}]}}"#);
            let error = serde_json::from_str::<Message>(&json).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        };
        refused(r#"{"type":"custom","custom":{"name":"f","input":""}}"#, "custom");
        refused(r#"{"type":"function","function":{"arguments":"{}"}}"#, "name");
        refused(r#"{"type":"function","function":{"name":"f","arguments":3}}"#, "arguments");
    }
}
