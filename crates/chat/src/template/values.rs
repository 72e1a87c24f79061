//! What a template is given: the names and values that `transformers` 5 gives it
//! (`apply_chat_template`, `render_jinja_template`).
//!
//! - `messages`: each a map with the keys that the message has. Thoughts go by two names. Arguments
//!   of a call are the map that their JSON is, as that library's own examples have it; what is no JSON
//!   object stays text. Content in parts is one text, since no model here reads anything else.
//! - `tools` and `documents`: none where there are none.
//! - `add_generation_prompt`, the special tokens by their names, and the conversation's variables, which
//!   may name tokens anew, but nothing else of this list.

use std::collections::BTreeMap;

use minijinja::Value;
use serde_json::Value as Json;

use super::Conversation;
use crate::message::{Content, ToolCall};
use crate::{Error, Message};

/// What is the conversation's own.
const OWN: [&str; 3] = ["messages", "tools", "add_generation_prompt"];

/// All of it, by name.
pub(super) fn of(
    conversation: &Conversation<'_>,
    tokens: &[(String, String)],
) -> Result<Value, Error> {
    let mut values = BTreeMap::from([("documents", Value::from(()))]);
    values.extend(tokens.iter().map(|(name, token)| (name.as_str(), Value::from(token.as_str()))));
    let said = [("bos_token", conversation.bos_token), ("eos_token", conversation.eos_token)];
    values.extend(said.into_iter().filter_map(|(name, token)| Some((name, Value::from(token?)))));
    for (name, value) in conversation.variables.into_iter().flatten() {
        if OWN.contains(&name.as_str()) {
            let reason = format!(
                "the template's variable {name:?} is set by the conversation; leave it out"
            );
            return Err(Error::Request(reason));
        }
        values.insert(name, json(value));
    }
    let messages = conversation.messages.iter().map(message);
    values.insert("messages", Value::from(messages.collect::<Result<Vec<Value>, Error>>()?));
    let tools = conversation
        .tools
        .map(|tools| Value::from_iter(tools.iter().map(|tool| json(tool.definition()))));
    values.insert("tools", tools.unwrap_or(Value::from(())));
    values.insert("add_generation_prompt", Value::from(conversation.add_generation_prompt));
    Ok(Value::from_pairs(values))
}

fn message(message: &Message) -> Result<Value, Error> {
    let content = match message.content {
        Content::Nothing => None,
        _ => Some(Value::from(message.text()?)),
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let thought = text(&message.reasoning_content);
    let calls = &message.tool_calls;
    let calls = (!calls.is_empty()).then(|| Value::from_iter(calls.iter().map(call)));
    Ok(map([
        ("thinking", thought.clone()),
        ("role", Some(Value::from(message.role.name()))),
        ("content", content),
        ("reasoning_content", thought),
        ("tool_calls", calls),
        ("tool_call_id", text(&message.tool_call_id)),
        ("name", text(&message.name)),
    ]))
}

fn call(call: &ToolCall) -> Value {
    let text = match call.function.arguments.trim() {
        "" => "{}",
        text => text,
    };
    let arguments = match serde_json::from_str(text) {
        Ok(object @ Json::Object(_)) => json(&object),
        _ => Value::from(call.function.arguments.as_str()),
    };
    let name = Value::from(call.function.name.as_str());
    map([
        ("id", call.id.as_deref().map(Value::from)),
        ("type", Some(Value::from("function"))),
        ("function", Some(map([("name", Some(name)), ("arguments", Some(arguments))]))),
    ])
}

/// JSON as templates see it. Its parser goes no deeper than this does.
fn json(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(is) => Value::from(*is),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(whole)) => Value::from(whole),
            _ => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from_iter(items.iter().map(json)),
        Json::Object(fields) => {
            Value::from_pairs(fields.iter().map(|(k, v)| (k.as_str(), json(v))))
        }
    }
}

/// A map of what is there, in this order.
fn map<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    Value::from_pairs(fields.into_iter().filter_map(|(key, value)| Some((key, value?))))
}
