//! What stands around every page: its head, the bar on top, and the way between the pages.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Which part of the site a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The conversation.
    Chat,
    /// The runs and what belongs to them.
    Runs,
    /// Vocabularies at work.
    Tokens,
}

/// A script by its address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Script<'a> {
    /// All in one file.
    Plain(&'a str),
    /// One that loads others.
    Module(&'a str),
}

/// What a page has of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    /// In the window's title.
    pub(crate) title: &'a str,
    /// Which link of the bar is lit.
    pub(crate) place: Place,
    /// Style sheets after the common one.
    pub(crate) styles: &'a [&'a str],
    /// The page's script.
    pub(crate) script: Option<Script<'a>>,
    /// Without the script: seconds after which a browser loads the page again.
    pub(crate) reload_seconds: Option<u32>,
}

impl Frame<'_> {
    /// The whole page: `beside` stands in the bar, `body` below it.
    pub(crate) fn around(&self, beside: &Markup, body: &Markup) -> Markup {
        self.between(&html! {}, beside, body)
    }

    /// The same, and `before` stands at the bar's beginning.
    pub(crate) fn between(&self, before: &Markup, beside: &Markup, body: &Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                (self.head())
                body {
                    header {
                        (before)
                        div class="brand" {
                            img src="/icon.svg" alt="" width="28" height="28";
                            span class="name" { "Lyceum" }
                            (self.nav())
                        }
                        (beside)
                    }
                    (body)
                }
            }
        }
    }

    fn head(&self) -> Markup {
        html! {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (self.title) " · Lyceum" }
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/base.css";
                @for style in self.styles { link rel="stylesheet" href=(style); }
                @match self.script {
                    Some(Script::Plain(script)) => script src=(script) defer {},
                    Some(Script::Module(script)) => script src=(script) type="module" {},
                    None => {}
                }
                @if let Some(seconds) = self.reload_seconds {
                    noscript { meta http-equiv="refresh" content=(seconds); }
                }
            }
        }
    }

    fn nav(&self) -> Markup {
        let link = |place, address: &str, words: &str| {
            let current = (self.place == place).then_some("page");
            html! { a href=(address) aria-current=[current] { (words) } }
        };
        html! {
            nav aria-label="Pages" {
                (link(Place::Chat, "/", "Chat"))
                (link(Place::Runs, "/runs", "Runs"))
                (link(Place::Tokens, "/tokens", "Tokens"))
            }
        }
    }
}

/// Markup that `figure` made: it escapes all text itself.
pub(crate) fn drawn(svg: String) -> Markup {
    PreEscaped(svg)
}
