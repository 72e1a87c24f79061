//! `{"conversations": [{"from": "human", "value": …}, {"from": "gpt", "value": …}]}`, as ShareGPT's
//! and LLaMA-Factory's data have it, with an optional `system` beside it. Turns of `role` and
//! `content` are read under this name too.

use serde_json::Value;

use super::{Fields, Form, fields, messages};
use crate::{Message, Role};

pub(super) const FORM: Form =
    Form { has_keys: |record| record.contains_key("conversations"), turns };

/// Who is who, in the words of the data sets there are.
const SPEAKERS: [(&str, Role); 12] = [
    ("human", Role::User),
    ("user", Role::User),
    ("gpt", Role::Assistant),
    ("assistant", Role::Assistant),
    ("chatgpt", Role::Assistant),
    ("model", Role::Assistant),
    ("bot", Role::Assistant),
    ("bard", Role::Assistant),
    ("bing", Role::Assistant),
    ("system", Role::System),
    ("tool", Role::Tool),
    ("observation", Role::Tool),
];

fn turns(record: &Fields) -> Result<Vec<Message>, String> {
    let system = fields::optional_text(record, "system")?;
    let mut turns = vec![Message::new(Role::System, system)];
    for (i, turn) in fields::list(record, "conversations")?.iter().enumerate() {
        let Value::Object(turn) = turn else {
            return Err(format!("turn {} is {}; expected an object", i + 1, fields::kind(turn)));
        };
        turns.push(message(turn).map_err(|reason| format!("turn {}: {reason}", i + 1))?);
    }
    Ok(turns)
}

fn message(turn: &Fields) -> Result<Message, String> {
    if turn.contains_key("role") {
        return messages::message(turn);
    }
    let from = fields::text(turn, "from")?;
    let known = SPEAKERS.iter().find(|(name, _)| *name == from);
    let Some(&(_, role)) = known else {
        let names = fields::listed(SPEAKERS.iter().map(|(name, _)| name));
        let from: String = from.chars().take(40).collect();
        return Err(format!("it is from {from:?}; expected one of {names}"));
    };
    Ok(Message::new(role, fields::text(turn, "value")?))
}
