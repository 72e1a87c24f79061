//! Text to words, which no token crosses: the patterns of GPT-2 and of GPT-4 (cl100k), as regular
//! expressions.
//!
//! Leaves out a splitter written by hand: the expression is the reference that one is to be tested
//! against.

use std::sync::OnceLock;

use fancy_regex::Regex;

/// How text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Contractions, letters, digits, marks: each with the space before it.
    Gpt2,
    /// As GPT-2's, with digits by threes and line ends kept with what is before them.
    Gpt4,
}

impl Pattern {
    /// The expression.
    pub fn regex(self) -> &'static str {
        match self {
            Self::Gpt2 => {
                r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
            }
            Self::Gpt4 => {
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            }
        }
    }

    /// The words of a text; together they are the text.
    pub fn split(self, text: &str) -> impl Iterator<Item = &str> {
        static COMPILED: [OnceLock<Regex>; 2] = [const { OnceLock::new() }; 2];
        let regex = COMPILED[self as usize].get_or_init(|| {
            Regex::new(self.regex()).expect("the expression is a constant that its test compiles")
        });
        // A piece that the expression skips or gives up on stays a word of its own.
        let mut from = 0;
        std::iter::from_fn(move || {
            if from == text.len() {
                return None;
            }
            let found = regex.find_from_pos(text, from).ok().flatten().filter(|m| m.end() > from);
            let start = from;
            from = match found {
                Some(found) if found.start() == start => found.end(),
                Some(found) => found.start(),
                None => text.len(),
            };
            Some(&text[start..from])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: Pattern, text: &str, expected: &[&str]) {
        assert_eq!(pattern.split(text).collect::<Vec<_>>(), expected, "{text:?}");
    }

    #[test]
    fn words_are_cut_as_published() {
        use Pattern::{Gpt2, Gpt4};
        check(Gpt4, "", &[]);
        check(Gpt4, "Hello, world!", &["Hello", ",", " world", "!"]);
        check(Gpt4, "I'LL be 12345 years", &["I", "'LL", " be", " ", "123", "45", " years"]);
        check(Gpt2, "I'LL be 12345", &["I", "'", "LL", " be", " 12345"]);
        check(Gpt4, "a  b\n\n c", &["a", " ", " b", "\n\n", " c"]);
        check(Gpt4, "end.\n\nNext", &["end", ".\n\n", "Next"]);
        check(Gpt2, "naïve café", &["naïve", " café"]);
        check(Gpt4, "   ", &["   "]);
    }

    proptest::proptest! {
        #[test]
        fn words_make_the_text_again(text in "\\PC*|[ \\na-z0-9']*") {
            for pattern in [Pattern::Gpt2, Pattern::Gpt4] {
                proptest::prop_assert_eq!(pattern.split(&text).collect::<String>(), text.clone());
            }
        }
    }
}
