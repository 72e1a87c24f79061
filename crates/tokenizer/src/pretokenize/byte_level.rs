//! `ByteLevel`: a space in front if there is none, GPT-2's words, and every byte as one visible
//! character (`crate::byte_level`).
//!
//! Three steps. Where the last one is also the last of all, a byte-level model takes the bytes as
//! they are and it is left out.

/// What GPT-2 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteLevel {
    /// A space in front of text that has none.
    pub add_prefix_space: bool,
    /// For the post-processor of the same name: offsets without the spaces at a token's ends.
    pub trim_offsets: bool,
    /// Cut GPT-2's words.
    pub use_regex: bool,
}

impl Default for ByteLevel {
    fn default() -> Self {
        Self { add_prefix_space: true, trim_offsets: true, use_regex: true }
    }
}
