//! `POST /v1/completions` (OpenAI API reference, "Completions"): a text, or ids, and what follows them.
//!
//! With `echo` and `logprobs` it tells how likely a given text is, which is how lm-evaluation-harness asks. The token
//! that ends an answer is told of too: whoever asks for one token behind a text finds one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use chat::{Ask, Heard, Likely, Prompt, Reply, ReplyToken, Service};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chat::{StreamOptions, finite, seeds};
use super::infill;
use crate::body::Body;
use crate::hearing::{Answers, Whole};
use crate::knobs::Knobs;
use crate::openapi::{CompletionBody, ErrorBody, ServerEvent};
use crate::stream::{self, Tell};
use crate::usage::{FINGERPRINT, Usage, fresh_id, fresh_number, now};
use crate::{Refusal, Server, form};

/// OpenAI's default.
const MAX_TOKENS: usize = 16;
/// OpenAI's limit is 5; evaluations ask for more.
const MAX_LOGPROBS: usize = 20;
/// Prompts of one request.
const MAX_PROMPTS: usize = 2048;

const LACKING: [&str; 2] = ["lora", "adapter"];

/// The body, beside [`Knobs`].
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Completion {
    /// A text, ids, or several of either.
    pub prompt: Prompts,
    /// The model's name; the first one served, if absent.
    pub model: Option<String>,
    /// Whether to send the text as it comes.
    pub stream: Option<bool>,
    /// What else to stream.
    pub stream_options: Option<StreamOptions>,
    /// Tokens of the answer at most; 16 if absent.
    pub max_tokens: Option<usize>,
    /// Whether to tell how likely each token was, and so many of the likeliest beside it.
    #[schema(maximum = 20)]
    pub logprobs: Option<usize>,
    /// Whether the answer begins with the prompt.
    pub echo: Option<bool>,
    /// What stands behind the answer, for models that fill in.
    pub suffix: Option<String>,
    /// Answers that are made, of which the `n` likeliest are given.
    #[schema(minimum = 1, maximum = 128)]
    pub best_of: Option<usize>,
}

/// What an answer goes on from.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Prompts {
    /// A text.
    Text(String),
    /// Several.
    Texts(Vec<String>),
    /// Ids.
    Ids(Vec<u32>),
    /// Several times ids.
    ManyIds(Vec<Vec<u32>>),
}

impl Prompts {
    pub(super) fn each(self) -> Result<Vec<Prompt>, Refusal> {
        let prompts: Vec<Prompt> = match self {
            Self::Text(text) => vec![Prompt::Text(text)],
            Self::Texts(texts) => texts.into_iter().map(Prompt::Text).collect(),
            Self::Ids(ids) => vec![Prompt::Ids(ids)],
            Self::ManyIds(ids) => ids.into_iter().map(Prompt::Ids).collect(),
        };
        match prompts.len() {
            0 => Err(Refusal::field("prompt", "prompt is empty; send at least one")),
            1..=MAX_PROMPTS => Ok(prompts),
            n => Err(Refusal::field("prompt", format!("at most {MAX_PROMPTS} prompts, got {n}"))),
        }
    }
}

/// `POST /v1/completions`.
#[utoipa::path(post, path = "/v1/completions", request_body = CompletionBody, responses((status = 200, description = "The answer", content((CompletionAnswer = "application/json"), (ServerEvent = "text/event-stream"))), (status = "4XX", description = "It is refused", body = ErrorBody), (status = "5XX", description = "It failed", body = ErrorBody)))]
pub(crate) async fn post(State(server): State<Server>, body: Body) -> Result<Response, Refusal> {
    if let Some(field) = body.first_set(&LACKING) {
        return Err(Refusal::unsupported(field));
    }
    let asked: Completion = body.read()?;
    let (knobs, sampling) = Knobs::read(&body, fresh_number())?;
    let service = server.models.named(asked.model.as_deref()).await?;
    let plan = Plan::of(&asked, &knobs)?;
    body.times(plan.made)?;
    let ask = Ask {
        max_tokens: Some(asked.max_tokens.unwrap_or(MAX_TOKENS)),
        stop: knobs.stops()?,
        ignore_end: knobs.ignore_eos.unwrap_or(false),
        logprobs: plan.logprobs.or((plan.made > plan.given).then_some(0)),
        prompt_logprobs: plan.logprobs.filter(|_| plan.echo),
        grammar: form::of(&body)?,
        priority: knobs.priority.unwrap_or(0),
        sampling,
        ..Ask::new(Prompt::Ids(Vec::new()))
    };
    let suffix = asked.suffix.filter(|suffix| !suffix.is_empty());
    let (prompts, own) = (asked.prompt.each()?, service.clone());
    let prepared = move || plan.asks(&own, &ask, prompts, suffix.as_deref());
    let prepared = tokio::task::spawn_blocking(prepared).await;
    let (asks, echoes) = prepared.map_err(|_| Refusal::lost())??;
    let model = service.card().name.clone();
    let answers = Answers::to(service, asks, &server.metrics.watch(&model)).await?;
    let heading = Heading { id: fresh_id("cmpl"), created: now(), model };
    if asked.stream.unwrap_or(false) {
        let with_usage = asked.stream_options.unwrap_or_default().include_usage;
        let tellers = Teller { heading, with_usage, plan, echoes, replies: Vec::new() };
        return stream::respond(answers, tellers).await;
    }
    let mut answers = answers.whole().await?;
    let usage = Usage::of(answers.iter().map(|whole| &whole.reply), plan.made);
    let mut choices = Vec::new();
    for (i, made) in answers.chunks_mut(plan.made).enumerate() {
        if plan.made > plan.given {
            // The likeliest by the mean of their tokens' log probabilities.
            made.sort_by(|a, b| mean(&b.reply).total_cmp(&mean(&a.reply)));
        }
        for whole in &made[..plan.given] {
            choices.push(plan.choice(choices.len(), whole, echoes.get(i)));
        }
    }
    Ok(Json(heading.answer(choices, usage)).into_response())
}

fn mean(reply: &Reply) -> f64 {
    let sum: f64 = reply.logprobs.iter().map(|token| token.chosen.logprob).sum();
    sum / reply.logprobs.len().max(1) as f64
}

/// How many answers are made, and what is told of them.
#[derive(Clone, Copy, Debug)]
struct Plan {
    given: usize,
    made: usize,
    echo: bool,
    logprobs: Option<usize>,
}

impl Plan {
    fn of(asked: &Completion, knobs: &Knobs) -> Result<Self, Refusal> {
        let (given, echo) = (knobs.choices(), asked.echo.unwrap_or(false));
        let made = asked.best_of.unwrap_or(given);
        let is_streamed = asked.stream.unwrap_or(false);
        if !(given..=128).contains(&made) {
            let message = format!("best_of must be from n, which is {given}, to 128, got {made}");
            return Err(Refusal::field("best_of", message));
        }
        if made > given && is_streamed {
            return Err(Refusal::field("best_of", "best_of above n cannot be streamed"));
        }
        if asked.logprobs.is_some_and(|n| n > MAX_LOGPROBS) {
            let message = format!("logprobs is at most {MAX_LOGPROBS}");
            return Err(Refusal::field("logprobs", message));
        }
        if asked.suffix.as_ref().is_some_and(|suffix| !suffix.is_empty()) && echo {
            return Err(Refusal::field("suffix", "suffix and echo do not go together"));
        }
        Ok(Self { given, made, echo, logprobs: asked.logprobs })
    }

    /// What is asked of each prompt, and what is said of it. May take a while.
    fn asks(
        &self,
        service: &Arc<dyn Service>,
        ask: &Ask,
        prompts: Vec<Prompt>,
        suffix: Option<&str>,
    ) -> Result<(Vec<Ask>, Vec<Echo>), Refusal> {
        let (mut asks, mut echoes) = (Vec::new(), Vec::new());
        for prompt in prompts {
            if self.echo {
                echoes.push(Echo::of(service, &prompt)?);
            }
            let prompt = match suffix {
                Some(suffix) => infill::prompt(&**service, prompt, suffix)?,
                None => prompt,
            };
            asks.extend(seeds(Ask { prompt, ..ask.clone() }, self.made));
        }
        Ok((asks, echoes))
    }

    fn choice(&self, index: usize, whole: &Whole, echo: Option<&Echo>) -> Choice {
        let Reply { text, finish, logprobs, end, .. } = &whole.reply;
        let echoed = echo.map_or("", |echo| &echo.text);
        let logprobs = self.logprobs.map(|n| {
            let mut told = Logprobs::default();
            if let Some(first) = echo.and_then(|echo| echo.first.as_ref()) {
                told.add_first(first);
            }
            let tokens = whole.prompt.iter().chain(logprobs).chain(end);
            tokens.for_each(|token| told.add(token, n));
            told
        });
        Choice {
            index,
            text: format!("{echoed}{text}"),
            finish_reason: Some(finish.name()),
            logprobs,
        }
    }
}

/// The prompt, said again.
struct Echo {
    text: String,
    /// The first token, before which nothing stands.
    first: Option<String>,
}

impl Echo {
    fn of(service: &Arc<dyn Service>, prompt: &Prompt) -> Result<Self, Refusal> {
        let ids = service.encode(prompt)?;
        let text = match prompt {
            Prompt::Text(text) => text.clone(),
            _ => service.decode(&ids)?,
        };
        let first = ids.first().and_then(|&id| service.token(id));
        Ok(Self { text, first: first.map(|bytes| name(&bytes)) })
    }
}

struct Heading {
    id: String,
    created: u64,
    model: String,
}

impl Heading {
    fn answer(&self, choices: Vec<Choice>, usage: Usage) -> CompletionAnswer {
        self.part(choices, Some(Some(usage)))
    }

    fn part(&self, choices: Vec<Choice>, usage: Option<Option<Usage>>) -> CompletionAnswer {
        CompletionAnswer {
            id: self.id.clone(),
            object: "text_completion",
            created: self.created,
            model: self.model.clone(),
            system_fingerprint: FINGERPRINT,
            choices,
            usage,
        }
    }
}

/// An answer, or a part of a streamed one.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompletionAnswer {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    system_fingerprint: &'static str,
    choices: Vec<Choice>,
    /// In a stream only in the last part, if it was asked for; null in all others then.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<Usage>>,
}

/// One of the answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CompletionChoice)]
pub struct Choice {
    index: usize,
    text: String,
    logprobs: Option<Logprobs>,
    /// "stop" or "length".
    finish_reason: Option<&'static str>,
}

/// How likely tokens were, in four lists side by side.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CompletionLogprobs)]
pub struct Logprobs {
    tokens: Vec<String>,
    token_logprobs: Vec<Option<f64>>,
    top_logprobs: Vec<Option<BTreeMap<String, f64>>>,
    /// Characters before each token.
    text_offset: Vec<usize>,
    #[serde(skip)]
    chars: usize,
}

impl Logprobs {
    fn add_first(&mut self, token: &str) {
        self.push(token.to_string(), None, None);
    }

    /// Adds a token and the `n` likeliest in its place; the chosen one is always among them.
    fn add(&mut self, token: &ReplyToken, n: usize) {
        let Likely { bytes, logprob, .. } = &token.chosen;
        let chosen = (name(bytes), finite(*logprob));
        let top = token.top.iter().take(n).map(|top| (name(&top.bytes), finite(top.logprob)));
        let top: BTreeMap<String, f64> = top.chain([chosen.clone()]).collect();
        self.push(chosen.0, Some(chosen.1), Some(top));
    }

    fn push(&mut self, token: String, logprob: Option<f64>, top: Option<BTreeMap<String, f64>>) {
        self.text_offset.push(self.chars);
        self.chars += token.chars().count();
        self.tokens.push(token);
        self.token_logprobs.push(logprob);
        self.top_logprobs.push(top);
    }
}

/// A token as a text; part of a character by its bytes, as OpenAI writes it.
fn name(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_string(),
        Err(_) => {
            let hex: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            format!("bytes:{hex}")
        }
    }
}

/// Tells an answer in parts.
struct Teller {
    heading: Heading,
    with_usage: bool,
    plan: Plan,
    echoes: Vec<Echo>,
    replies: Vec<Reply>,
}

impl Teller {
    fn event(&self, choice: Choice) -> Event {
        stream::json(&self.heading.part(vec![choice], self.with_usage.then_some(None)))
    }

    fn part(
        &self,
        index: usize,
        text: String,
        tokens: &[ReplyToken],
        first: Option<&str>,
    ) -> Event {
        let logprobs = self.plan.logprobs.map(|n| {
            let mut told = Logprobs::default();
            first.into_iter().for_each(|first| told.add_first(first));
            tokens.iter().for_each(|token| told.add(token, n));
            told
        });
        self.event(Choice { index, text, logprobs, finish_reason: None })
    }
}

impl Tell for Teller {
    fn opening(&mut self) -> Vec<Event> {
        let each = self.echoes.iter().enumerate().flat_map(|(i, echo)| {
            (i * self.plan.given..(i + 1) * self.plan.given).map(move |index| (index, echo))
        });
        each.map(|(index, echo)| self.part(index, echo.text.clone(), &[], echo.first.as_deref()))
            .collect()
    }

    fn tell(&mut self, choice: usize, heard: Heard) -> Vec<Event> {
        match heard {
            Heard::Prompt(tokens) => vec![self.part(choice, String::new(), &tokens, None)],
            Heard::Piece { text, tokens } => vec![self.part(choice, text, &tokens, None)],
            Heard::Done(Ok(reply)) => {
                let finish_reason = Some(reply.finish.name());
                let logprobs = self.plan.logprobs.zip(reply.end.as_ref()).map(|(n, end)| {
                    let mut told = Logprobs::default();
                    told.add(end, n);
                    told
                });
                self.replies.push(reply);
                vec![self.event(Choice {
                    index: choice,
                    text: String::new(),
                    logprobs,
                    finish_reason,
                })]
            }
            _ => Vec::new(),
        }
    }

    fn closing(&mut self) -> Vec<Event> {
        let usage = Usage::of(&self.replies, self.plan.given);
        let part = || stream::json(&self.heading.part(Vec::new(), Some(Some(usage))));
        self.with_usage.then(part).into_iter().chain([Event::default().data("[DONE]")]).collect()
    }

    fn failed(&mut self, refusal: &Refusal) -> Vec<Event> {
        vec![stream::json(&refusal.json())]
    }
}
