//! Bytes that come piece by piece, as text: whole characters as soon as they are whole, and U+FFFD
//! as soon as it is certain that bytes can no longer become one. All that comes out, joined, is
//! what `String::from_utf8_lossy` makes of all bytes.

/// Holds back at most three bytes: the start of a character.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending(Vec<u8>);

impl Pending {
    /// Appends to `text` the characters that `bytes` complete.
    pub(crate) fn push(&mut self, bytes: &[u8], text: &mut String) {
        self.0.extend_from_slice(bytes);
        let mut done = 0;
        for chunk in self.0.utf8_chunks() {
            text.push_str(chunk.valid());
            done += chunk.valid().len();
            let broken = chunk.invalid();
            if broken.is_empty() || is_unfinished(broken, self.0.len() - done) {
                break;
            }
            text.push(char::REPLACEMENT_CHARACTER);
            done += broken.len();
        }
        self.0.drain(..done);
    }

    /// Appends what was held back, as U+FFFD.
    pub(crate) fn finish(&mut self, text: &mut String) {
        text.push_str(&String::from_utf8_lossy(&self.0));
        self.0.clear();
    }
}

/// Whether `broken`, the invalid part of a chunk, ends the bytes and could still become a
/// character.
fn is_unfinished(broken: &[u8], left: usize) -> bool {
    broken.len() == left && std::str::from_utf8(broken).is_err_and(|e| e.error_len().is_none())
}
