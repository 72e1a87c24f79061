//! A pattern that cuts: a plain text, or a regular expression.
//!
//! Regular expressions are read in the dialect of Oniguruma, which Hugging Face uses
//! ([`crate::dialect`]). The published patterns whose words have a hand-written splitter
//! ([`super::fast`]) are known by their text and go there; such a splitter's words together are
//! the whole text, each of them a match.

use fancy_regex::Regex;

use super::behavior::{Behavior, Joiner};
use super::fast::Fast;
use crate::hf::fields::{MAX_TEXT_BYTES, too_large};
use crate::{Error, dialect};

/// Contractions, words with one leading sign, up to three digits, signs, line ends, other spaces.
pub(crate) const GPT4_PATTERN: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
    r"|[^\r\n\p{L}\p{N}]?\p{L}+",
    r"|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*",
    r"|\s*[\r\n]+",
    r"|\s+(?!\S)",
    r"|\s+",
);

/// The same with every digit a word of its own, as Qwen 2 writes it: sums are then learnt by digits.
pub(crate) const SINGLE_DIGITS_PATTERN: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
    r"|[^\r\n\p{L}\p{N}]?\p{L}+",
    r"|\p{N}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*",
    r"|\s*[\r\n]+",
    r"|\s+(?!\S)",
    r"|\s+",
);

/// What `ByteLevel` with `use_regex` means in a `tokenizer.json`.
pub(crate) const GPT2_PATTERN: &str =
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This very text. The empty text is found before each character and at the end.
    Text(String),
    /// What this regular expression matches.
    Regex(String),
}

/// A pattern made ready.
#[derive(Clone, Debug)]
pub(crate) enum Searcher {
    Text(Box<str>),
    /// Words by hand.
    Words(Fast),
    Regex(Box<Regex>),
}

impl Searcher {
    pub(crate) fn new(pattern: &Pattern) -> Result<Self, Error> {
        let (Pattern::Text(source) | Pattern::Regex(source)) = pattern;
        if source.len() > MAX_TEXT_BYTES {
            return Err(too_large("a pattern (in bytes)", source.len(), MAX_TEXT_BYTES));
        }
        match pattern {
            Pattern::Text(text) => Ok(Self::Text(text.as_str().into())),
            Pattern::Regex(source) => match Fast::for_pattern(source) {
                Some(fast) => Ok(Self::Words(fast)),
                None => Self::regex(source),
            },
        }
    }

    /// The regular expression, whether there is a splitter for it or not.
    pub(crate) fn regex(source: &str) -> Result<Self, Error> {
        Ok(Self::Regex(Box::new(dialect::compile("pre_tokenizer.pattern.Regex", source)?)))
    }

    /// The splitter that cuts words by hand, if there is one.
    pub(crate) fn by_hand(&self) -> Option<Fast> {
        match self {
            Self::Words(fast) => Some(*fast),
            Self::Text(_) | Self::Regex(_) => None,
        }
    }

    /// Calls `each` with the pieces of `text`; `invert` makes matches of what lies between them.
    pub(crate) fn cut<'t>(
        &self,
        text: &'t str,
        (behavior, invert): (Behavior, bool),
        mut each: impl FnMut(&'t str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Self::Words(fast) = self
            && matches!((behavior, invert), (Behavior::Isolated, _) | (Behavior::Removed, true))
        {
            return fast.for_each_word(text, each);
        }
        let mut joiner = Joiner::new(text, behavior, &mut each);
        let mut done = 0;
        self.for_each_match(text, |start, end| {
            if done < start {
                joiner.push(done..start, invert)?;
            }
            done = end;
            joiner.push(start..end, !invert)
        })?;
        if done < text.len() {
            joiner.push(done..text.len(), invert)?;
        }
        joiner.finish()
    }

    fn for_each_match(
        &self,
        text: &str,
        mut each: impl FnMut(usize, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Text(what) => {
                let mut starts = text.match_indices(&**what).map(|(start, _)| start);
                starts.try_for_each(|start| each(start, start + what.len()))
            }
            Self::Words(fast) => {
                let mut start = 0;
                fast.for_each_word(text, |word| {
                    start += word.len();
                    each(start - word.len(), start)
                })
            }
            Self::Regex(regex) => regex.find_iter(text).try_for_each(|found| {
                let found = found.map_err(|e| Error::Split { detail: e.to_string() })?;
                each(found.start(), found.end())
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words<'t>(searcher: &Searcher, text: &'t str) -> Vec<&'t str> {
        let mut words = vec![];
        searcher
            .cut(text, (Behavior::Isolated, false), |word| {
                words.push(word);
                Ok(())
            })
            .unwrap();
        words
    }

    fn known(pattern: &str) -> Searcher {
        Searcher::new(&Pattern::Regex(pattern.into())).unwrap()
    }

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(&known(GPT4_PATTERN), text), expected, "fast on {text:?}");
        let reference = Searcher::regex(GPT4_PATTERN).unwrap();
        assert_eq!(words(&reference, text), expected, "regex on {text:?}");
        let reference = Searcher::regex(SINGLE_DIGITS_PATTERN).unwrap();
        let digits = known(SINGLE_DIGITS_PATTERN);
        assert_eq!(words(&digits, text), words(&reference, text), "digits apart, on {text:?}");
    }

    #[test]
    fn each_branch_of_the_pattern() {
        check("", &[]);
        check("Hello world", &["Hello", " world"]);
        check("I'll don't 'SAM", &["I", "'ll", " don", "'t", " '", "SAM"]);
        check("it'ſ", &["it", "'ſ"]);
        check("x'S'rE 'q", &["x", "'S", "'rE", " '", "q"]);
        check("12345 67", &["123", "45", " ", "67"]);
        check("a+=1;\n\n b", &["a", "+=", "1", ";\n\n", " b"]);
        check("if  x:\n    y\t\n", &["if", " ", " x", ":\n", "   ", " y", "\t\n"]);
        check("a \n \n  ", &["a", " \n \n", "  "]);
        check("a\u{a0}\u{3000}b", &["a", "\u{a0}", "\u{3000}b"]);
        check("日本語、テスト", &["日本語", "、テスト"]);
        check("e\u{301}te", &["e", "\u{301}te"]);
        check("٣٤٥٦ Ⅷ½", &["٣٤٥", "٦", " ", "Ⅷ½"]);
        check("👍🏽 ok", &["👍🏽", " ok"]);
    }

    #[test]
    fn what_a_pattern_leaves_out_is_a_word_too() {
        assert_eq!(words(&known(r"\p{N}"), "ab12c"), ["ab", "1", "2", "c"]);
    }

    #[test]
    fn an_empty_match_cuts_too() {
        let empty = Searcher::new(&Pattern::Text(String::new())).unwrap();
        assert_eq!(words(&empty, "aé b"), ["a", "é", " ", "b"]);
        assert_eq!(words(&known("x*"), "aéxxb"), ["a", "é", "xx", "b"]);
    }

    #[test]
    fn a_broken_pattern_is_an_error() {
        let message = Searcher::new(&Pattern::Regex("(".into())).unwrap_err().to_string();
        assert!(message.contains("not a regular expression"), "{message}");
    }

    /// Characters on which the pattern's branches meet.
    const TRICKY: &str = "[ '\\n\\r\\tsStTrReEvVlLmMdDſ0-9٣Ⅷ½.,!\u{a0}\u{85}\u{2028}\u{3000}\
                          \u{301}é日ไ👍\u{200d}]{0,40}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn the_fast_splitter_is_the_pattern(tricky in TRICKY, any in any::<String>()) {
            for pattern in [GPT4_PATTERN, SINGLE_DIGITS_PATTERN] {
                let reference = Searcher::regex(pattern).unwrap();
                for text in [&tricky, &any] {
                    prop_assert_eq!(words(&known(pattern), text), words(&reference, text));
                }
            }
        }
    }
}
