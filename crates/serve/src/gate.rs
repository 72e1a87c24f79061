//! What every request passes: it gets a number, is asked for a key where there are keys, may be told to come
//! back later, and is counted and logged.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tracing::Instrument as _;

use crate::endpoint::messages;
use crate::usage::fresh_id;
use crate::{Refusal, Server, log};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Longer numbers are replaced.
const MAX_ID: usize = 128;
/// The only address that answers whoever asks, by both its names.
pub(crate) const OPEN: [&str; 2] = ["/health", "/v1/health"];
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
    let began = Instant::now();
    let span = log::span(&request, &path, &request_id);
    let mut response = match enter(&server, &request, &request_id) {
        Ok(caller) => {
            log::caller(&span, &caller.key);
            request.extensions_mut().insert(caller);
            next.run(request).instrument(span.clone()).await
        }
        Err(refusal) => refused(refusal, &path, &request),
    };
    drop(under_way);
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    server.metrics.answered(&path, response.status().as_u16());
    log::answered(&span, response.status(), began.elapsed());
    response
}

/// A refusal in the form of the interface that was asked.
fn refused(refusal: Refusal, path: &str, request: &Request) -> Response {
    let challenge = refusal.status == StatusCode::UNAUTHORIZED && asks_for_page(request);
    let mut response = match path.starts_with(messages::PATH) {
        true => messages::refused(refusal),
        false => refusal.into_response(),
    };
    if challenge {
        let basic = HeaderValue::from_static("Basic realm=\"the key is the password\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, basic);
    }
    response
}

fn enter(server: &Server, request: &Request, request_id: &str) -> Result<Caller, Refusal> {
    let request_id = request_id.to_string();
    if OPEN.contains(&request.uri().path()) || server.settings.keys.is_open() {
        return Ok(Caller { request_id, key: String::new() });
    }
    let key = given(request.headers());
    let key = key.and_then(|key| server.settings.keys.name_of(&key));
    let key = key.ok_or_else(Refusal::no_key)?.to_string();
    if let Some(rate) = &server.settings.rate {
        rate.take(&key, server.seconds()).map_err(|seconds| {
            let message = "this key asks too often; wait as long as Retry-After says";
            Refusal::busy(message, "rate_limit_exceeded", seconds.ceil() as u64)
        })?;
    }
    Ok(Caller { request_id, key })
}

/// The key that a request gives, in OpenAI's way, in Anthropic's, or as the password that a browser asks for.
fn given(headers: &HeaderMap) -> Option<String> {
    let said = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let said = said.and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" => Some(key.trim().to_string()),
            "basic" => {
                let pair = String::from_utf8(STANDARD.decode(key.trim()).ok()?).ok()?;
                Some(pair.split_once(':')?.1.to_string())
            }
            _ => None,
        }
    });
    said.or_else(|| Some(headers.get(API_KEY)?.to_str().ok()?.to_string()))
}

/// A browser that asks for a page asks its user for the key then.
fn asks_for_page(request: &Request) -> bool {
    let wanted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    request.method() == Method::GET && wanted.is_some_and(|wanted| wanted.contains("text/html"))
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
