//! A JSON schema as llguidance may have it: whatever it would take lightly is said more strictly
//! or refused, with the place. Nothing gets looser.
//!
//! - Keywords that are not enforced are refused in every draft; so are words that are keywords but
//!   for their spelling. Other unknown words are annotations, as JSON Schema has it, and so are
//!   `contentEncoding` and its like.
//! - Every draft is read as the newest, which knows all keywords; `$schema` is left out.
//! - Patterns are ECMA 262's (`pattern`), formats are strict (`format`).
//! - Numbers pass through f64: bounds are drawn in to ±2⁵³, constants beyond are refused.
//! - Names that no property lists may come twice, so that they cannot be counted (`minProperties`).
//! - References are plain paths within the document.
//!
//! What is written is stricter than the schema: whole numbers have no `.0`, properties and the
//! members of constants come in order, and strings hold no control characters but those with an
//! escape of their own.

mod format;
mod keyword;
mod number;
mod pattern;

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Schemas within the schema. llguidance takes five times as many.
const MOST_SCHEMAS: usize = 10_000;
/// Properties of an object: the work grows with their square.
const MOST_PROPERTIES: usize = 1000;
/// Patterns: of each it is found out whether anything matches.
const MOST_PATTERNS: usize = 1000;
/// Patterns of names: each is held against all others.
const MOST_PATTERN_PROPERTIES: usize = 32;

/// The schema made strict.
pub(super) fn strict(schema: &Value) -> Result<Value, String> {
    let mut schema = schema.clone();
    let mut walk = Walk { waiting: vec![String::new()], ..Walk::default() };
    let mut seen = HashSet::new();
    while let Some(at) = walk.waiting.pop() {
        if !seen.insert(at.clone()) {
            continue;
        }
        at_most(seen.len(), MOST_SCHEMAS, "schemas in it")?;
        let named = |reason| format!("at #{at}: {reason}");
        match schema.pointer_mut(&at) {
            Some(Value::Bool(_)) => {}
            Some(Value::Object(fields)) => walk.one(fields, &at).map_err(named)?,
            Some(other) => {
                return Err(named(format!("expected an object, found {}", short(other))));
            }
            None => return Err(named("a $ref leads here, where nothing is".to_string())),
        }
    }
    match walk.inner_id {
        Some(at) if walk.has_references => Err(format!(
            "at #{at}: an `$id` within the document changes what every `$ref` means; leave it out"
        )),
        _ => Ok(schema),
    }
}

#[derive(Default)]
struct Walk {
    /// Pointers of schemas that were not looked at yet.
    waiting: Vec<String>,
    inner_id: Option<String>,
    has_references: bool,
    patterns: usize,
    pattern_properties: usize,
}

impl Walk {
    fn one(&mut self, fields: &mut Map<String, Value>, at: &str) -> Result<(), String> {
        fields.shift_remove("$schema");
        if fields.get("uniqueItems") == Some(&Value::Bool(false)) {
            fields.shift_remove("uniqueItems");
        }
        fields.keys().try_for_each(|key| keyword::check(key))?;
        if !at.is_empty() && fields.contains_key("$id") {
            self.inner_id = Some(at.to_string());
        }
        self.sizes(fields)?;
        constants(fields)?;
        number::draw_in(fields)?;
        count(fields)?;
        pattern::make_strict(fields)?;
        format::make_strict(fields);
        self.reference(fields)?;
        self.children(fields, at);
        Ok(())
    }

    fn sizes(&mut self, fields: &Map<String, Value>) -> Result<(), String> {
        let len = |key| fields.get(key).and_then(Value::as_object).map_or(0, Map::len);
        self.patterns +=
            ["pattern", "format"].iter().filter(|key| fields.contains_key(**key)).count();
        self.pattern_properties += len("patternProperties");
        at_most(len("properties"), MOST_PROPERTIES, "properties")?;
        at_most(self.patterns, MOST_PATTERNS, "patterns and formats in all")?;
        at_most(self.pattern_properties, MOST_PATTERN_PROPERTIES, "patternProperties in all")
    }

    fn reference(&mut self, fields: &Map<String, Value>) -> Result<(), String> {
        let Some(reference) = fields.get("$ref") else { return Ok(()) };
        let path = reference.as_str().and_then(|text| text.strip_prefix('#'));
        let is_plain = |path: &&str| {
            path.is_empty() || path.len() > 1 && path.starts_with('/') && !path.contains(['~', '%'])
        };
        let Some(path) = path.filter(is_plain) else {
            return Err(format!(
                "$ref must be a path in this document (`#/$defs/name`, without ~ and %), found {}",
                short(reference)
            ));
        };
        self.has_references = true;
        self.waiting.push(path.to_string());
        Ok(())
    }

    fn children(&mut self, fields: &Map<String, Value>, at: &str) {
        for (key, value) in fields {
            match (keyword::children(key), value) {
                (Some(keyword::Children::Named), Value::Object(schemas)) => {
                    let names =
                        schemas.keys().map(|name| name.replace('~', "~0").replace('/', "~1"));
                    self.waiting.extend(names.map(|name| format!("{at}/{key}/{name}")));
                }
                (Some(keyword::Children::Listed), Value::Array(schemas)) => {
                    self.waiting.extend((0..schemas.len()).map(|i| format!("{at}/{key}/{i}")));
                }
                (Some(keyword::Children::Listed), _) => self.waiting.push(format!("{at}/{key}")),
                _ => {}
            }
        }
    }
}

fn at_most(n: usize, most: usize, what: &str) -> Result<(), String> {
    if n <= most { Ok(()) } else { Err(format!("there are more than {most} {what}")) }
}

/// Texts and numbers that must come as they are: can they?
fn constants(fields: &Map<String, Value>) -> Result<(), String> {
    let mut waiting: Vec<&Value> =
        ["const", "enum", "required"].iter().filter_map(|key| fields.get(*key)).collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => writable(text)?,
            Value::Number(n) => number::exact(n)?,
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => {
                fields.keys().try_for_each(|key| writable(key))?;
                waiting.extend(fields.values());
            }
            _ => {}
        }
    }
    let names = fields.get("properties").and_then(Value::as_object);
    names.into_iter().flat_map(Map::keys).try_for_each(|name| writable(name))
}

/// Whether [`super::ESCAPES`] suffice for a text.
fn writable(text: &str) -> Result<(), String> {
    let wrong = |c: &char| (*c < ' ' && !"\n\r\t\u{8}\u{c}".contains(*c)) || *c == '\u{7f}';
    match text.chars().find(wrong) {
        Some(c) => Err(format!("the control character {c:?} cannot be made")),
        None => Ok(()),
    }
}

/// Of names that are not listed there may be one in demand, which can be told from the others.
fn count(fields: &Map<String, Value>) -> Result<(), String> {
    let required = fields.get("required").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let least = fields.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
    if least > required + 1 {
        return Err(format!(
            "`minProperties` of {least} cannot be enforced where {required} are required: names \
             may come twice; list them in `required`"
        ));
    }
    Ok(())
}

/// A value for a message.
fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

#[cfg(test)]
mod tests;
