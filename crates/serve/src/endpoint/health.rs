//! Whether the server lives (`GET /health`), whether it takes requests (`GET /ready`), what it counts
//! (`GET /metrics`).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::ErrorBody;
use crate::{Refusal, Server};

/// How it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
}

/// `GET /health`.
#[utoipa::path(get, path = "/health", responses((status = 200, description = "It lives", body = Health), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// `GET /ready`: not while it ends, and not without a model.
#[utoipa::path(get, path = "/ready", responses((status = 200, description = "It takes requests", body = Health), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn ready(State(server): State<Server>) -> Result<Json<Health>, Refusal> {
    let not = |message: &str| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message);
    if server.drains() {
        return Err(not("the server is being shut down"));
    }
    match server.models.names().is_empty() {
        true => Err(not("there is no model")),
        false => Ok(Json(Health { status: "ready" })),
    }
}

/// `GET /metrics`.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "Counts, for Prometheus", body = String, content_type = "application/openmetrics-text"), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn metrics(State(server): State<Server>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], server.metrics.text())
}
