//! GPT-4o's pattern: as GPT-4's, but a word ends where small letters are followed by a capital,
//! marks belong to letters, and contractions to the word before them.
//!
//! Its two branches for words, with U for `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`, L for
//! `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`, P for `[^\r\n\p{L}\p{N}]`:
//!
//! ```text
//! P? U* L+    P? U+ L*
//! ```
//!
//! Letters without case and marks are in both U and L, so the first branch backtracks: where no
//! small letter follows the run of U, the word ends behind the run's last letter without case.
//! Only where the run has none either does the second branch take the run whole.

use super::runs::{
    contraction_any_case, not_upper, numbers, one_and_not_upper, signs, spaces_by_line,
};
use super::{Split, Text};
use crate::pretokenize::classes::Class;

/// See the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gpt4o {
    /// The most numbers in one word; at least one.
    digits: usize,
    /// Whether `'s` and the like end a word.
    contractions: bool,
}

/// o200k_base's: GPT-4o, Llama 4, gpt-oss, ….
pub(crate) const O200K_PATTERN: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);

/// Mistral's Tekken.
pub(crate) const TEKKEN_PATTERN: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
);

/// Both of them.
pub(super) const PATTERNS: [(&str, Gpt4o); 2] = [
    (O200K_PATTERN, Gpt4o { digits: 3, contractions: true }),
    (TEKKEN_PATTERN, Gpt4o { digits: 1, contractions: false }),
];

impl Split for Gpt4o {
    #[inline(always)]
    fn word_end(self, text: Text<'_>, start: usize) -> usize {
        let (class, len) = text.class(start);
        let next = start + len;
        if class.is(Class::NUMBER) {
            return numbers(text, next, self.digits - 1); // \p{N}{1,3}
        }
        if class.is(Class::LINE_END) {
            return spaces_by_line(text, start, false);
        }
        let letters_from = start + if class.is(Class::LETTER) { 0 } else { len };
        if text.bytes()[start].is_ascii() && text.class(letters_from).0.is(Class::LOWER) {
            // The most frequent case of what follows, P? L+, without a look at one letter first.
            return self.with_contraction(text, one_and_not_upper(text, start));
        }
        let end = match cased(text, letters_from) {
            Cased::Mixed(end) => end,
            Cased::Upper(_) if class.is(Class::MARK) => next, // P stays empty, L+ is the mark.
            Cased::Upper(end) if end > letters_from => end,
            Cased::Upper(_) => return self.no_word(text, start, class),
        };
        self.with_contraction(text, end)
    }
}

impl Gpt4o {
    /// ` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    #[inline]
    fn no_word(self, text: Text<'_>, start: usize, class: Class) -> usize {
        if class.is(Class::OTHER) {
            return signs(text, start, true);
        }
        if text.bytes()[start] == b' ' && text.class(start + 1).0.is(Class::OTHER) {
            return signs(text, start + 1, true);
        }
        spaces_by_line(text, start, false)
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
    #[inline(always)]
    fn with_contraction(self, text: Text<'_>, end: usize) -> usize {
        if self.contractions
            && text.bytes().get(end) == Some(&b'\'')
            && let Some(len) = contraction_any_case(&text.bytes()[end + 1..])
        {
            return end + 1 + len;
        }
        end
    }
}

enum Cased {
    /// `U*L+` matches up to here.
    Mixed(usize),
    /// It does not; `U*` ends here.
    Upper(usize),
}

#[inline(always)]
fn cased(text: Text<'_>, start: usize) -> Cased {
    let (mut at, mut after_caseless) = (start, start);
    loop {
        let (class, len) = text.class(at);
        if class.is(Class::LOWER) {
            return Cased::Mixed(not_upper(text, at + len));
        }
        if !class.is(Class::NOT_LOWER) {
            break;
        }
        at += len;
        if class.is(Class::WITHOUT_CASE) {
            after_caseless = at;
        }
    }
    if after_caseless > start { Cased::Mixed(after_caseless) } else { Cased::Upper(at) }
}
