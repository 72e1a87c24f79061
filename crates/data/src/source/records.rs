//! Reading records from a file or a folder: JSON objects whole, for whoever knows what their fields
//! mean. The order depends on names only.
//!
//! `.jsonl` and `.json`, each also as `.gz` or `.zst`, are read by what they hold: a file that
//! begins with `[` is a list of objects, any other has an object a line. Either way one record at a
//! time is in memory. Leaves out lists within an object (`{"data": […]}`), and tables: a CSV or
//! Parquet file holds no lists of turns.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::SourceOptions;
use super::compressed::{Input, extension};
use super::elements::Elements;
use super::in_order::{InFile, InOrder};
use super::jsonl::Objects;
use super::listing::Listing;
use crate::Error;

/// The extensions that are read, for messages.
const READ: &str = ".jsonl or .json, each also as .gz or .zst";

/// A record of more bytes is longer than any context: it is taken for a mistake.
const LARGEST_RECORD: u64 = 16 << 20;

/// A JSON object and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The object.
    pub fields: Map<String, Value>,
    /// `file:line`, or `file, record n` in a list.
    pub origin: String,
}

/// The records of a corpus, read as they are asked for. After an error it ends.
pub struct Records(InOrder<Record>);

impl Records {
    /// Finds the files; reads none of them yet.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::UnknownExtension`] if the file, or every file in the folder, is of
    /// a kind that is not read; [`Error::Empty`] for a folder without files.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::with_limit(path, LARGEST_RECORD)
    }

    fn with_limit(path: &Path, largest: u64) -> Result<Self, Error> {
        let listing = Listing::of(path, is_read, READ)?;
        let options = SourceOptions { largest_document: largest, ..SourceOptions::default() };
        let open = Box::new(move |path: &Path| open_file(path, &options));
        Ok(Self(InOrder::new(path, listing, open, |_| true)))
    }

    /// Files in the folder that are of no kind that is read, and links to folders, which are not
    /// followed: worth a word to the user.
    pub fn skipped(&self) -> &[PathBuf] {
        self.0.skipped()
    }
}

impl Iterator for Records {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

fn is_read(path: &Path) -> bool {
    extension(path).is_some_and(|extension| matches!(extension.as_str(), "json" | "jsonl"))
}

fn open_file(path: &Path, options: &SourceOptions) -> Result<InFile<Record>, Error> {
    let mut input = Input::open(path, options)?;
    let form = match input.first_byte()? {
        Some(b'[') => Form::List(Elements::new(input)),
        _ => Form::Lines(Objects::new(input)),
    };
    Ok(Box::new(InOneFile {
        form,
        path: path.to_path_buf(),
        limit: options.largest_document,
        n: 0,
    }))
}

enum Form {
    Lines(Objects),
    List(Elements),
}

struct InOneFile {
    form: Form,
    path: PathBuf,
    limit: u64,
    /// Records so far.
    n: u64,
}

impl InOneFile {
    fn advance(&mut self) -> Result<Option<Record>, Error> {
        let (fields, origin) = match &mut self.form {
            Form::Lines(lines) => (lines.next_object()?, lines.origin()),
            Form::List(list) => (list.next_object()?, list.origin()),
        };
        self.n += u64::from(fields.is_some());
        Ok(fields.map(|fields| Record { fields, origin }))
    }

    /// What is too long here is a record.
    fn too_long(&self) -> Error {
        let limit = self.limit;
        let reason = format!("it is longer than {limit} bytes, or has no end; split or remove it");
        Error::Element { path: self.path.clone(), number: self.n + 1, reason }
    }
}

impl Iterator for InOneFile {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        match next {
            Some(Err(Error::TooLong { .. })) => Some(Err(self.too_long())),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
