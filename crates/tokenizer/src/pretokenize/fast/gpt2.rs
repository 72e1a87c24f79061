//! GPT-2's pattern: every run of letters, of numbers or of signs is a word, with the single space
//! before it.

use super::runs::{contraction, letters, one_and_letters, run, spaces};
use super::{Split, Text};
use crate::pretokenize::GPT2_PATTERN;
use crate::pretokenize::classes::Class;

/// r50k_base and p50k_base as `tiktoken` writes them.
pub(crate) const R50K_PATTERN: &str =
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s";

/// As the model's authors published it, and as their `tiktoken` writes it.
pub(super) const PATTERNS: [&str; 2] = [GPT2_PATTERN, R50K_PATTERN];

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gpt2;

impl Split for Gpt2 {
    #[inline(always)]
    fn word_end(self, text: Text<'_>, start: usize) -> usize {
        let first = text.bytes()[start];
        let space = usize::from(first == b' ');
        let (class, len) = text.class(start + space);
        let next = start + space + len;
        if class.is(Class::LETTER) && first.is_ascii() {
            one_and_letters(text, start) // ?\p{L}+
        } else if class.is(Class::LETTER) {
            letters(text, next) // \p{L}+
        } else if class.is(Class::NUMBER) {
            run(text, next, Class::NUMBER) // ?\p{N}+
        } else if class.is(Class::OTHER) {
            if first == b'\''
                && let Some(len) = contraction(&text.bytes()[next..])
            {
                return next + len; // 's|'t|'re|'ve|'m|'ll|'d
            }
            run(text, next, Class::OTHER) // ?[^\s\p{L}\p{N}]+
        } else {
            spaces(text, start) // \s+(?!\S)|\s+
        }
    }
}
