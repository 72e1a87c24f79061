//! What a character is to a splitter: the sets that the published patterns are made of.
//!
//! Letters fall into upper and title case (`\p{Lu}\p{Lt}`), lower case (`\p{Ll}`) and those without
//! case (`\p{Lm}\p{Lo}`); then numbers (`\p{N}`), line ends (`\r`, `\n`), other spaces (`\s`), and
//! all else, of which marks (`\p{M}`) are told apart. One byte a character, a bit for each set.
//!
//! ASCII is a constant table. The rest is a table of two levels, in blocks of 64 characters as
//! UTF-8 has them; most blocks are alike, so all of Unicode takes some 50 KB and a script a few
//! cache lines. It is made on first use, in a few milliseconds, of the ranges that `regex-syntax`
//! has, which `fancy-regex` reads patterns with: splitters and patterns share one Unicode.

use std::sync::LazyLock;

use regex_syntax::hir::{Class as HirClass, HirKind};
use rustc_hash::FxHashMap;

/// The sets that hold a character. [`Class::END`] is in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Class(u8);

impl Class {
    /// The end of the text.
    pub(crate) const END: Self = Self(0);
    pub(crate) const UPPER: Self = Self(1);
    pub(crate) const LOWER: Self = Self(2);
    pub(crate) const CASELESS: Self = Self(4);
    pub(crate) const NUMBER: Self = Self(8);
    /// `\s` without the two line ends.
    pub(crate) const SPACE: Self = Self(16);
    pub(crate) const LINE_END: Self = Self(32);
    /// `[^\s\p{L}\p{N}]`.
    pub(crate) const OTHER: Self = Self(64);
    /// One kind of [`Self::OTHER`]: has both bits.
    const MARK_ONLY: Self = Self(128);

    pub(crate) const LETTER: Self = Self(1 | 2 | 4);
    /// `\s`.
    pub(crate) const ANY_SPACE: Self = Self(16 | 32);
    /// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
    pub(crate) const NOT_LOWER: Self = Self(1 | 4 | 128);
    /// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
    pub(crate) const NOT_UPPER: Self = Self(2 | 4 | 128);
    /// `[\p{Lm}\p{Lo}\p{M}]`, which both of the above have.
    pub(crate) const WITHOUT_CASE: Self = Self(4 | 128);
    pub(crate) const MARK: Self = Self::MARK_ONLY;

    /// Whether this is in `set`.
    #[inline(always)]
    pub(crate) const fn is(self, set: Self) -> bool {
        self.0 & set.0 != 0
    }
}

const ASCII: [Class; 128] = {
    let mut table = [Class::OTHER; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'A'..=b'Z' => Class::UPPER,
            b'a'..=b'z' => Class::LOWER,
            b'0'..=b'9' => Class::NUMBER,
            b'\r' | b'\n' => Class::LINE_END,
            b' ' | b'\t' | 0x0B | 0x0C => Class::SPACE,
            _ => Class::OTHER,
        };
        byte += 1;
    }
    table
};

const BLOCK: usize = 64;

/// The classes of all characters.
#[derive(Debug)]
pub(crate) struct Classes {
    /// By the number of a character's block: which of the distinct blocks it is.
    blocks: Box<[u16]>,
    /// The distinct blocks, one after the other.
    classes: Box<[Class]>,
}

static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::make);

impl Classes {
    pub(crate) fn get() -> &'static Self {
        &CLASSES
    }

    fn make() -> Self {
        let mut all = vec![Class::OTHER; char::MAX as usize + 1];
        for (pattern, class) in [
            (r"[\p{Lu}\p{Lt}]", Class::UPPER),
            (r"\p{Ll}", Class::LOWER),
            (r"[\p{Lm}\p{Lo}]", Class::CASELESS),
            (r"\p{N}", Class::NUMBER),
            (r"\s", Class::SPACE),
            (r"\p{M}", Class(Class::OTHER.0 | Class::MARK_ONLY.0)),
            (r"[\r\n]", Class::LINE_END),
        ] {
            for (first, last) in ranges(pattern) {
                all[first as usize..=last as usize].fill(class);
            }
        }
        let (mut blocks, mut classes, mut known) = (vec![], vec![], FxHashMap::default());
        for block in all.chunks(BLOCK) {
            let next = known.len() as u16; // 17,408 blocks in all.
            blocks.push(*known.entry(block).or_insert_with(|| {
                classes.extend_from_slice(block);
                next
            }));
        }
        Self { blocks: blocks.into(), classes: classes.into() }
    }

    /// The class of the character at byte `at` of UTF-8 text, which must be a border, and its
    /// length in bytes.
    #[inline(always)]
    pub(crate) fn at(&self, text: &[u8], at: usize) -> (Class, usize) {
        match text.get(at) {
            None => (Class::END, 0),
            Some(&byte) if byte < 128 => (ASCII[usize::from(byte)], 1),
            Some(&lead) => self.wide(text, at, lead),
        }
    }

    #[inline]
    fn wide(&self, text: &[u8], at: usize, lead: u8) -> (Class, usize) {
        let lead = usize::from(lead);
        let six = |more: usize| text.get(at + more).map_or(0, |&byte| usize::from(byte) & 0x3F);
        let (block, last) = match lead {
            ..=0xDF => (lead & 0x1F, 1),
            0xE0..=0xEF => ((lead & 0x0F) << 6 | six(1), 2),
            _ => ((lead & 0x07) << 12 | six(1) << 6 | six(2), 3),
        };
        let block = self.blocks.get(block).map_or(0, |&block| usize::from(block));
        let class = self.classes.get(block * BLOCK + six(last)).copied();
        (class.unwrap_or(Class::OTHER), last + 1)
    }
}

/// The first and the last character of each range of a set.
fn ranges(pattern: &str) -> Vec<(char, char)> {
    let parsed = regex_syntax::parse(pattern).expect("the patterns are constant and valid");
    match parsed.into_kind() {
        HirKind::Class(HirClass::Unicode(set)) => {
            set.iter().map(|range| (range.start(), range.end())).collect()
        }
        other => unreachable!("{pattern} is a set of more than one character, not {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use fancy_regex::Regex;

    use super::*;

    #[test]
    fn every_character_is_what_the_regex_says() {
        let sets = [
            (r"\A[\r\n]", Class::LINE_END),
            (r"\A[\p{Lu}\p{Lt}]", Class::UPPER),
            (r"\A\p{Ll}", Class::LOWER),
            (r"\A\p{L}", Class::CASELESS),
            (r"\A\p{N}", Class::NUMBER),
            (r"\A\s", Class::SPACE),
            (r"\A\p{M}", Class(64 | 128)),
            (r"(?s)\A.", Class::OTHER),
        ]
        .map(|(pattern, class)| (Regex::new(pattern).unwrap(), class));
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            let expected = sets.iter().find(|(set, _)| set.is_match(text).unwrap()).unwrap().1;
            let found = Classes::get().at(text.as_bytes(), 0);
            assert_eq!(found, (expected, text.len()), "U+{:04X}", c as u32);
        }
        assert_eq!(Classes::get().at(b"a", 1), (Class::END, 0));
    }
}
