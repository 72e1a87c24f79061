//! The chat's files, and the headers under which everything goes out.
//!
//! One more file is one line in [`FILES`].

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

/// Nothing but what this server sends itself, no page may frame it, and no script may make markup out of
/// text (Trusted Types, W3C, of which none is allowed).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// The same for pages whose forms ask this server for another page, and whose script reads pages.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                                      connect-src 'self'; img-src 'self'; base-uri 'none'; \
                                      form-action 'self'; frame-ancestors 'none'";

/// A report has its style within itself, and nothing in it runs.
pub(crate) const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                                        base-uri 'none'; form-action 'none'; \
                                        frame-ancestors 'none'; sandbox";

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Address, kind and content of each.
const FILES: [(&str, &str, &str); 22] = [
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
    ("/base.css", CSS, include_str!("page/base.css")),
    ("/chat.css", CSS, include_str!("page/chat.css")),
    ("/chat/prose.css", CSS, include_str!("page/chat/prose.css")),
    ("/chat/panels.css", CSS, include_str!("page/chat/panels.css")),
    ("/chat.js", JS, include_str!("page/chat.js")),
    ("/chat/answer.js", JS, include_str!("page/chat/answer.js")),
    ("/chat/blocks.js", JS, include_str!("page/chat/blocks.js")),
    ("/chat/dom.js", JS, include_str!("page/chat/dom.js")),
    ("/chat/highlight.js", JS, include_str!("page/chat/highlight.js")),
    ("/chat/inline.js", JS, include_str!("page/chat/inline.js")),
    ("/chat/keep.js", JS, include_str!("page/chat/keep.js")),
    ("/chat/keys.js", JS, include_str!("page/chat/keys.js")),
    ("/chat/likely.js", JS, include_str!("page/chat/likely.js")),
    ("/chat/links.js", JS, include_str!("page/chat/links.js")),
    ("/chat/prose.js", JS, include_str!("page/chat/prose.js")),
    ("/chat/settings.js", JS, include_str!("page/chat/settings.js")),
    ("/chat/sidebar.js", JS, include_str!("page/chat/sidebar.js")),
    ("/chat/talk.js", JS, include_str!("page/chat/talk.js")),
    ("/chat/thread.js", JS, include_str!("page/chat/thread.js")),
    ("/chat/turns.js", JS, include_str!("page/chat/turns.js")),
    ("/chat/windows.js", JS, include_str!("page/chat/windows.js")),
];

/// Their routes.
pub(crate) fn router() -> Router {
    FILES.iter().fold(Router::new(), |routes, &(address, kind, content)| {
        routes.route(address, get(async move || file(kind, content)))
    })
}

/// A file under the strictest policy.
pub(crate) fn file(kind: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    with_policy(POLICY, kind, body)
}

/// A file under this policy.
pub(crate) fn with_policy(
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
    use crate::{page, page_without_model};

    fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
        FILES.iter().filter(|(_, kind, _)| *kind == JS).map(|(address, _, text)| (*address, *text))
    }

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
        assert!(html.contains(r#"<script src="/chat.js" type="module">"#));
        for (address, script) in scripts() {
            for forbidden in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write", "://"]
            {
                assert!(!script.contains(forbidden), "{forbidden} in {address}");
            }
        }
        for (address, _, style) in FILES.iter().filter(|(_, kind, _)| *kind == CSS) {
            assert!(!style.contains("url(") && !style.contains("@import"), "{address}");
        }
    }

    #[test]
    fn what_the_scripts_look_for_is_in_the_page() {
        let html = page("m", &["Hello".to_string()]).into_string();
        let named = |call: &str| -> Vec<String> {
            let calls = scripts().flat_map(|(_, script)| script.split(call).skip(1));
            calls.filter_map(|rest| rest.split('"').next().map(str::to_string)).collect()
        };
        let ids = [named("byId(\""), named("fromTemplate(\"")].concat();
        assert!(ids.len() > 40, "{ids:?}");
        for id in ids {
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
        for label in ["aria-live", "<label", "lang=\"en\"", "viewport"] {
            assert!(html.contains(label), "{label}");
        }
    }

    #[test]
    fn what_the_scripts_load_is_served() {
        for (address, script) in scripts() {
            let folder = if address == "/chat.js" { "" } else { "/chat" };
            for import in script.split("from \"./").skip(1) {
                let name = import.split('"').next().unwrap();
                let wanted = format!("{folder}/{name}");
                assert!(FILES.iter().any(|(other, ..)| *other == wanted), "{wanted} for {address}");
            }
        }
        let html = page("m", &[]).into_string();
        for style in html.split("stylesheet\" href=\"").skip(1) {
            let style = style.split('"').next().unwrap();
            assert!(FILES.iter().any(|(address, ..)| *address == style), "{style}");
        }
    }

    #[test]
    fn it_is_served_with_its_headers() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let routes = crate::router("m", &[]);
        runtime.spawn(async move { axum::serve(listener, routes).await });
        let page = [("/", "text/html")];
        for (path, kind) in FILES.iter().map(|(path, kind, _)| (*path, *kind)).chain(page) {
            use std::io::{Read, Write};
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(kind), "{answer}");
            for part in ["default-src 'none'", "trusted-types 'none'", "nosniff"] {
                assert!(answer.contains(part), "{part} of {path}");
            }
        }
    }
}
