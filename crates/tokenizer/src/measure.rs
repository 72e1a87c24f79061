//! How well a tokenizer fits a text: how few tokens it needs, and how much of its vocabulary.
//!
//! Compression is bytes a token; fertility is tokens a word, a word being a run without white space
//! (Rust et al., "How Good is Your Tokenizer?", 2021, arXiv:2012.15613). Scripts without spaces have
//! long "words": compare tokenizers on one text, not texts by one tokenizer; for that there are
//! translations (see [`translations`](crate::translations)).
//!
//! Left out on purpose: speed. Who holds the clock divides [`Measure::bytes`] by it.

use std::ops::AddAssign;

use crate::{Error, Tokenizer};

/// What a tokenizer made of texts. Measures of several texts add up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Bytes of the texts.
    pub bytes: u64,
    /// Characters of the texts.
    pub chars: u64,
    /// Runs without white space.
    pub words: u64,
    /// Tokens of the texts.
    pub tokens: u64,
    /// A bit for each id that occurred.
    used: Vec<u64>,
}

impl Measure {
    /// Of one text.
    ///
    /// # Errors
    /// Those of [`Tokenizer::encode`].
    ///
    /// ```
    /// use tokenizer::{TrainOptions, Tokenizer, measure::Measure};
    /// let options = TrainOptions { vocab_size: 260, ..TrainOptions::default() };
    /// let tokenizer = Tokenizer::train(["low lower lowest"], &options)?;
    /// let found = Measure::of(&tokenizer, "low low")?; // "low" and " low"
    /// assert_eq!((found.words, found.tokens, found.used()), (2, 2, 2));
    /// # Ok::<(), tokenizer::Error>(())
    /// ```
    pub fn of(tokenizer: &Tokenizer, text: &str) -> Result<Self, Error> {
        let ids = tokenizer.encode(text)?;
        let mut used = vec![0; tokenizer.vocab_size().div_ceil(64)];
        for id in &ids {
            let id = *id as usize;
            used[id / 64] |= 1 << (id % 64);
        }
        Ok(Self {
            bytes: text.len() as u64,
            chars: text.chars().count() as u64,
            words: text.split_whitespace().count() as u64,
            tokens: ids.len() as u64,
            used,
        })
    }

    /// Compression: more is better. `None` without tokens.
    pub fn bytes_per_token(&self) -> Option<f64> {
        (self.tokens > 0).then(|| self.bytes as f64 / self.tokens as f64)
    }

    /// Fertility, tokens a word: 1 is best. `None` without words.
    pub fn fertility(&self) -> Option<f64> {
        (self.words > 0).then(|| self.tokens as f64 / self.words as f64)
    }

    /// How many different ids occurred.
    pub fn used(&self) -> usize {
        self.used.iter().map(|bits| bits.count_ones() as usize).sum()
    }
}

impl AddAssign<&Self> for Measure {
    fn add_assign(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.chars += other.chars;
        self.words += other.words;
        self.tokens += other.tokens;
        if self.used.len() < other.used.len() {
            self.used.resize(other.used.len(), 0);
        }
        self.used.iter_mut().zip(&other.used).for_each(|(bits, more)| *bits |= more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainOptions;

    fn tokenizer() -> Tokenizer {
        let options = TrainOptions { vocab_size: 260, ..TrainOptions::default() };
        Tokenizer::train(["low lower lowest"], &options).unwrap()
    }

    #[test]
    fn nothing_has_no_ratios() {
        let found = Measure::of(&tokenizer(), "").unwrap();
        assert_eq!((found.bytes_per_token(), found.fertility(), found.used()), (None, None, 0));
    }

    #[test]
    fn bytes_characters_words_and_tokens_are_told_apart() {
        let found = Measure::of(&tokenizer(), "low é\n").unwrap();
        assert_eq!((found.bytes, found.chars, found.words), (7, 6, 2));
        assert_eq!(found.tokens, 5, "low, a space, two bytes of é, a line end");
        assert_eq!(found.bytes_per_token(), Some(7.0 / 5.0));
        assert_eq!(found.fertility(), Some(2.5));
    }

    #[test]
    fn measures_add_up_to_that_of_the_whole() {
        let tokenizer = tokenizer();
        let mut sum = Measure::default();
        for part in ["low low", " x", " lower\n"] {
            sum += &Measure::of(&tokenizer, part).unwrap();
        }
        let whole = Measure::of(&tokenizer, "low low x lower\n").unwrap();
        assert_eq!((sum.bytes, sum.words, sum.used()), (whole.bytes, whole.words, whole.used()));
        assert_eq!(sum, whole);
    }
}
