//! Refusals, in OpenAI's form: `{"error": {"message", "type", "param", "code"}}`.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// What was expected, what came, and what to do.
    pub message: String,
    /// The field that it is about.
    pub param: Option<&'static str>,
    /// A word for programs.
    pub code: Option<&'static str>,
}

impl Refusal {
    /// A field has a value that cannot be.
    pub fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self { param: Some(param), ..Self::new(StatusCode::BAD_REQUEST, message) }
    }

    /// A field asks for something that is not offered.
    pub fn unsupported(param: &'static str) -> Self {
        let message = format!("{param} is not supported by this server; leave it out");
        Self { code: Some("unsupported_parameter"), ..Self::field(param, message) }
    }

    /// Another model was asked for.
    pub fn no_such_model(asked: &str, served: &str) -> Self {
        let message = format!("the model {asked:?} is not served here; {served:?} is");
        let new = Self::new(StatusCode::NOT_FOUND, message);
        Self { param: Some("model"), code: Some("model_not_found"), ..new }
    }

    /// Too many requests wait already.
    pub fn busy() -> Self {
        let message = "too many requests are waiting; try again in a while";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// There is nothing yet that could answer.
    pub fn no_model(reason: &str) -> Self {
        let new = Self::new(StatusCode::SERVICE_UNAVAILABLE, reason);
        Self { code: Some("no_model"), ..new }
    }

    pub(crate) fn no_such_route() -> Self {
        let message = "no such address; there are POST /v1/chat/completions, GET /v1/models and \
                       GET /health";
        Self::new(StatusCode::NOT_FOUND, message)
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the address takes another method: POST for completions, GET for the rest";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message)
    }

    /// The answering thread ended without an answer.
    pub(crate) fn lost() -> Self {
        let message = "the model failed in the middle of its answer; the server's log may say why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, code: None }
    }

    /// The body.
    pub fn json(&self) -> Value {
        let kind =
            if self.status.is_server_error() { "server_error" } else { "invalid_request_error" };
        json!({"error": {
            "message": self.message, "type": kind, "param": self.param, "code": self.code,
        }})
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.json())).into_response()
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        // A wrong type within JSON is 422 in axum and 400 in OpenAI's interface.
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            other => other,
        };
        Self::new(status, rejection.body_text())
    }
}

impl From<chat::Error> for Refusal {
    fn from(error: chat::Error) -> Self {
        let status = if error.is_of_request() {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        Self::new(status, error.to_string())
    }
}
