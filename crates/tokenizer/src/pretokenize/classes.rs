//! What a character is to a pre-tokenizer: letter (`\p{L}`), number (`\p{N}`), line end (`\r`,
//! `\n`), other space (`\s`), or anything else.
//!
//! ASCII is a constant table. The rest is asked of the regex engine once, on first use (a few
//! milliseconds), so that the fast splitter and the pattern share one version of Unicode.

use std::sync::LazyLock;

use fancy_regex::Regex;

/// The five kinds of character that the pattern tells apart, and the end of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Letter,
    Number,
    LineEnd,
    Space,
    Other,
    End,
}

/// Planes 0 to 3; the planes above have neither letters, numbers nor spaces.
const TABLE_LEN: usize = 0x4_0000;

const ASCII: [Class; 128] = {
    let mut table = [Class::Other; 128];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' => Class::Letter,
            b'0'..=b'9' => Class::Number,
            b'\r' | b'\n' => Class::LineEnd,
            b' ' | b'\t' | 0x0B | 0x0C => Class::Space,
            _ => Class::Other,
        };
        byte += 1;
    }
    table
};

static UNICODE: LazyLock<Vec<Class>> = LazyLock::new(|| {
    let mut table = vec![Class::Other; TABLE_LEN];
    let all: String = (0..TABLE_LEN as u32).filter_map(char::from_u32).collect();
    for (pattern, class) in
        [(r"\p{L}+", Class::Letter), (r"\p{N}+", Class::Number), (r"\s+", Class::Space)]
    {
        let runs = Regex::new(pattern).expect("the three patterns are constant and valid");
        // A pattern without look-around never backtracks, so no match can fail.
        for run in runs.find_iter(&all).flatten() {
            run.as_str().chars().for_each(|c| table[c as usize] = class);
        }
    }
    table
});

/// The class of the character at byte `at`, which must be a border, and its length in bytes.
#[inline]
pub(super) fn class_at(text: &str, at: usize) -> (Class, usize) {
    match text.as_bytes().get(at) {
        None => (Class::End, 0),
        Some(&byte) if byte < 128 => (ASCII[usize::from(byte)], 1),
        Some(_) => {
            let c = text[at..].chars().next().expect("a byte stands at this border");
            (UNICODE.get(c as usize).copied().unwrap_or(Class::Other), c.len_utf8())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_what_the_regex_says() {
        let letter = Regex::new(r"\A\p{L}").unwrap();
        let number = Regex::new(r"\A\p{N}").unwrap();
        let space = Regex::new(r"\A\s").unwrap();
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let text: &str = c.encode_utf8(&mut buffer);
            let expected = match () {
                () if matches!(c, '\r' | '\n') => Class::LineEnd,
                () if letter.is_match(text).unwrap() => Class::Letter,
                () if number.is_match(text).unwrap() => Class::Number,
                () if space.is_match(text).unwrap() => Class::Space,
                () => Class::Other,
            };
            assert_eq!(class_at(text, 0), (expected, text.len()), "U+{:04X}", c as u32);
        }
    }
}
