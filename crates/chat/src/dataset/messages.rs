//! `{"messages": [{"role": …, "content": …}]}`, as OpenAI's interface and Hugging Face's data sets
//! have it. `content` may be a list of texts. Calls of tools are refused.

use serde::Deserialize;
use serde_json::Value;

use super::{Fields, Form, fields};
use crate::Message;

pub(super) const FORM: Form = Form {
    has_keys: |record| record.contains_key("messages"),
    turns: |record| turns(fields::list(record, "messages")?),
};

/// The turns of a list.
pub(super) fn turns(list: &[Value]) -> Result<Vec<Message>, String> {
    let numbered = list.iter().enumerate();
    let turns = numbered.map(|(i, turn)| {
        let Value::Object(turn) = turn else {
            return Err(format!("turn {} is {}; expected an object", i + 1, fields::kind(turn)));
        };
        message(turn).map_err(|reason| format!("turn {}: {reason}", i + 1))
    });
    turns.collect()
}

/// One turn, its parts joined.
pub(super) fn message(turn: &Fields) -> Result<Message, String> {
    if !fields::list(turn, "tool_calls")?.is_empty() {
        return Err("it calls a tool, and such turns are not learnt; remove the record".into());
    }
    let message = Message::deserialize(turn).map_err(|e| {
        format!("expected a role (system, user, assistant, tool) and its content: {e}")
    })?;
    let text = message.text().map_err(|e| e.to_string())?;
    fields::checked("content", &text)?;
    Ok(Message::new(message.role, text))
}
