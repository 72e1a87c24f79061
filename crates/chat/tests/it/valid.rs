//! A validator of JSON Schema, as small as these tests allow: it knows the keywords that they use
//! and panics on others.

use serde_json::{Map, Value};

/// Whether `value` is valid under `schema`, whose references lead into `root`.
pub(crate) fn valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let Value::Object(schema) = schema else { return *schema == true };
    schema.iter().all(|(keyword, wanted)| one(root, schema, (keyword, wanted), value))
}

fn one(
    root: &Value,
    schema: &Map<String, Value>,
    (keyword, wanted): (&str, &Value),
    value: &Value,
) -> bool {
    let bound = wanted.as_f64().unwrap_or(f64::NAN);
    let number = |holds: &dyn Fn(f64) -> bool| value.as_f64().is_none_or(holds);
    let text = |holds: &dyn Fn(&str) -> bool| value.as_str().is_none_or(holds);
    let items = |holds: &dyn Fn(&[Value]) -> bool| value.as_array().is_none_or(|v| holds(v));
    let fields = |holds: &dyn Fn(&Map<String, Value>) -> bool| value.as_object().is_none_or(holds);
    match keyword {
        "type" => match wanted.as_array() {
            Some(kinds) => kinds.iter().any(|kind| is(value, kind)),
            None => is(value, wanted),
        },
        "enum" => wanted.as_array().unwrap().contains(value),
        "const" => wanted == value,
        "minimum" => number(&|n| n >= bound),
        "maximum" => number(&|n| n <= bound),
        "multipleOf" => number(&|n| n % bound == 0.0),
        "minLength" => text(&|t| t.chars().count() as f64 >= bound),
        "maxLength" => text(&|t| t.chars().count() as f64 <= bound),
        "pattern" => {
            let pattern = fancy_regex::Regex::new(wanted.as_str().unwrap()).unwrap();
            text(&|t| pattern.is_match(t).unwrap())
        }
        "minItems" => items(&|v| v.len() as f64 >= bound),
        "maxItems" => items(&|v| v.len() as f64 <= bound),
        "items" => items(&|v| v.iter().all(|item| valid(root, wanted, item))),
        "required" => fields(&|f| {
            wanted.as_array().unwrap().iter().all(|name| f.contains_key(name.as_str().unwrap()))
        }),
        "properties" => fields(&|f| {
            f.iter().all(|(name, v)| wanted.get(name).is_none_or(|s| valid(root, s, v)))
        }),
        "additionalProperties" => fields(&|f| {
            let named =
                |name: &str| schema.get("properties").is_some_and(|p| p.get(name).is_some());
            f.iter().all(|(name, v)| named(name) || valid(root, wanted, v))
        }),
        "anyOf" => wanted.as_array().unwrap().iter().any(|s| valid(root, s, value)),
        "$ref" => {
            let path = wanted.as_str().unwrap().strip_prefix('#').unwrap();
            valid(root, root.pointer(path).unwrap(), value)
        }
        "$defs" => true,
        other => panic!("this validator does not know {other}"),
    }
}

fn is(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    }
}
