//! Any `chat::Respond` behind the HTTP interface that OpenAI made common.
//!
//! Stage of the life: the model at work. Reading order: [`request`] (the JSON that comes),
//! [`answer`] (the JSON that goes, whole or in chunks), [`error`] (refusals in the same form),
//! `completions` (one request's way through a thread of its own), this file's [`router`].
//!
//! `POST /v1/chat/completions`, `GET /v1/models`, `GET /health`. There are no accounts and no
//! keys: whoever reaches the address may ask. Pages of other origins may not: a body must be
//! declared JSON, which browsers do not send across origins unasked.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # async fn example(model: Arc<dyn chat::Respond>) -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
//! let until_interrupted = async { drop(tokio::signal::ctrl_c().await) };
//! serve::serve(serve::router(model), listener, until_interrupted).await
//! # }
//! ```
//!
//! Must never know: engines, tokens, how an answer is made.
#![forbid(unsafe_code)]

pub mod answer;
mod completions;
pub mod error;
pub mod request;

use std::future::Future;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use chat::Respond;
use tokio::sync::Semaphore;

pub use error::Refusal;

/// A longer body is refused.
pub const MAX_BODY_BYTES: usize = 4 << 20;
/// More requests at once are told to come back: each holds a thread while it waits.
pub const MAX_REQUESTS: usize = 64;

/// What every request shares.
#[derive(Clone)]
pub(crate) struct Shared {
    respond: Arc<dyn Respond>,
    places: Arc<Semaphore>,
}

/// The routes of the interface. Merge other pages into it.
pub fn router(respond: Arc<dyn Respond>) -> Router {
    let shared = Shared { respond, places: Arc::new(Semaphore::new(MAX_REQUESTS)) };
    Router::new()
        .route("/v1/chat/completions", post(completions::chat_completions))
        .route("/v1/models", get(models))
        .route("/health", get(health))
        .fallback(async || Refusal::no_such_route())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(shared)
}

/// The same addresses while there is no model: `reason` is what a request for words is told.
pub fn router_without_model(reason: &str) -> Router {
    let refusal = Refusal::no_model(reason);
    let list = Json(serde_json::json!({"object": "list", "data": []}));
    Router::new()
        .route("/v1/chat/completions", post(async move || refusal.clone()))
        .route("/v1/models", get(async move || list.clone()))
        .route("/health", get(health))
        .fallback(async || Refusal::no_such_route())
        .method_not_allowed_fallback(async || Refusal::method_not_allowed())
}

async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "ok"}))
}

/// Serves `router` on `listener` until `shutdown` is done; answers under way are finished first.
///
/// # Errors
/// What the operating system says of the listener.
pub async fn serve(
    router: Router,
    listener: tokio::net::TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn models(State(shared): State<Shared>) -> Json<serde_json::Value> {
    Json(answer::models(shared.respond.model_name()))
}
