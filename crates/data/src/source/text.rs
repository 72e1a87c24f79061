//! Plain text: a file is one document, or several between lines that say `<|endoftext|>`.
//!
//! The line break before such a line belongs to it; all other bytes of the file are kept.

use super::Document;
use super::compressed::Input;
use crate::Error;

const SEPARATOR: &str = "<|endoftext|>";

pub(super) struct Texts {
    input: Input,
    ended: bool,
}

impl Texts {
    pub(super) fn new(input: Input) -> Self {
        Self { input, ended: false }
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
        }
    }
}

impl Iterator for Texts {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.ended).then(|| self.document())
    }
}
