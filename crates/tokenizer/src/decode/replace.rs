//! `Replace`: other text for every match in a token.

use std::ops::Range;

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

    /// A whole token, piece by piece: it may be as much longer as a file likes. A regular expression that gives
    /// up leaves the rest as it is.
    fn run_whole(&self, token: &str, out: &mut Out<'_, '_>) {
        match (self.regex(), self.pattern()) {
            (None, Pattern::Text(text) | Pattern::Regex(text)) => {
                let found = token.match_indices(text.as_str());
                self.hand_on(token, found.map(|(start, text)| start..start + text.len()), out);
            }
            (Some(regex), _) => {
                let found = regex.find_iter(token).map_while(Result::ok);
                self.hand_on(token, found.map(|found| found.range()), out);
            }
        }
    }

    fn hand_on(
        &self,
        token: &str,
        found: impl Iterator<Item = Range<usize>>,
        out: &mut Out<'_, '_>,
    ) {
        let mut done = 0;
        for found in found {
            if out.growth.is_full {
                return;
            }
            out.part(&token[done..found.start]);
            out.part(self.content());
            done = found.end;
        }
        out.part(&token[done..]);
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
            None => self.stage.run_whole(&rest, out),
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
