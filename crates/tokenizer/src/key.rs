//! What a word is looked up by: up to 15 bytes themselves, or a hash of more.
//!
//! Two numbers of 64 bits. Of a short word they are its bytes, with zeros behind, and in the last
//! byte its length: different words have different keys. Of a long word they are a hash and the
//! word's length, so who finds one has to compare the words.

use bytemuck::{Pod, Zeroable};

use crate::hash::fold;

/// The longest word that is its own key.
const SHORT: usize = 15;

/// In the last byte of a long word's key.
const LONG: u64 = 0xFF << 56;

/// The bytes of a key that a short word of each length fills.
const FILLED: [u128; SHORT + 1] = {
    let mut masks = [0; SHORT + 1];
    let mut len = 1;
    while len <= SHORT {
        masks[len] = u128::MAX >> (128 - 8 * len);
        len += 1;
    }
    masks
};

/// See the module's text. The key of nothing is of no word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Key([u64; 2]);

impl Key {
    /// The key of the word `text[start..end]` if it is short; reads past the word where the text
    /// goes on, instead of going by its length.
    #[inline(always)]
    pub(crate) fn within(text: &[u8], start: usize, end: usize) -> Option<Self> {
        let len = end - start;
        if len > SHORT {
            return None;
        }
        match text.get(start..).and_then(|rest| rest.first_chunk()) {
            Some(sixteen) => Some(Self::short(u128::from_le_bytes(*sixteen), len)),
            None => Some(Self::short_near_end(&text[start..end])),
        }
    }

    /// Whether a word is short: its key is its own, and of no other.
    #[inline(always)]
    pub(crate) fn holds(word: &[u8]) -> bool {
        word.len() <= SHORT
    }

    /// The key of any word; that of the empty one is the key of nothing.
    pub(crate) fn of(word: &[u8]) -> Self {
        if word.len() <= SHORT { Self::short_near_end(word) } else { Self::long(word) }
    }

    #[inline(always)]
    fn short(sixteen: u128, len: usize) -> Self {
        let word = sixteen & FILLED[len];
        Self([word as u64, (word >> 64) as u64 | (len as u64) << 56])
    }

    #[cold]
    fn short_near_end(word: &[u8]) -> Self {
        let mut sixteen = [0; 16];
        sixteen[..word.len()].copy_from_slice(word);
        Self::short(u128::from_le_bytes(sixteen), word.len())
    }

    /// Sixteen bytes at a time; the last sixteen may overlap those before.
    fn long(word: &[u8]) -> Self {
        let (mut hash, mut other) = (0x243F_6A88_85A3_08D3, word.len() as u64); // π
        let (chunks, _) = word.as_chunks::<16>();
        for sixteen in chunks.iter().chain(word.last_chunk()) {
            let sixteen = u128::from_le_bytes(*sixteen);
            hash = fold(sixteen as u64 ^ hash, (sixteen >> 64) as u64 ^ 0x1319_8A2E_0370_7344);
            other = (other ^ hash).rotate_left(23);
        }
        Self([hash, other & 0xFFFF_FFFF | (word.len() as u64 & 0xFF_FFFF) << 32 | LONG])
    }

    #[inline(always)]
    pub(crate) fn is_long(self) -> bool {
        self.0[1] >= LONG
    }

    #[inline(always)]
    pub(crate) fn hash(self) -> u64 {
        self.hash_with(0x9E37_79B9_7F4A_7C15)
    }

    /// Another hash for each secret: who does not know it cannot prepare keys that meet.
    #[inline(always)]
    pub(crate) fn hash_with(self, secret: u64) -> u64 {
        fold(self.0[0] ^ secret, self.0[1] ^ 0xA409_3822_299F_31D0 ^ secret.rotate_left(32))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_has_one_key_wherever_it_stands(before in "[a\0]{0,3}", word in "[ab\0]{1,20}",
                                                 after in "[a\0]{0,20}") {
            let text = format!("{before}{word}{after}");
            let (start, end) = (before.len(), before.len() + word.len());
            if let Some(key) = Key::within(text.as_bytes(), start, end) {
                prop_assert_eq!(key, Key::of(word.as_bytes()));
                prop_assert!(!key.is_long());
            } else {
                prop_assert!(word.len() > SHORT && Key::of(word.as_bytes()).is_long());
            }
        }

        #[test]
        fn different_words_have_different_keys(a in "[ab\0]{1,18}", b in "[ab\0]{1,18}") {
            let alike = Key::of(a.as_bytes()) == Key::of(b.as_bytes());
            prop_assert_eq!(a == b, alike, "long ones might meet, but hardly here");
            prop_assert_ne!(Key::of(a.as_bytes()), Key::default());
        }
    }
}
