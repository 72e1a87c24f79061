//! The pages of runs: all of them, one, and several side by side.
//!
//! Only what the store holds is shown: a name comes from whoever asks, and the store refuses what
//! is no run of its own. Nothing here writes. While a run is written its page asks for itself every
//! few seconds and takes over the parts that changed (`page/runs.js`); without scripts the browser
//! loads it again.

mod compare;
mod curves;
mod list;
mod one;
mod shelf;

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use journal::Store;
use maud::{Markup, html};

use crate::frame::{Frame, Place, Script};
use crate::{PAGE_POLICY, REPORT_POLICY, file, with_policy};
use shelf::Shelf;

const STYLE: &str = include_str!("page/runs.css");
const SCRIPT: &str = include_str!("page/runs.js");

/// Runs on one page of comparison at most: as many as there are colours.
pub const MAX_COMPARED: usize = 6;
/// Without a script: a browser's time between two looks at a run that is written.
const RELOAD_SECONDS: u32 = 5;
/// A longer report is not served.
const MAX_REPORT_BYTES: u64 = 64 << 20;

/// Why there is no page.
pub(crate) struct Missing {
    status: StatusCode,
    message: String,
}

type Page = Result<Markup, Missing>;

/// `/runs` and what is below it. Merge it with [`crate::router`], whose style its pages share.
pub fn router(store: Store) -> Router {
    Router::new()
        .route("/runs", get(all))
        .route("/runs/compare", get(compared))
        .route("/runs/{name}", get(single))
        .route("/runs/{name}/report", get(report))
        .route("/runs.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/runs.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/palette.css", get(async || file("text/css; charset=utf-8", figure::PALETTE_CSS)))
        .with_state(Arc::new(Shelf::new(store)))
}

async fn all(State(shelf): State<Arc<Shelf>>) -> Response {
    page(move || {
        let books = shelf.all()?;
        Ok(list::page(&books, SystemTime::now()))
    })
    .await
}

async fn single(State(shelf): State<Arc<Shelf>>, Path(name): Path<String>) -> Response {
    page(move || show(&shelf, &name)).await
}

fn show(shelf: &Shelf, name: &str) -> Page {
    let book = shelf.one(name)?;
    let others = shelf.names()?.into_iter().filter(|other| other != name).collect::<Vec<_>>();
    Ok(one::page(&book, &others, SystemTime::now()))
}

/// `/runs/compare?run=a&run=b`. Without a question it is the page of a run that has this name.
async fn compared(
    State(shelf): State<Arc<Shelf>>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    page(move || {
        let mut names: Vec<String> = Vec::new();
        for (key, name) in query {
            if key == "run" && !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() && shelf.names()?.iter().any(|name| name == "compare") {
            return show(&shelf, "compare");
        }
        if !(2..=MAX_COMPARED).contains(&names.len()) {
            let n = names.len();
            let message = format!("Choose two to {MAX_COMPARED} runs to compare; these are {n}.");
            return Err(Missing { status: StatusCode::BAD_REQUEST, message });
        }
        let books = names.iter().map(|name| shelf.one(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(compare::page(&books))
    })
    .await
}

/// A run's own report, in which nothing may run.
async fn report(State(shelf): State<Arc<Shelf>>, Path(name): Path<String>) -> Response {
    let read = move || -> Result<String, Missing> {
        let path = shelf.run(&name)?.report_html_path();
        let is_file = std::fs::symlink_metadata(&path)
            .is_ok_and(|file| file.is_file() && file.len() <= MAX_REPORT_BYTES);
        let text = is_file.then(|| std::fs::read_to_string(&path).ok()).flatten();
        text.ok_or_else(|| Missing::not_found(format!("{name} is not finished: it has no report.")))
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(html)) => {
            with_policy(REPORT_POLICY, "text/html; charset=utf-8", html).into_response()
        }
        Ok(Err(missing)) => missing.into_response(),
        Err(_) => Missing::broken().into_response(),
    }
}

/// Makes a page where reading files holds up nobody.
async fn page(make: impl FnOnce() -> Page + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(make).await {
        Ok(Ok(page)) => {
            let html = page.into_string();
            with_policy(PAGE_POLICY, "text/html; charset=utf-8", html).into_response()
        }
        Ok(Err(missing)) => missing.into_response(),
        Err(_) => Missing::broken().into_response(),
    }
}

/// A page of runs: `is_live` where a run on it is being written.
fn framed(title: &str, is_live: bool, body: &Markup) -> Markup {
    let frame = Frame {
        title,
        place: Place::Runs,
        styles: &["/palette.css", "/runs.css"],
        script: Some(Script::Plain("/runs.js")),
        reload_seconds: is_live.then_some(RELOAD_SECONDS),
    };
    let body = html! {
        main id="page" data-live=(if is_live { "yes" } else { "no" }) {
            p id="stale" class="error" role="status" hidden {
                "The server does not answer. Is it still running?"
            }
            (body)
        }
    };
    frame.around(&html! {}, &body)
}

/// A run's state as a small sign.
fn badge(state: &str) -> Markup {
    html! { span class={ "badge " (state) } { (state) } }
}

impl Missing {
    fn not_found(message: String) -> Self {
        Self { status: StatusCode::NOT_FOUND, message }
    }

    fn broken() -> Self {
        let message = "The page could not be made; the server's log may say why.".to_string();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message }
    }
}

impl From<journal::Error> for Missing {
    fn from(error: journal::Error) -> Self {
        use journal::Error;
        let status = match error {
            Error::NoRun { .. } | Error::RunName { .. } => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let message = match error {
            // The others tell where the store lies, which is nobody's business on a network.
            Error::NoRun { .. } => "There is no run of this name.".to_string(),
            Error::RunName { .. } => "This is no name of a run.".to_string(),
            Error::BadLine { line, source, .. } => {
                format!("Line {line} of its journal is damaged: {source}.")
            }
            _ => "Its files cannot be read; `lyceum runs` on that machine says why.".to_string(),
        };
        Self { status, message }
    }
}

impl IntoResponse for Missing {
    fn into_response(self) -> Response {
        let body = html! {
            h1 { "Nothing to show" }
            p class="error" { (self.message) }
            p { a class="quiet" href="/runs" { "All runs" } }
        };
        let html = framed("Nothing to show", false, &body).into_string();
        (self.status, with_policy(PAGE_POLICY, "text/html; charset=utf-8", html)).into_response()
    }
}
