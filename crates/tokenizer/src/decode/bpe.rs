//! `BPEDecoder`: what ends a word becomes a space, and in the last token nothing.

use super::Out;

#[derive(Clone, Debug)]
pub(super) struct State<'d> {
    suffix: &'d str,
    token: String,
    /// The token before, which may be the last one.
    before: Option<String>,
}

impl<'d> State<'d> {
    pub(super) fn new(suffix: &'d str) -> Self {
        Self { suffix, token: String::new(), before: None }
    }

    pub(super) fn part(&mut self, part: &str) {
        self.token.push_str(part);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        if let Some(before) = self.before.replace(std::mem::take(&mut self.token)) {
            out.whole(&before.replace(self.suffix, " "));
        }
    }

    pub(super) fn close(&mut self, out: &mut Out<'_, '_>) {
        if let Some(last) = self.before.take() {
            out.whole(&last.replace(self.suffix, ""));
        }
    }
}
