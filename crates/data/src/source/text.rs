//! Plain text: a file is one document, or several between lines that say `<|endoftext|>`.
//!
//! The line break before such a line belongs to it; all other bytes of the file are kept.

use super::Document;
use super::compressed::Input;
use crate::Error;

const SEPARATOR: &str = "<|endoftext|>";

pub(super) struct Texts {
    input: Input,
    /// After how many bytes a text may go on as another document.
    piece_bytes: usize,
    ended: bool,
}

impl Texts {
    pub(super) fn new(input: Input, piece_bytes: Option<usize>) -> Self {
        Self { input, piece_bytes: piece_bytes.unwrap_or(usize::MAX), ended: false }
    }

    fn document(&mut self) -> Result<Document, Error> {
        self.input.refill();
        let origin = format!("{}:{}", self.input.path.display(), self.input.line + 1);
        let mut text = String::new();
        loop {
            let begin = text.len();
            if !self.input.read_line(&mut text)? {
                self.ended = true;
                return Ok(Document { text, origin });
            }
            if text[begin..].trim() == SEPARATOR {
                text.truncate(begin);
                let kept = text.strip_suffix('\n').unwrap_or(&text);
                text.truncate(kept.strip_suffix('\r').unwrap_or(kept).len());
                return Ok(Document { text, origin });
            }
            if text.len() >= self.piece_bytes && self.input.next_byte()?.is_some_and(begins) {
                return Ok(Document { text, origin });
            }
        }
    }
}

/// Whether a line that begins with this byte begins with no space, nor with [`SEPARATOR`]. Spaces
/// beyond ASCII begin with C2, E1, E2 or E3.
fn begins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || (byte > 0xC2 && !matches!(byte, 0xE1..=0xE3))
}

impl Iterator for Texts {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.ended).then(|| self.document())
    }
}
