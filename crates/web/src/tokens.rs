//! The page of tokens: what is typed, cut as a vocabulary cuts it, in colours, with ids and bytes; two
//! vocabularies side by side.
//!
//! Who has the vocabularies says so through [`Vocabularies`]; this file knows none. Text goes to
//! `/tokens/cut` while it is typed (`page/tokens.js`), and what comes back is only ever set as text.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use crate::frame::{Frame, Place, Script};
use crate::{PAGE_POLICY, file, with_policy};

const STYLE: &str = include_str!("page/tokens.css");
const SCRIPT: &str = include_str!("page/tokens.js");

/// The longest text that is cut, in bytes.
const MAX_TEXT_BYTES: usize = 64 << 10;
/// What stands there at first: words, a number, code, other scripts.
const SAMPLE: &str = "Anna walks to the old mill at 6:30 and counts 1234 geese.\n\
                      for i in range(10):\n    print(i * 0.5)\n\
                      naïve · Übergröße · 東京の朝 · доброе утро · 👩‍🌾";

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its number.
    pub id: u32,
    /// What it stands for; may be a piece of a character.
    pub bytes: Vec<u8>,
}

/// Vocabularies by name.
pub trait Vocabularies: Send + Sync + 'static {
    /// What there is to choose from; the first two are shown first.
    fn names(&self) -> Vec<String>;

    /// The tokens of `text`, or why there are none, in words for a person.
    ///
    /// # Errors
    /// A sentence.
    fn cut(&self, name: &str, text: &str) -> Result<Vec<Token>, String>;
}

/// `/tokens` and its files. Merge it with [`crate::router`], whose style its page shares.
pub fn router(vocabularies: Arc<dyn Vocabularies>) -> Router {
    Router::new()
        .route("/tokens", get(shown))
        .route("/tokens/cut", post(cut))
        .route("/tokens.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/tokens.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        // JSON needs up to six bytes for one of the text.
        .layer(DefaultBodyLimit::max(6 * MAX_TEXT_BYTES + 1024))
        .with_state(vocabularies)
}

async fn shown(State(vocabularies): State<Arc<dyn Vocabularies>>) -> Response {
    let names = tokio::task::spawn_blocking(move || vocabularies.names()).await.unwrap_or_default();
    let html = page(&names).into_string();
    with_policy(PAGE_POLICY, "text/html; charset=utf-8", html).into_response()
}

#[derive(Deserialize)]
struct Asked {
    tokenizer: String,
    text: String,
}

#[derive(Serialize)]
struct Shown {
    id: u32,
    /// `None` for a piece of a character.
    text: Option<String>,
    bytes: String,
}

async fn cut(
    State(vocabularies): State<Arc<dyn Vocabularies>>,
    Json(asked): Json<Asked>,
) -> Response {
    if asked.text.len() > MAX_TEXT_BYTES {
        let (got, most) = (asked.text.len(), MAX_TEXT_BYTES);
        return refused(format!("the text has {got} bytes, at most {most} are cut here"));
    }
    let made = move || vocabularies.cut(&asked.tokenizer, &asked.text);
    match tokio::task::spawn_blocking(made).await {
        Ok(Ok(tokens)) => {
            let tokens: Vec<Shown> = tokens.into_iter().map(Shown::of).collect();
            Json(serde_json::json!({ "tokens": tokens })).into_response()
        }
        Ok(Err(why)) => refused(why),
        Err(_) => refused("the text could not be cut".to_string()),
    }
}

fn refused(why: String) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(serde_json::json!({ "error": why }))).into_response()
}

impl Shown {
    fn of(token: Token) -> Self {
        let bytes: Vec<String> = token.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { id: token.id, text: String::from_utf8(token.bytes).ok(), bytes: bytes.join(" ") }
    }
}

fn page(names: &[String]) -> Markup {
    let frame = Frame {
        title: "Tokens",
        place: Place::Tokens,
        styles: &["/palette.css", "/tokens.css"],
        script: Some(Script::Plain("/tokens.js")),
        reload_seconds: None,
    };
    let body = html! {
        main {
            h1 { "Text as a model reads it" }
            @if names.is_empty() {
                p class="faint" {
                    "There is no vocabulary yet. Make one with " code { "lyceum speedrun" }
                    ", or name one with " code { "lyceum serve --tokenizer tokenizer.json" } "."
                }
            } @else {
                label class="caption" for="text" { "Text" }
                textarea id="text" rows="5" spellcheck="false" maxlength=(MAX_TEXT_BYTES) { (SAMPLE) }
                label class="switch" { input id="as-ids" type="checkbox"; " Show ids" }
                div id="panes" {
                    @for (i, place) in ["left", "right"].into_iter().enumerate() {
                        (pane(names, place, i))
                    }
                }
                p id="detail" class="faint" aria-live="polite" {
                    "Point at a token, or step through them with the arrow keys."
                }
            }
            noscript { p class="noscript" { "This page needs its script to cut the text." } }
        }
    };
    frame.around(&html! {}, &body)
}

/// A vocabulary to choose, what it makes of the text, and how much that is.
fn pane(names: &[String], place: &str, i: usize) -> Markup {
    let chosen = i.min(names.len() - 1);
    html! {
        section class="pane" data-pane=(place) aria-label=(format!("Vocabulary, {place}")) {
            div class="choice" {
                label class="hidden" for=(format!("of-{place}")) { "Vocabulary" }
                select id=(format!("of-{place}")) {
                    @for (at, name) in names.iter().enumerate() {
                        option value=(name) selected[at == chosen] { (name) }
                    }
                }
                span class="count faint" {}
            }
            div class="tokens" role="group" tabindex="0" aria-label="Tokens" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_keeps_to_its_own_policy() {
        let html = page(&["a<b".to_string(), "c".to_string()]).into_string();
        for forbidden in ["style=", "<style", "onclick", "http://", "https://", "a<b"] {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
        for forbidden in ["innerHTML", "insertAdjacentHTML", "eval(", "document.write", "://"] {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
        let ids: Vec<&str> =
            SCRIPT.split("byId(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(ids.len() > 2, "{ids:?}");
        for id in ids {
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }

    #[test]
    fn the_second_vocabulary_stands_on_the_right() {
        let html = page(&["a".to_string(), "b".to_string()]).into_string();
        let right = html.split("of-right").nth(2).unwrap();
        assert!(right.contains(r#"<option value="b" selected>"#), "{right}");
        let lone = page(&["a".to_string()]).into_string();
        assert_eq!(lone.matches(r#"<option value="a" selected>"#).count(), 2);
        assert!(page(&[]).into_string().contains("lyceum speedrun"));
    }

    #[test]
    fn a_piece_of_a_character_has_bytes_and_no_text() {
        let shown = Shown::of(Token { id: 7, bytes: vec![0xe6, 0x97] });
        assert_eq!((shown.text, shown.bytes.as_str()), (None, "e6 97"));
    }
}
