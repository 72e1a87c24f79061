//! What every request passes: it gets a number, is asked for a key where there are keys, may be told to come
//! back later, and is counted.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::usage::fresh_id;
use crate::{Refusal, Server};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Longer numbers are replaced.
const MAX_ID: usize = 128;
/// The only address that answers whoever asks.
const OPEN: [&str; 1] = ["/health"];
/// Where nothing matched.
const NO_PATH: &str = "other";

/// Who asks, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The request's number.
    pub request_id: String,
    /// The name of its key; empty where none is asked for.
    pub key: String,
}

/// The gate itself, around all routes.
pub(crate) async fn pass(
    State(server): State<Server>,
    mut request: Request,
    next: Next,
) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let path = matched.map_or(NO_PATH, MatchedPath::as_str).to_string();
    let request_id = id_of(request.headers());
    let under_way = server.metrics.enter();
    let mut response = match enter(&server, &request, &request_id) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    drop(under_way);
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    server.metrics.answered(&path, response.status().as_u16());
    response
}

fn enter(server: &Server, request: &Request, request_id: &str) -> Result<Caller, Refusal> {
    let request_id = request_id.to_string();
    if OPEN.contains(&request.uri().path()) || server.settings.keys.is_open() {
        return Ok(Caller { request_id, key: String::new() });
    }
    let key = given(request.headers()).and_then(|key| server.settings.keys.name_of(key));
    let key = key.ok_or_else(Refusal::no_key)?.to_string();
    if let Some(rate) = &server.settings.rate {
        rate.take(&key, server.seconds()).map_err(|seconds| {
            let message = "this key asks too often; wait as long as Retry-After says";
            Refusal::busy(message, "rate_limit_exceeded", seconds.ceil() as u64)
        })?;
    }
    Ok(Caller { request_id, key })
}

/// The key that a request gives, in OpenAI's way or in Anthropic's.
fn given(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
    });
    bearer.or_else(|| headers.get(API_KEY)?.to_str().ok())
}

/// The number that a request brings, if it is a harmless one, else a new one.
fn id_of(headers: &HeaderMap) -> String {
    let brought = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let harmless = |id: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        (1..=MAX_ID).contains(&id.len()) && id.chars().all(plain)
    };
    brought.filter(harmless).map_or_else(|| fresh_id("req"), str::to_string)
}
