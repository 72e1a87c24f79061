//! The page of all runs: one line each, with boxes to tick for a comparison.

use std::sync::Arc;
use std::time::SystemTime;

use figure::{quantity, sparkline};
use maud::{Markup, html};

use super::shelf::Book;
use super::{MAX_COMPARED, badge, framed};
use crate::frame::drawn;

/// The page at `now`.
pub(crate) fn page(books: &[(String, Option<Arc<Book>>)], now: SystemTime) -> Markup {
    let is_live = books.iter().any(|(_, book)| book.as_ref().is_some_and(|b| b.facts.is_running()));
    let body = html! {
        h1 { "Runs" }
        @if books.is_empty() {
            div id="runs" data-part { (nothing()) }
        } @else {
            form action="/runs/compare" method="get" {
                div id="runs" data-part { (table(books, now)) }
                @if books.len() > 1 {
                    p class="act" {
                        button type="submit" class="quiet" id="compare" data-most=(MAX_COMPARED) {
                            "Compare the chosen"
                        }
                    }
                }
            }
        }
    };
    framed("Runs", is_live, &body)
}

fn nothing() -> Markup {
    html! {
        p class="faint" {
            "There are no runs yet. Make a first model in a few minutes with "
            code { "lyceum speedrun" } "."
        }
    }
}

fn table(books: &[(String, Option<Arc<Book>>)], now: SystemTime) -> Markup {
    let has_stories =
        books.iter().any(|(_, book)| book.as_ref().is_some_and(|b| b.facts.story_qa().is_some()));
    html! {
        table class="runs" {
            thead {
                tr {
                    th { span class="hidden" { "Choose" } }
                    th { "Run" }
                    th { "State" }
                    th class="number" { "Step" }
                    th { "Loss" }
                    th class="number" { "Bits a byte" }
                    @if has_stories { th class="number" { "Stories" } }
                    th class="number" { "Written" }
                    th class="number size" { "Size" }
                }
            }
            tbody {
                @for (name, book) in books {
                    @match book {
                        Some(book) => (row(book, has_stories, now)),
                        None => (damaged(name, has_stories)),
                    }
                }
            }
        }
    }
}

fn row(book: &Book, has_stories: bool, now: SystemTime) -> Markup {
    let facts = &book.facts;
    let address = format!("/runs/{}", facts.name);
    let choose = format!("Choose {}", facts.name);
    let bits = facts.bits_per_byte().map(|bits| format!("{bits:.3}"));
    let stories = facts.story_qa().map(|metric| format!("{:.0} %", 100.0 * metric.value));
    html! {
        tr {
            td class="choose" {
                input type="checkbox" name="run" value=(facts.name) aria-label=(choose);
            }
            td class="called" { a href=(address) { (facts.name) } }
            td class="state" { (badge(facts.standing.state.word())) }
            td class="number step" data-head="step" { (facts.steps()) }
            td class="curve" { (drawn(spark(book))) }
            (figure("bits a byte", bits))
            @if has_stories { (figure("stories", stories)) }
            td class="number when" { (facts.age(now)) }
            td class="number size" { (quantity::bytes(facts.size_bytes)) }
        }
    }
}

fn figure(name: &str, value: Option<String>) -> Markup {
    html! {
        @match value {
            Some(value) => td class="number" data-head=(name) { (value) },
            None => td class="number none" { "–" },
        }
    }
}

/// The loss over its steps, by its logarithm: otherwise the first fall would hide all that follows.
fn spark(book: &Book) -> String {
    let points: Vec<_> = book.curves.loss.iter().map(|(step, loss)| (*step, loss.ln())).collect();
    sparkline(&points, "training loss")
}

/// A run whose files cannot be read; its page says why.
fn damaged(name: &str, has_stories: bool) -> Markup {
    let address = format!("/runs/{name}");
    html! {
        tr {
            td class="choose" {}
            td class="called" { a href=(address) { (name) } }
            td class="state" { (badge("damaged")) }
            td colspan=(if has_stories { 6 } else { 5 }) {}
        }
    }
}
