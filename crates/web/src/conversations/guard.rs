//! Who may ask: pages of this server, and programs that are no browsers.
//!
//! A browser says where a request comes from: `Sec-Fetch-Site` where the connection is trusted (Fetch
//! Metadata, W3C), `Origin` for whatever could change something or be read across origins (RFC 6454). A
//! body must be declared JSON, which no form can do. A page under a stranger's name that leads to this
//! machine ("DNS rebinding") is of the same origin as far as its browser knows; so the name by which it
//! asks must be one of ours, or an address in digits, which nobody can lend.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refusal::Refusal;

/// Which pages may load an answer.
pub(super) const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Names by which this server is known.
#[derive(Clone, Debug)]
pub(super) struct Hosts(Arc<[String]>);

impl Hosts {
    pub(super) fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| name.to_ascii_lowercase()).collect())
    }

    /// Whether `host`, which may name a port, is this server.
    fn has(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if let Some(rest) = host.strip_prefix('[') {
            let address = rest.split(']').next().unwrap_or("");
            return address.parse::<Ipv6Addr>().is_ok();
        }
        let name = host.split(':').next().unwrap_or("");
        name.parse::<Ipv4Addr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.0.iter().any(|ours| ours == name)
    }
}

/// Lets a request through, or says why not.
pub(super) async fn same_origin(
    State(hosts): State<Hosts>,
    request: Request,
    next: Next,
) -> Response {
    match fault(&hosts, request.method(), request.headers()) {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    }
}

fn fault(hosts: &Hosts, method: &Method, headers: &HeaderMap) -> Option<Refusal> {
    let text = |name: &HeaderName| {
        let value = headers.get(name)?;
        Some(value.to_str().unwrap_or("?"))
    };
    let host = text(&HOST).unwrap_or("");
    if !hosts.has(host) {
        return Some(Refusal::stranger(host));
    }
    let is_read = [Method::GET, Method::HEAD].contains(method);
    let is_ours = match (text(&SEC_FETCH_SITE), text(&ORIGIN)) {
        (Some("same-origin"), _) => true,
        // Typed into the bar of a browser.
        (Some("none"), _) => is_read,
        (Some(_), _) => false,
        (None, Some(origin)) => {
            let origin = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
            origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
        }
        (None, None) => true,
    };
    if !is_ours {
        return Some(Refusal::foreign());
    }
    let kind = text(&CONTENT_TYPE).and_then(|kind| kind.split(';').next()).unwrap_or("");
    let is_json = kind.trim().eq_ignore_ascii_case("application/json");
    (!is_read && !is_json).then(Refusal::no_json)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, StatusCode};

    use super::*;

    fn check(method: Method, lines: &[(&'static str, &'static str)], status: Option<StatusCode>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let hosts = Hosts::new(&["Chat.Example".to_string()]);
        let found = fault(&hosts, &method, &headers).map(|refusal| refusal.status);
        assert_eq!(found, status, "{method} {lines:?}");
    }

    #[test]
    fn a_page_of_ours_may_ask() {
        let json = ("content-type", "application/json; charset=utf-8");
        for host in ["127.0.0.1:8000", "localhost", "a.localhost:1", "[::1]:8", "chat.example:443"]
        {
            check(Method::GET, &[("host", host)], None);
            check(Method::POST, &[("host", host), json], None);
            check(Method::POST, &[("host", host), ("sec-fetch-site", "same-origin"), json], None);
        }
        let here = [("host", "10.0.0.1:80"), ("origin", "http://10.0.0.1:80"), json];
        check(Method::DELETE, &here, None);
        check(Method::GET, &[("host", "localhost"), ("sec-fetch-site", "none")], None);
    }

    #[test]
    fn a_page_of_others_may_not() {
        let (refused, json) = (Some(StatusCode::FORBIDDEN), ("content-type", "application/json"));
        let local = ("host", "localhost:8000");
        for site in ["cross-site", "same-site", "?"] {
            check(Method::GET, &[local, ("sec-fetch-site", site)], refused);
        }
        check(Method::POST, &[local, ("sec-fetch-site", "none"), json], refused);
        for origin in ["http://evil.example", "null", "http://localhost", "https://localhost:80001"]
        {
            check(Method::POST, &[local, ("origin", origin), json], refused);
            check(Method::GET, &[local, ("origin", origin)], refused);
        }
    }

    #[test]
    fn a_name_that_is_not_ours_is_refused() {
        let refused = Some(StatusCode::FORBIDDEN);
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[x]"]
        {
            check(Method::GET, &[("host", host), ("sec-fetch-site", "same-origin")], refused);
        }
        check(Method::GET, &[], refused);
    }

    #[test]
    fn what_is_written_is_declared_json() {
        let status = Some(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
            check(Method::POST, &[("host", "localhost"), ("content-type", kind)], status);
            check(Method::DELETE, &[("host", "localhost"), ("content-type", kind)], status);
        }
        check(Method::DELETE, &[("host", "localhost")], status);
    }
}
