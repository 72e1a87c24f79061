//! GPT-4's pattern and its relatives: a word takes one sign or space before it, numbers come in
//! groups, signs take the line ends behind them.

use super::runs::{contraction_any_case, letters, numbers, one_and_letters, signs, spaces_by_line};
use super::{Split, Text};
use crate::pretokenize::classes::Class;
use crate::pretokenize::{GPT4_PATTERN, SINGLE_DIGITS_PATTERN};

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gpt4 {
    /// The most numbers in one word; at least one.
    digits: usize,
    /// Whether spaces at the end of the text are one word even where they hold line ends.
    whole_tail: bool,
}

impl Gpt4 {
    pub(crate) const THREE_DIGITS: Self = Self { digits: 3, whole_tail: false };
    pub(crate) const ONE_DIGIT: Self = Self { digits: 1, whole_tail: false };
    const TWO_DIGITS: Self = Self { digits: 2, whole_tail: false };
    const ANY_DIGITS: Self = Self { digits: usize::MAX, whole_tail: false };
    const TIKTOKEN: Self = Self { digits: 3, whole_tail: true };
}

macro_rules! with_numbers {
    ($numbers:literal) => {
        concat!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|",
            $numbers,
            r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        )
    };
}

/// cl100k_base as `tiktoken` writes it. White space at the end of a text is one word, line ends in
/// it or not. The `+` behind `{1,3}` is left out: it changes nothing there and means repetition to
/// Oniguruma.
pub(crate) const CL100K_PATTERN: &str = concat!(
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
);

/// Llama 3, GLM-4, Qwen 2, …; and cl100k_base as `tiktoken` writes it.
pub(super) const PATTERNS: [(&str, Gpt4); 5] = [
    (GPT4_PATTERN, Gpt4::THREE_DIGITS),
    (SINGLE_DIGITS_PATTERN, Gpt4::ONE_DIGIT),
    (with_numbers!(r"\p{N}{1,2}"), Gpt4::TWO_DIGITS),
    (with_numbers!(r"\p{N}+"), Gpt4::ANY_DIGITS),
    (CL100K_PATTERN, Gpt4::TIKTOKEN),
];

impl Split for Gpt4 {
    #[inline(always)]
    fn word_end(self, text: Text<'_>, start: usize) -> usize {
        let first = text.bytes()[start];
        let (class, len) = text.class(start);
        // Words with a sign or space before them and words without take one way, with no branch.
        let leads = class.is(Class::SPACE) || class.is(Class::OTHER);
        let from = start + if leads { len } else { 0 };
        let (after, after_len) = text.class(from);
        if first == b'\''
            && let Some(len) = contraction_any_case(&text.bytes()[from..])
        {
            return from + len; // (?i:'s|'t|'re|'ve|'m|'ll|'d)
        }
        if after.is(Class::LETTER) && first.is_ascii() {
            return one_and_letters(text, start); // [^\r\n\p{L}\p{N}]?\p{L}+
        }
        if after.is(Class::LETTER) {
            return letters(text, from + after_len);
        }
        if class.is(Class::NUMBER) {
            return numbers(text, start + len, self.digits - 1); // \p{N}{1,3}
        }
        if class.is(Class::OTHER) || first == b' ' && after.is(Class::OTHER) {
            return signs(text, from, false); // ?[^\s\p{L}\p{N}]+[\r\n]*
        }
        spaces_by_line(text, start, self.whole_tail) // \s*[\r\n]+|\s+(?!\S)|\s+
    }
}
