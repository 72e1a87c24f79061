//! What belongs to a conversation beside its turns: the tools that may be called, and what else a template asks
//! for.

use chat::ask::Chat;
use chat::{Message, Tools};
use serde_json::{Map, Value};

use crate::Refusal;
use crate::body::Body;

/// A conversation with the tools and the template's variables of a body.
///
/// # Errors
/// A [`Refusal`] that names the field.
pub(super) fn chat(messages: Vec<Message>, body: &Body) -> Result<Chat, Refusal> {
    let [tools, choice, parallel] =
        ["tools", "tool_choice", "parallel_tool_calls"].map(|name| body.field(name));
    let parallel = match parallel {
        Value::Null => None,
        Value::Bool(parallel) => Some(*parallel),
        _ => return Err(Refusal::field("parallel_tool_calls", "expected true or false")),
    };
    let tools = read(tools, choice, parallel)?;
    Ok(Chat { messages, tools, variables: variables(body)? })
}

/// Tools in OpenAI's form.
pub(super) fn read(
    tools: &Value,
    choice: &Value,
    parallel: Option<bool>,
) -> Result<Option<Tools>, Refusal> {
    let choice = Some(choice).filter(|choice| !choice.is_null());
    let read = Tools::from_json(Some(tools), choice, parallel);
    read.map_err(|error| Refusal::field("tools", error.to_string()))
}

fn variables(body: &Body) -> Result<Option<Map<String, Value>>, Refusal> {
    match body.field("chat_template_kwargs") {
        Value::Null => Ok(None),
        Value::Object(variables) => Ok(Some(variables.clone())),
        _ => Err(Refusal::field("chat_template_kwargs", "expected an object")),
    }
}
