//! Everything that can go wrong, in the words of the person who has to mend it.

use std::path::PathBuf;

/// What went wrong: what was expected, what was found, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Training was given no text at all.
    #[error(
        "there is no text to train on: expected at least one character, got none; \
         name a file or folder with text in it"
    )]
    EmptyCorpus,
    /// The vocabulary cannot even hold the alphabet and the special tokens.
    #[error(
        "a vocabulary of {asked} is too small: {alphabet} bytes and {specials} special tokens \
         need at least {least}; use --vocab {least} or more"
    )]
    VocabTooSmall {
        /// The size that was asked for.
        asked: usize,
        /// How many single bytes the alphabet has.
        alphabet: usize,
        /// How many special tokens were named.
        specials: usize,
        /// The smallest size that works.
        least: usize,
    },
    /// The text ran out of pairs before the vocabulary was full.
    #[error(
        "the text allows {possible} merges, {wanted} are needed for a vocabulary of {asked}; \
         use --vocab {most}, or more text"
    )]
    TooFewMerges {
        /// The size that was asked for.
        asked: usize,
        /// How many new tokens that size needs.
        wanted: usize,
        /// How many new tokens the text gives.
        possible: usize,
        /// The largest size that works on this text.
        most: usize,
    },
    /// More ids than this crate is willing to hold.
    #[error(
        "a vocabulary of {asked} is too large: at most {most} ids are supported; \
         use --vocab {most} or less"
    )]
    VocabTooLarge {
        /// The size that was asked for or found.
        asked: usize,
        /// The limit.
        most: usize,
    },
    /// A special token that cannot be told apart from something else.
    #[error("the special token {name:?} {why}; choose another name for it")]
    BadSpecial {
        /// The token as given.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The text holds a character for which the tokenizer has no bytes.
    #[error(
        "the character {character:?} is outside this tokenizer's alphabet (byte 0x{byte:02x}); \
         remove it, or train with the alphabet of all bytes"
    )]
    UnknownCharacter {
        /// The first such character.
        character: char,
        /// Its first byte that the alphabet lacks.
        byte: u8,
    },
    /// An id that no token has.
    #[error(
        "id {id} is not in the vocabulary of {vocab_size} ids: are these ids from another tokenizer?"
    )]
    UnknownId {
        /// The id.
        id: u32,
        /// How many ids there are.
        vocab_size: usize,
    },
    /// A pre-tokenization pattern gave up on the text.
    #[error(
        "the pre-tokenization pattern failed on this text ({detail}); shorten runs of repeated characters"
    )]
    Split {
        /// What the regex engine said.
        detail: String,
    },
    /// The file is not JSON, or a field has another shape than expected.
    #[error(
        "tokenizer.json cannot be read: {detail}; expected the JSON that Hugging Face tokenizers \
         saves, take a fresh copy of the file"
    )]
    Json {
        /// What the JSON reader said, with line and column.
        detail: String,
    },
    /// A field that must be there is not.
    #[error(
        "tokenizer.json has no {field:?}: expected a tokenizer as Hugging Face tokenizers 0.20 or later saves it"
    )]
    MissingField {
        /// The path of the field.
        field: &'static str,
    },
    /// A valid file that asks for something this crate does not do yet.
    #[error("tokenizer.json wants {field} = {got}, {expected}")]
    Unsupported {
        /// The path of the field.
        field: &'static str,
        /// What the file says.
        got: String,
        /// What can be read.
        expected: &'static str,
    },
    /// A file whose parts contradict each other.
    #[error("tokenizer.json contradicts itself: {detail}; take a fresh copy of the file")]
    Inconsistent {
        /// The two parts.
        detail: String,
    },
    /// A file or field beyond the size limits.
    #[error("tokenizer.json is too large: {what} of {got}, at most {most} is accepted")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        got: u64,
        /// The limit.
        most: u64,
    },
    /// The file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
