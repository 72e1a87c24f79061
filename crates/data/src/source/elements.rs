//! A JSON array in one file, as instruction data often comes: its objects one after the other,
//! without the rest of the array in memory.

use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::compressed::{Capped, Input, read_error};
use crate::Error;

/// The objects of an array.
pub(super) struct Elements {
    path: PathBuf,
    reader: BufReader<Capped>,
    limit: u64,
    /// Objects so far, the one that is being read included.
    number: u64,
}

impl Elements {
    /// The objects of a file whose first byte is the array's bracket.
    pub(super) fn new(input: Input) -> Self {
        let (path, reader, _, limit) = input.into_parts();
        Self { path, reader, limit, number: 0 }
    }

    /// `file, record n` of the object that was read last.
    pub(super) fn origin(&self) -> String {
        format!("{}, record {}", self.path.display(), self.number)
    }

    /// The next object; none at the end of the array.
    pub(super) fn next_object(&mut self) -> Result<Option<Map<String, Value>>, Error> {
        self.reader.get_mut().refill();
        let before = self.token()?;
        self.number += 1;
        match (before, self.number) {
            (Some(b'['), 1) => self.take(),
            (Some(b','), 2..) => self.take(),
            (Some(b']'), 2..) => return self.end(),
            (found, _) => return Err(self.unexpected("a comma or the end of the list", found)),
        }
        match self.token()? {
            Some(b'{') => self.object().map(Some),
            Some(b']') if before == Some(b'[') => self.end(),
            found => Err(self.unexpected("a JSON object", found)),
        }
    }

    fn object(&mut self) -> Result<Map<String, Value>, Error> {
        let mut reader = serde_json::Deserializer::from_reader(&mut self.reader);
        Map::deserialize(&mut reader).map_err(|error| match error.is_io() {
            true => read_error(&self.path, self.limit, io::Error::from(error)),
            false => {
                let place = "counted from where the record begins";
                self.wrong(format!("expected a JSON object, got something else ({error}, {place})"))
            }
        })
    }

    /// Takes the closing bracket. Nothing may follow it.
    fn end(&mut self) -> Result<Option<Map<String, Value>>, Error> {
        self.take();
        match self.token()? {
            None => Ok(None),
            found => Err(self.unexpected("the end of the file after the list", found)),
        }
    }

    /// The next byte that is no white space, left where it is.
    fn token(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let next = self.reader.fill_buf().map(|buffer| buffer.first().copied());
            match next.map_err(|e| read_error(&self.path, self.limit, e))? {
                Some(byte) if byte.is_ascii_whitespace() => self.take(),
                other => return Ok(other),
            }
        }
    }

    fn take(&mut self) {
        self.reader.consume(1);
    }

    fn unexpected(&self, expected: &str, found: Option<u8>) -> Error {
        let found = found
            .map_or("the end of the file".to_string(), |byte| format!("{:?}", char::from(byte)));
        self.wrong(format!("expected {expected}, got {found}"))
    }

    fn wrong(&self, reason: String) -> Error {
        let reason = format!("{reason}; mend or remove the record");
        Error::Element { path: self.path.clone(), number: self.number, reason }
    }
}
