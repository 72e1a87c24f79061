//! What a person sees in a browser: the chat page, the pages of runs, and the page of tokens.
//!
//! Stage of the life: where people meet the model. Pages are HTML rendered here, with plain style
//! sheets and plain scripts, one a page or, for the chat, one a part. The chat talks to
//! `/v1/chat/completions` of its own origin as any other client does, and keeps what was said through
//! `/api/conversations`; the pages of runs read the journals of a store, also while they are written.
//! Merge the routers with that server's. A page loads nothing from elsewhere and its policy lets
//! nothing in; text of a model or of a run is only ever set as text.
//!
//! Reading order: `frame` (what stands around every page), `files` (what is served beside them, and under
//! which policy), `page` (the chat), [`conversations`] (what it keeps), [`facts`] (what there is to say of
//! a run, for the terminal too), [`runs`] (the pages of runs), [`tokens`] (text as vocabularies cut it).
//!
//! ```
//! let pages: axum::Router = web::router("lyceum-tiny", &["Tell me a story.".to_string()]);
//! let html = web::page("a <b>model</b>", &[]).into_string();
//! assert!(html.contains("a &lt;b&gt;model"));
//! # drop(pages);
//! ```
//!
//! Must never know: algorithms, models, how an answer is made.
#![forbid(unsafe_code)]

pub mod conversations;
pub mod facts;
mod files;
mod frame;
mod page;
pub mod runs;
pub mod tokens;

use axum::Router;
use axum::routing::get;
use maud::Markup;

use files::{PAGE_POLICY, REPORT_POLICY, file, with_policy};
pub use page::{page, page_without_model};

/// The page at `/` and its files. `examples` are what a person may click on to begin. Without
/// [`conversations::router`] beside it, it forgets what was said when it is closed.
pub fn router(model_name: &str, examples: &[String]) -> Router {
    routes(&page(model_name, examples))
}

/// The same while there is no model: the page says how to come by one.
pub fn router_without_model() -> Router {
    routes(&page_without_model())
}

fn routes(page: &Markup) -> Router {
    let html = page.0.clone();
    files::router().route("/", get(async move || file("text/html; charset=utf-8", html)))
}
