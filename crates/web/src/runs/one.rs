//! The page of one run: how it goes, its stages, curves, words and settings.

use std::time::SystemTime;

use figure::quantity;
use journal::{Settings, State};
use maud::{Markup, html};

use super::curves::{small, whole};
use super::shelf::{Book, Said};
use super::{badge, framed};
use crate::facts::{Facts, metric_in_words};

/// The page at `now`; `others` are runs to compare with.
pub(crate) fn page(book: &Book, others: &[String], now: SystemTime) -> Markup {
    let facts = &book.facts;
    let body = html! {
        div id="standing" data-part { (standing(book, now)) }
        (links(book, others))
        section id="stages" data-part { (stages(facts)) }
        section id="curves" data-part { (curves(book)) }
        section id="metrics" data-part { (metrics(facts)) }
        section id="samples" data-part { (samples(&book.samples)) }
        section id="plan" data-part { (plan(facts)) }
    };
    let title = match (facts.is_running(), progress(facts)) {
        (true, Some(share)) => format!("{:.0} % · {}", 100.0 * share, facts.name),
        _ => facts.name.clone(),
    };
    framed(&title, facts.is_running(), &body)
}

/// From 0 to 1.
fn progress(facts: &Facts) -> Option<f64> {
    let planned = facts.planned_steps().filter(|planned| *planned > 0)?;
    Some((facts.standing.progress?.step as f64 / planned as f64).min(1.0))
}

fn standing(book: &Book, now: SystemTime) -> Markup {
    let facts = &book.facts;
    let figures = figures(facts);
    html! {
        div class="heading" {
            h1 { (facts.name) }
            (badge(facts.standing.state.word()))
            span class="faint" {
                @if facts.is_running() { "last written " }
                (facts.age(now)) " · " (quantity::bytes(facts.size_bytes))
            }
        }
        @if facts.is_running() { (bar(facts)) }
        @if let (Some(error), State::Failed | State::Stopped) =
            (&facts.standing.error, facts.standing.state) {
            p class="error" { (error) }
        }
        @if !figures.is_empty() {
            dl class="figures" {
                @for (name, value) in &figures { div { dt { (name) } dd { (value) } } }
            }
        }
    }
}

fn bar(facts: &Facts) -> Markup {
    let Some(share) = progress(facts) else { return html! {} };
    let left = facts.seconds_left().filter(|seconds| *seconds > 0.0);
    html! {
        div class="bar" {
            progress max="100" value=(format!("{:.1}", 100.0 * share)) aria-label="Training" {}
            span { (format!("{:.0} %", 100.0 * share)) }
            @if let Some(seconds) = left {
                span class="faint" { "about " (quantity::duration(seconds)) " left" }
            }
        }
    }
}

fn figures(facts: &Facts) -> Vec<(String, String)> {
    let progress = facts.standing.progress;
    let parameters = facts.outcome.as_ref().and_then(|outcome| outcome.parameters);
    let speed = progress.and_then(|p| p.tokens_per_second());
    let steps = match facts.planned_steps() {
        Some(planned) if facts.standing.step != Some(planned) => format!("of {planned} steps"),
        _ => "Steps".to_string(),
    };
    let figures = [
        ("Bits a byte", facts.bits_per_byte().map(|bits| format!("{bits:.3}"))),
        ("Training loss", progress.map(|p| format!("{:.3}", p.loss))),
        (&steps, facts.standing.step.map(|step| step.to_string())),
        ("Tokens", progress.map(|p| quantity::count(p.tokens as f64))),
        ("Tokens a second", speed.map(quantity::count)),
        ("Training time", progress.map(|p| quantity::duration(p.seconds))),
        ("Parameters", parameters.map(quantity::count)),
    ];
    figures.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
}

/// Where one can go from here.
fn links(book: &Book, others: &[String]) -> Markup {
    let name = &book.facts.name;
    html! {
        div class="links" {
            span id="report" data-part {
                @if book.has_report {
                    a class="quiet" href={ "/runs/" (name) "/report" } { "Its report" }
                }
            }
            @if !others.is_empty() {
                form action="/runs/compare" method="get" {
                    input type="hidden" name="run" value=(name);
                    label for="other" { "Compare with" }
                    select id="other" name="run" {
                        @for other in others { option { (other) } }
                    }
                    button type="submit" class="quiet" { "Compare" }
                }
            }
        }
    }
}

fn stages(facts: &Facts) -> Markup {
    let standing = &facts.standing;
    html! {
        @if !standing.stages.is_empty() {
            h2 { "Stages" }
            ol class="stages" {
                @for stage in &standing.stages {
                    @let word = stage.word(standing.state);
                    li class=(word) {
                        span class="stage" { (stage.name) }
                        span class="faint" {
                            (word)
                            @if let Some(seconds) = stage.seconds {
                                " · " (quantity::duration(seconds))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn curves(book: &Book) -> Markup {
    let charts = book.curves.small_charts();
    html! {
        @if !charts.is_empty() {
            h2 { "Curves" }
            (whole(&book.curves.main_chart()))
            div class="small" { @for chart in &charts { (small(chart)) } }
        }
    }
}

fn metrics(facts: &Facts) -> Markup {
    let metrics = facts.outcome.iter().flat_map(|outcome| &outcome.metrics);
    let metrics: Vec<_> = metrics.collect();
    html! {
        @if !metrics.is_empty() {
            h2 { "Measured" }
            dl class="lines" {
                @for (name, metric) in metrics {
                    div { dt { (name.replace('_', " ")) } dd { (metric_in_words(metric)) } }
                }
            }
        }
    }
}

fn samples(samples: &[Said]) -> Markup {
    html! {
        @if !samples.is_empty() {
            h2 { "What it says" }
            @for said in samples {
                figure class="sample" {
                    figcaption {
                        @if said.prompt.is_empty() { "From nothing" } @else { (said.prompt) }
                        span class="at" { "step " (said.step) }
                    }
                    blockquote dir="auto" { (said.text) }
                }
            }
        }
    }
}

fn plan(facts: &Facts) -> Markup {
    let recipe = facts.recipe();
    html! {
        @if !facts.settings.0.is_empty() {
            h2 { "What it is made of" }
            dl class="lines" {
                div { dt { "Wished for" } dd { (recipe) } }
                @for (name, line) in ["Model", "Training"].iter().zip(facts.plan()) {
                    div { dt { (name) } dd { (line) } }
                }
            }
            @for note in &facts.standing.notes { p class="note" { (note) } }
            details id="settings" { summary { "All settings" } (settings(&facts.settings)) }
        }
    }
}

fn settings(settings: &Settings) -> Markup {
    html! {
        div class="table" {
            table {
                tbody {
                    @for path in settings.0.keys() {
                        tr {
                            td { (path) }
                            td class="number" { (settings.words(path).unwrap_or_default()) }
                        }
                    }
                }
            }
        }
    }
}
