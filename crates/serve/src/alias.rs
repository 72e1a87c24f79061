//! Other names for addresses: without `/v1`, for clients whose base address was given without it, and those that
//! llama.cpp's server has beside the usual ones. The answers are the same, and the OpenAPI document leaves them out.

use axum::Router;
use axum::routing::{get, post};

use crate::Server;
use crate::endpoint::{chat, completions, embeddings, health, models, rerank, responses};

/// The routes.
pub(crate) fn router() -> Router<Server> {
    Router::new()
        .route("/chat/completions", post(chat::post))
        .route("/completions", post(completions::post))
        .route("/embeddings", post(embeddings::post))
        .route("/responses", post(responses::post))
        .route("/responses/input_tokens", post(responses::count))
        .route("/rerank", post(rerank::post))
        .route("/reranking", post(rerank::post))
        .route("/v1/reranking", post(rerank::post))
        .route("/models", get(models::list))
        .route("/models/{*id}", get(models::one))
        .route("/v1/health", get(health::health))
}
