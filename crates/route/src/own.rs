//! What the router answers by itself: `/health`, `/ready`, `/metrics`, `/replicas`, and
//! `POST /replicas/NAME/drain` or `/undrain`.
//!
//! With an admin key, `/metrics` and `/replicas` are for who has it; without one nothing can be
//! changed. Replicas' addresses of these names are not reached through the router.

use std::time::Instant;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::answer::Body;
use crate::metrics;
use crate::refusal::Refusal;
use crate::router::Router;

/// The answer to a request that is for the router; none if it is for a replica.
pub(crate) fn answer(router: &Router, parts: &Parts) -> Option<Response<Body>> {
    let path = parts.uri.path();
    let is_read = parts.method == Method::GET || parts.method == Method::HEAD;
    let answered = match path {
        "/health" => Ok(page(StatusCode::OK, &json!({"status": "ok"}))),
        "/ready" => Ok(ready(router)),
        "/metrics" => allowed(router, parts, false).map(|()| {
            let text = metrics::page(router.metrics(), router.fleet(), Instant::now());
            text_page("text/plain; version=0.0.4; charset=utf-8", text)
        }),
        "/replicas" if is_read => {
            allowed(router, parts, false).map(|()| page(StatusCode::OK, &list(router)))
        }
        _ => {
            let rest = path.strip_prefix("/replicas")?;
            if !(rest.is_empty() || rest.starts_with('/')) {
                return None;
            }
            allowed(router, parts, true).and_then(|()| change(router, parts, rest))
        }
    };
    Some(answered.unwrap_or_else(|refusal| refusal.response()))
}

fn ready(router: &Router) -> Response<Body> {
    match router.is_ready(Instant::now()) {
        true => page(StatusCode::OK, &json!({"status": "ready"})),
        false => page(StatusCode::SERVICE_UNAVAILABLE, &json!({"status": "not ready"})),
    }
}

/// Whether this may be seen, or changed, by who asks.
fn allowed(router: &Router, parts: &Parts, changes: bool) -> Result<(), Refusal> {
    match &router.config().admin_key {
        Some(key) if has_key(&parts.headers, key) => Ok(()),
        Some(_) => Err(Refusal::no_key()),
        None if changes => Err(Refusal::no_admin()),
        None => Ok(()),
    }
}

/// Compared over its whole length, whatever differs where, so that time tells nothing.
fn has_key(headers: &HeaderMap, key: &str) -> bool {
    let told =
        headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let Some(told) = told else { return false };
    let at = |n: usize| told.get(n).copied().unwrap_or(0);
    let differs = key.bytes().enumerate().fold(0, |acc, (n, byte)| acc | (byte ^ at(n)));
    std::hint::black_box(differs) == 0 && told.len() == key.len()
}

/// `/NAME/drain` and `/NAME/undrain`.
fn change(router: &Router, parts: &Parts, rest: &str) -> Result<Response<Body>, Refusal> {
    let (name, action) = rest
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
        .filter(|_| parts.method == Method::POST)
        .ok_or_else(Refusal::no_such_action)?;
    let drains = match action {
        "drain" => true,
        "undrain" => false,
        _ => return Err(Refusal::no_such_action()),
    };
    let replica = router.fleet().named(name).ok_or_else(|| Refusal::no_such_replica(name))?;
    replica.drain(drains);
    Ok(page(StatusCode::OK, &list(router)))
}

fn list(router: &Router) -> Value {
    let now = Instant::now();
    let replicas = router.fleet().replicas();
    let shown = replicas.iter().map(|replica| {
        let standing = replica.standing(now);
        json!({
            "name": replica.name(),
            "url": format!("http://{}", replica.address()),
            "weight": standing.weight,
            "health": standing.health.name(),
            "breaker": standing.phase.name(),
            "draining": standing.is_draining,
            "in_flight": standing.in_flight,
            "requests": standing.given,
        })
    });
    json!({"policy": router.config().policy, "replicas": shown.collect::<Vec<_>>()})
}

fn page(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = text_page("application/json", value.to_string());
    *response.status_mut() = status;
    response
}

fn text_page(kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_whole_key() {
        let check = |told: &'static str, expected: bool| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(told))]);
            assert_eq!(has_key(&headers, "secret"), expected, "{told}");
        };
        check("Bearer secret", true);
        check("Bearer secre", false);
        check("Bearer secrets", false);
        check("Bearer secret\u{0}".trim_end_matches('\u{0}'), true);
        check("Bearer Secret", false);
        check("Bearer ", false);
        check("secret", false);
        assert!(!has_key(&HeaderMap::new(), "secret"));
    }
}
