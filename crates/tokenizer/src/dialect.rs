//! Regular expressions as Oniguruma reads them, which is what Hugging Face's patterns are written
//! for, on an engine that is not Oniguruma.
//!
//! The engine tries to follow Oniguruma: classes of Unicode, groups, quantifiers, anchors and
//! looking around are the same. What a word character is (`\w`, `\W`, `\b`, `\B`) is not, so these
//! are written out ([`translate`]): to Oniguruma the joiners U+200C and U+200D are none, and ²³¹¼½¾
//! are, though no other such number is, and not within brackets. Patterns without back-references
//! and looking around take linear time for one match; others are stopped, with an error, when they
//! try for too long.

use fancy_regex::{Regex, RegexBuilder};

use crate::Error;
use crate::hf::fields::too_large;

/// The inside of a class of all word characters.
const WORD: &str = r"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}";

/// These are word characters too, but not within brackets.
const ALONE: &str = "²³¹¼½¾";

/// Each `\b` is four classes of Unicode, and each of these takes time and memory to compile.
const MAX_WRITTEN_OUT: usize = 1 << 14;

/// Bytes that a part of a pattern may take once compiled, and instructions of the whole: a few characters
/// can ask for a thousand repetitions of a thousand repetitions.
const MAX_COMPILED: usize = 10 << 20;
const MAX_INSTRUCTIONS: usize = 1 << 18;

/// Compiles the pattern that stands at `field`.
pub(crate) fn compile(field: &'static str, source: &str) -> Result<Regex, Error> {
    let written_out = translate(source);
    if written_out.len() > MAX_WRITTEN_OUT {
        let what = "a pattern, its word characters written out (in bytes)";
        return Err(too_large(what, written_out.len(), MAX_WRITTEN_OUT));
    }
    let mut builder = RegexBuilder::new(&written_out);
    builder.oniguruma_mode(true).delegate_size_limit(MAX_COMPILED).max_prog_size(MAX_INSTRUCTIONS);
    builder.build().map_err(|e| Error::Unsupported {
        field,
        got: format!("{source:?} ({e})"),
        expected: "which is not a regular expression that can be read here",
    })
}

/// Writes out what a word character is.
fn translate(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let (mut chars, mut classes) = (source.chars(), 0usize);
    while let Some(c) = chars.next() {
        match c {
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            '\\' => {
                write_escape(chars.next(), classes > 0, &mut out);
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

fn write_escape(escaped: Option<char>, in_class: bool, out: &mut String) {
    let word = format!("{WORD}{ALONE}");
    let text = match (escaped, in_class) {
        (Some('w'), false) => format!("[{word}]"),
        (Some('W'), false) => format!("[^{word}]"),
        (Some('w'), true) => WORD.to_owned(),
        (Some('W'), true) => format!("[^{WORD}]"),
        (Some('b'), false) => format!("(?:(?<=[{word}])(?![{word}])|(?<![{word}])(?=[{word}]))"),
        (Some('B'), false) => format!("(?:(?<=[{word}])(?=[{word}])|(?<![{word}])(?![{word}]))"),
        (Some(other), _) => format!("\\{other}"),
        (None, _) => "\\".to_owned(),
    };
    out.push_str(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_characters_cannot_ask_for_much_memory() {
        for pattern in
            ["(?<=(?:(?:a{0,999}b){0,999}c){0,999})x", "(?:(?:a{0,999}b){0,999}c){0,999}x"]
        {
            assert!(compile("test", pattern).is_err(), "{pattern}");
        }
    }

    fn check(pattern: &str, text: &str, expected: &[&str]) {
        let regex = compile("test", pattern).unwrap();
        let found: Vec<_> = regex.find_iter(text).map(|found| found.unwrap().as_str()).collect();
        assert_eq!(found, expected, "{pattern} on {text:?}");
    }

    #[test]
    fn some_fractions_are_words_and_joiners_are_not() {
        check(r"\w+", "⅓a", &["a"]);
        check(r"\w+", "a½_ b\u{200d}c", &["a½_", "b", "c"]);
        check(r"\W+", "a½_ b\u{200d}c", &[" ", "\u{200d}"]);
        check(r"[\w.]+", "a.½ b", &["a.", "b"]);
        check(r"[^\w\s]+", "a, ½! b", &[",", "½!"]);
        check(r"[\W]+", "a, ½", &[", ½"]);
        check(r"\b.", "a½ \u{301}b", &["a", " ", "\u{301}"]);
        check(r"\Bx", "xx yx", &["x", "x"]);
        check(r"\\w", r"\w", &[r"\w"]);
        check(r"[\]\w]+", "]a", &["]a"]);
    }
}
