//! Comma-separated values (RFC 4180) with a line of column names: one document a record.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::compressed::{Capped, Input, decode, read_error};
use super::{Document, listed};
use crate::Error;

pub(super) struct Records {
    path: PathBuf,
    reader: csv::Reader<BufReader<Capped>>,
    column: usize,
    lossy: bool,
    limit: u64,
}

impl Records {
    pub(super) fn open(input: Input, column: &str) -> Result<Self, Error> {
        let (path, bytes, lossy, limit) = input.into_parts();
        let mut reader = csv::Reader::from_reader(bytes);
        let names = reader.byte_headers().map_err(|e| error(&path, limit, e))?;
        // A binary file is named as such here, before its first bytes pass for names.
        decode(&path, lossy, names.as_slice().to_vec(), 0)?;
        let found = names.iter().position(|name| name == column.as_bytes());
        let column = match found {
            Some(column) => column,
            None if names.is_empty() => 0, // an empty file has no record to look for it in
            None => {
                let names = listed(names.iter().map(String::from_utf8_lossy));
                let reason = format!(
                    "there is no column {column:?}; name the column with the text: {names}"
                );
                return Err(Error::Record { path, line: 1, reason });
            }
        };
        Ok(Self { path, reader, column, lossy, limit })
    }

    fn advance(&mut self) -> Result<Option<Document>, Error> {
        self.reader.get_mut().get_mut().refill();
        let mut record = csv::ByteRecord::new();
        let more = self.reader.read_byte_record(&mut record);
        if !more.map_err(|e| error(&self.path, self.limit, e))? {
            return Ok(None);
        }
        let (line, byte) = record.position().map_or((0, 0), |p| (p.line(), p.byte()));
        let field = record.get(self.column).unwrap_or_default().to_vec();
        // The place of the record: where the field begins in the file, quotes hide.
        let text = decode(&self.path, self.lossy, field, byte).map_err(|e| match e {
            Error::NotText { path, found, .. } => Error::NotText { path, found, offset: byte },
            other => other,
        })?;
        Ok(Some(Document { text, origin: format!("{}:{line}", self.path.display()) }))
    }
}

impl Iterator for Records {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

fn error(path: &Path, limit: u64, error: csv::Error) -> Error {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = format!("{error}; mend or remove the record");
    match error.into_kind() {
        csv::ErrorKind::Io(source) => read_error(path, limit, source),
        _ => Error::Record { path: path.to_path_buf(), line, reason },
    }
}
