//! Items of a conversation, put into the words of all others.

use chat::message::{Content, Function, ToolCall};
use chat::{Message, Role};
use serde::Deserialize;
use serde_json::Value;

use crate::Refusal;

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::field("input", message)
}

/// The conversation, the rules first.
pub(super) fn messages(instructions: Option<&str>, input: &Value) -> Result<Vec<Message>, Refusal> {
    let mut messages: Vec<Message> =
        instructions.map(|rules| Message::new(Role::System, rules)).into_iter().collect();
    match input {
        Value::String(text) => messages.push(Message::new(Role::User, text)),
        Value::Array(items) if !items.is_empty() => {
            items.iter().try_for_each(|item| add(item, &mut messages))?;
        }
        Value::Array(_) => return Err(wrong("input is empty; send at least one item")),
        _ => return Err(wrong("input must be a text or a list of items")),
    }
    Ok(messages)
}

fn add(item: &Value, messages: &mut Vec<Message>) -> Result<(), Refusal> {
    let text = |name: &str| {
        let found = item[name].as_str().map(str::to_string);
        found.ok_or_else(|| wrong(format!("an item lacks {name}, which must be a text")))
    };
    match item["type"].as_str().unwrap_or("message") {
        "message" => {
            let message: Message = serde_json::from_value(item.clone())
                .map_err(|error| wrong(format!("a message cannot be read: {error}")))?;
            messages.push(message);
        }
        "function_call" => {
            let function = Function { name: text("name")?, arguments: text("arguments")? };
            let call = ToolCall { id: Some(text("call_id")?), function };
            match messages.last_mut().filter(|message| message.role == Role::Assistant) {
                Some(message) => message.tool_calls.push(call),
                None => {
                    let mut message = Message::new(Role::Assistant, "");
                    (message.content, message.tool_calls) = (Content::Nothing, vec![call]);
                    messages.push(message);
                }
            }
        }
        "function_call_output" => {
            let output = match &item["output"] {
                Value::String(text) => text.clone(),
                Value::Null => return Err(wrong("an item lacks output")),
                parts @ Value::Array(_) => text_of(parts)?,
                other => other.to_string(),
            };
            let tool_call_id = Some(text("call_id")?);
            messages.push(Message { tool_call_id, ..Message::new(Role::Tool, output) });
        }
        // What was thought before is the model's own business.
        "reasoning" => {}
        kind => return Err(wrong(format!("an item of type {kind:?} is not known"))),
    }
    Ok(())
}

/// What parts say; one that is no text is refused by its name.
fn text_of(parts: &Value) -> Result<String, Refusal> {
    let content = Content::deserialize(parts)
        .map_err(|error| wrong(format!("an output cannot be read: {error}")))?;
    let message = Message { content, ..Message::new(Role::Tool, "") };
    message.text().map_err(|error| wrong(error.to_string()))
}
