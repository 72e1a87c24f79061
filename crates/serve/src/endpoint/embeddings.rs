//! `POST /v1/embeddings` (OpenAI API reference, "Embeddings"): the mean of the model's states over a text, of
//! length 1, so that a scalar product is a cosine.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chat::{Ask, Prompt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::completions::Prompts;
use crate::body::Body;
use crate::hearing::Answers;
use crate::openapi::ErrorBody;
use crate::{Refusal, Server};

/// The body.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Embeddings {
    /// A text, ids, or several of either.
    pub input: Prompts,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
    /// "float", or "base64": little-endian 32-bit numbers.
    pub encoding_format: Option<Encoding>,
    /// Only the first so many numbers, of length 1 again.
    #[schema(minimum = 1)]
    pub dimensions: Option<usize>,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// As a list.
    #[default]
    Float,
    /// As bytes.
    Base64,
}

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmbeddingsAnswer {
    object: &'static str,
    data: Vec<Embedding>,
    model: String,
    usage: EmbeddingsUsage,
}

/// One text's.
#[derive(Debug, Serialize, ToSchema)]
pub struct Embedding {
    object: &'static str,
    index: usize,
    embedding: Numbers,
}

/// A list, or bytes in base64.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Numbers {
    /// As a list.
    List(Vec<f32>),
    /// As bytes.
    Bytes(String),
}

/// Tokens that were read.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct EmbeddingsUsage {
    prompt_tokens: usize,
    total_tokens: usize,
}

impl EmbeddingsUsage {
    pub(super) fn of(tokens: usize) -> Self {
        Self { prompt_tokens: tokens, total_tokens: tokens }
    }
}

/// `POST /v1/embeddings`.
#[utoipa::path(post, path = "/v1/embeddings", request_body = Embeddings, responses((status = 200, description = "The embeddings", body = EmbeddingsAnswer), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn post(
    State(server): State<Server>,
    body: Body,
) -> Result<Json<EmbeddingsAnswer>, Refusal> {
    let asked: Embeddings = body.read()?;
    let service = server.models.named(asked.model.as_deref()).await?;
    let width = service.card().width;
    let dimensions = asked.dimensions.unwrap_or(width);
    if !(1..=width).contains(&dimensions) {
        let message = format!("dimensions must be from 1 to {width}, got {dimensions}");
        return Err(Refusal::field("dimensions", message));
    }
    let asks = asked.input.each_as("input")?.into_iter().map(Ask::embedding).collect();
    let model = service.card().name.clone();
    let told = Answers::each_whole(service, asks, &server.metrics.watch(&model)).await?;
    let usage = EmbeddingsUsage::of(told.iter().map(|told| told.reply.prompt_tokens).sum());
    let encoding = asked.encoding_format.unwrap_or_default();
    let data = told.into_iter().enumerate().map(|(index, told)| {
        let numbers = told.embedding.ok_or_else(Refusal::too_late)?;
        let embedding = Numbers::of(shortened(numbers, dimensions), encoding);
        Ok(Embedding { object: "embedding", index, embedding })
    });
    let data = data.collect::<Result<_, Refusal>>()?;
    Ok(Json(EmbeddingsAnswer { object: "list", data, model, usage }))
}

/// The first numbers, of length 1.
fn shortened(mut numbers: Vec<f32>, dimensions: usize) -> Vec<f32> {
    if dimensions < numbers.len() {
        numbers.truncate(dimensions);
        let length = numbers.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        numbers.iter_mut().for_each(|x| *x /= length);
    }
    numbers
}

impl Numbers {
    fn of(numbers: Vec<f32>, encoding: Encoding) -> Self {
        match encoding {
            Encoding::Float => Self::List(numbers),
            Encoding::Base64 => {
                let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
                Self::Bytes(STANDARD.encode(bytes))
            }
        }
    }
}

impl Prompts {
    /// The inputs, told of under this field's name.
    fn each_as(self, field: &str) -> Result<Vec<Prompt>, Refusal> {
        self.each().map_err(|refusal| {
            let message = refusal.message.replacen("prompt", field, 1);
            Refusal { param: Some(field.to_string()), message, ..refusal }
        })
    }
}
