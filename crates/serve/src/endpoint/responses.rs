//! `POST /v1/responses` and `/v1/responses/input_tokens` (OpenAI API reference, "Responses"), without a memory of
//! its own: a conversation is sent whole each time, and nothing is stored.
//!
//! Left out: what needs such a memory (`previous_response_id`, `conversation`, `background`), and tools that a
//! server runs by itself.

mod input;
pub mod told;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chat::{Ask, Message, Prompt};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use self::told::Teller;
use super::chat::Truncation;
use super::tooling;
use crate::body::Body;
use crate::hearing::Answers;
use crate::knobs::Knobs;
use crate::openapi::{ErrorBody, ServerEvent};
use crate::usage::fresh_number;
use crate::{Refusal, Server, form, stream};

/// Fields that would change the answer and are not offered.
const LACKING: [&str; 7] = [
    "previous_response_id",
    "conversation",
    "background",
    "prompt",
    "moderation",
    "top_logprobs",
    "lora",
];

/// The body.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Responses {
    /// A text, or a list of items: messages, calls, and what they returned.
    #[schema(value_type = Value)]
    pub input: Value,
    /// The rules.
    pub instructions: Option<String>,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
    /// Tokens of the answer at most; as many as fit, if absent.
    pub max_output_tokens: Option<usize>,
    /// 0 takes the likeliest token.
    #[schema(minimum = 0, maximum = 2)]
    pub temperature: Option<f32>,
    /// Only the likeliest tokens that together hold this share.
    pub top_p: Option<f32>,
    /// Whether to send the answer as it comes.
    pub stream: Option<bool>,
    /// {"format": {"type": "json_schema", "schema": …}}: the form that the answer must have.
    #[schema(value_type = Option<Object>)]
    pub text: Option<Map<String, Value>>,
    /// Functions that may be called.
    #[schema(value_type = Option<Vec<Object>>)]
    pub tools: Option<Value>,
    /// "none", "auto", "required", or a function's name in an object.
    #[schema(value_type = Option<Value>)]
    pub tool_choice: Option<Value>,
    /// Whether one answer may hold several calls.
    pub parallel_tool_calls: Option<bool>,
    /// What becomes of a conversation that is too long.
    pub truncation: Option<Truncation>,
    /// Given back as it came.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
}

/// `POST /v1/responses`.
#[utoipa::path(post, path = "/v1/responses", request_body = Responses, responses(
    (status = 200, description = "The answer", content((told::Answer = "application/json"), (ServerEvent = "text/event-stream"))),
    (status = "4XX", description = "It is refused", body = ErrorBody),
    (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn post(State(server): State<Server>, body: Body) -> Result<Response, Refusal> {
    if let Some(field) = body.first_set(&LACKING) {
        return Err(Refusal::unsupported(field));
    }
    let asked: Responses = body.read()?;
    let (_, sampling) = Knobs::read(&body, fresh_number())?;
    let service = server.models.named(asked.model.as_deref()).await?;
    if asked.max_output_tokens == Some(0) {
        return Err(Refusal::field("max_output_tokens", "max_output_tokens must be at least 1"));
    }
    let chat = tooling::chat(messages(&asked)?, &body)?;
    let ask = Ask {
        max_tokens: asked.max_output_tokens,
        grammar: form::of(&body)?,
        may_forget: asked.truncation == Some(Truncation::Auto),
        sampling,
        ..Ask::new(Prompt::Chat(Box::new(chat)))
    };
    let model = service.card().name.clone();
    let answers = Answers::to(service, vec![ask], &server.metrics.watch(&model)).await?;
    let is_streamed = asked.stream.unwrap_or(false);
    let teller = Teller::new(model, asked);
    if is_streamed {
        return stream::respond(answers, teller).await;
    }
    let whole = answers.whole().await?;
    let reply = whole.first().map(|whole| &whole.reply).ok_or_else(Refusal::lost)?;
    Ok(Json(teller.whole(reply)).into_response())
}

/// The conversation of a body.
fn messages(asked: &Responses) -> Result<Vec<Message>, Refusal> {
    input::messages(asked.instructions.as_deref(), &asked.input)
}

/// How long a conversation is.
#[derive(Debug, Serialize, ToSchema)]
pub struct InputTokens {
    object: &'static str,
    input_tokens: usize,
}

/// `POST /v1/responses/input_tokens`.
#[utoipa::path(post, path = "/v1/responses/input_tokens", request_body = Responses, responses(
    (status = 200, description = "Its length", body = InputTokens),
    (status = "4XX", description = "It is refused", body = ErrorBody),
    (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn count(
    State(server): State<Server>,
    body: Body,
) -> Result<Json<InputTokens>, Refusal> {
    if let Some(field) = body.first_set(&LACKING) {
        return Err(Refusal::unsupported(field));
    }
    let asked: Responses = body.read()?;
    let service = server.models.named(asked.model.as_deref()).await?;
    let prompt = Prompt::Chat(Box::new(tooling::chat(messages(&asked)?, &body)?));
    let ids = tokio::task::spawn_blocking(move || service.encode(&prompt)).await;
    let input_tokens = ids.map_err(|_| Refusal::lost())??.len();
    Ok(Json(InputTokens { object: "response.input_tokens", input_tokens }))
}
