//! The chat page: one page of HTML rendered here, one stylesheet, one plain script.
//!
//! Stage of the life: where people meet the model. The page talks to `/v1/chat/completions` of
//! its own origin as any other client does; merge the router with that server's. It loads nothing
//! from elsewhere and its policy lets nothing in; text of the model is only ever set as text.
//!
//! ```
//! let pages: axum::Router = web::router("lyceum-tiny", &["Tell me a story.".to_string()]);
//! let html = web::page("a <b>model</b>", &[]).into_string();
//! assert!(html.contains("a &lt;b&gt;model"));
//! # drop(pages);
//! ```
//!
//! Must never know: algorithms, models, how an answer is made.
#![forbid(unsafe_code)]

mod page;

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

pub use page::page;

const STYLE: &str = include_str!("page/chat.css");
const SCRIPT: &str = include_str!("page/chat.js");
const ICON: &str = include_str!("page/icon.svg");

/// Nothing but what this server sends itself, and no page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page at `/` and its files. `examples` are what a person may click on to begin.
pub fn router(model_name: &str, examples: &[String]) -> Router {
    let html = page(model_name, examples).into_string();
    Router::new()
        .route("/", get(async move || file("text/html; charset=utf-8", html)))
        .route("/chat.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/chat.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/icon.svg", get(async || file("image/svg+xml", ICON)))
}

fn file(kind: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_keeps_to_its_own_policy() {
        let html = page("m", &["Hello".to_string()]).into_string();
        // No script or style within the page, and nothing from elsewhere.
        for forbidden in ["style=", "<style", "onclick", "http://", "https://", "javascript:"] {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
        assert_eq!(html.matches("<script").count(), 1);
        assert!(html.contains(r#"<script src="/chat.js" defer>"#));
        for forbidden in ["innerHTML", "insertAdjacentHTML", "eval(", "document.write", "://"] {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    }

    #[test]
    fn what_the_script_looks_for_is_in_the_page() {
        let html = page("m", &["Hello".to_string()]).into_string();
        let ids: Vec<&str> =
            SCRIPT.split("byId(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(ids.len() > 5, "{ids:?}");
        for id in ids {
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
        for label in ["aria-live", "<label", "lang=\"en\"", "viewport"] {
            assert!(html.contains(label), "{label}");
        }
    }

    #[test]
    fn it_is_served_with_its_headers() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router("m", &[])).await });
        for (path, kind) in [("/", "text/html"), ("/chat.js", "javascript"), ("/icon.svg", "svg")] {
            use std::io::{Read, Write};
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(kind), "{answer}");
            assert!(answer.contains("content-security-policy: default-src 'none'"), "{answer}");
        }
    }
}
