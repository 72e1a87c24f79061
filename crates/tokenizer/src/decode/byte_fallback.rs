//! `ByteFallback`: tokens like `<0xE2>` side by side become one text if their bytes are UTF-8, and
//! else one U+FFFD each.

use super::Out;
use crate::byte_piece;

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    token: String,
    /// The bytes of the run at hand.
    run: Vec<u8>,
}

impl State {
    pub(super) fn part(&mut self, part: &str) {
        self.token.push_str(part);
    }

    pub(super) fn end(&mut self, out: &mut Out<'_, '_>) {
        let token = std::mem::take(&mut self.token);
        match byte_piece::lenient(&token) {
            Some(byte) => self.run.push(byte),
            None => {
                self.flush(out);
                out.whole(&token);
            }
        }
    }

    pub(super) fn close(&mut self, out: &mut Out<'_, '_>) {
        self.flush(out);
    }

    fn flush(&mut self, out: &mut Out<'_, '_>) {
        let run = std::mem::take(&mut self.run);
        match std::str::from_utf8(&run) {
            Ok("") => {}
            Ok(text) => out.whole(text),
            Err(_) => run.iter().for_each(|_| out.whole("\u{FFFD}")),
        }
    }
}
