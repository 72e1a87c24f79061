//! What can go wrong with a tokenizer.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There was no text to learn from.
    #[error("the corpus is empty: give at least one document with some text")]
    EmptyCorpus,
    /// More tokens were asked for than the text can give.
    #[error(
        "a vocabulary of {wanted} was asked for, this corpus gives {possible} at most; use that or less, or more text"
    )]
    VocabularyTooLarge {
        /// Asked for.
        wanted: usize,
        /// The most that the corpus gives.
        possible: usize,
    },
    /// Fewer tokens were asked for than bytes and special tokens need.
    #[error(
        "a vocabulary of {wanted} is too small: single bytes and special tokens alone need {needed}"
    )]
    VocabularyTooSmall {
        /// Asked for.
        wanted: usize,
        /// The least.
        needed: usize,
    },
    /// A byte that this tokenizer has no token for.
    #[error(
        "byte {byte:#04x} (in {word:?}) is not in this tokenizer's alphabet; train with all bytes to encode any text"
    )]
    UnknownByte {
        /// The byte.
        byte: u8,
        /// Where it stands.
        word: String,
    },
    /// An id beyond the vocabulary.
    #[error("id {id} is beyond this vocabulary of {vocab_size}")]
    UnknownId {
        /// The id.
        id: u32,
        /// Ids run below this.
        vocab_size: usize,
    },
    /// A file that is no tokenizer of a kind that is read here.
    #[error("no tokenizer.json that can be read here: {0}")]
    Format(String),
    /// The system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
