//! `Strip`: so many of one character at most are left out at the start and at the end of each text.

use super::Out;

/// Characters at the ends are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strip {
    /// Which character.
    pub content: char,
    /// How many at the start, at most.
    pub start: usize,
    /// How many at the end, at most.
    pub stop: usize,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    stage: Strip,
    /// How many may still be left out at the start.
    left: usize,
    /// How many are held back since they may be at the end.
    held: usize,
}

impl State {
    pub(super) fn new(stage: Strip) -> Self {
        Self { stage, left: stage.start, held: 0 }
    }

    pub(super) fn part(&mut self, mut part: &str, out: &mut Out<'_, '_>) {
        let content = self.stage.content;
        while self.left > 0 && !part.is_empty() {
            match part.strip_prefix(content) {
                Some(rest) => (self.left, part) = (self.left - 1, rest),
                None => self.left = 0,
            }
        }
        let certain = match self.stage.stop {
            0 => part,
            _ => part.trim_end_matches(content),
        };
        if !certain.is_empty() {
            self.give(self.held, out);
            self.held = 0;
            out.part(certain);
        }
        self.held += (part.len() - certain.len()) / content.len_utf8();
        // No more than that many can be left out, so the first ones are certain.
        self.give(self.held.saturating_sub(self.stage.stop), out);
        self.held = self.held.min(self.stage.stop);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        (self.left, self.held) = (self.stage.start, 0);
        out.end();
    }

    fn give(&self, n: usize, out: &mut Out<'_, '_>) {
        if n > 0 {
            out.part(&self.stage.content.to_string().repeat(n));
        }
    }
}
