//! What a person sees in a browser: the chat page, the pages of runs, and the page of tokens.
//!
//! Stage of the life: where people meet the model. Pages are HTML rendered here, with plain style
//! sheets and one plain script each. The chat talks to `/v1/chat/completions` of its own origin as
//! any other client does; the pages of runs read the journals of a store, also while they are
//! written. Merge the routers with that server's. A page loads nothing from elsewhere and its
//! policy lets nothing in; text of a model or of a run is only ever set as text.
//!
//! Reading order: `frame` (what stands around every page), `page` (the chat), [`facts`] (what there
//! is to say of a run, for the terminal too), [`runs`] (the pages of runs), [`tokens`] (text as
//! vocabularies cut it).
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

pub mod facts;
mod frame;
mod page;
pub mod runs;
pub mod tokens;

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;
use maud::Markup;

pub use page::{page, page_without_model};

const BASE_STYLE: &str = include_str!("page/base.css");
const STYLE: &str = include_str!("page/chat.css");
const SCRIPT: &str = include_str!("page/chat.js");
const ICON: &str = include_str!("page/icon.svg");

/// Nothing but what this server sends itself, and no page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The same for pages whose forms ask this server for another page.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                           connect-src 'self'; img-src 'self'; base-uri 'none'; \
                           form-action 'self'; frame-ancestors 'none'";

/// A report has its style within itself, and nothing in it runs.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                             form-action 'none'; frame-ancestors 'none'; sandbox";

/// The page at `/` and its files. `examples` are what a person may click on to begin.
pub fn router(model_name: &str, examples: &[String]) -> Router {
    routes(&page(model_name, examples))
}

/// The same while there is no model: the page says how to come by one.
pub fn router_without_model() -> Router {
    routes(&page_without_model())
}

fn routes(page: &Markup) -> Router {
    let html = page.0.clone();
    Router::new()
        .route("/", get(async move || file("text/html; charset=utf-8", html)))
        .route("/base.css", get(async || file("text/css; charset=utf-8", BASE_STYLE)))
        .route("/chat.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/chat.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/icon.svg", get(async || file("image/svg+xml", ICON)))
}

fn file(kind: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    with_policy(POLICY, kind, body)
}

fn with_policy(
    policy: &'static str,
    kind: &'static str,
    body: impl IntoResponse,
) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
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
        let absent = page_without_model().into_string();
        assert!(absent.contains("lyceum speedrun") && !absent.contains("<script"), "{absent}");
        // No script or style within the page, and nothing from elsewhere.
        for forbidden in ["style=", "<style", "onclick", "http://", "https://", "javascript:"] {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
        assert_eq!(html.matches("<script").count(), 1);
        assert!(html.contains(r#"<script src="/chat.js" defer>"#));
        for forbidden in ["innerHTML", "insertAdjacentHTML", "eval(", "document.write", "://"] {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
        for style in [BASE_STYLE, STYLE] {
            assert!(!style.contains("url(") && !style.contains("@import"));
        }
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
        let files = [
            ("/", "text/html"),
            ("/base.css", "css"),
            ("/chat.js", "javascript"),
            ("/icon.svg", "svg"),
        ];
        for (path, kind) in files {
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
