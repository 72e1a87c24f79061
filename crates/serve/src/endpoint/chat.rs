//! `POST /v1/chat/completions` (OpenAI API reference, "Chat Completions").

use axum::Json;
use axum::extract::State;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use chat::{Ask, Call, Heard, Likely, Message, Prompt, Reply, ReplyToken};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::tooling;
use crate::body::Body;
use crate::hearing::{Answers, Whole};
use crate::knobs::Knobs;
use crate::openapi::{ChatBody, ErrorBody, ServerEvent};
use crate::stream::{self, Tell};
use crate::usage::{FINGERPRINT, Usage, fresh_id, fresh_number, now};
use crate::{Refusal, Server, form};

/// More of the likeliest tokens are not told; OpenAI's limit as well.
const MAX_TOP_LOGPROBS: usize = 20;

/// Fields that would change the answer and are not offered.
const LACKING: [&str; 6] =
    ["functions", "audio", "web_search_options", "moderation", "lora", "adapter"];

/// The body, beside [`Knobs`].
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct ChatCompletion {
    /// The conversation.
    #[schema(value_type = Vec<Object>)]
    pub messages: Vec<Message>,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
    /// Whether to send the text as it comes.
    pub stream: Option<bool>,
    /// What else to stream.
    pub stream_options: Option<StreamOptions>,
    /// Tokens of the answer at most: the older name.
    pub max_tokens: Option<usize>,
    /// Tokens of the answer at most; as many as fit, if absent.
    pub max_completion_tokens: Option<usize>,
    /// Whether to tell how likely each token was.
    pub logprobs: Option<bool>,
    /// So many of the likeliest tokens are told beside each.
    #[schema(maximum = 20)]
    pub top_logprobs: Option<usize>,
    /// What becomes of a conversation that is too long: "auto" forgets its oldest turns, "disabled" refuses.
    pub truncation: Option<Truncation>,
}

/// What else to stream.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
pub struct StreamOptions {
    /// Whether a last chunk counts tokens.
    #[serde(default)]
    pub include_usage: bool,
}

/// What becomes of a conversation that is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Truncation {
    /// Its oldest turns are forgotten.
    Auto,
    /// It is refused.
    #[default]
    Disabled,
}

/// `POST /v1/chat/completions`.
#[utoipa::path(post, path = "/v1/chat/completions", request_body = ChatBody, responses((status = 200, description = "The answer", content((ChatAnswer = "application/json"), (ServerEvent = "text/event-stream"))), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn post(State(server): State<Server>, body: Body) -> Result<Response, Refusal> {
    if let Some(field) = body.first_set(&LACKING) {
        return Err(Refusal::unsupported(field));
    }
    if body.field("modalities").as_array().is_some_and(|all| all.iter().any(|one| one != "text")) {
        return Err(Refusal::field("modalities", "modalities: this model answers in text only"));
    }
    let asked: ChatCompletion = body.read()?;
    if asked.messages.is_empty() {
        return Err(Refusal::field("messages", "messages is empty; send at least one"));
    }
    let (knobs, sampling) = Knobs::read(&body, fresh_number())?;
    let service = server.models.named(asked.model.as_deref()).await?;
    let ask = Ask {
        max_tokens: asked.max_tokens()?,
        stop: knobs.stops()?,
        ignore_end: knobs.ignore_eos.unwrap_or(false),
        logprobs: asked.logprobs()?,
        grammar: form::of(&body)?,
        may_forget: asked.truncation == Some(Truncation::Auto),
        priority: knobs.priority.unwrap_or(0),
        sampling,
        ..Ask::new(Prompt::Chat(Box::new(tooling::chat(asked.messages, &body)?)))
    };
    let choices = knobs.choices();
    body.times(choices)?;
    let model = service.card().name.clone();
    let answers = Answers::to(service, seeds(ask, choices), &server.metrics.watch(&model)).await?;
    let heading = Heading { id: fresh_id("chatcmpl"), created: now(), model };
    if !asked.stream.unwrap_or(false) {
        return Ok(Json(heading.whole(&answers.whole().await?)).into_response());
    }
    let with_usage = asked.stream_options.unwrap_or_default().include_usage;
    stream::respond(answers, Teller { heading, with_usage, choices, replies: Vec::new() }).await
}

/// The same question, each time with a seed of its own.
pub(crate) fn seeds(ask: Ask, n: usize) -> Vec<Ask> {
    let with = |i| {
        let mut ask = ask.clone();
        ask.sampling.seed = ask.sampling.seed.wrapping_add(i);
        ask
    };
    (0..n as u64).map(with).collect()
}

impl ChatCompletion {
    fn max_tokens(&self) -> Result<Option<usize>, Refusal> {
        match self.max_completion_tokens.or(self.max_tokens) {
            Some(0) => Err(Refusal::field("max_tokens", "max_tokens must be at least 1, got 0")),
            max_tokens => Ok(max_tokens),
        }
    }

    fn logprobs(&self) -> Result<Option<usize>, Refusal> {
        match (self.logprobs.unwrap_or(false), self.top_logprobs) {
            (_, Some(n)) if n > MAX_TOP_LOGPROBS => {
                let message = format!("top_logprobs is at most {MAX_TOP_LOGPROBS}, got {n}");
                Err(Refusal::field("top_logprobs", message))
            }
            (false, Some(1..)) => {
                let message = "top_logprobs needs logprobs: true beside it";
                Err(Refusal::field("top_logprobs", message))
            }
            (false, _) => Ok(None),
            (true, top) => Ok(Some(top.unwrap_or(0))),
        }
    }
}

/// What all parts of one answer share.
#[derive(Clone, Debug)]
struct Heading {
    id: String,
    created: u64,
    model: String,
}

/// An answer in one piece.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatAnswer {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    system_fingerprint: &'static str,
    choices: Vec<Choice>,
    usage: Usage,
}

/// One of the answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatChoice)]
pub struct Choice {
    index: usize,
    message: Said,
    /// "stop", "length" or "tool_calls".
    finish_reason: &'static str,
    logprobs: Option<Logprobs>,
}

/// What was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Said {
    role: &'static str,
    /// Null where tools were called and nothing was said.
    content: Option<String>,
    refusal: Option<String>,
    /// What was thought before.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Called>,
}

/// A tool that was called, or a part of the call in a stream.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Called {
    /// In streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    function: Function,
}

/// A function's name and what it is given.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Function {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// JSON, as a text.
    arguments: String,
}

impl Called {
    fn of(call: &Call) -> Self {
        let function =
            Function { name: Some(call.name.clone()), arguments: call.arguments.clone() };
        Self { index: None, id: call.id.clone(), kind: Some("function"), function }
    }
}

/// How likely the tokens of an answer were.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChatLogprobs)]
pub struct Logprobs {
    content: Vec<TokenLogprob>,
    /// Always null: nothing is refused by a list of its own.
    refusal: Option<Vec<TokenLogprob>>,
}

/// How likely a token was, and those that were likeliest in its place.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenLogprob {
    token: String,
    logprob: f64,
    bytes: Vec<u8>,
    top_logprobs: Vec<TopLogprob>,
}

/// A token that might have come.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopLogprob {
    token: String,
    logprob: f64,
    bytes: Vec<u8>,
}

/// A part of a streamed answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatChunk {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    system_fingerprint: &'static str,
    choices: Vec<ChunkChoice>,
    /// In the last chunk, if it was asked for; null in all others then.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

/// A part of one of the answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChunkChoice {
    index: usize,
    delta: Delta,
    logprobs: Option<Logprobs>,
    finish_reason: Option<&'static str>,
}

/// What is new.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Delta {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[Called; 1]>,
}

impl Logprobs {
    fn of(tokens: &[ReplyToken]) -> Option<Self> {
        let content: Vec<TokenLogprob> = tokens.iter().map(TokenLogprob::of).collect();
        (!content.is_empty()).then_some(Self { content, refusal: None })
    }
}

impl TokenLogprob {
    fn of(token: &ReplyToken) -> Self {
        let Likely { text, bytes, logprob, .. } = token.chosen.clone();
        let top = |Likely { text, bytes, logprob, .. }: &Likely| TopLogprob {
            token: text.clone(),
            logprob: finite(*logprob),
            bytes: bytes.clone(),
        };
        let top_logprobs = token.top.iter().map(top).collect();
        Self { token: text, logprob: finite(logprob), bytes, top_logprobs }
    }
}

/// JSON knows no infinity; OpenAI writes this for what cannot be.
pub(crate) fn finite(logprob: f64) -> f64 {
    logprob.max(-9999.0)
}

impl Heading {
    fn whole(self, answers: &[Whole]) -> ChatAnswer {
        let choice = |(index, whole): (usize, &Whole)| {
            let Reply { text, reasoning, calls, finish, logprobs, .. } = &whole.reply;
            let is_silent = text.is_empty() && !calls.is_empty();
            let message = Said {
                role: "assistant",
                content: (!is_silent).then(|| text.clone()),
                refusal: None,
                reasoning_content: (!reasoning.is_empty()).then(|| reasoning.clone()),
                tool_calls: calls.iter().map(Called::of).collect(),
            };
            let (finish_reason, logprobs) = (finish.name(), Logprobs::of(logprobs));
            Choice { index, message, finish_reason, logprobs }
        };
        let Self { id, created, model } = self;
        ChatAnswer {
            id,
            object: "chat.completion",
            created,
            model,
            system_fingerprint: FINGERPRINT,
            choices: answers.iter().enumerate().map(choice).collect(),
            usage: Usage::of(answers.iter().map(|whole| &whole.reply), answers.len()),
        }
    }
}

/// Tells an answer in chunks.
struct Teller {
    heading: Heading,
    with_usage: bool,
    choices: usize,
    replies: Vec<Reply>,
}

impl Teller {
    fn event(&self, choices: Vec<ChunkChoice>, usage: Option<Usage>) -> Event {
        let Heading { id, created, model } = self.heading.clone();
        stream::json(&ChatChunk {
            id,
            object: "chat.completion.chunk",
            created,
            model,
            system_fingerprint: FINGERPRINT,
            choices,
            usage: self.with_usage.then_some(usage),
        })
    }

    fn chunk(
        &self,
        index: usize,
        delta: Delta,
        logprobs: Option<Logprobs>,
        finish_reason: Option<&'static str>,
    ) -> Event {
        self.event(vec![ChunkChoice { index, delta, logprobs, finish_reason }], None)
    }

    fn called(&self, choice: usize, call: Called) -> Event {
        let delta = Delta { tool_calls: Some([call]), ..Delta::default() };
        self.chunk(choice, delta, None, None)
    }
}

impl Tell for Teller {
    fn opening(&mut self) -> Vec<Event> {
        let delta =
            || Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() };
        (0..self.choices).map(|index| self.chunk(index, delta(), None, None)).collect()
    }

    fn tell(&mut self, choice: usize, heard: Heard) -> Vec<Event> {
        match heard {
            Heard::Piece { text, tokens } => {
                let delta = Delta { content: Some(text), ..Delta::default() };
                vec![self.chunk(choice, delta, Logprobs::of(&tokens), None)]
            }
            Heard::Thought(text) => {
                let delta = Delta { reasoning_content: Some(text), ..Delta::default() };
                vec![self.chunk(choice, delta, None, None)]
            }
            Heard::Call { index, id, name } => {
                let function = Function { name: Some(name), arguments: String::new() };
                let (index, kind) = (Some(index), Some("function"));
                vec![self.called(choice, Called { index, id: Some(id), kind, function })]
            }
            Heard::Arguments { index, piece } => {
                let function = Function { name: None, arguments: piece };
                let index = Some(index);
                vec![self.called(choice, Called { index, function, ..Called::default() })]
            }
            Heard::Done(Ok(reply)) => {
                let finish_reason = reply.finish.name();
                self.replies.push(reply);
                vec![self.chunk(choice, Delta::default(), None, Some(finish_reason))]
            }
            _ => Vec::new(),
        }
    }

    fn closing(&mut self) -> Vec<Event> {
        let usage = Usage::of(&self.replies, self.choices);
        let usage = self.with_usage.then(|| self.event(Vec::new(), Some(usage)));
        usage.into_iter().chain([Event::default().data("[DONE]")]).collect()
    }

    fn failed(&mut self, refusal: &Refusal) -> Vec<Event> {
        vec![stream::json(&refusal.json())]
    }
}
