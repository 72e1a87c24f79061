//! What is said of requests to whoever keeps the log: one span a request, with its number, one line once it is
//! answered, one line once an answer's last token is out. With the feature `otel` the span has OpenTelemetry's
//! attributes too.
//!
//! What is said in prompts and answers goes to a target of its own, [`SAID`], at the level of traces, so that a
//! log has it only where somebody asked for that. Left out: addresses of clients.

use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use chat::{Ask, Prompt, Reply};
use tracing::Span;
use tracing::field::Empty;

/// The target of events that hold what was said.
pub const SAID: &str = "serve::said";

/// The span of a request.
pub(crate) fn span(request: &Request, path: &str, id: &str) -> Span {
    let method = request.method().as_str();
    let span = tracing::info_span!(
        "request",
        id,
        method,
        path,
        key = Empty,
        "otel.kind" = Empty,
        "otel.name" = Empty,
        "otel.status_code" = Empty,
    );
    #[cfg(feature = "otel")]
    crate::otel::begun(&span, request, path);
    span
}

/// Whose key it is.
pub(crate) fn caller(span: &Span, key: &str) {
    if !key.is_empty() {
        span.record("key", key);
    }
}

/// The head of an answer is on its way.
pub(crate) fn answered(span: &Span, status: StatusCode, took: Duration) {
    let (status, ms) = (status.as_u16(), millis(took));
    #[cfg(feature = "otel")]
    crate::otel::answered(span, status);
    match status {
        500.. => tracing::error!(parent: span, status, ms, "answered"),
        _ => tracing::info!(parent: span, status, ms, "answered"),
    }
}

/// The last token of an answer is out.
pub(crate) fn written(span: &Span, model: &str, reply: &Reply, took: Duration) {
    let Reply { prompt_tokens, cached_tokens, completion_tokens, .. } = reply;
    #[cfg(feature = "otel")]
    crate::otel::written(span, model, reply);
    let (ms, finish) = (millis(took), reply.finish.name());
    tracing::info!(
        parent: span, model, prompt_tokens, cached_tokens, completion_tokens, finish, ms, "written"
    );
    tracing::trace!(target: SAID, parent: span, answer = reply.text, "said");
}

/// An answer that failed on its way.
pub(crate) fn failed(span: &Span, model: &str, error: &chat::Error) {
    tracing::error!(parent: span, model, %error, "failed");
}

/// What is asked.
pub(crate) fn asked(ask: &Ask) {
    if !tracing::enabled!(target: SAID, tracing::Level::TRACE) {
        return;
    }
    match &ask.prompt {
        Prompt::Chat(chat) => {
            for message in &chat.messages {
                let text = message.text().unwrap_or_default();
                tracing::trace!(target: SAID, role = ?message.role, text, "asked");
            }
        }
        Prompt::Text(text) => tracing::trace!(target: SAID, text, "asked"),
        Prompt::Ids(ids) => tracing::trace!(target: SAID, ?ids, "asked"),
    }
}

/// In milliseconds, to the tenth.
pub(crate) fn millis(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e4).round() / 10.0
}
