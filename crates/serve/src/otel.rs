//! Requests as OpenTelemetry sees them: attributes as its semantic conventions have them (HTTP; generative AI), and
//! who asks may say in `traceparent` which longer trace a request belongs to (W3C Trace Context).

mod export;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName};
use chat::Reply;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub use export::{Sending, Traces, registry};

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// A request came.
pub(crate) fn begun(span: &Span, request: &Request, path: &str) {
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    // Where nobody collects traces there is nothing to be a child of.
    drop(span.set_parent(parent));
    let method = request.method().as_str();
    span.record("otel.kind", "server");
    span.record("otel.name", format_args!("{method} {path}").to_string());
    span.set_attribute("http.request.method", method.to_string());
    span.set_attribute("http.route", path.to_string());
}

/// Its answer has begun.
pub(crate) fn answered(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Its answer is whole.
pub(crate) fn written(span: &Span, model: &str, reply: &Reply) {
    let count = |tokens: usize| i64::try_from(tokens).unwrap_or(i64::MAX);
    span.set_attribute("gen_ai.response.model", model.to_string());
    span.set_attribute("gen_ai.usage.input_tokens", count(reply.prompt_tokens));
    span.set_attribute("gen_ai.usage.output_tokens", count(reply.completion_tokens));
}
