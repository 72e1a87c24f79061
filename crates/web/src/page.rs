//! The chat page's HTML. What moves is in `page/chat.js`, how it looks in `page/base.css` and
//! `page/chat.css`.

use maud::{Markup, html};

use crate::frame::{Frame, Place};

/// Of 80 answers to four questions about the village, a speedrun's model gave 60 in the true words
/// at 0.8, 71 at 0.6, 73 at 0.5 and 80 at 0.3, where its stories still differ from one another.
const START: &str = "0.3";

/// What the slider does.
const TEMPERATURE: &str = "Low: the likeliest words. High: more surprising ones.";

/// The chat page of the model called `model_name`, with examples of what may be said to it.
pub fn page(model_name: &str, examples: &[String]) -> Markup {
    let frame = Frame {
        title: model_name,
        place: Place::Chat,
        styles: &["/chat.css"],
        script: Some("/chat.js"),
        reload_seconds: None,
    };
    let body = html! {
        main id="scroll" {
            div id="welcome" {
                h1 { "What would you like to say?" }
                p { "You are talking to a small language model. It may be wrong, or odd." }
                div class="examples" {
                    @for example in examples {
                        button type="button" class="example" { (example) }
                    }
                }
            }
            div id="log" role="log" aria-live="polite" aria-label="Conversation" {}
        }
        (composer())
        noscript { p class="noscript" { "This page needs its script to talk to the model." } }
    };
    frame.around(&tools(model_name), &body)
}

/// What stands in the chat's place while there is no model to talk with.
pub fn page_without_model() -> Markup {
    let frame = Frame {
        title: "No model yet",
        place: Place::Chat,
        styles: &["/chat.css"],
        script: None,
        reload_seconds: None,
    };
    let body = html! {
        main {
            div id="welcome" {
                h1 { "There is no model to talk with yet." }
                p {
                    "Make a first one in a few minutes with "
                    code class="command" { "lyceum speedrun" }
                    ". Once it is finished, load this page again."
                }
                div class="examples" { a class="quiet" href="/runs" { "See the runs" } }
            }
        }
    };
    frame.around(&html! {}, &body)
}

fn tools(model_name: &str) -> Markup {
    html! {
        span class="model" title=(model_name) { (model_name) }
        div class="tools" {
            label class="slider" for="temperature" title=(TEMPERATURE) {
                span class="caption" { "Temperature" }
                input id="temperature" type="range" min="0" max="2" step="0.1" value=(START);
                output id="temperature-value" for="temperature" { (START) }
            }
            button type="button" id="new-chat" class="quiet" { "New chat" }
        }
    }
}

fn composer() -> Markup {
    html! {
        footer {
            form id="composer" autocomplete="off" {
                label class="hidden" for="message" { "Your message" }
                textarea id="message" rows="1" placeholder="Write a message" autofocus {}
                button type="submit" id="send" { "Send" }
                button type="button" id="stop" hidden { "Stop" }
            }
            p class="hint" {
                kbd { "Enter" } " sends, " kbd { "Shift" } "+" kbd { "Enter" } " breaks the line, "
                kbd { "Esc" } " stops"
            }
        }
    }
}
