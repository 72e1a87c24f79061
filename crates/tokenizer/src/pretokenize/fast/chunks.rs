//! Text in chunks for tokenizers that normalize it and cut it at spaces anyway, as those of BERT
//! and T5 do: each chunk goes through all their stages alone, so its ids can be kept by what it was
//! before.
//!
//! A chunk begins with a space that has visible ASCII on both sides, and ASCII (or the text's
//! start) before that: a character may join those behind it to its cluster. There every Unicode
//! normalization has a border, no grapheme goes on, no case depends on what is beyond; and there is
//! one space only, so rules about several do not apply. A stage that looks further than that, or
//! counts from the start of the text, cannot be run on chunks; `tokenizer::chunks` knows which do.

use super::runs::{ascii_end, in_range};
use super::{Split, Text};

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunks;

impl Chunks {
    /// The text in parts of about so many bytes that are whole chunks.
    pub(crate) fn parts(text: &str, size: usize) -> Vec<&str> {
        let (mut parts, mut start) = (vec![], 0);
        while let Some(tail) = text.as_bytes().get(start + size..) {
            let spaces = tail.iter().zip(start + size..).filter(|(byte, _)| **byte == b' ');
            let mut places = spaces.map(|(_, at)| at);
            let Some(cut) = places.find(|&at| is_border(text.as_bytes(), at)) else { break };
            parts.push(&text[start..cut]);
            start = cut;
        }
        parts.push(&text[start..]);
        parts
    }
}

/// Whether the space at `at` begins a chunk.
fn is_border(bytes: &[u8], at: usize) -> bool {
    let visible = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_graphic);
    at > 0 && visible(at - 1) && visible(at + 1) && (at == 1 || bytes[at - 2].is_ascii())
}

impl Split for Chunks {
    #[inline(always)]
    fn word_end(self, text: Text<'_>, start: usize) -> usize {
        let bytes = text.bytes();
        let mut at = start + 1;
        loop {
            at = ascii_end(bytes, at, 0, no_space);
            if at >= bytes.len() {
                return bytes.len();
            }
            if bytes[at] == b' ' && is_border(bytes, at) {
                return at;
            }
            at += 1;
        }
    }
}

/// All bytes but spaces, and the zeros behind a text.
#[inline(always)]
fn no_space(eight: u64) -> u64 {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    HIGH_BITS & !(in_range(eight, b' ', b' ') | in_range(eight, 0, 0))
}
