//! The form that an answer must have: OpenAI's `response_format` and `text.format`, Anthropic's
//! `output_config.format`, `structured_outputs` as vLLM has it with its older names (`guided_json` and others),
//! `json_schema` and `grammar` as llama.cpp's server has them.
//!
//! What cannot be held to is refused; nothing is ever left out of a schema.

use chat::Grammar;
use serde_json::Value;

use crate::Refusal;
use crate::body::Body;

/// Fields that are a form by themselves, and the name of that form in `structured_outputs`.
const ALONE: [(&str, &str); 6] = [
    ("guided_json", "json"),
    ("guided_regex", "regex"),
    ("guided_choice", "choice"),
    ("guided_grammar", "grammar"),
    ("json_schema", "json"),
    ("grammar", "grammar"),
];

/// The form that a body asks for.
///
/// # Errors
/// A [`Refusal`] that names the field.
pub(crate) fn of(body: &Body) -> Result<Option<Grammar>, Refusal> {
    let at = |name: &str, inner: &str| &body.field(name)[inner];
    let forms = [
        ("response_format", response_format(body.field("response_format"))?),
        ("structured_outputs", structured(body.field("structured_outputs"))?),
        ("text.format", beside_type("text.format", at("text", "format"))?),
        (
            "output_config.format",
            beside_type("output_config.format", at("output_config", "format"))?,
        ),
        ("output_format", beside_type("output_format", body.field("output_format"))?),
    ];
    let alone =
        ALONE.iter().map(|(name, form)| Ok((*name, one_form(name, form, body.field(name))?)));
    let alone = alone.collect::<Result<Vec<_>, Refusal>>()?;
    let mut asked = forms.into_iter().chain(alone).filter_map(|(name, form)| Some((name, form?)));
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

/// The same as the Responses API and Anthropic's have it: the schema stands beside the type.
fn beside_type(name: &str, format: &Value) -> Result<Option<Grammar>, Refusal> {
    let wrong = |message: String| Refusal::field(name, message);
    match kind(format) {
        None => Ok(None),
        Some("json_schema") => match &format["schema"] {
            schema @ (Value::Object(_) | Value::Bool(_)) => Ok(Some(Grammar::json_schema(schema))),
            _ => Err(wrong(format!("{name}.schema must be a schema"))),
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
        // With a schema it is llama.cpp's.
        "json_object" => match &format["schema"] {
            Value::Null => Grammar::json_object(),
            schema @ (Value::Object(_) | Value::Bool(_)) => Grammar::json_schema(schema),
            _ => return Err("schema must be a schema".to_string()),
        },
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
    one_form("structured_outputs", name, value)
}

/// One form by its name; none where nothing is asked for.
fn one_form(field: &str, form: &str, value: &Value) -> Result<Option<Grammar>, Refusal> {
    let wrong = |message: &str| Refusal::field(field, format!("{field}: {message}"));
    if value.is_null() || value == "" {
        return Ok(None);
    }
    let text = || value.as_str().ok_or_else(|| wrong("expected a text"));
    Ok(Some(match form {
        // vLLM takes it as a text too.
        "json" => match value.as_str().map(serde_json::from_str::<Value>) {
            None => Grammar::json_schema(value),
            Some(Ok(schema)) => Grammar::json_schema(&schema),
            Some(Err(_)) => return Err(wrong("the text must be a schema")),
        },
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_found_under_all_their_names() {
        let schema = json!({"type": "integer"});
        let integer = || Grammar::json_schema(&json!({"type": "integer"}));
        let check = |body: Value, expected: Option<Grammar>| {
            assert_eq!(of(&Body::of(body.clone())).unwrap(), expected, "{body}");
        };
        check(json!({}), None);
        check(json!({"response_format": {"type": "text"}, "text": {}, "grammar": ""}), None);
        check(
            json!({"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}),
            Some(integer()),
        );
        check(
            json!({"response_format": {"type": "json_object", "schema": schema}}),
            Some(integer()),
        );
        check(json!({"response_format": {"type": "json_object"}}), Some(Grammar::json_object()));
        check(
            json!({"text": {"format": {"type": "json_schema", "schema": schema}}}),
            Some(integer()),
        );
        check(
            json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
            Some(integer()),
        );
        check(json!({"output_format": {"type": "json_schema", "schema": schema}}), Some(integer()));
        check(json!({"structured_outputs": {"json": schema, "regex": null}}), Some(integer()));
        check(json!({"guided_json": schema}), Some(integer()));
        check(json!({"guided_json": schema.to_string()}), Some(integer()));
        check(json!({"guided_regex": "a+"}), Some(Grammar::regex("a+")));
        check(json!({"guided_choice": ["a", "b"]}), Some(Grammar::choices(["a", "b"])));
        check(json!({"json_schema": schema}), Some(integer()));
    }

    #[test]
    fn what_is_no_form_is_refused_by_name() {
        let check = |body: Value, param: &str| {
            let refusal = of(&Body::of(body.clone())).unwrap_err();
            assert_eq!(refusal.param.as_deref(), Some(param), "{body}: {refusal}");
        };
        check(
            json!({"response_format": {"type": "json_object", "schema": 123}}),
            "response_format",
        );
        check(
            json!({"output_config": {"format": {"type": "json_schema"}}}),
            "output_config.format",
        );
        check(json!({"guided_json": "{"}), "guided_json");
        check(json!({"guided_choice": []}), "guided_choice");
        check(json!({"grammar": 3}), "grammar");
        check(
            json!({"guided_regex": "a", "response_format": {"type": "json_object"}}),
            "guided_regex",
        );
    }
}
