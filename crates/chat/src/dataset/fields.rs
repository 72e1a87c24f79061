//! Texts and lists out of a record's fields, and messages that say which field is wrong.

use serde_json::Value;

use super::Fields;

/// The text of a field that must be there.
pub(super) fn text<'a>(fields: &'a Fields, key: &str) -> Result<&'a str, String> {
    let text = optional_text(fields, key)?;
    if text.is_empty() && !matches!(fields.get(key), Some(Value::String(_) | Value::Null)) {
        return Err(format!("there is no {key:?} among {}", listed(fields.keys())));
    }
    Ok(text)
}

/// The text of a field; absent and null are the empty text.
pub(super) fn optional_text<'a>(fields: &'a Fields, key: &str) -> Result<&'a str, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => checked(key, text),
        Some(other) => Err(expected("text", key, other)),
    }
}

/// The list in a field; absent and null are the empty list.
pub(super) fn list<'a>(fields: &'a Fields, key: &str) -> Result<&'a [Value], String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(other) => Err(expected("a list", key, other)),
    }
}

/// The text, if a text file could hold it.
pub(super) fn checked<'a>(key: &str, text: &'a str) -> Result<&'a str, String> {
    match text.contains('\0') {
        true => Err(format!("{key:?} holds a NUL character; expected text: remove it")),
        false => Ok(text),
    }
}

/// What should stand in a field, and what does.
pub(super) fn expected(what: &str, key: &str, found: &Value) -> String {
    format!("expected {what} in {key:?}, got {}; mend the record", kind(found))
}

/// A value in a word.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Names for a person to read: not too many, and none too long, whatever the record holds.
pub(super) fn listed(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut names = names.map(|name| name.as_ref().chars().take(40).collect::<String>());
    let shown: Vec<String> = names.by_ref().take(20).collect();
    let more = if names.next().is_some() { " and others" } else { "" };
    format!("{shown:?}{more}")
}
