//! The published patterns by hand: one look at each character, no backtracking, no allocation.
//!
//! Three grammars, each with the few things in which its published forms differ: GPT-2's
//! ([`gpt2`]), GPT-4's ([`gpt4`]: cl100k_base, Llama 3, Qwen 2, …) and GPT-4o's ([`gpt4o`]:
//! o200k_base, Mistral's Tekken). Each function `word_end` is one pattern, branch by branch; the
//! tests hold it equal to the regular expression. [`runs`] has what they share.
//!
//! A word is found in time proportional to its length, or to the run of spaces or capitals that
//! it stands in, and no character is looked at more than a few times: splitting is O(n) on any
//! text.

mod chunks;
mod cut;
mod gpt2;
mod gpt4;
mod gpt4o;
mod runs;

pub(crate) use chunks::Chunks;
pub(crate) use cut::safe_cut;
pub(crate) use gpt2::{Gpt2, R50K_PATTERN};
pub(crate) use gpt4::{CL100K_PATTERN, Gpt4};
pub(crate) use gpt4o::{Gpt4o, O200K_PATTERN, TEKKEN_PATTERN};

use super::classes::{Class, Classes};
use crate::Error;

/// A text, and the classes of its characters at hand.
#[derive(Clone, Copy)]
pub(crate) struct Text<'t> {
    whole: &'t str,
    classes: &'static Classes,
}

impl<'t> Text<'t> {
    pub(crate) fn new(whole: &'t str) -> Self {
        Self { whole, classes: Classes::get() }
    }

    #[inline(always)]
    pub(crate) fn bytes(self) -> &'t [u8] {
        self.whole.as_bytes()
    }

    pub(crate) fn word(self, start: usize, end: usize) -> &'t str {
        &self.whole[start..end]
    }

    /// The class of the character at byte `at` and its length; [`Class::END`] behind the last.
    #[inline(always)]
    fn class(self, at: usize) -> (Class, usize) {
        self.classes.at(self.bytes(), at)
    }
}

/// A grammar that cuts text into words which together are the text.
pub(crate) trait Split: Copy {
    /// Where the word that starts at `start` ends; `start` is before the end of the text.
    fn word_end(self, text: Text<'_>, start: usize) -> usize;
}

/// What can be done with a grammar once it is known which it is: a loop over the words that is
/// compiled for each of them.
pub(crate) trait WithSplit {
    type Output;
    fn run(self, split: impl Split) -> Self::Output;
}

/// The patterns that are cut by hand, and [`Chunks`], which is none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fast {
    Gpt2(Gpt2),
    Gpt4(Gpt4),
    Gpt4o(Gpt4o),
    Chunks(Chunks),
}

impl Fast {
    /// The splitter of a published pattern, letter for letter.
    pub(crate) fn for_pattern(pattern: &str) -> Option<Self> {
        if gpt2::PATTERNS.contains(&pattern) {
            return Some(Self::Gpt2(Gpt2));
        }
        let gpt4 = gpt4::PATTERNS.iter().find(|(known, _)| *known == pattern);
        let gpt4o = gpt4o::PATTERNS.iter().find(|(known, _)| *known == pattern);
        gpt4.map(|&(_, split)| Self::Gpt4(split)).or(gpt4o.map(|&(_, split)| Self::Gpt4o(split)))
    }

    pub(crate) fn with<W: WithSplit>(self, work: W) -> W::Output {
        match self {
            Self::Gpt2(split) => work.run(split),
            Self::Gpt4(split) => work.run(split),
            Self::Gpt4o(split) => work.run(split),
            Self::Chunks(split) => work.run(split),
        }
    }

    /// Calls `each` with every word of `text`, in order, until it fails.
    pub(crate) fn for_each_word<'t, E>(self, text: &'t str, each: E) -> Result<(), Error>
    where
        E: FnMut(&'t str) -> Result<(), Error>,
    {
        self.with(ForEach { text: Text::new(text), each })
    }
}

struct ForEach<'t, E> {
    text: Text<'t>,
    each: E,
}

impl<'t, E: FnMut(&'t str) -> Result<(), Error>> WithSplit for ForEach<'t, E> {
    type Output = Result<(), Error>;

    fn run(mut self, split: impl Split) -> Self::Output {
        let mut start = 0;
        while start < self.text.bytes().len() {
            let end = split.word_end(self.text, start);
            (self.each)(self.text.word(start, end))?;
            start = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
