//! The page of several runs: their loss in one picture, what came of them, where they differ.

use std::sync::Arc;

use figure::{LineChart, Series};
use maud::{Markup, html};

use super::curves::{LAST_LOOK, SMOOTHED, chart, whole};
use super::framed;
use super::shelf::Book;
use crate::facts::{Facts, beside};
use crate::frame::drawn;

/// The page; there is at least one run.
pub(crate) fn page(books: &[Arc<Book>]) -> Markup {
    let facts: Vec<Facts> = books.iter().map(|book| book.facts.clone()).collect();
    let names: Vec<&str> = facts.iter().map(|run| run.name.as_str()).collect();
    let title = title(&names);
    let is_live = facts.iter().any(Facts::is_running);
    let body = html! {
        h1 { (title) }
        p class="links" {
            @for name in &names { a class="quiet" href={ "/runs/" (name) } { (name) } }
        }
        section id="curves" data-part { (curves(books)) }
        section id="results" data-part { (results(&facts)) }
        section id="settings" data-part { (settings(&facts)) }
    };
    framed(&title, is_live, &body)
}

/// `a beside b`, `a, b beside c`.
fn title(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => {
            format!("{} beside {last}", others.join(", "))
        }
        _ => names.join(""),
    }
}

fn curves(books: &[Arc<Book>]) -> Markup {
    let series = |points: fn(&Book) -> &Vec<(f64, f64)>| -> Vec<Series> {
        let one = |book: &Arc<Book>| Series {
            name: book.facts.name.clone(),
            points: points(book).clone(),
            dashed: false,
        };
        books.iter().map(one).collect()
    };
    let training = LineChart {
        caption: format!(
            "{SMOOTHED} Losses a token compare runs of one tokenizer only; bits a byte compare any."
        ),
        ..chart("Training loss", "nats per token", series(|book| &book.curves.loss))
    };
    let held_out = LineChart {
        caption: LAST_LOOK.into(),
        ..chart("Held-out text", "bits per byte", series(|book| &book.curves.bits_per_byte))
    };
    let is_measured = held_out.series.iter().any(|series| !series.points.is_empty());
    html! {
        h2 { "Curves" }
        (whole(&training))
        @if is_measured { (whole(&held_out)) }
    }
}

fn results(facts: &[Facts]) -> Markup {
    let table = beside::results(facts);
    html! {
        h2 { "What came of them" }
        (drawn(table.to_html()))
        @if beside::has_mark(&table) { p class="faint" { (beside::MARK_IN_WORDS) } }
    }
}

fn settings(facts: &[Facts]) -> Markup {
    let table = beside::settings(facts);
    html! {
        h2 { "Where their settings differ" }
        @if table.rows.is_empty() {
            p class="faint" { "Nowhere: all settings are the same." }
        } @else {
            (drawn(table.to_html()))
        }
    }
}
