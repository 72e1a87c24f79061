//! `POST /v1/rerank` (in the form of Jina's and Cohere's interfaces, and of Hugging Face's text-embeddings-inference
//! for whoever sends `texts`): documents by how well they answer a query.
//!
//! Any language model can say so: a document is as relevant as the query is likely behind it (Ponte and Croft, "A
//! Language Modeling Approach to Information Retrieval", 1998; Sachan et al., "Improving Passage Retrieval with
//! Zero-Shot Question Generation", 2022). The score is the geometric mean of the query's tokens'
//! probabilities, between 0 and 1; scores of one query can be compared, those of two cannot.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chat::{Ask, Prompt, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::embeddings::EmbeddingsUsage;
use crate::body::Body;
use crate::hearing::Answers;
use crate::openapi::ErrorBody;
use crate::{Refusal, Server};

/// Documents of one request.
const MAX_DOCUMENTS: usize = 1000;

/// The body.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Rerank {
    /// What is asked.
    pub query: String,
    /// What may answer it.
    pub documents: Option<Vec<Document>>,
    /// The same by text-embeddings-inference's name: then the answer has its form.
    pub texts: Option<Vec<Document>>,
    /// Only so many, the best.
    pub top_n: Option<usize>,
    /// Whether each result brings its document.
    #[serde(alias = "return_text")]
    pub return_documents: Option<bool>,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
}

/// A text, by itself or in an object.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Document {
    /// By itself.
    Text(String),
    /// In an object.
    Object {
        /// The text.
        text: String,
    },
}

/// The answer, in one of the two forms.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Ranking {
    /// Jina's and Cohere's.
    Results(RerankAnswer),
    /// A list and nothing else.
    List(Vec<Scored>),
}

/// One document's in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scored {
    index: usize,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl From<Ranked> for Scored {
    fn from(ranked: Ranked) -> Self {
        let Ranked { index, relevance_score, document } = ranked;
        Self { index, score: relevance_score, text: document.map(|document| document.text) }
    }
}

/// The answer with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RerankAnswer {
    object: &'static str,
    model: String,
    /// The most relevant first.
    results: Vec<Ranked>,
    usage: EmbeddingsUsage,
}

/// One document's.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ranked {
    index: usize,
    relevance_score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Returned>,
}

/// A document, given back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Returned {
    text: String,
}

impl Document {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Object { text } => text,
        }
    }
}

/// `POST /v1/rerank`.
#[utoipa::path(post, path = "/v1/rerank", request_body = Rerank, responses((status = 200, description = "The documents, the most relevant first", body = Ranking), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn post(
    State(server): State<Server>,
    body: Body,
) -> Result<Json<Ranking>, Refusal> {
    let asked: Rerank = body.read()?;
    let service = server.models.named(asked.model.as_deref()).await?;
    let is_list = asked.texts.is_some();
    let documents = match (asked.documents, asked.texts) {
        (Some(documents), None) | (None, Some(documents)) => documents,
        _ => return Err(Refusal::field("documents", "give documents, or texts instead")),
    };
    let documents: Vec<String> = documents.into_iter().map(Document::into_text).collect();
    match documents.len() {
        0 => return Err(Refusal::field("documents", "documents is empty; send at least one")),
        1..=MAX_DOCUMENTS => {}
        n => {
            let message = format!("at most {MAX_DOCUMENTS} documents, got {n}");
            return Err(Refusal::field("documents", message));
        }
    }
    let (model, own) = (service.card().name.clone(), service.clone());
    let (query, texts) = (asked.query, documents.clone());
    let asks = tokio::task::spawn_blocking(move || asks(&own, &query, &texts));
    let (asks, of_query) = asks.await.map_err(|_| Refusal::lost())??;
    let told = Answers::each_whole(service, asks, &server.metrics.watch(&model)).await?;
    let tokens = told.iter().map(|told| told.reply.prompt_tokens).sum();
    // Of the first token nothing is told: nothing stands before it.
    if told.iter().any(|told| told.prompt.len() + 1 < told.reply.prompt_tokens) {
        return Err(Refusal::too_late());
    }
    let return_documents = asked.return_documents.unwrap_or(false);
    let mut results: Vec<Ranked> = documents
        .into_iter()
        .zip(told)
        .enumerate()
        .map(|(index, (text, told))| {
            let query = &told.prompt[told.prompt.len().saturating_sub(of_query)..];
            let sum: f64 = query.iter().map(|token| token.chosen.logprob).sum();
            let relevance_score = (sum / of_query as f64).exp();
            let document = return_documents.then_some(Returned { text });
            Ranked { index, relevance_score, document }
        })
        .collect();
    results.sort_by(|a, b| b.relevance_score.total_cmp(&a.relevance_score));
    results.truncate(asked.top_n.unwrap_or(usize::MAX));
    if is_list {
        return Ok(Json(Ranking::List(results.into_iter().map(Scored::from).collect())));
    }
    let usage = EmbeddingsUsage::of(tokens);
    Ok(Json(Ranking::Results(RerankAnswer { object: "list", model, results, usage })))
}

/// Each document with the query behind it, and how many tokens the query has.
type Asks = (Vec<Ask>, usize);

fn asks(service: &Arc<dyn Service>, query: &str, documents: &[String]) -> Result<Asks, Refusal> {
    let begin = service.card().begin.as_ref().map(|(id, _)| *id);
    let query = service.encode(&Prompt::Text(format!(" {}", query.trim())))?;
    let query = query.strip_prefix(begin.as_slice()).unwrap_or(&query).to_vec();
    if query.is_empty() {
        return Err(Refusal::field("query", "query is empty"));
    }
    let each = documents.iter().map(|document| {
        let text = format!("Passage: {document}\nQuestion:");
        let mut ids = service.encode(&Prompt::Text(text))?;
        ids.extend(&query);
        let (max_tokens, prompt_logprobs) = (Some(0), Some(0));
        Ok(Ask { max_tokens, prompt_logprobs, ..Ask::new(Prompt::Ids(ids)) })
    });
    Ok((each.collect::<Result<_, Refusal>>()?, query.len()))
}
