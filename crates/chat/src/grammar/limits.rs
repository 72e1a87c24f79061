//! What holds a hostile grammar: how large it may be, how deep, and how much work a step of it is.

use llguidance::api::ParserLimits;
use serde_json::Value;

use super::Form;

/// A grammar's text, or all of its choices, in bytes.
const MOST_BYTES: usize = 1 << 20;
/// Values within values, brackets within brackets.
const MOST_NESTED: usize = 128;
/// The compiler follows references and rules by calling itself.
const STACK_BYTES: usize = 256 << 20;

/// Refuses what is too large or too deep to be looked at.
pub(super) fn check(form: &Form) -> Result<(), String> {
    let (bytes, nested) = match form {
        Form::JsonSchema(schema) => size_of(schema),
        Form::Regex(text) | Form::Lark(text) => (text.len(), nesting(text)),
        Form::Choices(choices) => (choices.iter().map(|c| c.len() + 1).sum(), 0),
        Form::Calls(calls) => {
            calls.schemas().map(size_of).fold((0, 0), |all, one| (all.0 + one.0, all.1.max(one.1)))
        }
    };
    if bytes > MOST_BYTES {
        return Err(format!("it has {bytes} bytes, at most {MOST_BYTES} are read"));
    }
    if nested > MOST_NESTED {
        return Err(format!("it is nested more than {MOST_NESTED} deep"));
    }
    match form {
        Form::Choices(choices) if choices.is_empty() => Err("it is empty".to_string()),
        _ => Ok(()),
    }
}

/// About how many bytes a value has when written, and how deep it is; walked without recursion.
fn size_of(value: &Value) -> (usize, usize) {
    let (mut bytes, mut deepest) = (0, 0);
    let mut waiting = vec![(value, 0)];
    while let Some((value, depth)) = waiting.pop() {
        deepest = deepest.max(depth);
        bytes += 4;
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(items) => waiting.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => {
                bytes += fields.keys().map(|key| key.len() + 4).sum::<usize>();
                waiting.extend(fields.values().map(|value| (value, depth + 1)));
            }
            _ => {}
        }
    }
    (bytes, deepest)
}

/// How many brackets are open at once, at most. Those in quotes count too: the answer may be too
/// large for an odd grammar, never too small.
fn nesting(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// How much work the compiler and each step may be: some hundred milliseconds to compile, some
/// ten a step, some ten megabytes of states.
pub(super) fn of_parser() -> ParserLimits {
    ParserLimits { max_lexer_states: 50_000, verbose_errors: false, ..ParserLimits::default() }
}

/// Runs `work` where it may call itself often.
pub(super) fn with_deep_stack<T: Send>(
    work: impl FnOnce() -> Result<T, String> + Send,
) -> Result<T, String> {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("grammar".to_string());
        let thread = builder.stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let thread = thread.map_err(|e| format!("there is no thread to compile it: {e}"))?;
        thread.join().unwrap_or_else(|_| Err("the compiler broke down on it".to_string()))
    })
}
