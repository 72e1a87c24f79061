//! What can be asked, as a document of OpenAPI 3.1, made of the types that requests are read into and answers
//! written from; with an example of each request ([`examples`]).

mod examples;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{OpenApi, ToSchema};

use crate::endpoint::{
    chat, completions, embeddings, health, messages, models, rerank, responses, tokens,
};
use crate::knobs::Knobs;
use crate::{Server, gate};

/// The name of what must be brought.
const KEY: &str = "key";

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Lyceum",
        description = "A language model behind the interfaces that others made common."
    ),
    paths(
        chat::post,
        completions::post,
        embeddings::post,
        messages::post,
        messages::count,
        responses::post,
        responses::count,
        rerank::post,
        models::list,
        models::one,
        tokens::tokenize,
        tokens::detokenize,
        tokens::apply_template,
        tokens::info,
        health::health,
        health::ready,
        health::metrics,
    ),
    components(schemas(ErrorBody, chat::ChatChunk))
)]
struct Api;

/// An event of a stream (WHATWG HTML, §9.2), each held against this by itself: OpenAPI 3.1 has no words for that.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerEvent {
    /// Its name, in the interfaces that give their events names.
    pub event: Option<String>,
    /// JSON, in a form of its interface, such as `ChatChunk`; `[DONE]` at the end of OpenAI's older ones.
    pub data: String,
}

/// A refusal.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: ErrorDetail,
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// What was expected, what came, and what to do.
    pub message: String,
    /// A kind, for programs.
    pub r#type: String,
    /// The field that it is about.
    pub param: Option<String>,
    /// A word, for programs.
    pub code: Option<String>,
}

/// The body of `POST /v1/chat/completions`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read in parts; see `Body::read`")]
pub struct ChatBody {
    #[serde(flatten)]
    own: chat::ChatCompletion,
    #[serde(flatten)]
    knobs: Knobs,
    #[serde(flatten)]
    form: Form,
    #[serde(flatten)]
    tooling: Tooling,
}

/// What belongs to a conversation beside its turns.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by hand; see `endpoint::tooling`")]
pub struct Tooling {
    /// Functions that may be called.
    #[schema(value_type = Option<Vec<Object>>)]
    tools: Option<serde_json::Value>,
    /// "none", "auto", "required", or a function's name in an object.
    #[schema(value_type = Option<Value>)]
    tool_choice: Option<serde_json::Value>,
    /// Whether one answer may hold several calls.
    parallel_tool_calls: Option<bool>,
    /// What else the model's template asks for.
    #[schema(value_type = Option<Object>)]
    chat_template_kwargs: Option<serde_json::Value>,
}

/// The body of `POST /v1/completions`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read in parts; see `Body::read`")]
pub struct CompletionBody {
    #[serde(flatten)]
    own: completions::Completion,
    #[serde(flatten)]
    knobs: Knobs,
    #[serde(flatten)]
    form: Form,
}

/// The form that an answer must have.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by hand; see `form`")]
pub struct Form {
    /// {"type": "json_schema", "json_schema": {"schema": …}}, "json_object", "regex" with a pattern, "grammar" with
    /// one, or "text".
    #[schema(value_type = Option<Object>)]
    response_format: Option<serde_json::Value>,
    /// {"json": …}, {"regex": …}, {"choice": […]} or {"grammar": …}, as vLLM has it.
    #[schema(value_type = Option<Object>)]
    structured_outputs: Option<serde_json::Value>,
}

/// `GET /openapi.json`.
pub(crate) async fn get(State(server): State<Server>) -> Json<utoipa::openapi::OpenApi> {
    let mut document = Api::openapi();
    examples::add(&mut document);
    if !server.settings.keys.is_open() {
        demand_key(&mut document);
    }
    Json(document)
}

/// All addresses but those that answer whoever asks are told to need a key.
fn demand_key(document: &mut utoipa::openapi::OpenApi) {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = document.components.get_or_insert_with(Default::default);
    components.add_security_scheme(KEY, SecurityScheme::Http(bearer));
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], _>(KEY, [])]);
    for path in gate::OPEN {
        let operation = document.paths.paths.get_mut(path).and_then(|path| path.get.as_mut());
        operation.into_iter().for_each(|operation| operation.security = Some(Vec::new()));
    }
}
