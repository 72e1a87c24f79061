//! `ByteLevel`: visible characters become bytes, and all bytes together one text. A token with a
//! character that stands for no byte is taken as it is.

use super::Out;
use super::utf8::Pending;
use crate::byte_level;

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    token: String,
    pending: Pending,
}

impl State {
    pub(super) fn part(&mut self, part: &str) {
        self.token.push_str(part);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        let mut text = String::new();
        match byte_level::to_bytes(&self.token) {
            Some(bytes) => self.pending.push(&bytes, &mut text),
            None => self.pending.push(self.token.as_bytes(), &mut text),
        }
        self.token.clear();
        out.part(&text);
    }

    pub(super) fn close(&mut self, out: &mut Out<'_, '_>) {
        let mut text = String::new();
        self.pending.finish(&mut text);
        out.whole(&text);
    }
}
