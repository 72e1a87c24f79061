//! `{"prompt": …, "completion": …}` and `{"question": …, "answer": …}`: one question, one answer. Each
//! is a text, or a list of turns as TRL has it.

use serde_json::Value;

use super::{Fields, Form, fields, messages};
use crate::{Message, Role};

pub(super) const FORM: Form = Form { has_keys: |record| keys(record).is_some(), turns };

/// What asks, what answers.
const KEYS: [(&str, &str); 3] =
    [("prompt", "completion"), ("prompt", "response"), ("question", "answer")];

fn keys(record: &Fields) -> Option<(&'static str, &'static str)> {
    let both = |(question, answer): &(&str, &str)| {
        record.contains_key(*question) && record.contains_key(*answer)
    };
    KEYS.into_iter().find(both)
}

fn turns(record: &Fields) -> Result<Vec<Message>, String> {
    let (question, answer) = keys(record).unwrap_or(KEYS[0]);
    let mut turns = side(record, question, Role::User)?;
    turns.extend(side(record, answer, Role::Assistant)?);
    Ok(turns)
}

fn side(record: &Fields, key: &str, role: Role) -> Result<Vec<Message>, String> {
    match record.get(key) {
        Some(Value::Array(list)) => messages::turns(list),
        _ => Ok(vec![Message::new(role, fields::text(record, key)?)]),
    }
}
