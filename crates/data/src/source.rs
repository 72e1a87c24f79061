//! Reading documents from a file or a folder, one after the other, in an order that depends on
//! names only.
//!
//! | extension | a document is |
//! |---|---|
//! | `.txt` `.md` | the file, or what stands between lines of `<\|endoftext\|>` |
//! | `.jsonl` | a line's field, `text` unless told otherwise |
//! | `.csv` | a record's column, `text` unless told otherwise |
//! | `.parquet` | a row's column, `text` unless told otherwise |
//!
//! each also with `.gz` or `.zst` behind it, but for Parquet, which compresses its own pages and is
//! read by a program built with the feature `parquet` only. Documents of nothing but white space are
//! passed over. Leaves out web archives, and guessing of encodings: bytes that are no UTF-8 are an
//! error that names their place.

mod compressed;
mod csv;
mod jsonl;
// Two files with one face, so that nothing else asks for the feature.
#[cfg(not(feature = "parquet"))]
#[path = "source/no_parquet.rs"]
mod parquet;
#[cfg(feature = "parquet")]
mod parquet;
mod text;

use std::path::{Path, PathBuf};

use crate::Error;
use compressed::Input;

/// The extensions that are read, for messages.
const READ: &str = ".txt, .md, .jsonl or .csv, each also as .gz or .zst, or .parquet";

/// One piece of text that stands for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The text.
    pub text: String,
    /// Where it begins: `file:line`, or `file:row` in a Parquet file.
    pub origin: String,
}

/// How to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceOptions {
    /// The field of a JSON line that holds the text.
    pub field: String,
    /// The column of a CSV or Parquet file that holds the text.
    pub column: String,
    /// Replace bytes that are no text by U+FFFD instead of giving up.
    pub lossy: bool,
    /// The most bytes that one document may have after decompression.
    pub largest_document: u64,
}

impl Default for SourceOptions {
    fn default() -> Self {
        let (field, column) = ("text".to_string(), "text".to_string());
        Self { field, column, lossy: false, largest_document: 1 << 30 }
    }
}

type InFile = Box<dyn Iterator<Item = Result<Document, Error>> + Send>;

/// The documents of a corpus, read as they are asked for. After an error it ends.
pub struct Documents {
    corpus: PathBuf,
    options: SourceOptions,
    /// Last file first.
    files: Vec<PathBuf>,
    skipped: Vec<PathBuf>,
    file: Option<InFile>,
    found_any: bool,
    ended: bool,
}

impl Documents {
    /// Finds the files of a corpus; reads none of them yet.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::UnknownExtension`] if the file, or every file in the folder, is of
    /// a kind that is not read; [`Error::Empty`] for a folder without files; [`Error::NoParquet`].
    pub fn open(path: &Path, options: &SourceOptions) -> Result<Self, Error> {
        let (mut files, mut skipped) = (Vec::new(), Vec::new());
        if std::fs::metadata(path).map_err(Error::io(path))?.is_dir() {
            walk(path, &mut files, &mut skipped)?;
        } else if kind(path).is_some() {
            files.push(path.to_path_buf());
        } else {
            skipped.push(path.to_path_buf());
        }
        if files.is_empty() {
            let path = path.to_path_buf();
            return Err(match skipped.is_empty() {
                true => Error::Empty { path },
                false => Error::UnknownExtension { path, expected: READ },
            });
        }
        // Said now, not after hours of reading the files before it.
        let mut parquet = files.iter().filter(|path| matches!(kind(path), Some(Kind::Parquet)));
        parquet.try_for_each(|path| parquet::check_built(path))?;
        files.reverse();
        let (corpus, options) = (path.to_path_buf(), options.clone());
        Ok(Self { corpus, options, files, skipped, file: None, found_any: false, ended: false })
    }

    /// Files in the folder that are of no kind that is read, and links to folders, which are not
    /// followed: worth a word to the user.
    pub fn skipped(&self) -> &[PathBuf] {
        &self.skipped
    }

    fn advance(&mut self) -> Result<Option<Document>, Error> {
        loop {
            if let Some(file) = &mut self.file {
                match file.next().transpose()? {
                    Some(document) if document.text.trim().is_empty() => continue,
                    Some(document) => return Ok(Some(document)),
                    None => self.file = None,
                }
            }
            match self.files.pop() {
                Some(path) => self.file = Some(open_file(&path, &self.options)?),
                None if self.found_any => return Ok(None),
                None => return Err(Error::Empty { path: self.corpus.clone() }),
            }
        }
    }
}

impl Iterator for Documents {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        self.found_any |= !self.ended;
        next
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    JsonLines,
    Csv,
    Parquet,
}

/// What a file's name says it is, compression aside.
fn kind(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    if name.ends_with(".parquet") {
        return Some(Kind::Parquet);
    }
    let name = compressed::SUFFIXES.iter().find_map(|s| name.strip_suffix(s)).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "txt" | "md" => Some(Kind::Text),
        "jsonl" => Some(Kind::JsonLines),
        "csv" => Some(Kind::Csv),
        _ => None,
    }
}

fn open_file(path: &Path, options: &SourceOptions) -> Result<InFile, Error> {
    let input = || Input::open(path, options);
    Ok(match kind(path).expect("only files of a known kind were listed") {
        Kind::Text => Box::new(text::Texts::new(input()?)),
        Kind::JsonLines => Box::new(jsonl::JsonLines::new(input()?, &options.field)),
        Kind::Csv => Box::new(csv::Records::open(input()?, &options.column)?),
        Kind::Parquet => parquet::open(path, options)?, // it is read from its end
    })
}

/// Names for a user to choose from: not too many, and none too long, whatever the file holds.
fn listed(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut names = names.map(|name| match name.as_ref().char_indices().nth(40) {
        None => name.as_ref().to_owned(),
        Some((end, _)) => format!("{}…", &name.as_ref()[..end]),
    });
    let shown: Vec<String> = names.by_ref().take(20).collect();
    let more = if names.next().is_some() { " and others" } else { "" };
    format!("{shown:?}{more}")
}

/// Lists a folder in the order of names, folders in their place; hidden files are passed over.
fn walk(folder: &Path, files: &mut Vec<PathBuf>, skipped: &mut Vec<PathBuf>) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(Error::io(folder))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type().map_err(Error::io(&path))?.is_dir() {
            walk(&path, files, skipped)?;
        } else if kind(&path).is_some() && path.is_file() {
            files.push(path);
        } else {
            skipped.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
