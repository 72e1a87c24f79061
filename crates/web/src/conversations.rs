//! `/api/conversations…`: what the chat page keeps, as JSON.
//!
//! Only pages of this server may ask (`guard`), bodies are JSON of bounded size, and numbers in
//! addresses are checked before anything is looked up. SQLite may wait for a disk or for another
//! program, so that every question to it runs where it holds up nobody. A refusal has the form of
//! OpenAI's: `{"error": {"message": …}}`.

mod guard;
mod refusal;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router, middleware};
use history::exchange::markdown;
use history::{Archive, Change, Draft, History, NewMessage, Said};
use serde::Deserialize;
use serde_json::{Value, json};

use self::guard::Hosts;
use self::refusal::Refusal;

/// Bytes of one body at most: a text, what was thought before it, and its tokens.
const MAX_BODY_BYTES: usize = 16 << 20;
/// Bytes of what is imported at most.
const MAX_IMPORT_BYTES: usize = 256 << 20;
/// Conversations of one answer at most.
const MAX_LISTED: u32 = 500;
/// Found conversations at most.
const MAX_FOUND: u32 = 50;

type Kept = State<Arc<History>>;
type Answer = Result<Response, Refusal>;
type Body<T> = Result<Json<T>, JsonRejection>;

/// The routes. `hosts` are names by which this server is known, besides addresses in digits and
/// `localhost`: a page that came under another name is refused, lest a stranger's name that leads
/// here reads along.
pub fn router(history: Arc<History>, hosts: &[String]) -> Router {
    let import = post(imported).layer(DefaultBodyLimit::max(MAX_IMPORT_BYTES));
    let hosts = Hosts::new(hosts);
    Router::new()
        .route("/api/conversations", get(listed).post(created).delete(all_removed))
        .route("/api/conversations/search", get(searched))
        .route("/api/conversations/export", get(all_exported))
        .route("/api/conversations/{id}", get(whole).patch(changed).delete(removed))
        .route("/api/conversations/{id}/export", get(exported))
        .route("/api/conversations/{id}/messages", post(said))
        .route("/api/conversations/{id}/messages/{message}", patch(amended))
        .route("/api/conversations/{id}/messages/{message}/tokens", get(tokens))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .route("/api/conversations/import", import)
        .layer(middleware::from_fn_with_state(hosts, guard::same_origin))
        .with_state(history)
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    skip: u32,
}

async fn listed(State(history): Kept, Query(page): Query<Page>) -> Answer {
    let mut list = aside(move || history.list(page.skip, MAX_LISTED + 1)).await?;
    let more = list.len() > MAX_LISTED as usize;
    list.truncate(MAX_LISTED as usize);
    Ok(answer(json!({ "conversations": list, "more": more })))
}

async fn created(State(history): Kept, body: Body<Draft>) -> Answer {
    let Json(draft) = body?;
    let summary = aside(move || history.create(&draft, now_ms())).await?;
    Ok((StatusCode::CREATED, answer(json!(summary))).into_response())
}

#[derive(Deserialize)]
struct Sure {
    /// How many there are, as the one who asks has seen it.
    count: usize,
}

/// Says how many it takes to be there, so that no slip of a program deletes more than was seen.
async fn all_removed(State(history): Kept, body: Body<Sure>) -> Answer {
    let Json(sure) = body?;
    let removed = aside(move || {
        let there = history.list(0, u32::MAX)?.len();
        if there == sure.count { history.remove_all().map(Ok) } else { Ok(Err(there)) }
    });
    match removed.await? {
        Ok(removed) => Ok(answer(json!({ "removed": removed }))),
        Err(there) => Err(Refusal::miscounted(sure.count, there)),
    }
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    q: String,
}

async fn searched(State(history): Kept, Query(question): Query<Question>) -> Answer {
    let hits = aside(move || history.search(&question.q, MAX_FOUND)).await?;
    Ok(answer(json!({ "hits": hits })))
}

async fn whole(State(history): Kept, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    Ok(answer(json!(aside(move || history.whole(id)).await?)))
}

async fn changed(State(history): Kept, Path(id): Path<String>, body: Body<Change>) -> Answer {
    let (id, Json(change)) = (number(&id)?, body?);
    aside(move || history.change(id, &change)).await?;
    Ok(answer(json!({})))
}

async fn removed(State(history): Kept, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    aside(move || history.remove(id)).await?;
    Ok(answer(json!({})))
}

async fn said(State(history): Kept, Path(id): Path<String>, body: Body<NewMessage>) -> Answer {
    let (id, Json(message)) = (number(&id)?, body?);
    let message = aside(move || history.say(id, &message, now_ms())).await?;
    Ok((StatusCode::CREATED, answer(json!({ "id": message }))).into_response())
}

async fn amended(
    State(history): Kept,
    Path((id, message)): Path<(String, String)>,
    body: Body<Said>,
) -> Answer {
    let (id, message, Json(said)) = (number(&id)?, number(&message)?, body?);
    aside(move || history.amend(id, message, &said, now_ms())).await?;
    Ok(answer(json!({})))
}

async fn tokens(State(history): Kept, Path((id, message)): Path<(String, String)>) -> Answer {
    let (id, message) = (number(&id)?, number(&message)?);
    let tokens = aside(move || history.tokens(id, message)).await?;
    Ok(answer(json!({ "tokens": tokens })))
}

#[derive(Deserialize)]
struct Form {
    #[serde(default, rename = "as")]
    form: String,
}

async fn exported(
    State(history): Kept,
    Path(id): Path<String>,
    Query(form): Query<Form>,
) -> Answer {
    let id = number(&id)?;
    match form.form.as_str() {
        "markdown" => {
            let whole = aside(move || history.whole(id)).await?;
            Ok(guarded("text/markdown; charset=utf-8", markdown(&whole)))
        }
        "" | "json" => Ok(answer(json!(aside(move || history.export(id)).await?))),
        other => Err(Refusal::no_such_form(other)),
    }
}

async fn all_exported(State(history): Kept) -> Answer {
    Ok(answer(json!(aside(move || history.export_all()).await?)))
}

async fn imported(State(history): Kept, body: Body<Archive>) -> Answer {
    let Json(archive) = body?;
    let ids = aside(move || history.import(&archive)).await?;
    Ok((StatusCode::CREATED, answer(json!({ "ids": ids }))).into_response())
}

/// Asks the history on a thread that may wait.
async fn aside<T: Send + 'static>(
    ask: impl FnOnce() -> history::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(ask).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Refusal::broken()),
    }
}

fn answer(value: Value) -> Response {
    guarded("application/json", value.to_string())
}

/// What was said is nobody's to keep, to guess the kind of, or to load from another page.
fn guarded(kind: &'static str, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (guard::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ];
    (headers, body).into_response()
}

/// A number as it stands in an address.
fn number(text: &str) -> Result<i64, Refusal> {
    let is_number =
        !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).ok_or_else(Refusal::no_number)
}

fn now_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}
