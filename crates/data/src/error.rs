//! What can go wrong between a corpus and a batch; each message says what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// The crate's only error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A compressed file that is damaged or cut short.
    #[error("{} cannot be decompressed: {source}; copy or download it again", path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
        /// What the decompressor said.
        source: io::Error,
    },
    /// There is nothing to learn from.
    #[error("{} holds no text: every document is empty; name a file or folder with text in it", path.display())]
    Empty {
        /// The corpus.
        path: PathBuf,
    },
    /// No file here has an extension that is read.
    #[error("{} is not of a kind that is read; expected {expected}", path.display())]
    UnknownExtension {
        /// The file or folder.
        path: PathBuf,
        /// The extensions that are read.
        expected: &'static str,
    },
    /// Bytes that are no text.
    #[error(
        "{}: {found} at byte {offset}; expected UTF-8 text: convert the file to UTF-8, or pass --lossy to replace such bytes",
        path.display()
    )]
    NotText {
        /// The file.
        path: PathBuf,
        /// Where, counted after decompression.
        offset: u64,
        /// What stands there.
        found: &'static str,
    },
    /// A line or record that does not hold a document.
    #[error("{}:{line}: {reason}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: u64,
        /// What was expected, what was there, and what to do.
        reason: String,
    },
    /// A record of a list of them that does not hold what it should.
    #[error("{}, record {number}: {reason}", path.display())]
    Element {
        /// The file.
        path: PathBuf,
        /// The record, counted from one.
        number: u64,
        /// What was expected, what was there, and what to do.
        reason: String,
    },
    /// A Parquet file that ends early or contradicts itself, or another file of that name.
    #[error("{} is no sound Parquet file: {reason}; copy or download it again", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A Parquet file, in a program without the feature.
    #[error(
        "{} is a Parquet file, and this program was built without support for it; build it again with --features parquet",
        path.display()
    )]
    NoParquet {
        /// The file.
        path: PathBuf,
    },
    /// A document beyond the limit: a decompression bomb, or a file that wants splitting.
    #[error(
        "{}: one document is longer than {limit} bytes; split it with lines of <|endoftext|>, or raise the limit if the file is to be trusted",
        path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most bytes that one document may have.
        limit: u64,
    },
    /// The corpus cannot be divided.
    #[error(
        "{origin}: {characters} characters cannot be divided into training and validation text; expected at least 2: add text"
    )]
    Indivisible {
        /// Where the only document came from.
        origin: String,
        /// Its length.
        characters: usize,
    },
    /// An option with a value that makes no sense.
    #[error("{name} is {got}; expected {expected}")]
    Option {
        /// The option.
        name: &'static str,
        /// Its value.
        got: String,
        /// The values that make sense.
        expected: &'static str,
    },
    /// The tokenizer gave up.
    #[error(
        "{origin}: the tokenizer refused this document: {reason}; leave it out or train the tokenizer on this corpus"
    )]
    Encode {
        /// Where the document came from.
        origin: String,
        /// What the tokenizer said.
        reason: String,
    },
    /// An id that the tokenizer cannot have given.
    #[error(
        "token {got} is not in a vocabulary of {vocab_size}; tokenize with the tokenizer that the shard was made for"
    )]
    Token {
        /// The id.
        got: u32,
        /// Ids must be below.
        vocab_size: u32,
    },
    /// Not a shard at all.
    #[error("{} is not a token shard: it does not begin with its mark; tokenize the corpus again", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A shard of another time.
    #[error("{} is a token shard of version {got}, expected {expected}; tokenize the corpus again", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The version found.
        got: u32,
        /// The version that this program reads.
        expected: u32,
    },
    /// The file ends early.
    #[error(
        "{} is cut short: expected {expected} bytes, got {got}; copy it again or tokenize the corpus again",
        path.display()
    )]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Bytes that the header announces.
        expected: u64,
        /// Bytes on the disk.
        got: u64,
    },
    /// The shard contradicts itself.
    #[error("{} is damaged: {reason}; tokenize the corpus again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The shard was made by another tokenizer.
    #[error(
        "{} was made by another tokenizer (hash {got:016x}, expected {expected:016x}); tokenize the corpus again",
        path.display()
    )]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// The hash in the file.
        got: u64,
        /// The hash of the tokenizer in use.
        expected: u64,
    },
    /// Not even one row.
    #[error(
        "the corpus has {got} tokens, a context of {context} needs {expected}; add text or shorten the context"
    )]
    TooFew {
        /// Tokens in the shard.
        got: u64,
        /// Tokens that are needed.
        expected: u64,
        /// The row length asked for.
        context: usize,
    },
    /// A cursor that these batches did not give.
    #[error(
        "the checkpoint's place in the data does not fit: {reason}; resume with the corpus, context, seed and sampling of the first run, or begin a new run"
    )]
    Cursor {
        /// What does not fit.
        reason: String,
    },
    /// The system gave no thread to prepare batches.
    #[error(
        "no thread to prepare batches: {source}; close other programs or raise the limit of processes"
    )]
    Thread {
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err` on whatever is done to `path`.
    pub(crate) fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}
