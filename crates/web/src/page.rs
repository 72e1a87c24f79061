//! The chat page's HTML. What moves is in `page/chat.js` and the modules beside it, how it looks in
//! `page/base.css` and the sheets of the chat.
//!
//! What the scripts make many of (turns, entries of the list) stands here once, as templates, so that
//! no script writes markup.

mod icon;
mod panel;
mod windows;

use maud::{Markup, html};

use self::icon::icon;
use crate::frame::{Frame, Place, Script};

/// The chat page of the model called `model_name`, with examples of what may be said to it.
pub fn page(model_name: &str, examples: &[String]) -> Markup {
    let frame = Frame {
        title: model_name,
        place: Place::Chat,
        styles: &["/chat.css", "/chat/prose.css", "/chat/panels.css"],
        script: Some(Script::Module("/chat.js")),
        reload_seconds: None,
    };
    let body = html! {
        div id="desk" {
            (sidebar())
            div id="veil" hidden {}
            main {
                div id="scroll" tabindex="-1" {
                    (welcome(examples))
                    section id="log" aria-label="Conversation" {}
                    div id="trouble" role="alert" {}
                }
                (composer())
            }
            (panel::settings(model_name))
        }
        p id="live" class="hidden" aria-live="polite" {}
        p id="notice" role="status" hidden {}
        (windows::all())
        noscript { p class="noscript" { "This page needs its script to talk to the model." } }
    };
    frame.between(&sidebar_button(), &tools(model_name), &body)
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
            div id="scroll" {
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
        }
    };
    frame.around(&html! {}, &body)
}

fn welcome(examples: &[String]) -> Markup {
    html! {
        div id="welcome" {
            h1 { "What would you like to say?" }
            p { "You are talking to a language model. It may be wrong, or odd." }
            div class="examples" {
                @for example in examples {
                    button type="button" class="example" { (example) }
                }
            }
        }
    }
}

fn sidebar_button() -> Markup {
    html! {
        button type="button" id="show-sidebar" class="tool" aria-controls="sidebar"
            aria-expanded="true" aria-label="Conversations" title="Conversations (Alt+B)" {
            (icon("menu"))
        }
    }
}

fn tools(model_name: &str) -> Markup {
    html! {
        div class="tools" {
            button type="button" id="model-name" class="model" title="Model and settings" {
                (model_name)
            }
            button type="button" id="show-likely" class="tool" aria-pressed="false"
                aria-label="Show how likely each token was" title="How likely each token was (Alt+P)" {
                (icon("bars"))
            }
            button type="button" id="show-settings" class="tool" aria-controls="settings"
                aria-expanded="false" aria-label="Settings" title="Settings (Alt+S)" {
                (icon("sliders"))
            }
            button type="button" id="show-keys" class="tool wide-only" aria-label="Keyboard shortcuts"
                title="Keyboard shortcuts (?)" {
                (icon("keyboard"))
            }
        }
    }
}

fn sidebar() -> Markup {
    html! {
        aside id="sidebar" aria-label="Conversations" {
            div class="sidebar-top" {
                button type="button" id="new-chat" class="new-chat" title="New chat (Ctrl+Shift+O)" {
                    (icon("plus")) span { "New chat" }
                }
                div class="search" {
                    (icon("search"))
                    label class="hidden" for="search" { "Search all conversations" }
                    input id="search" type="search" placeholder="Search" autocomplete="off"
                        spellcheck="false" maxlength="200" enterkeyhint="search";
                }
            }
            div id="conversations" role="navigation" aria-label="Kept conversations" {}
            p id="kept-where" class="faint" hidden {}
            div class="sidebar-foot" {
                button type="button" id="import" class="plain" { "Import" }
                button type="button" id="export-all" class="plain" { "Export all" }
                button type="button" id="delete-all" class="plain" { "Delete all" }
                input id="import-file" type="file" accept="application/json,.json" hidden;
            }
        }
    }
}

fn composer() -> Markup {
    html! {
        footer {
            button type="button" id="to-end" class="tool" aria-label="To the end" title="To the end" hidden {
                (icon("down"))
            }
            form id="composer" autocomplete="off" {
                label class="hidden" for="message" { "Your message" }
                textarea id="message" rows="1" placeholder="Write a message" autofocus
                    enterkeyhint="send" {}
                button type="submit" id="send" class="round" aria-label="Send" title="Send (Enter)" {
                    (icon("up"))
                }
                button type="button" id="stop" class="round" aria-label="Stop" title="Stop (Esc)" hidden {
                    (icon("stop"))
                }
            }
            p class="hint" {
                kbd { "Enter" } " sends, " kbd { "Shift" } "+" kbd { "Enter" } " breaks the line, "
                kbd { "?" } " lists all keys"
            }
        }
    }
}
