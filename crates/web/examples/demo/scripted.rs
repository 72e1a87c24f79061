//! A server that speaks OpenAI's streaming interface and has its answers ready.
//!
//! What it says depends on words of the last message: `code` (Markdown of every kind), `think` (thoughts
//! first), `echo:` (the rest of the message), `request` (what was asked for, as JSON), `long`, `silent`,
//! `fail` (400), `busy` (429 every other time), `break` (the connection ends in the middle); all else is a
//! story. Tokens are words, and how likely they were is made up, the same each time.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_core::Stream;
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver, Sender};

const STORY: &str = "Once upon a time a small fox lived at the edge of the village. Every morning \
                     she walked past the baker's door, sat down, and waited.\n\n\"Good morning, \
                     fox,\" said the baker. \"The bread is still in the oven.\"\n\nThe fox did not \
                     mind. The step was warm, and she had all day.";
const THOUGHTS: &str = "The question is about foxes. I should say something true and short.\n\n\
                        - Foxes are small.\n- They are **quick**.";
const CODE: &str = include_str!("code.md");
const OTHERS: [&str; 6] = [" the", " a", ".", " door", " and", "\n"];

#[derive(Clone)]
struct Shared {
    delay: Duration,
    asked: Arc<AtomicUsize>,
}

/// `/v1/models` and `/v1/chat/completions`; `delay` lies between two tokens.
pub(crate) fn router(delay: Duration) -> Router {
    let models =
        ["storyteller-1m", "storyteller-8m"].map(|id| json!({"id": id, "object": "model"}));
    let list = json!({"object": "list", "data": models});
    Router::new()
        .route("/v1/models", get(async move || Json(list)))
        .route("/v1/chat/completions", post(complete))
        .with_state(Shared { delay, asked: Arc::default() })
}

/// The same routes for those who have the key.
pub(crate) fn locked(routes: Router, key: Option<String>) -> Router {
    let Some(key) = key else { return routes };
    let wanted = format!("Bearer {key}");
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        let has_key = request.headers().get(AUTHORIZATION).is_some_and(|sent| *sent == *wanted);
        async move {
            match has_key {
                true => next.run(request).await,
                false => refused(StatusCode::UNAUTHORIZED, "this server wants a key"),
            }
        }
    }))
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"message": message}}))).into_response()
}

async fn complete(State(shared): State<Shared>, Json(body): Json<Value>) -> Response {
    let said = body["messages"].as_array().and_then(|all| all.last());
    let said = said.and_then(|last| last["content"].as_str()).unwrap_or("").to_string();
    match said.as_str() {
        "fail" => return refused(StatusCode::BAD_REQUEST, "this is how a refusal looks"),
        "busy" if shared.asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => {
            let busy =
                refused(StatusCode::TOO_MANY_REQUESTS, "too many people are asking just now");
            return ([(RETRY_AFTER, "2")], busy).into_response();
        }
        _ => {}
    }
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(speak(body, said, shared.delay, sender));
    let keep_alive = KeepAlive::new().interval(Duration::from_millis(200)).text("still here");
    Sse::new(Chunks(receiver)).keep_alive(keep_alive).into_response()
}

/// Sends the answer; ends early where nobody listens any more.
async fn speak(body: Value, said: String, delay: Duration, to: Sender<Value>) -> Option<()> {
    let chunk = |delta: Value, finish: Option<&str>| {
        json!({"object": "chat.completion.chunk", "model": body["model"],
               "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    to.send(chunk(json!({"role": "assistant", "content": ""}), None)).await.ok()?;
    tokio::time::sleep(delay * 15).await; // Long enough to see that it is thinking.
    if said.to_lowercase().contains("think") {
        for word in THOUGHTS.split_inclusive(' ') {
            to.send(chunk(json!({"reasoning_content": word}), None)).await.ok()?;
            tokio::time::sleep(delay).await;
        }
    }
    let text = text_for(&said, &body);
    let mut tokens: VecDeque<String> = cut(&text).into();
    if said == "break" {
        tokens.truncate(tokens.len() / 2);
    }
    let most = body["max_tokens"].as_u64().unwrap_or(u64::MAX);
    let count = tokens.len();
    for (i, token) in tokens.iter().enumerate().take(usize::try_from(most).unwrap_or(usize::MAX)) {
        let mut value = chunk(json!({"content": token}), None);
        if body["logprobs"] == true {
            let others = body["top_logprobs"].as_u64().unwrap_or(0);
            value["choices"][0]["logprobs"] = json!({"content": [likely(token, i, others)]});
        }
        to.send(value).await.ok()?;
        tokio::time::sleep(delay).await;
    }
    if said == "break" {
        return None;
    }
    let was_cut = (count as u64) > most;
    to.send(chunk(json!({}), Some(if was_cut { "length" } else { "stop" }))).await.ok()?;
    if body["stream_options"]["include_usage"] == true {
        let usage = json!({"prompt_tokens": 12, "completion_tokens": most.min(count as u64)});
        to.send(json!({"choices": [], "usage": usage})).await.ok()?;
    }
    to.send(json!("[DONE]")).await.ok()
}

fn text_for(said: &str, body: &Value) -> String {
    let lower = said.to_lowercase();
    match () {
        () if lower.starts_with("echo:") => said[5..].trim_start().to_string(),
        () if lower.contains("request") => {
            let mut asked = body.clone();
            asked["messages"] = json!(body["messages"].as_array().map_or(0, Vec::len));
            asked["system"] = body["messages"][0].clone();
            format!("```json\n{asked:#}\n```")
        }
        () if lower.contains("code") => CODE.to_string(),
        () if lower.contains("long") => STORY.repeat(12),
        () if lower.contains("silent") => String::new(),
        () => STORY.to_string(),
    }
}

/// Words, each with the space before it, and long ones in pieces.
fn cut(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    for c in text.chars() {
        let last = tokens.last().map_or(0, String::len);
        if c == ' ' || c == '\n' || last > 8 {
            tokens.push(String::new());
        }
        if let Some(token) = tokens.last_mut() {
            token.push(c);
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// A token with a probability that is made up.
fn likely(token: &str, i: usize, others: u64) -> Value {
    let mut hasher = DefaultHasher::new();
    (token, i).hash(&mut hasher);
    let drawn = (hasher.finish() % 1000) as f64 / 1000.0;
    let share = 1.0 - 0.95 * drawn.powi(3);
    let one = |text: &str, share: f64| json!({"token": text, "bytes": text.as_bytes(), "logprob": share.ln()});
    let mut top = vec![one(token, share)];
    let mut left = 1.0 - share;
    let rest = OTHERS.iter().cycle().skip(i % 6).filter(|other| **other != token);
    for other in rest.take(others.saturating_sub(1) as usize) {
        top.push(one(other, left * 0.55 + 1e-6));
        left *= 0.45;
    }
    top.sort_by(|a, b| {
        b["logprob"].as_f64().unwrap_or(0.0).total_cmp(&a["logprob"].as_f64().unwrap_or(0.0))
    });
    let mut value = one(token, share);
    value["top_logprobs"] = json!(top);
    value
}

/// The events of a streamed answer.
struct Chunks(Receiver<Value>);

impl Stream for Chunks {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = std::task::ready!(self.0.poll_recv(context));
        Poll::Ready(next.map(|value| {
            // The bare word that ends a stream goes without quotes.
            let data = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            Ok(Event::default().data(data))
        }))
    }
}
