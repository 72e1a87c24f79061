//! What the router says by itself: errors in OpenAI's form, `{"error": {"message", "type", "param",
//! "code"}}`, with `Retry-After` where coming back makes sense.

use std::time::Duration;

use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use crate::answer::Body;
use crate::fleet::Nobody;

/// Why there is no answer of a replica.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    message: String,
    code: &'static str,
    retry_after: Option<Duration>,
    /// Whether what follows on the connection can't be trusted to be a request.
    closes: bool,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code, retry_after: None, closes: false }
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        let message = format!("the body has more than {limit} bytes; send a shorter one");
        let new = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message);
        Self { closes: true, ..new }
    }

    pub(crate) fn body_too_slow() -> Self {
        let message = "the body did not come in time; send it faster";
        let new = Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", message);
        Self { closes: true, ..new }
    }

    pub(crate) fn body_broken() -> Self {
        let message = "the body broke off or is not framed as HTTP/1.1 says";
        let new = Self::new(StatusCode::BAD_REQUEST, "body_broken", message);
        Self { closes: true, ..new }
    }

    /// All room for bodies is taken.
    pub(crate) fn no_room() -> Self {
        let message = "too many large requests at once; try again in a while";
        let new = Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message);
        Self { closes: true, retry_after: Some(Duration::from_secs(1)), ..new }
    }

    pub(crate) fn no_tunnels() -> Self {
        let message = "CONNECT is not for here: only the configured replicas are asked";
        let new = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
        Self { closes: true, ..new }
    }

    pub(crate) fn nobody(nobody: Nobody) -> Self {
        let (status, code, message, wait) = match nobody {
            Nobody::Full(wait) => {
                let message = "all replicas have as many requests as they may have";
                (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", message, wait)
            }
            Nobody::Down(wait) => {
                let message = "no replica is up; try again in a while";
                (StatusCode::SERVICE_UNAVAILABLE, "no_replica", message, wait)
            }
            Nobody::Left => {
                let message = "no replica answered; try again in a while";
                let wait = Duration::from_secs(1);
                (StatusCode::SERVICE_UNAVAILABLE, "no_replica", message, wait)
            }
        };
        Self { retry_after: Some(wait), ..Self::new(status, code, message) }
    }

    /// What the last replica said, where no other could be asked after all.
    pub(crate) fn as_replica(status: StatusCode, retry_after: Option<Duration>) -> Self {
        let message = format!("the replicas answer {status}; try again in a while");
        let retry_after = retry_after.or(Some(Duration::from_secs(1)));
        Self { retry_after, ..Self::new(status, "overloaded", message) }
    }

    pub(crate) fn broken() -> Self {
        let message = "the replica ended the connection before it answered";
        Self::new(StatusCode::BAD_GATEWAY, "replica_failed", message)
    }

    pub(crate) fn silent() -> Self {
        let message = "the replica did not begin to answer in time";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "replica_timeout", message)
    }

    pub(crate) fn too_long() -> Self {
        let message = "the request took longer than any may take";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "replica_timeout", message)
    }

    pub(crate) fn no_key() -> Self {
        let message = "this address needs the router's admin key: Authorization: Bearer KEY";
        Self::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message)
    }

    pub(crate) fn no_admin() -> Self {
        let message = "replicas can be changed only where the router has an admin key";
        Self::new(StatusCode::FORBIDDEN, "no_admin_key", message)
    }

    pub(crate) fn no_such_replica(name: &str) -> Self {
        let message = format!("no replica is called {name:?}; GET /replicas lists them");
        Self::new(StatusCode::NOT_FOUND, "no_such_replica", message)
    }

    pub(crate) fn no_such_action() -> Self {
        let message = "there are GET /replicas and POST /replicas/NAME/drain and /undrain";
        Self::new(StatusCode::NOT_FOUND, "no_such_address", message)
    }

    /// The body.
    pub(crate) fn json(&self) -> Value {
        error(self.status, &self.message, self.code)
    }

    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.json().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if self.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// OpenAI's error object.
pub(crate) fn error(status: StatusCode, message: &str, code: &str) -> Value {
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_openais_form_and_rounds_up() {
        let refusal = Refusal::nobody(Nobody::Down(Duration::from_millis(2100)));
        let response = refusal.response();
        assert_eq!(response.headers()[RETRY_AFTER], "3");
        assert_eq!(response.status(), 503);
        let error = &refusal.json()["error"];
        assert_eq!(error["type"], "server_error");
        assert_eq!(error["code"], "no_replica");
        assert!(error["param"].is_null() && error["message"].is_string());
    }
}
