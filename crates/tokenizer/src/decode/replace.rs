//! `Replace`: other text for every match in a token.

use super::Out;
use crate::pretokenize::Pattern;
pub use crate::replace::Replace;

/// Of longer patterns it is not asked whether a text's end begins a match: it may.
const SHORT: usize = 16;

impl Replace {
    /// The text that is looked for, if it is a text that is not empty.
    fn text(&self) -> Option<&str> {
        match self.pattern() {
            Pattern::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A whole token. A regular expression that gives up leaves the rest as it is.
    fn run_whole(&self, token: &str) -> String {
        match (self.regex(), self.pattern()) {
            (None, Pattern::Text(text) | Pattern::Regex(text)) => {
                token.replace(text, self.content())
            }
            (Some(regex), _) => {
                let (mut new, mut done) = (String::new(), 0);
                for found in regex.find_iter(token).map_while(Result::ok) {
                    new.push_str(&token[done..found.start()]);
                    new.push_str(self.content());
                    done = found.end();
                }
                new + &token[done..]
            }
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct State<'d> {
    stage: &'d Replace,
    held: String,
}

impl<'d> State<'d> {
    pub(super) fn new(stage: &'d Replace) -> Self {
        Self { stage, held: String::new() }
    }

    pub(super) fn part(&mut self, part: &str, out: &mut Out<'_, '_>) {
        self.held.push_str(part);
        let Some(text) = self.stage.text() else { return };
        let mut done = 0;
        for (start, _) in self.held.match_indices(text) {
            out.part(&self.held[done..start]);
            out.part(self.stage.content());
            done = start + text.len();
        }
        let certain = done + self.held[done..].len() - may_begin(text, &self.held[done..]);
        out.part(&self.held[done..certain]);
        self.held.drain(..certain);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        let rest = std::mem::take(&mut self.held);
        match self.stage.text() {
            _ if rest.is_empty() => {}
            Some(_) => out.part(&rest),
            None => out.part(&self.stage.run_whole(&rest)),
        }
        out.end();
    }
}

/// How many bytes at the end of `held` may begin `text`; they start at a character.
fn may_begin(text: &str, held: &str) -> usize {
    let most = (text.len() - 1).min(held.len());
    if text.len() <= SHORT {
        let begins = |&n: &usize| held.as_bytes().ends_with(&text.as_bytes()[..n]);
        return (1..=most).rev().find(begins).unwrap_or(0);
    }
    held.len() - held.floor_char_boundary(held.len() - most)
}
