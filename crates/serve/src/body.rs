//! Bodies of requests: declared JSON, as it is and not packed, no longer than the server's limit, an object whose
//! fields have the types that they should have. What is wrong is told with the field's name, in OpenAI's form.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::{Refusal, Server};

/// Bytes of a body times the answers that it asks for: each of them holds the question.
const MOST_TIMES: usize = 64 << 20;

/// A body's object. Fields that a reader does not know are ignored, as clients send many.
#[derive(Clone, Debug)]
pub struct Body {
    fields: Value,
    bytes: usize,
}

impl Body {
    /// The fields that a type knows.
    ///
    /// # Errors
    /// A [`Refusal`] that names the field.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Refusal> {
        serde_path_to_error::deserialize(&self.fields).map_err(|error| {
            let path = error.path().to_string();
            let reason = error.inner();
            match path.as_str() {
                "." | "?" => Refusal::body(reason.to_string()),
                path => Refusal::field(path, format!("{path}: {reason}")),
            }
        })
    }

    #[cfg(test)]
    pub(crate) fn of(value: Value) -> Self {
        let bytes = value.to_string().len();
        Self { fields: value, bytes }
    }

    /// The same with a field where there is none of the name.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        if self.fields[name].is_null() {
            self.fields[name] = value;
        }
        self
    }

    /// A field as it stands; null where it is absent.
    pub fn field(&self, name: &str) -> &Value {
        &self.fields[name]
    }

    /// Whether so many answers to it may be made at once.
    ///
    /// # Errors
    /// A [`Refusal`] if it is too long for that.
    pub(crate) fn times(&self, answers: usize) -> Result<(), Refusal> {
        let (bytes, most) = (self.bytes, MOST_TIMES / answers.max(1));
        match answers <= 1 || bytes <= most {
            true => Ok(()),
            false => {
                let message = format!(
                    "{answers} answers to a body of {bytes} bytes are too much at once, which may \
                     have {most}; ask for fewer"
                );
                Err(Refusal::field("n", message))
            }
        }
    }

    /// The first of these fields that asks for anything: whose value is not null, false, 0 or empty.
    pub fn first_set<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| is_set(self.field(name)))
    }
}

/// Whether a value asks for anything.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(asked) => *asked,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

impl FromRequest<Server> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, server: &Server) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            // A page of another origin could send anything else unasked.
            let message = "the body must be declared: Content-Type: application/json";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        if is_packed(request.headers()) {
            // A few bytes could stand for gigabytes.
            let message = "the body must come as it is, without Content-Encoding";
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
        }
        let patience = server.settings.patience.body;
        let read = tokio::time::timeout(patience, Bytes::from_request(request, server)).await;
        let bytes = read.map_err(|_| {
            let message = format!("the body took longer than {} s", patience.as_secs_f64());
            Refusal::new(StatusCode::REQUEST_TIMEOUT, message)
        })?;
        let bytes = bytes.map_err(|rejection| {
            Refusal::new(rejection.status(), format!("the body was not read: {rejection}"))
        })?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| Refusal::body(format!("the body is no JSON: {error}")))?;
        match value {
            Value::Object(_) => Ok(Self { fields: value, bytes: bytes.len() }),
            _ => Err(Refusal::body("the body must be a JSON object")),
        }
    }
}

fn is_packed(headers: &HeaderMap) -> bool {
    let mut how = headers.get_all(CONTENT_ENCODING).into_iter();
    how.any(|how| !how.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Some {
        _number: Option<f32>,
        _list: Option<Vec<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        _text: String,
    }

    #[test]
    fn a_long_body_is_answered_fewer_times() {
        assert!(Body::of(json!({})).times(128).is_ok());
        let body = Body { bytes: 1 << 20, ..Body::of(json!({})) };
        assert!(body.times(64).is_ok());
        let refusal = body.times(65).unwrap_err();
        assert_eq!(refusal.param.as_deref(), Option::Some("n"), "{refusal}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |body: Value, param: &str, word: &str| {
            let refusal = Body::of(body).read::<Some>().unwrap_err();
            assert_eq!(refusal.param.as_deref(), Option::Some(param), "{refusal}");
            assert!(refusal.message.contains(word), "{refusal}");
        };
        check(json!({"_number": "hot"}), "_number", "expected f32");
        check(json!({"_list": [{"_text": "a"}, {"_text": 3}]}), "_list[1]._text", "string");
        check(json!({"_list": [{}]}), "_list[0]", "missing");
        assert!(Body::of(json!({"_number": null, "other": 3})).read::<Some>().is_ok());
    }

    #[test]
    fn what_asks_for_nothing_is_not_set() {
        let nothing = json!({"a": null, "b": false, "c": 0, "d": "", "e": [], "f": {}, "g": 0.0});
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        assert_eq!(Body::of(nothing).first_set(&names), None);
        let something = json!({"a": null, "b": true, "c": -1, "d": " ", "e": [0], "f": {"": 0}});
        for name in ["b", "c", "d", "e", "f"] {
            assert_eq!(Body::of(something.clone()).first_set(&["a", name]), Option::Some(name));
        }
    }
}
