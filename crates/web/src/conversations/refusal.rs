//! Refusals of the conversations' addresses, in the form that OpenAI made common.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The server is asked under a name that it does not know.
    pub(super) fn stranger(host: &str) -> Self {
        let host: String = host.chars().take(80).collect();
        let message = format!(
            "this server does not know itself as {host:?}; open the page by its address in digits or \
             as localhost, or start the server with that name"
        );
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// A page of another server asks.
    pub(super) fn foreign() -> Self {
        let message =
            "conversations are for pages of this server; this request comes from another's";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// A body that is not declared JSON.
    pub(super) fn no_json() -> Self {
        let message = "expected the header Content-Type: application/json; send it, and JSON";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// An address without a number where one belongs.
    pub(super) fn no_number() -> Self {
        let message = "there is nothing here: conversations and messages have numbers of digits";
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// An export in a form that there is not.
    pub(super) fn no_such_form(form: &str) -> Self {
        let form: String = form.chars().take(40).collect();
        let message = format!("expected as=json or as=markdown, got {form:?}");
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Somebody wants to delete all, but sees another number of them.
    pub(super) fn miscounted(said: usize, there: usize) -> Self {
        let message =
            format!("there are {there} conversations, not {said}; look again, then delete");
        Self::new(StatusCode::CONFLICT, message)
    }

    /// The thread that asked ended without an answer.
    pub(super) fn broken() -> Self {
        let message = "the conversations could not be asked; the server's log may say why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<history::Error> for Refusal {
    fn from(error: history::Error) -> Self {
        use history::Error;
        let status = match &error {
            Error::NoConversation { .. } | Error::NoMessage { .. } => StatusCode::NOT_FOUND,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Error::Full => StatusCode::INSUFFICIENT_STORAGE,
            _ if error.is_of_request() => StatusCode::BAD_REQUEST,
            // The others tell where the file lies, which is nobody's business on a network.
            _ => return Self::broken(),
        };
        Self::new(status, error.to_string())
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        let status = match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
            other => other,
        };
        Self::new(status, rejection.body_text())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": { "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}
