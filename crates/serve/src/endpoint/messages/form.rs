//! Anthropic's messages, blocks and tools, put into the words of all others.

use chat::message::{Content, Function, ToolCall};
use chat::{Message, Role};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Refusal;

/// Who said what.
#[derive(Clone, Debug, Deserialize)]
pub struct Turn {
    role: Speaker,
    content: Blocks,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    User,
    Assistant,
}

/// A text, or blocks of several kinds.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Blocks {
    /// A text.
    Text(String),
    /// Blocks.
    Blocks(Vec<Block>),
}

/// A block; one of a kind that is not known is refused by its name.
#[derive(Clone, Debug, Deserialize)]
pub struct Block {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    thinking: Option<String>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Value>,
    tool_use_id: Option<String>,
    content: Option<Box<Blocks>>,
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::field("messages", message)
}

impl Blocks {
    /// All of it as one text, each block on a line of its own.
    fn text(&self) -> Result<String, Refusal> {
        let blocks = match self {
            Self::Text(text) => return Ok(text.clone()),
            Self::Blocks(blocks) => blocks,
        };
        let texts = blocks.iter().map(|block| match (block.kind.as_str(), &block.text) {
            ("text", Some(text)) => Ok(text.as_str()),
            (kind, _) => Err(wrong(format!("expected blocks of text here, got one of {kind:?}"))),
        });
        Ok(texts.collect::<Result<Vec<&str>, Refusal>>()?.join("\n"))
    }
}

/// The conversation, system first.
pub(super) fn messages(system: Option<Blocks>, turns: Vec<Turn>) -> Result<Vec<Message>, Refusal> {
    let mut messages = Vec::new();
    if let Some(system) = system {
        messages.push(Message::new(Role::System, system.text()?));
    }
    for Turn { role, content } in turns {
        match (role, content) {
            (Speaker::User, Blocks::Text(text)) => messages.push(Message::new(Role::User, text)),
            (Speaker::Assistant, Blocks::Text(text)) => {
                messages.push(Message::new(Role::Assistant, text));
            }
            (Speaker::User, Blocks::Blocks(blocks)) => user(&blocks, &mut messages)?,
            (Speaker::Assistant, Blocks::Blocks(blocks)) => messages.push(assistant(&blocks)?),
        }
    }
    Ok(messages)
}

/// What tools returned, then what the user says.
fn user(blocks: &[Block], messages: &mut Vec<Message>) -> Result<(), Refusal> {
    let mut said = Vec::new();
    for block in blocks {
        match (block.kind.as_str(), &block.text) {
            ("text", Some(text)) => said.push(text.as_str()),
            ("tool_result", _) => {
                let returned = block.content.as_ref().map(|content| content.text());
                let returned = returned.transpose()?.unwrap_or_default();
                let tool_call_id = block.tool_use_id.clone();
                messages.push(Message { tool_call_id, ..Message::new(Role::Tool, returned) });
            }
            ("image" | "document", _) => {
                let message = format!("this model cannot see a block of type {:?}", block.kind);
                return Err(wrong(message));
            }
            (kind, _) => return Err(wrong(format!("a block of type {kind:?} is not known"))),
        }
    }
    if !said.is_empty() {
        messages.push(Message::new(Role::User, said.join("\n")));
    }
    Ok(())
}

fn assistant(blocks: &[Block]) -> Result<Message, Refusal> {
    let mut message = Message::new(Role::Assistant, "");
    let mut said = Vec::new();
    for block in blocks {
        match (block.kind.as_str(), &block.text) {
            ("text", Some(text)) => said.push(text.as_str()),
            ("thinking", _) => message.reasoning_content = block.thinking.clone(),
            ("redacted_thinking", _) => {}
            ("tool_use", _) => {
                let name = block.name.clone().ok_or_else(|| wrong("a tool_use has no name"))?;
                let arguments = block.input.clone().unwrap_or_else(|| json!({})).to_string();
                let function = Function { name, arguments };
                message.tool_calls.push(ToolCall { id: block.id.clone(), function });
            }
            (kind, _) => return Err(wrong(format!("a block of type {kind:?} is not known"))),
        }
    }
    message.content = match said.is_empty() && !message.tool_calls.is_empty() {
        true => Content::Nothing,
        false => Content::Text(said.join("\n")),
    };
    Ok(message)
}

/// A tool in OpenAI's form.
pub(super) fn tool(tool: &Value) -> Result<Value, Refusal> {
    match tool["type"].as_str() {
        None | Some("custom") => {}
        Some(kind) => {
            let message = format!("a tool of type {kind:?} is run by its server; none is here");
            return Err(Refusal::field("tools", message));
        }
    }
    let mut function = json!({"name": tool["name"], "parameters": tool["input_schema"]});
    if let Some(description) = tool["description"].as_str() {
        function["description"] = description.into();
    }
    Ok(json!({"type": "function", "function": function}))
}

/// Which tools may be called, in OpenAI's form, and whether several at once.
pub(super) fn choice(choice: Option<&Value>) -> Result<(Value, Option<bool>), Refusal> {
    let Some(choice) = choice.filter(|choice| !choice.is_null()) else {
        return Ok((Value::Null, None));
    };
    let parallel = choice["disable_parallel_tool_use"].as_bool().map(|disabled| !disabled);
    let named = match choice["type"].as_str() {
        Some("auto") => json!("auto"),
        Some("any") => json!("required"),
        Some("none") => json!("none"),
        Some("tool") => json!({"type": "function", "function": {"name": choice["name"]}}),
        _ => {
            let message = "tool_choice.type must be auto, any, tool or none";
            return Err(Refusal::field("tool_choice", message));
        }
    };
    Ok((named, parallel))
}
