//! Reading documents from a file or a folder, one after the other, in an order that depends on
//! names only.
//!
//! | extension | a document is |
//! |---|---|
//! | `.txt` `.md` | the file, or what stands between lines of `<\|endoftext\|>` |
//! | `.jsonl` | a line's field, `text` unless told otherwise |
//! | `.csv` | a record's column, `text` unless told otherwise |
//! | `.parquet` | a row's column, `text` unless told otherwise |
//! | `.rs` `.py` `.c` … | if [`SourceOptions::code`] says so, the file |
//!
//! each also with `.gz` or `.zst` behind it, but for Parquet, which compresses its own pages and is
//! read by a program built with the feature `parquet` only. Documents of nothing but white space are
//! passed over. Data that is more than a text, as conversations are, is read by [`records`]. Leaves
//! out web archives, and guessing of encodings: bytes that are no UTF-8 are an
//! error that names their place.

mod compressed;
mod csv;
mod elements;
mod in_order;
mod jsonl;
mod listing;
// Two files with one face, so that nothing else asks for the feature.
#[cfg(not(feature = "parquet"))]
#[path = "source/no_parquet.rs"]
mod parquet;
#[cfg(feature = "parquet")]
mod parquet;
pub mod records;
mod text;

use std::path::{Path, PathBuf};

use crate::Error;
use compressed::Input;
use in_order::{InFile, InOrder};
use listing::Listing;

/// The extensions that are read, for messages.
const READ: &str = ".txt, .md, .jsonl or .csv, each also as .gz or .zst, or .parquet";

/// The same where sources of programs are read too.
const READ_WITH_CODE: &str = ".txt, .md, .jsonl or .csv, each also as .gz or .zst, .parquet, or the \
                              source of a program such as .rs, .py or .c";

/// Sources of programs, which are read if the options say so.
const CODE: [&str; 24] = [
    "c", "cc", "cpp", "cs", "css", "go", "h", "hpp", "html", "java", "js", "jsx", "kt", "php",
    "py", "rb", "rs", "scala", "sh", "sql", "swift", "toml", "ts", "tsx",
];

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
    /// Read sources of programs too.
    pub code: bool,
    /// A plain text longer than so many bytes comes as several documents, each of which ends where
    /// a line begins with a letter, a digit or another sign that is surely no space: for work that
    /// needs no document as a whole, on files larger than memory. Nothing of the text is left out.
    pub piece_bytes: Option<usize>,
}

impl Default for SourceOptions {
    fn default() -> Self {
        let (field, column) = ("text".to_string(), "text".to_string());
        let largest_document = 1 << 30;
        Self { field, column, lossy: false, largest_document, code: false, piece_bytes: None }
    }
}

/// The documents of a corpus, read as they are asked for. After an error it ends.
pub struct Documents(InOrder<Document>);

impl Documents {
    /// Finds the files of a corpus; reads none of them yet.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::UnknownExtension`] if the file, or every file in the folder, is of
    /// a kind that is not read; [`Error::Empty`] for a folder without files; [`Error::NoParquet`].
    pub fn open(path: &Path, options: &SourceOptions) -> Result<Self, Error> {
        let expected = if options.code { READ_WITH_CODE } else { READ };
        let listing = Listing::of(path, |path| kind(path, options).is_some(), expected)?;
        // Said now, not after hours of reading the files before it.
        let is_parquet = |path: &&PathBuf| matches!(kind(path, options), Some(Kind::Parquet));
        let mut parquet = listing.files.iter().filter(is_parquet);
        parquet.try_for_each(|path| parquet::check_built(path))?;
        let options = options.clone();
        let open = Box::new(move |path: &Path| open_file(path, &options));
        Ok(Self(InOrder::new(path, listing, open, |document| !document.text.trim().is_empty())))
    }

    /// Files in the folder that are of no kind that is read, and links to folders, which are not
    /// followed: worth a word to the user.
    pub fn skipped(&self) -> &[PathBuf] {
        self.0.skipped()
    }
}

impl Iterator for Documents {
    type Item = Result<Document, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
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
fn kind(path: &Path, options: &SourceOptions) -> Option<Kind> {
    match compressed::extension(path)?.as_str() {
        "txt" | "md" => Some(Kind::Text),
        "jsonl" => Some(Kind::JsonLines),
        "csv" => Some(Kind::Csv),
        "parquet" if !compressed::is_compressed(path) => Some(Kind::Parquet),
        code if options.code && CODE.contains(&code) => Some(Kind::Text),
        _ => None,
    }
}

fn open_file(path: &Path, options: &SourceOptions) -> Result<InFile<Document>, Error> {
    let input = || Input::open(path, options);
    Ok(match kind(path, options).expect("only files of a known kind were listed") {
        Kind::Text => Box::new(text::Texts::new(input()?, options.piece_bytes)),
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

#[cfg(test)]
mod tests;
