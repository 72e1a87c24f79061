//! Refusals, in OpenAI's form: `{"error": {"message", "type", "param", "code"}}`.

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Characters of a message; names that come from a request may be as long as its body.
const LONGEST: usize = 1000;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// What was expected, what came, and what to do.
    pub message: String,
    /// The field that it is about.
    pub param: Option<String>,
    /// A word for programs.
    pub code: Option<&'static str>,
    /// Seconds after which it may be tried again.
    pub retry_after: Option<u64>,
}

impl Refusal {
    /// A field has a value that cannot be.
    pub fn field(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { param: Some(cut(param.into())), ..Self::body(message) }
    }

    /// The body is not what it should be.
    pub fn body(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// A field asks for something that is not offered.
    pub fn unsupported(param: &str) -> Self {
        let message = format!("{param} is not supported by this server; leave it out");
        Self { code: Some("unsupported_parameter"), ..Self::field(param, message) }
    }

    /// Another model was asked for.
    pub fn no_such_model(asked: &str, served: &[String]) -> Self {
        let served = served.join(", ");
        let message = format!("the model {asked:?} is not served here; there is {served}");
        let new = Self::new(StatusCode::NOT_FOUND, message);
        Self { param: Some("model".into()), code: Some("model_not_found"), ..new }
    }

    /// Whoever asks must say who that is.
    pub fn no_key() -> Self {
        let message = "an API key is needed: Authorization: Bearer KEY";
        let new = Self::new(StatusCode::UNAUTHORIZED, message);
        Self { code: Some("invalid_api_key"), ..new }
    }

    /// Too many requests wait already, or one key asks too often.
    pub fn busy(message: impl Into<String>, code: &'static str, seconds: u64) -> Self {
        let new = Self::new(StatusCode::TOO_MANY_REQUESTS, message);
        Self { code: Some(code), retry_after: Some(seconds), ..new }
    }

    /// There is nothing yet that could answer.
    pub fn no_model(reason: &str) -> Self {
        let new = Self::new(StatusCode::SERVICE_UNAVAILABLE, reason);
        Self { code: Some("no_model"), ..new }
    }

    pub(crate) fn no_such_route() -> Self {
        let message = "no such address; GET /openapi.json lists those that there are";
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the address takes another method; GET /openapi.json says which";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message)
    }

    /// The answering thread ended without an answer.
    pub(crate) fn lost() -> Self {
        let message = "the model failed in the middle of its answer; the server's log may say why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// The time that an answer may take was over before the text was read.
    pub(crate) fn too_late() -> Self {
        let message = "the time limit of this server was over before the text was read; send a shorter one, or \
                       try again when less is going on";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let message = cut(message.into());
        Self { status, message, param: None, code: None, retry_after: None }
    }

    /// The body.
    pub fn json(&self) -> Value {
        json!({"error": {
            "message": self.message, "type": self.kind(), "param": self.param, "code": self.code,
        }})
    }

    fn kind(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "authentication_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        }
    }
}

/// No more of a text than can be read.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.json())).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<chat::Error> for Refusal {
    fn from(error: chat::Error) -> Self {
        let message = error.to_string();
        match &error {
            chat::Error::Busy { .. } => Self::busy(message, "queue_full", 1),
            chat::Error::Gone => Self::new(StatusCode::SERVICE_UNAVAILABLE, message),
            error if error.is_too_long() => {
                Self { code: Some("context_length_exceeded"), ..Self::body(message) }
            }
            error if error.is_of_request() => Self::body(message),
            _ => Self::new(StatusCode::INTERNAL_SERVER_ERROR, message),
        }
    }
}
