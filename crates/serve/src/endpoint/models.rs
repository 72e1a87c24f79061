//! `GET /v1/models` and `GET /v1/models/{id}`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::address::Named;
use crate::openapi::ErrorBody;
use crate::{Refusal, Server};

/// The models there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    object: &'static str,
    data: Vec<Model>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    id: String,
    object: &'static str,
    /// When the server began, in seconds since 1970.
    created: u64,
    owned_by: &'static str,
    /// Positions that a text may have.
    max_model_len: usize,
}

impl Model {
    fn of(server: &Server, name: &str) -> Result<Self, Refusal> {
        let service = server.models.named(Some(name))?;
        let card = service.card();
        Ok(Self {
            id: card.name.clone(),
            object: "model",
            created: server.began,
            owned_by: "lyceum",
            max_model_len: card.context,
        })
    }
}

/// `GET /v1/models`.
#[utoipa::path(get, path = "/v1/models", responses((status = 200, description = "All models", body = ModelList), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn list(State(server): State<Server>) -> Result<Json<ModelList>, Refusal> {
    let names = server.models.names();
    let data = names.iter().map(|name| Model::of(&server, name)).collect::<Result<_, _>>()?;
    Ok(Json(ModelList { object: "list", data }))
}

/// `GET /v1/models/{id}`; names have slashes in them.
#[utoipa::path(get, path = "/v1/models/{id}", params(("id" = String, Path, description = "Its name")), responses((status = 200, description = "The model", body = Model), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn one(
    State(server): State<Server>,
    Named(name): Named,
) -> Result<Json<Model>, Refusal> {
    Model::of(&server, &name).map(Json)
}
