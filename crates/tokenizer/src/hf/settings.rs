//! "truncation" and "padding" of a `tokenizer.json`, in and out.

use serde_json::{Value, json};

use super::fields::{Fields, MAX_TEXT_BYTES};
use crate::Error;
use crate::encoding::{Padding, PaddingStrategy, Side, Truncation, TruncationStrategy};

const STRATEGIES: [(&str, TruncationStrategy); 3] = [
    ("LongestFirst", TruncationStrategy::LongestFirst),
    ("OnlyFirst", TruncationStrategy::OnlyFirst),
    ("OnlySecond", TruncationStrategy::OnlySecond),
];

fn side(fields: Fields<'_>, path: &'static str) -> Result<Side, Error> {
    match fields.text(path, MAX_TEXT_BYTES)? {
        "Left" => Ok(Side::Left),
        "Right" => Ok(Side::Right),
        _ => Err(fields.refuse(path, "expected Left or Right")),
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Left => "Left",
        Side::Right => "Right",
    }
}

/// What a file says about truncation, if anything.
pub(super) fn truncation(value: &Value) -> Result<Option<Truncation>, Error> {
    if value.is_null() {
        return Ok(None);
    }
    let (fields, path) = (Fields(value), "truncation.strategy");
    let name = fields.text(path, MAX_TEXT_BYTES)?;
    let found = STRATEGIES.iter().find(|&&(other, _)| other == name);
    let refuse = || fields.refuse(path, "expected LongestFirst, OnlyFirst or OnlySecond");
    Ok(Some(Truncation {
        direction: fields.optional("truncation.direction", side)?.unwrap_or(Side::Right),
        max_length: fields.number("truncation.max_length")?,
        strategy: found.map(|&(_, strategy)| strategy).ok_or_else(refuse)?,
        stride: fields.number("truncation.stride")?,
    }))
}

/// What a file says about truncation.
pub(super) fn truncation_json(truncation: Option<&Truncation>) -> Value {
    truncation.map_or(Value::Null, |truncation| {
        let found = STRATEGIES.iter().find(|&&(_, strategy)| strategy == truncation.strategy);
        json!({
            "direction": side_name(truncation.direction),
            "max_length": truncation.max_length,
            "strategy": found.map_or("LongestFirst", |&(name, _)| name),
            "stride": truncation.stride,
        })
    })
}

/// What a file says about padding, if anything.
pub(super) fn padding(value: &Value) -> Result<Option<Padding>, Error> {
    if value.is_null() {
        return Ok(None);
    }
    let fields = Fields(value);
    Ok(Some(Padding {
        strategy: padding_strategy(fields)?,
        direction: side(fields, "padding.direction")?,
        pad_to_multiple_of: fields.optional("padding.pad_to_multiple_of", Fields::number)?,
        pad_id: fields.id("padding.pad_id")?,
        pad_type_id: fields.id("padding.pad_type_id")?,
        pad_token: fields.text("padding.pad_token", MAX_TEXT_BYTES)?.to_owned(),
    }))
}

fn padding_strategy(fields: Fields<'_>) -> Result<PaddingStrategy, Error> {
    let path = "padding.strategy";
    let value = fields.get(path)?;
    if value == "BatchLongest" {
        return Ok(PaddingStrategy::BatchLongest);
    }
    let length = value["Fixed"].as_u64().and_then(|length| usize::try_from(length).ok());
    let refuse = || fields.refuse(path, r#"expected "BatchLongest" or {"Fixed": …}"#);
    length.map(PaddingStrategy::Fixed).ok_or_else(refuse)
}

/// What a file says about padding.
pub(super) fn padding_json(padding: Option<&Padding>) -> Value {
    padding.map_or(Value::Null, |padding| {
        let strategy = match padding.strategy {
            PaddingStrategy::BatchLongest => json!("BatchLongest"),
            PaddingStrategy::Fixed(length) => json!({"Fixed": length}),
        };
        json!({
            "strategy": strategy,
            "direction": side_name(padding.direction),
            "pad_to_multiple_of": padding.pad_to_multiple_of,
            "pad_id": padding.pad_id,
            "pad_type_id": padding.pad_type_id,
            "pad_token": padding.pad_token,
        })
    })
}
