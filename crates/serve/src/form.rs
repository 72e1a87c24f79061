//! The form that an answer must have: OpenAI's `response_format`, and `structured_outputs` as vLLM has it.
//!
//! What cannot be held to is refused; nothing is ever left out of a schema.

use chat::Grammar;
use serde_json::Value;

use crate::Refusal;
use crate::body::Body;

/// The form that a body asks for.
///
/// # Errors
/// A [`Refusal`] that names the field.
pub(crate) fn of(body: &Body) -> Result<Option<Grammar>, Refusal> {
    let forms = [
        ("response_format", response_format(body.field("response_format"))?),
        ("structured_outputs", structured(body.field("structured_outputs"))?),
        ("text.format", text_format(&body.field("text")["format"])?),
    ];
    let mut asked = forms.into_iter().filter_map(|(name, form)| Some((name, form?)));
    match (asked.next(), asked.next()) {
        (first, None) => Ok(first.map(|(_, grammar)| grammar)),
        (_, Some((name, _))) => {
            Err(Refusal::field(name, format!("{name}: another field asks for a form already")))
        }
    }
}

/// `{"type": "json_schema", "json_schema": {"schema": …}}`, or simpler ones.
fn response_format(format: &Value) -> Result<Option<Grammar>, Refusal> {
    let wrong = |message: String| Refusal::field("response_format", message);
    match kind(format) {
        None => Ok(None),
        Some("json_schema") => {
            let schema = &format["json_schema"]["schema"];
            match schema {
                Value::Object(_) | Value::Bool(_) => Ok(Some(Grammar::json_schema(schema))),
                _ => Err(wrong("response_format.json_schema.schema must be a schema".to_string())),
            }
        }
        Some(kind) => plain(kind, format).map_err(wrong),
    }
}

/// The same as the Responses API has it: the schema stands beside the type.
fn text_format(format: &Value) -> Result<Option<Grammar>, Refusal> {
    let wrong = |message: String| Refusal::field("text.format", message);
    match kind(format) {
        None => Ok(None),
        Some("json_schema") => match &format["schema"] {
            schema @ (Value::Object(_) | Value::Bool(_)) => Ok(Some(Grammar::json_schema(schema))),
            _ => Err(wrong("text.format.schema must be a schema".to_string())),
        },
        Some(kind) => plain(kind, format).map_err(wrong),
    }
}

/// What a form calls itself; one without a name is none.
fn kind(format: &Value) -> Option<&str> {
    match format {
        Value::Null => None,
        format => Some(format["type"].as_str().unwrap_or_default()),
    }
}

fn plain(kind: &str, format: &Value) -> Result<Option<Grammar>, String> {
    let text = |name: &str| {
        format[name].as_str().ok_or_else(|| format!("{name} must be there, as a text"))
    };
    Ok(Some(match kind {
        "text" => return Ok(None),
        "json_object" => Grammar::json_object(),
        "regex" => Grammar::regex(text("pattern").or_else(|_| text("value"))?),
        "grammar" => Grammar::lark(text("grammar").or_else(|_| text("value"))?),
        other => {
            let known = "text, json_object, json_schema, regex or grammar";
            return Err(format!("the type must be {known}, got {other:?}"));
        }
    }))
}

/// `{"json": …}`, `{"regex": …}`, `{"choice": […]}` or `{"grammar": …}`.
fn structured(asked: &Value) -> Result<Option<Grammar>, Refusal> {
    let wrong = |message: &str| {
        Refusal::field("structured_outputs", format!("structured_outputs: {message}"))
    };
    let Value::Object(fields) = asked else {
        return match asked {
            Value::Null => Ok(None),
            _ => Err(wrong("expected an object")),
        };
    };
    let mut fields = fields.iter().filter(|(_, value)| !value.is_null());
    let Some((name, value)) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(wrong("one form only"));
    }
    let text = || value.as_str().ok_or_else(|| wrong("expected a text"));
    Ok(Some(match name.as_str() {
        "json" => Grammar::json_schema(value),
        "json_object" if value == true => Grammar::json_object(),
        "regex" => Grammar::regex(text()?),
        "grammar" => Grammar::lark(text()?),
        "choice" => {
            let texts = value.as_array().into_iter().flatten();
            let texts: Option<Vec<&str>> = texts.map(Value::as_str).collect();
            match texts {
                Some(texts) if !texts.is_empty() => Grammar::choices(texts),
                _ => return Err(wrong("choice must be a list of texts")),
            }
        }
        _ => return Err(wrong("expected json, json_object, regex, choice or grammar")),
    }))
}
