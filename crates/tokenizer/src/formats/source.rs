//! The bytes of a file and its name, for parsers that say where a file is broken.
//!
//! No parser here trusts a file: every length is checked against what is left before anything is
//! read or reserved, so that what a parser takes is in proportion to the file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::Error;
use crate::vocab::MAX_VOCAB;

/// The largest file that is read whole: several times the largest published one.
pub(crate) const MAX_FILE_BYTES: u64 = 64 << 20;

/// The longest token in bytes. Published vocabularies stop at a few hundred.
pub(crate) const MAX_TOKEN_BYTES: usize = 4096;

/// A file's bytes and what to call it in an error.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The name in messages: mostly the path.
    pub name: &'a str,
    /// The content.
    pub bytes: &'a [u8],
}

impl<'a> Source<'a> {
    /// The error that something is wrong at `place`.
    pub(crate) fn bad(&self, place: impl Into<String>, cause: impl Into<String>) -> Error {
        let (place, cause) = (place.into(), cause.into());
        Error::BadFile { file: self.name.to_owned(), place, cause }
    }

    /// The same error, naming the file if it does not.
    pub(crate) fn name(&self, error: Error) -> Error {
        match error {
            Error::BadFile { .. } | Error::NotDone { .. } | Error::Io { .. } => error,
            other => Error::InFile { file: self.name.to_owned(), source: Box::new(other) },
        }
    }

    /// The content as text.
    pub(crate) fn text(&self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes).map_err(|error| {
            let at = error.valid_up_to();
            let line = 1 + self.bytes[..at].iter().filter(|&&byte| byte == b'\n').count();
            self.bad(format!("line {line} (byte {at})"), "a byte that is not UTF-8")
        })
    }

    /// The error that it has more tokens than are held.
    pub(crate) fn too_many(&self, tokens: usize) -> Error {
        self.bad(
            "the whole file",
            format!("it holds {tokens} tokens or more, at most {MAX_VOCAB} are read"),
        )
    }

    /// Refuses a vocabulary that is too large to be meant.
    pub(crate) fn check_count(&self, tokens: usize) -> Result<(), Error> {
        match tokens {
            0 => Err(self.bad("the whole file", "it holds no tokens, expected at least one")),
            n if n > MAX_VOCAB => Err(self.too_many(n)),
            _ => Ok(()),
        }
    }
}

/// The content of a file that is not too large.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let mut bytes = vec![];
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let (file, place) = (path.display().to_string(), "the whole file".to_owned());
        let cause = format!("it has more than {MAX_FILE_BYTES} bytes");
        return Err(Error::BadFile { file, place, cause });
    }
    Ok(bytes)
}

/// A token for a message: not too long, and visible.
pub(crate) fn shown(token: &[u8]) -> String {
    let start = &token[..token.len().min(48)];
    format!("{:?}", String::from_utf8_lossy(start))
}

/// Little endian numbers and byte strings, one after the other.
pub(crate) struct Cursor<'a> {
    source: Source<'a>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        Self { source, at: 0 }
    }

    /// How many bytes were taken.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.source.bytes.len()
    }

    /// The next `len` bytes; `what` they are, for the error.
    pub(crate) fn take(&mut self, len: usize, what: &str) -> Result<&'a [u8], Error> {
        let left = &self.source.bytes[self.at..];
        if len > left.len() {
            let cause = format!("{what} should have {len} bytes, {} are left", left.len());
            return Err(self.source.bad(format!("byte {}", self.at), cause));
        }
        self.at += len;
        Ok(&left[..len])
    }

    pub(crate) fn u32(&mut self, what: &str) -> Result<u32, Error> {
        let bytes = self.take(4, what)?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("four bytes were taken")))
    }

    pub(crate) fn f32(&mut self, what: &str) -> Result<f32, Error> {
        self.u32(what).map(f32::from_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_stops_at_the_end() {
        let source = Source { name: "x.bin", bytes: &[1, 0, 0, 0, 9] };
        let mut cursor = Cursor::new(source);
        assert_eq!(cursor.u32("a number").unwrap(), 1);
        let message = cursor.u32("a number").unwrap_err().to_string();
        assert!(message.starts_with("x.bin, byte 4: a number should have 4 bytes, 1 are left"));
        assert!(cursor.take(usize::MAX, "all").is_err());
        assert_eq!(cursor.take(1, "a byte").unwrap(), [9]);
        assert!(cursor.is_at_end());
    }

    #[test]
    fn text_that_is_none_is_placed() {
        let source = Source { name: "x.txt", bytes: b"ab\nc\xff" };
        let message = source.text().unwrap_err().to_string();
        assert!(message.starts_with("x.txt, line 2 (byte 4): a byte that is not UTF-8"));
    }
}
