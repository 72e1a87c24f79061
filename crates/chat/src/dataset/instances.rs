//! `{"instruction": …, "instances": [{"input": …, "output": …}]}`, as the seed tasks of Self-Instruct
//! have it. A task of several instances would be several conversations: it is refused.

use serde_json::Value;

use super::{Fields, Form, alpaca, fields};
use crate::{Message, Role};

pub(super) const FORM: Form = Form {
    has_keys: |record| record.contains_key("instruction") && record.contains_key("instances"),
    turns,
};

fn turns(record: &Fields) -> Result<Vec<Message>, String> {
    let [Value::Object(instance)] = fields::list(record, "instances")? else {
        return Err("expected one object in \"instances\"; write a record for each".into());
    };
    let instruction = fields::text(record, "instruction")?;
    let question = alpaca::question(instruction, fields::optional_text(instance, "input")?);
    let answer = fields::text(instance, "output")?;
    Ok(vec![Message::new(Role::User, question), Message::new(Role::Assistant, answer)])
}
