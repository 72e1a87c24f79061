//! `{"instruction": …, "input": …, "output": …}`, as Stanford's Alpaca has it; `system` and
//! `history` (pairs of what was asked and answered before) as LLaMA-Factory has them; `context` and
//! `response` for input and output, as Dolly has it.
//!
//! The question is the instruction, a line break and the input, as LLaMA-Factory joins them; or one
//! of the two where the other is empty.

use serde_json::Value;

use super::{Fields, Form, fields};
use crate::{Message, Role};

pub(super) const FORM: Form = Form {
    has_keys: |record| record.contains_key("instruction") && answer_key(record).is_some(),
    turns,
};

fn turns(record: &Fields) -> Result<Vec<Message>, String> {
    let mut turns = vec![Message::new(Role::System, fields::optional_text(record, "system")?)];
    for pair in fields::list(record, "history")? {
        let [question, answer] = said(pair)?;
        turns.push(Message::new(Role::User, question));
        turns.push(Message::new(Role::Assistant, answer));
    }
    let input = match fields::optional_text(record, "input")? {
        "" => fields::optional_text(record, "context")?,
        input => input,
    };
    turns.push(Message::new(Role::User, question(fields::text(record, "instruction")?, input)));
    let answer = fields::text(record, answer_key(record).unwrap_or("output"))?;
    turns.push(Message::new(Role::Assistant, answer));
    Ok(turns)
}

/// An instruction and what it is about.
pub(super) fn question(instruction: &str, input: &str) -> String {
    match (instruction.trim().is_empty(), input.trim().is_empty()) {
        (_, true) => instruction.to_string(),
        (true, false) => input.to_string(),
        (false, false) => format!("{instruction}\n{input}"),
    }
}

fn answer_key(record: &Fields) -> Option<&'static str> {
    ["output", "response"].into_iter().find(|key| record.contains_key(*key))
}

/// What was asked and answered before.
fn said(pair: &Value) -> Result<[&str; 2], String> {
    if let Some([Value::String(question), Value::String(answer)]) =
        pair.as_array().map(Vec::as_slice)
    {
        return Ok([fields::checked("history", question)?, fields::checked("history", answer)?]);
    }
    Err(fields::expected("a list of two texts each", "history", pair))
}
