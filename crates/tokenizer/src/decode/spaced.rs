//! No decoder: tokens with spaces between them.

use super::Out;

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// A token stands before the one at hand.
    after_token: bool,
    /// The token at hand has begun.
    begun: bool,
}

impl State {
    pub(super) fn part(&mut self, part: &str, out: &mut Out<'_, '_>) {
        if !self.begun && self.after_token {
            out.part(" ");
        }
        self.begun = true;
        out.part(part);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        self.part("", out);
        (self.after_token, self.begun) = (true, false);
        out.end();
    }

    pub(super) fn close(&mut self) {
        *self = Self::default();
    }
}
