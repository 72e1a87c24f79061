//! `Split`: cuts at what a pattern matches.

use super::behavior::Behavior;
use super::fast::{self, Fast};
use super::pattern::{GPT4_PATTERN, Pattern, SINGLE_DIGITS_PATTERN, Searcher};
use crate::Error;

/// Cuts at what a pattern matches.
#[derive(Clone, Debug)]
pub struct Split {
    pattern: Pattern,
    behavior: Behavior,
    invert: bool,
    searcher: Searcher,
}

impl PartialEq for Split {
    fn eq(&self, other: &Self) -> bool {
        let all = |split: &Self| (split.pattern.clone(), split.behavior, split.invert);
        all(self) == all(other)
    }
}

impl Split {
    /// `invert` takes what lies between the matches for the matches. Fails where the regular
    /// expression is none, or is too long.
    pub fn new(pattern: Pattern, behavior: Behavior, invert: bool) -> Result<Self, Error> {
        Ok(Self { searcher: Searcher::new(&pattern)?, pattern, behavior, invert })
    }

    /// GPT-4's words, as Llama 3 writes their pattern.
    pub fn gpt4() -> Self {
        Self::isolated(GPT4_PATTERN)
    }

    /// GPT-4's words with every digit apart, as Qwen 2 writes their pattern.
    pub fn single_digits() -> Self {
        Self::isolated(SINGLE_DIGITS_PATTERN)
    }

    fn isolated(pattern: &str) -> Self {
        let pattern = Pattern::Regex(pattern.to_owned());
        Self::new(pattern, Behavior::Isolated, false).expect("the published patterns are valid")
    }

    /// What is looked for.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// What becomes of the matches.
    pub fn behavior(&self) -> Behavior {
        self.behavior
    }

    /// Whether what lies between the matches is taken for the matches.
    pub fn inverts(&self) -> bool {
        self.invert
    }

    /// Calls `each` with the pieces of `text`, in order, until it fails.
    #[inline]
    pub(crate) fn for_each_word<'t>(
        &self,
        text: &'t str,
        each: impl FnMut(&'t str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.searcher.cut(text, (self.behavior, self.invert), each)
    }

    /// How the words are cut by hand, each as it stands in the text, if they are.
    pub(crate) fn by_hand(&self) -> Option<Fast> {
        let is_whole = self.behavior == Behavior::Isolated
            || self.behavior == Behavior::Removed && self.invert;
        self.searcher.by_hand().filter(|_| is_whole)
    }

    /// The text in parts whose words together are the text's: several where it is long and it is
    /// known where its words may be taken apart, so that threads can share it. None has less than
    /// `size` bytes but the last.
    pub(crate) fn parts<'t>(&self, text: &'t str, size: usize) -> Vec<&'t str> {
        let (mut parts, mut start) = (vec![], 0);
        if self.by_hand().is_some() {
            while let Some(cut) = fast::safe_cut(text, start + size) {
                parts.push(&text[start..cut]);
                start = cut;
            }
        }
        parts.push(&text[start..]);
        parts
    }
}
