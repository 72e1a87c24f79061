//! An id and what it covers of a word.

/// One token of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: u32,
    /// The first byte of the word that it covers.
    pub start: u32,
    /// One more than the last.
    pub end: u32,
}
