//! Texts and ids: `POST /tokenize` and `/detokenize` (in the forms of vLLM's and llama.cpp's servers),
//! `GET /tokenizer_info`, `POST /apply-template`.

use axum::Json;
use axum::extract::State;
use chat::{Message, Prompt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tooling;
use crate::address::Asked;
use crate::body::Body;
use crate::openapi::ErrorBody;
use crate::{Refusal, Server};

/// The body of `/tokenize`: a text, or a conversation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Tokenize {
    /// The text; llama.cpp's name.
    pub content: Option<String>,
    /// The text; vLLM's name.
    pub prompt: Option<String>,
    /// A conversation, written as the template says.
    #[schema(value_type = Option<Vec<Object>>)]
    pub messages: Option<Vec<Message>>,
    /// Whether the mark that begins texts stands before it; true in vLLM's form, false in llama.cpp's.
    #[serde(alias = "add_special")]
    pub add_special_tokens: Option<bool>,
    /// Whether to tell what each token says.
    #[serde(alias = "return_token_strs")]
    pub with_pieces: Option<bool>,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// Ids; with pieces, if llama.cpp's form asks for them.
    #[schema(value_type = Vec<Value>)]
    tokens: Listed,
    count: usize,
    max_model_len: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_strs: Option<Vec<String>>,
}

/// Ids, alone or with what they say.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Listed {
    Ids(Vec<u32>),
    Pieces(Vec<Piece>),
}

/// A token and what it says.
#[derive(Debug, Serialize)]
struct Piece {
    id: u32,
    piece: Says,
}

/// A text, or bytes where it is part of a character.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Says {
    Text(String),
    Bytes(Vec<u8>),
}

/// `POST /tokenize`.
#[utoipa::path(post, path = "/tokenize", request_body = Tokenize, responses((status = 200, description = "The ids", body = Tokens), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn tokenize(
    State(server): State<Server>,
    body: Body,
) -> Result<Json<Tokens>, Refusal> {
    let asked: Tokenize = body.read()?;
    let service = server.models.named(asked.model.as_deref()).await?;
    let begins = asked.add_special_tokens.unwrap_or(asked.content.is_none());
    let with_pieces = asked.with_pieces.unwrap_or(false);
    let is_llama = asked.content.is_some();
    let prompt = match (asked.content.or(asked.prompt), asked.messages) {
        (Some(text), None) => Prompt::Text(text),
        (None, Some(messages)) => Prompt::from(messages),
        _ => return Err(Refusal::body("give one of content, prompt and messages")),
    };
    let (service, ids) = tokio::task::spawn_blocking(move || {
        let mut ids = service.encode(&prompt)?;
        if !begins && let (Prompt::Text(_), Some((begin, _))) = (&prompt, &service.card().begin) {
            ids.drain(..usize::from(ids.first() == Some(begin)));
        }
        Ok::<_, chat::Error>((service, ids))
    })
    .await
    .map_err(|_| Refusal::lost())??;
    let bytes = |&id: &u32| service.token(id).unwrap_or_default();
    let text = |id: &u32| String::from_utf8_lossy(&bytes(id)).into_owned();
    let piece = |id: &u32| match String::from_utf8(bytes(id)) {
        Ok(text) => Piece { id: *id, piece: Says::Text(text) },
        Err(bytes) => Piece { id: *id, piece: Says::Bytes(bytes.into_bytes()) },
    };
    let token_strs = (with_pieces && !is_llama).then(|| ids.iter().map(text).collect());
    let (count, max_model_len) = (ids.len(), service.card().context);
    let tokens = match is_llama && with_pieces {
        true => Listed::Pieces(ids.iter().map(piece).collect()),
        false => Listed::Ids(ids),
    };
    Ok(Json(Tokens { tokens, count, max_model_len, token_strs }))
}

/// The body of `/detokenize`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Detokenize {
    /// The ids.
    pub tokens: Vec<u32>,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
}

/// The answer, under the names of both forms.
#[derive(Debug, Serialize, ToSchema)]
pub struct Text {
    content: String,
    prompt: String,
}

/// `POST /detokenize`.
#[utoipa::path(post, path = "/detokenize", request_body = Detokenize, responses((status = 200, description = "The text", body = Text), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn detokenize(
    State(server): State<Server>,
    body: Body,
) -> Result<Json<Text>, Refusal> {
    let asked: Detokenize = body.read()?;
    let content = server.models.named(asked.model.as_deref()).await?.decode(&asked.tokens)?;
    Ok(Json(Text { prompt: content.clone(), content }))
}

/// The body of `/apply-template`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ApplyTemplate {
    /// The conversation.
    #[schema(value_type = Vec<Object>)]
    pub messages: Vec<Message>,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
}

/// The text as the model reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Applied {
    prompt: String,
}

/// `POST /apply-template`.
#[utoipa::path(post, path = "/apply-template", request_body = ApplyTemplate, responses((status = 200, description = "The text", body = Applied), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn apply_template(
    State(server): State<Server>,
    body: Body,
) -> Result<Json<Applied>, Refusal> {
    let asked: ApplyTemplate = body.read()?;
    let service = server.models.named(asked.model.as_deref()).await?;
    if asked.messages.is_empty() {
        return Err(Refusal::field("messages", "messages is empty; send at least one"));
    }
    let chat = tooling::chat(asked.messages, &body)?;
    let rendered = tokio::task::spawn_blocking(move || service.render(&chat)).await;
    Ok(Json(Applied { prompt: rendered.map_err(|_| Refusal::lost())?? }))
}

/// Which model.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Which {
    model: Option<String>,
}

/// What there is to know of a tokenizer.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenizerInfo {
    model: String,
    vocab_size: usize,
    max_model_len: usize,
    bos_token: Option<String>,
    bos_token_id: Option<u32>,
    eos_token: Option<String>,
    eos_token_id: Option<u32>,
    /// All tokens that end an answer.
    stop_token_ids: Vec<u32>,
    chat_template: String,
}

/// `GET /tokenizer_info`.
#[utoipa::path(get, path = "/tokenizer_info", params(("model" = Option<String>, Query, description = "Which model")), responses((status = 200, description = "The tokenizer", body = TokenizerInfo), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn info(
    State(server): State<Server>,
    Asked(which): Asked<Which>,
) -> Result<Json<TokenizerInfo>, Refusal> {
    let service = server.models.named(which.model.as_deref()).await?;
    let card = service.card();
    let split = |token: Option<&(u32, String)>| (token.map(|t| t.0), token.map(|t| t.1.clone()));
    let (bos_token_id, bos_token) = split(card.begin.as_ref());
    let (eos_token_id, eos_token) = split(card.ends.first());
    Ok(Json(TokenizerInfo {
        model: card.name.clone(),
        vocab_size: card.vocab_size,
        max_model_len: card.context,
        bos_token,
        bos_token_id,
        eos_token,
        eos_token_id,
        stop_token_ids: card.ends.iter().map(|(id, _)| *id).collect(),
        chat_template: card.template.clone(),
    }))
}
