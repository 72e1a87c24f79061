//! The panel of settings: which model, what it is told first, and how its words are drawn.
//!
//! An empty field leaves the choice to the server. Numbers say their bounds here, once, and the script
//! asks the browser whether they are kept.

use maud::{Markup, html};

use super::icon::icon;

/// Of 80 answers to four questions about the village, a speedrun's model gave 60 in the true words
/// at 0.8, 71 at 0.6, 73 at 0.5 and 80 at 0.3, where its stories still differ from one another.
const START_TEMPERATURE: &str = "0.3";

/// A number of the panel: its name for the server, what it is called, its bounds, and what it does.
struct Number {
    name: &'static str,
    label: &'static str,
    low: &'static str,
    high: &'static str,
    step: &'static str,
    about: &'static str,
}

const NUMBERS: [Number; 5] = [
    Number {
        name: "top_p",
        label: "Top-p",
        low: "0.01",
        high: "1",
        step: "0.01",
        about: "Draw from the likeliest tokens that together have this share.",
    },
    Number {
        name: "top_k",
        label: "Top-k",
        low: "1",
        high: "100000",
        step: "1",
        about: "Draw from this many of the likeliest tokens.",
    },
    Number {
        name: "min_p",
        label: "Min-p",
        low: "0",
        high: "1",
        step: "0.01",
        about: "Leave out tokens less likely than this share of the likeliest.",
    },
    Number {
        name: "max_tokens",
        label: "Max tokens",
        low: "1",
        high: "1000000",
        step: "1",
        about: "The answer ends after this many.",
    },
    Number {
        name: "seed",
        label: "Seed",
        low: "0",
        high: "9007199254740991",
        step: "1",
        about: "The same seed gives the same answer to the same question.",
    },
];

/// The panel.
pub(super) fn settings(model_name: &str) -> Markup {
    html! {
        aside id="settings" aria-label="Settings" hidden {
            div class="panel-top" {
                h2 { "Settings" }
                button type="button" id="close-settings" class="tool" aria-label="Close settings" {
                    (icon("close"))
                }
            }
            form id="parameters" autocomplete="off" {
                div class="field" {
                    label for="model" { "Model" }
                    select id="model" { option value="" { (model_name) } }
                }
                div class="field" {
                    label for="system" { "System prompt" }
                    textarea id="system" rows="4" maxlength="100000"
                        placeholder="What the model is told before all else" {}
                }
                (temperature())
                div class="pair" { @for number in &NUMBERS { (field(number)) } }
                div class="field" {
                    label for="stop-strings" { "Stop strings" }
                    textarea id="stop-strings" rows="2" maxlength="4000" spellcheck="false"
                        aria-describedby="about-stop" {}
                    p class="about" id="about-stop" { "One a line; the answer ends before any of them." }
                }
                div class="panel-foot" {
                    button type="button" id="reset" class="quiet" { "Reset" }
                    span class="faint" { "Kept with the conversation." }
                }
            }
        }
    }
}

fn temperature() -> Markup {
    html! {
        div class="field" {
            div class="between" {
                label for="temperature" { "Temperature" }
                output id="temperature-value" for="temperature" { (START_TEMPERATURE) }
            }
            input id="temperature" type="range" min="0" max="2" step="0.1" value=(START_TEMPERATURE)
                aria-describedby="about-temperature";
            p class="about" id="about-temperature" {
                "Low: the likeliest words. High: more surprising ones."
            }
        }
    }
}

fn field(number: &Number) -> Markup {
    let Number { name, label, low, high, step, about } = number;
    html! {
        div class="field" {
            label for=(name) { (label) }
            input id=(name) type="number" inputmode="decimal" min=(low) max=(high) step=(step)
                placeholder="default" title=(about);
        }
    }
}
