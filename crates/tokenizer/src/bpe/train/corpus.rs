//! Words as symbols: all in one row, each word a stretch of it that shrinks as pairs are merged.

use crate::Error;

/// The places of symbols are 32 bits.
const MAX_SYMBOLS: usize = u32::MAX as usize;

/// A word of two symbols or more, and how often it stands in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) start: u32,
    pub(super) len: u32,
    pub(super) count: u64,
}

/// All words that still have pairs.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    pub(super) symbols: Vec<u32>,
    pub(super) words: Vec<Word>,
}

impl Corpus {
    /// Adds a word.
    pub(super) fn push(
        &mut self,
        symbols: impl IntoIterator<Item = u32>,
        count: u64,
    ) -> Result<(), Error> {
        let start = self.symbols.len();
        self.symbols.extend(symbols);
        let len = self.symbols.len() - start;
        if self.symbols.len() > MAX_SYMBOLS {
            return Err(Error::TooManyWords { bytes: self.symbols.len(), most: MAX_SYMBOLS });
        }
        if len < 2 {
            self.symbols.truncate(start);
            return Ok(());
        }
        self.words.push(Word { start: start as u32, len: len as u32, count });
        Ok(())
    }

    /// The symbols of a word.
    pub(super) fn symbols(&self, word: &Word) -> &[u32] {
        &self.symbols[word.start as usize..][..word.len as usize]
    }

    /// All words and symbols, to be changed.
    pub(super) fn part(&mut self) -> Part<'_> {
        Part { symbols: &mut self.symbols, words: &mut self.words, first: 0, offset: 0 }
    }
}

/// Neighbouring words and their symbols, which one thread may change.
pub(super) struct Part<'c> {
    symbols: &'c mut [u32],
    words: &'c mut [Word],
    /// The number of the first word here.
    first: u32,
    /// Where the first symbol here is among all.
    offset: u32,
}

impl<'c> Part<'c> {
    /// The words before number `word`, and those from it on.
    pub(super) fn split(self, word: u32) -> (Self, Self) {
        let Self { symbols, words, first, offset } = self;
        let at = (word - first) as usize;
        let middle = words.get(at).map_or(symbols.len() as u32 + offset, |word| word.start);
        let (left, right) = symbols.split_at_mut((middle - offset) as usize);
        let (words, words_right) = words.split_at_mut(at);
        let right = Self { symbols: right, words: words_right, first: word, offset: middle };
        (Self { symbols: left, words, first, offset }, right)
    }

    /// A word's count, its length, and its symbols.
    #[inline]
    pub(super) fn word(&mut self, number: u32) -> (u64, &mut u32, &mut [u32]) {
        let word = &mut self.words[(number - self.first) as usize];
        let start = (word.start - self.offset) as usize;
        let symbols = &mut self.symbols[start..start + word.len as usize];
        (word.count, &mut word.len, symbols)
    }
}
