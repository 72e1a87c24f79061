//! `POST /v1/messages` and `/v1/messages/count_tokens` (Anthropic API reference, "Messages"), on the same models.
//!
//! A last turn of the assistant's is gone on with. Left out: pictures and documents, caches that are marked by hand
//! (beginnings are kept anyway), tools that a server runs by itself.

mod form;
pub mod told;

use axum::Json;
use axum::extract::State;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use chat::ask::Chat;
use chat::{Ask, Opening, Prompt, Role, Sampling};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use self::told::Teller;
use super::tooling;
use crate::body::Body;
use crate::hearing::Answers;
use crate::openapi::{ErrorBody, ServerEvent};
use crate::usage::{fresh_item, fresh_number};
use crate::{Refusal, Server, form as forms, knobs, stream};

/// Fields that would change the answer and are not offered.
const LACKING: [&str; 4] = ["mcp_servers", "container", "lora", "adapter"];

/// The body.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Messages {
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
    /// The conversation.
    #[schema(value_type = Vec<Object>)]
    pub messages: Vec<form::Turn>,
    /// The rules: a text, or a list of blocks of text.
    #[schema(value_type = Option<Value>)]
    pub system: Option<form::Blocks>,
    /// Tokens of the answer at most.
    #[schema(minimum = 1)]
    pub max_tokens: usize,
    /// Strings that end the answer.
    pub stop_sequences: Option<Vec<String>>,
    /// Whether to send the text as it comes.
    pub stream: Option<bool>,
    /// 0 takes the likeliest token.
    #[schema(minimum = 0, maximum = 1)]
    pub temperature: Option<f32>,
    /// Only the likeliest tokens that together hold this share.
    pub top_p: Option<f32>,
    /// Only so many of the likeliest.
    pub top_k: Option<usize>,
    /// Tools that may be called.
    #[schema(value_type = Option<Vec<Object>>)]
    pub tools: Option<Vec<Value>>,
    /// Which may, or must be.
    #[schema(value_type = Option<Object>)]
    pub tool_choice: Option<Value>,
    /// {"type": "disabled"}, or another: told to the model's template.
    #[schema(value_type = Option<Object>)]
    pub thinking: Option<Map<String, Value>>,
    /// {"format": {"type": "json_schema", "schema": …}}: the form that the answer must have.
    #[schema(value_type = Option<Object>)]
    pub output_config: Option<Map<String, Value>>,
}

/// `POST /v1/messages`.
#[utoipa::path(post, path = "/v1/messages", request_body = Messages, responses(
    (status = 200, description = "The answer", content((told::Answer = "application/json"), (ServerEvent = "text/event-stream"))),
    (status = "4XX", description = "It is refused", body = ErrorBody),
    (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn post(State(server): State<Server>, body: Body) -> Response {
    answer(&server, &body).await.unwrap_or_else(refused)
}

/// How the addresses of this interface begin.
pub(crate) const PATH: &str = "/v1/messages";

/// A refusal in Anthropic's form.
pub(crate) fn refused(refusal: Refusal) -> Response {
    let body = told::error(&refusal);
    let (head, _) = refusal.into_response().into_parts();
    let mut response = Json(body).into_response();
    *response.status_mut() = head.status;
    // When to try again, or how to bring a key; what the body is stays as it is.
    for name in [RETRY_AFTER, WWW_AUTHENTICATE] {
        if let Some(value) = head.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

async fn answer(server: &Server, body: &Body) -> Result<Response, Refusal> {
    if let Some(field) = body.first_set(&LACKING) {
        return Err(Refusal::unsupported(field));
    }
    let asked: Messages = body.read()?;
    let service = server.models.named(asked.model.as_deref()).await?;
    if asked.max_tokens == 0 {
        return Err(Refusal::field("max_tokens", "max_tokens must be at least 1, got 0"));
    }
    let sampling = Sampling {
        temperature: asked.temperature.unwrap_or(1.0),
        top_p: asked.top_p,
        top_k: asked.top_k.filter(|&k| k > 0),
        seed: fresh_number(),
        ..Sampling::default()
    };
    if !(0.0..=1.0).contains(&sampling.temperature) {
        return Err(Refusal::field("temperature", "temperature must be from 0 to 1"));
    }
    sampling.check().map_err(|error| Refusal::body(error.to_string()))?;
    let max_tokens = Some(asked.max_tokens);
    let stop = asked.stop_sequences.clone().unwrap_or_default();
    let stop = knobs::stops("stop_sequences", stop)?;
    let is_streamed = asked.stream.unwrap_or(false);
    let prompt = Prompt::Chat(Box::new(chat(asked, body)?));
    let ask = Ask { sampling, max_tokens, stop, grammar: forms::of(body)?, ..Ask::new(prompt) };
    let model = service.card().name.clone();
    let answers = Answers::to(service, vec![ask], &server.metrics.watch(&model)).await?;
    let teller = Teller::new(fresh_item("msg"), model);
    if is_streamed {
        return stream::respond(answers, teller).await;
    }
    let whole = answers.whole().await?;
    let reply = whole.first().map(|whole| &whole.reply).ok_or_else(Refusal::lost)?;
    Ok(Json(teller.whole(reply)).into_response())
}

/// The conversation as all others have it.
fn chat(asked: Messages, body: &Body) -> Result<Chat, Refusal> {
    if asked.messages.is_empty() {
        return Err(Refusal::field("messages", "messages is empty; send at least one"));
    }
    let (choice, parallel) = form::choice(asked.tool_choice.as_ref())?;
    let tools = asked.tools.iter().flatten().map(form::tool).collect::<Result<Vec<_>, _>>()?;
    let tools = tooling::read(&tools.into(), &choice, parallel)?;
    let messages = form::messages(asked.system, asked.messages)?;
    let goes_on = messages.last().is_some_and(|last| {
        let says = last.text().is_ok_and(|text| !text.trim().is_empty());
        last.role == Role::Assistant && last.tool_calls.is_empty() && says
    });
    let opening = if goes_on { Opening::LastTurn } else { Opening::Turn };
    Ok(Chat { messages, tools, variables: tooling::variables(body)?, opening })
}

/// How long a conversation is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counted {
    input_tokens: usize,
}

/// `POST /v1/messages/count_tokens`.
#[utoipa::path(post, path = "/v1/messages/count_tokens", request_body = Object, responses(
    (status = 200, description = "Its length", body = Counted),
    (status = "4XX", description = "It is refused", body = ErrorBody)))]
pub(crate) async fn count(State(server): State<Server>, body: Body) -> Response {
    let counted = async {
        let body = body.with("max_tokens", 1.into());
        let asked: Messages = body.read()?;
        let service = server.models.named(asked.model.as_deref()).await?;
        let prompt = Prompt::Chat(Box::new(chat(asked, &body)?));
        let ids = tokio::task::spawn_blocking(move || service.encode(&prompt)).await;
        let input_tokens = ids.map_err(|_| Refusal::lost())??.len();
        Ok(Json(Counted { input_tokens }).into_response())
    };
    counted.await.unwrap_or_else(refused)
}
