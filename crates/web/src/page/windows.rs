//! What opens above the page (questions, the key, the list of keys on the keyboard, menus), and the
//! templates of what the scripts make many of.

use maud::{Markup, html};

use super::icon::icon;

/// Keys, and what they do.
const KEYS: [(&[&str], &str); 11] = [
    (&["Enter"], "Send"),
    (&["Shift", "Enter"], "Break the line"),
    (&["Esc"], "Stop the answer, or close what is open"),
    (&["↑"], "In an empty message: edit your last one"),
    (&["Ctrl", "Shift", "O"], "New chat"),
    (&["Ctrl", "K"], "Search conversations"),
    (&["Alt", "R"], "Answer again"),
    (&["Alt", "P"], "How likely each token was; ← and → step through them"),
    (&["Alt", "S"], "Settings"),
    (&["Alt", "B"], "Conversations"),
    (&["?"], "This list"),
];

/// All of them, closed.
pub(super) fn all() -> Markup {
    html! {
        (confirm()) (key()) (keyboard()) (menu())
        div id="likely" role="tooltip" hidden {}
        (turn()) (entry())
    }
}

fn confirm() -> Markup {
    html! {
        dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text" {
            h2 id="confirm-title" {}
            p id="confirm-text" {}
            div class="choices" {
                button type="button" id="confirm-no" class="quiet" { "Cancel" }
                button type="button" id="confirm-yes" class="danger" { "Delete" }
            }
        }
    }
}

fn key() -> Markup {
    html! {
        dialog id="key-window" aria-labelledby="key-title" {
            form id="key-form" autocomplete="off" {
                h2 id="key-title" { "This server asks for a key" }
                p id="key-text" { "It is kept until this tab is closed, and sent to this server only." }
                label class="hidden" for="key" { "Key" }
                input id="key" type="password" autocomplete="off" spellcheck="false" required
                    placeholder="Key";
                div class="choices" {
                    button type="button" id="key-no" class="quiet" { "Cancel" }
                    button type="submit" class="main" { "Go on" }
                }
            }
        }
    }
}

fn keyboard() -> Markup {
    html! {
        dialog id="keys" aria-labelledby="keys-title" {
            div class="panel-top" {
                h2 id="keys-title" { "Keyboard" }
                button type="button" id="close-keys" class="tool" aria-label="Close" { (icon("close")) }
            }
            dl {
                @for (keys, what) in KEYS {
                    div {
                        dt { @for key in keys { kbd { (key) } } }
                        dd { (what) }
                    }
                }
            }
        }
    }
}

fn menu() -> Markup {
    html! {
        div id="menu" popover role="menu" aria-label="Conversation" {
            button type="button" role="menuitem" data-does="rename" { "Rename" }
            button type="button" role="menuitem" data-does="markdown" { "Export as Markdown" }
            button type="button" role="menuitem" data-does="json" { "Export as JSON" }
            button type="button" role="menuitem" data-does="remove" class="danger-text" { "Delete" }
        }
    }
}

/// One message, of either speaker.
fn turn() -> Markup {
    html! {
        template id="a-turn" {
            article class="turn" {
                h2 class="hidden who" {}
                details class="reasoning" hidden {
                    summary { (icon("after")) span class="thought" {} }
                    div class="prose" dir="auto" {}
                }
                div class="said prose" {}
                div class="likelihoods" role="group" aria-label="Tokens" hidden {}
                div class="actions" {
                    span class="ways" role="group" aria-label="Versions" hidden {
                        button type="button" class="tool before" aria-label="Version before" {
                            (icon("before"))
                        }
                        span class="which" {}
                        button type="button" class="tool after" aria-label="Version after" {
                            (icon("after"))
                        }
                    }
                    button type="button" class="tool copy" aria-label="Copy" title="Copy" {
                        (icon("copy"))
                    }
                    button type="button" class="tool again" aria-label="Answer again"
                        title="Answer again (Alt+R)" {
                        (icon("again"))
                    }
                    button type="button" class="tool edit" aria-label="Edit" title="Edit" {
                        (icon("edit"))
                    }
                    span class="facts" {}
                }
            }
        }
        template id="an-edit" {
            form class="editing" {
                textarea aria-label="Your message, in other words" rows="1" {}
                div class="choices" {
                    button type="button" class="quiet cancel" { "Cancel" }
                    button type="submit" class="main" { "Send" }
                }
            }
        }
        template id="a-code" {
            figure class="code" {
                figcaption {
                    span class="language" {}
                    button type="button" class="copy-code" { (icon("copy")) span { "Copy" } }
                }
                pre tabindex="0" { code {} }
            }
        }
    }
}

/// One conversation in the list.
fn entry() -> Markup {
    html! {
        template id="an-entry" {
            li class="entry" {
                a class="open" { span class="title" {} span class="excerpt" {} }
                button type="button" class="tool more" aria-haspopup="menu" { (icon("more")) }
            }
        }
    }
}
