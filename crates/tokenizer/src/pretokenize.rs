//! Text to words: BPE never merges across the borders that are drawn here.
//!
//! The default is the pattern of GPT-4 in the form that Llama 3 writes it, cut by a hand-written
//! splitter ([`fast`]) that the tests hold equal to the pattern. Any other pattern that a file
//! brings runs as a regular expression. Words are borrowed from the text and together are the
//! whole text: what a pattern does not match is a word of its own (Hugging Face's "Isolated").
//!
//! Left out on purpose: normalizers and the added prefix space; ids must give back the same text.

mod classes;
mod fast;

use fancy_regex::Regex;

use crate::Error;

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

/// Cuts text into words.
#[derive(Clone, Debug)]
pub(crate) struct Pretokenizer {
    pattern: String,
    splitter: Splitter,
}

#[derive(Clone, Debug)]
enum Splitter {
    Fast {
        /// Digits in a word at most.
        digits: usize,
    },
    Regex(Box<Regex>),
}

impl Pretokenizer {
    pub(crate) fn gpt4() -> Self {
        Self { pattern: GPT4_PATTERN.to_owned(), splitter: Splitter::Fast { digits: 3 } }
    }

    pub(crate) fn single_digits() -> Self {
        let pattern = SINGLE_DIGITS_PATTERN.to_owned();
        Self { pattern, splitter: Splitter::Fast { digits: 1 } }
    }

    /// Any pattern; those of GPT-4 and of Qwen 2 get the fast splitter.
    pub(crate) fn from_pattern(pattern: &str) -> Result<Self, Error> {
        match pattern {
            GPT4_PATTERN => Ok(Self::gpt4()),
            SINGLE_DIGITS_PATTERN => Ok(Self::single_digits()),
            other => Self::regex(other),
        }
    }

    fn regex(pattern: &str) -> Result<Self, Error> {
        let regex = Regex::new(pattern).map_err(|e| Error::Unsupported {
            field: "pre_tokenizer.pattern",
            got: format!("{pattern:?} ({e})"),
            expected: "which is not a regular expression that can be read here",
        })?;
        Ok(Self { pattern: pattern.to_owned(), splitter: Splitter::Regex(Box::new(regex)) })
    }

    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Calls `each` with every word of `text`, in order, until it fails.
    pub(crate) fn for_each_word<'t>(
        &self,
        text: &'t str,
        mut each: impl FnMut(&'t str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match &self.splitter {
            Splitter::Fast { digits } => fast::words(text, *digits).try_for_each(each),
            Splitter::Regex(regex) => {
                let mut done = 0;
                for found in regex.find_iter(text) {
                    let found = found.map_err(|e| Error::Split { detail: e.to_string() })?;
                    for word in [&text[done..found.start()], found.as_str()] {
                        if !word.is_empty() {
                            each(word)?;
                        }
                    }
                    done = found.end();
                }
                if done < text.len() { each(&text[done..]) } else { Ok(()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words<'t>(pretokenizer: &Pretokenizer, text: &'t str) -> Vec<&'t str> {
        let mut words = vec![];
        pretokenizer
            .for_each_word(text, |w| {
                words.push(w);
                Ok(())
            })
            .unwrap();
        words
    }

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(&Pretokenizer::gpt4(), text), expected, "fast on {text:?}");
        let reference = Pretokenizer::regex(GPT4_PATTERN).unwrap();
        assert_eq!(words(&reference, text), expected, "regex on {text:?}");
        let reference = Pretokenizer::regex(SINGLE_DIGITS_PATTERN).unwrap();
        let digits = Pretokenizer::single_digits();
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
        let digits = Pretokenizer::from_pattern(r"\p{N}").unwrap();
        assert_eq!(words(&digits, "ab12c"), ["ab", "1", "2", "c"]);
    }

    #[test]
    fn a_broken_pattern_is_an_error() {
        let message = Pretokenizer::from_pattern("(").unwrap_err().to_string();
        assert!(message.contains("not a regular expression"), "{message}");
    }

    /// Characters on which the pattern's branches meet.
    const TRICKY: &str = "[ '\\n\\r\\tsStTrReEvVlLmMdDſ0-9٣Ⅷ½.,!\u{a0}\u{85}\u{2028}\u{3000}\
                          \u{301}é日ไ👍\u{200d}]{0,40}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn the_fast_splitter_is_the_pattern(tricky in TRICKY, any in any::<String>()) {
            let reference = Pretokenizer::regex(GPT4_PATTERN).unwrap();
            let digits_reference = Pretokenizer::regex(SINGLE_DIGITS_PATTERN).unwrap();
            for text in [tricky, any] {
                prop_assert_eq!(words(&Pretokenizer::gpt4(), &text), words(&reference, &text));
                let digits = Pretokenizer::single_digits();
                prop_assert_eq!(words(&digits, &text), words(&digits_reference, &text));
            }
        }
    }
}
