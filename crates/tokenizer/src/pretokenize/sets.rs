//! Sets of characters that pre-tokenizers and added tokens ask for: words, punctuation, numbers.
//!
//! What a word is, the regex engine says (`\w`), once, on first use; Hugging Face asks the same
//! engine. Punctuation is that of Hugging Face's table, which is of an older Unicode
//! ([`super::punctuation_table`]); numbers are those of the standard library on both sides.

use std::sync::LazyLock;

use fancy_regex::Regex;

use super::punctuation_table::PUNCTUATION;

/// One bit for each character of planes 0 to 3, where all letters are, and of plane 14, which has
/// marks (variation selectors).
struct Set(Vec<u64>);

const SET_LEN: u32 = 0x4_0000;
const PLANE_14: std::ops::Range<u32> = 0xE_0000..0xF_0000;

impl Set {
    fn new(characters: impl Iterator<Item = char>) -> Self {
        let mut bits = vec![0; (SET_LEN + PLANE_14.end - PLANE_14.start) as usize / 64];
        for at in characters.filter_map(Self::place) {
            bits[at / 64] |= 1 << (at % 64);
        }
        Self(bits)
    }

    #[inline]
    fn place(c: char) -> Option<usize> {
        let c = u32::from(c);
        if c < SET_LEN {
            return Some(c as usize);
        }
        PLANE_14.contains(&c).then(|| (c - PLANE_14.start + SET_LEN) as usize)
    }

    #[inline]
    fn contains(&self, c: char) -> bool {
        Self::place(c).is_some_and(|at| self.0[at / 64] >> (at % 64) & 1 == 1)
    }
}

static WORDS: LazyLock<Set> = LazyLock::new(|| {
    let all: String = ('\0'..=char::MAX).collect();
    let runs = Regex::new(r"\w+").expect("the pattern is constant and valid");
    // A pattern without look-around never backtracks, so no match can fail.
    Set::new(runs.find_iter(&all).flatten().flat_map(|run| run.as_str().chars()))
});

static SIGNS: LazyLock<Set> = LazyLock::new(|| {
    let ranges = PUNCTUATION.iter().flat_map(|&(first, last)| first..=last);
    Set::new(ranges.filter_map(char::from_u32))
});

/// `\w`: letters, marks, decimal digits, connecting punctuation, joiners.
#[inline]
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '_' } else { WORDS.contains(c) }
}

/// Punctuation, and all signs of ASCII.
#[inline]
pub(super) fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { SIGNS.contains(c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_the_regex_says() {
        let word = Regex::new(r"\A\w").unwrap();
        for c in '\0'..=char::MAX {
            let expected = word.is_match(c.encode_utf8(&mut [0; 4])).unwrap();
            assert_eq!(is_word(c), expected, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn punctuation_is_that_of_the_table() {
        for (c, expected) in [('a', false), ('$', true), ('€', false), ('、', true), ('_', true)]
        {
            assert_eq!(is_punctuation(c), expected, "{c:?}");
        }
    }
}
