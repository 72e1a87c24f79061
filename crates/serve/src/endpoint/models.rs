//! `GET /v1/models` and `GET /v1/models/{id}`, with the fields that OpenAI's clients read and those that
//! Anthropic's do.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::address::Named;
use crate::date::rfc3339;
use crate::models::Listed;
use crate::openapi::ErrorBody;
use crate::{Refusal, Server};

/// The models there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    object: &'static str,
    data: Vec<Model>,
    first_id: Option<String>,
    last_id: Option<String>,
    /// Never: the list is whole.
    has_more: bool,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    id: String,
    object: &'static str,
    r#type: &'static str,
    display_name: String,
    /// The same moment as `created`.
    created_at: String,
    /// When the server began, in seconds since 1970.
    created: u64,
    owned_by: &'static str,
    /// Its other names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    /// Positions that a text may have; not there before it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_model_len: Option<usize>,
    status: Status,
}

/// Whether a model is in memory; one that is not is loaded by the first request for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Status {
    /// unloaded, loading, loaded or failed.
    value: &'static str,
}

impl ModelList {
    fn of(data: Vec<Model>) -> Self {
        let id = |model: Option<&Model>| model.map(|model| model.id.clone());
        let (first_id, last_id) = (id(data.first()), id(data.last()));
        Self { object: "list", data, first_id, last_id, has_more: false }
    }
}

impl Model {
    fn of(server: &Server, listed: Listed) -> Self {
        let Listed { name, aliases, presence, context, .. } = listed;
        Self {
            id: name.clone(),
            object: "model",
            r#type: "model",
            display_name: name,
            created_at: rfc3339(server.began),
            created: server.began,
            owned_by: "lyceum",
            aliases,
            max_model_len: context,
            status: Status { value: presence.name() },
        }
    }
}

/// `GET /v1/models`.
#[utoipa::path(get, path = "/v1/models", responses((status = 200, description = "All models", body = ModelList), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn list(State(server): State<Server>) -> Json<ModelList> {
    let models = server.models.list().into_iter();
    Json(ModelList::of(models.map(|listed| Model::of(&server, listed)).collect()))
}

/// `GET /v1/models/{id}`; names have slashes in them.
#[utoipa::path(get, path = "/v1/models/{id}", params(("id" = String, Path, description = "Its name")), responses((status = 200, description = "The model", body = Model), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn one(
    State(server): State<Server>,
    Named(name): Named,
) -> Result<Json<Model>, Refusal> {
    let listed = server.models.listed(&name);
    let listed = listed.ok_or_else(|| Refusal::no_such_model(&name, &server.models.names()))?;
    Ok(Json(Model::of(&server, listed)))
}
