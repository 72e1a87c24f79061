//! What the server's document of itself says is so. `bench/clients/schemas` has schemathesis look closer.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Server, parse, real};

fn document(server: &Server) -> Value {
    parse(&server.send("GET /openapi.json", "").1)
}

/// What a head says is the type of its body, without its parameters.
fn kind(head: &str) -> String {
    let head = head.to_lowercase();
    let line = head.lines().find(|line| line.starts_with("content-type")).unwrap();
    line.split_once(':').unwrap().1.split(';').next().unwrap().trim().to_string()
}

fn kinds(operation: &Value) -> BTreeSet<String> {
    operation["responses"]["200"]["content"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn its_examples_are_answered_in_the_forms_that_it_tells() {
    let server = real::start();
    let document = document(&server);
    let mut seen = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(operation) = methods.get("post") else { continue };
        let examples = &operation["requestBody"]["content"]["application/json"]["examples"];
        let examples = examples.as_object().unwrap_or_else(|| panic!("{path} has no example"));
        for (name, example) in examples {
            let body = example["value"].to_string();
            let (status, head, answer) = server.whole(&format!("POST {path}"), &[], &body);
            assert_eq!(status, 200, "{path} {name}: {answer}");
            assert!(kinds(operation).contains(&kind(&head)), "{path} {name}: {head}");
            assert_eq!(kind(&head) == "text/event-stream", body.contains("\"stream\":true"));
            if kind(&head) == "application/json" {
                let told = &operation["responses"]["200"]["content"]["application/json"]["schema"];
                let told = conforms(&document, told, &parse(&answer), &format!("{path} {name}"));
                assert_eq!(told, Ok(()), "{answer}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen}");
}

/// Whether a value is as a schema says, as far as types, fields and items go.
fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return conforms(document, document.pointer(&name[1..]).unwrap(), value, at);
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        let of = forms.iter().filter(|form| conforms(document, form, value, at).is_ok()).count();
        return if of == 1 { Ok(()) } else { Err(format!("{at}: {of} forms fit {value}")) };
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = |named: &Value| named == kind || (kind == "integer" && named == "number");
    let is_right = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(fits),
        named => fits(named),
    };
    if !is_right {
        return Err(format!("{at}: {value} is not {}", schema["type"]));
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(name) = required.into_iter().find(|name| value.get(name).is_none()) {
        return Err(format!("{at}: no {name}"));
    }
    let fields = value.as_object().into_iter().flatten();
    let mut fields =
        fields.filter_map(|(name, value)| Some((name, value, schema["properties"].get(name)?)));
    fields
        .try_for_each(|(name, value, of)| conforms(document, of, value, &format!("{at}/{name}")))?;
    let mut items = value.as_array().into_iter().flatten();
    items.try_for_each(|item| conforms(document, &schema["items"], item, &format!("{at}/…")))
}

#[test]
fn what_is_got_has_the_type_that_it_tells() {
    let server = real::start();
    let document = document(&server);
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(operation) = methods.get("get") else { continue };
        let (status, head, _) =
            server.whole(&format!("GET {}", path.replace("{id}", "tiny/one")), &[], "");
        assert_eq!((status, kinds(operation)), (200, BTreeSet::from([kind(&head)])), "{path}");
    }
}

#[test]
fn what_it_calls_an_object_is_one() {
    let server = real::start();
    for (path, more) in [
        ("/v1/responses", r#""input": "a", "text": [null]"#),
        ("/v1/responses", r#""input": "a", "metadata": "b""#),
        (
            "/v1/messages",
            r#""messages": [{"role": "user", "content": "a"}], "max_tokens": 1, "thinking": 3"#,
        ),
    ] {
        let (status, body) = server.send(&format!("POST {path}"), &format!("{{{more}}}"));
        assert_eq!(status, 400, "{more}: {body}");
    }
}

#[test]
fn an_address_that_cannot_be_read_is_refused_as_all_else() {
    let server = real::start();
    for target in ["/v1/models/%ff", "/tokenizer_info?model=a&model=b"] {
        let (status, body) = server.send(&format!("GET {target}"), "");
        let message = parse(&body)["error"]["message"].to_string();
        assert!(status == 400 && message.contains("address"), "{status} {body}");
    }
}

#[test]
fn another_method_is_told_which_there_are() {
    let server = real::start();
    for (path, own) in [("/v1/completions", "post"), ("/v1/models", "get")] {
        for method in ["DELETE", "PUT", "OPTIONS", "TRACE"] {
            let (status, head, body) = server.whole(&format!("{method} {path}"), &[], "");
            let allowed = head.to_lowercase();
            let allowed =
                allowed.lines().find(|line| line.starts_with("allow:")).unwrap_or_default();
            assert!(status == 405 && allowed.contains(own), "{method} {path}: {head}");
            assert!(parse(&body)["error"]["message"].is_string());
        }
    }
}
