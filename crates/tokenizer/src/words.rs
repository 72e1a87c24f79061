//! How often each word stands in a text: counted on all threads, from texts that come one after
//! another and are not kept. What every training begins with.
//!
//! The words lie once in one table of 64 parts, each with a lock. A thread counts in a small table
//! of its own first, one place a hash value; what is pushed out of it goes into the large one. So
//! nearly all words of a text find a place that no other thread knows of, and no word is kept
//! twice. Memory grows with the distinct words: their bytes and about thirty more for each.
//!
//! A long text is cut into blocks of a megabyte, where a line begins with a character that is no
//! space. Published pre-tokenizers end a word there too, but for runs of line ends, which GPT-2's
//! would cut otherwise once in a block. The counts depend on texts and options alone.

use std::cmp::Reverse;
use std::sync::Mutex;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::Error;
use crate::hash::hash;

/// Cuts a text and calls the function with every word.
pub type Split<'s> = dyn Fn(&str, &mut dyn FnMut(&str)) -> Result<(), Error> + Sync + 's;

/// Parts of the large table.
const N_SHARDS: usize = 64;

/// Places in a thread's own table.
const N_PLACES: usize = 1 << 13;

/// A thread keeps so many bytes of words that do not stand in its block.
const MAX_MADE_BYTES: usize = 1 << 19;

/// A text longer than this is cut into blocks.
const BLOCK_BYTES: usize = 1 << 20;

/// So many bytes of texts are counted between two questions whether to go on.
const BATCH_BYTES: usize = 1 << 21;

/// How far long work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Reading and counting words.
    Counted {
        /// Bytes of text so far.
        bytes: u64,
        /// Different words so far.
        words: u64,
    },
    /// Merging pairs.
    Merged {
        /// Ids so far.
        ids: usize,
        /// Ids wanted.
        of: usize,
    },
    /// Fitting probabilities of pieces, of which there are fewer and fewer.
    Fitted {
        /// Pieces left.
        pieces: usize,
        /// Pieces at the end, about.
        target: usize,
    },
}

/// Words and how often each stands in the texts.
#[derive(Debug, Default)]
pub struct Words {
    shards: Vec<Shard>,
}

impl Words {
    /// Counts the words of `texts`. After every sixteen megabytes `go_on` is asked; where it says
    /// no, counting ends with [`Error::Interrupted`].
    pub fn count(
        texts: impl IntoIterator<Item = impl AsRef<str> + Sync>,
        split: &Split<'_>,
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Self, Error> {
        let counter = Counter::default();
        let (mut texts, mut bytes, mut rounds) = (texts.into_iter(), 0, 0);
        loop {
            let (mut batch, mut len) = (vec![], 0);
            while len < BATCH_BYTES
                && let Some(text) = texts.next()
            {
                len += text.as_ref().len();
                batch.push(text);
            }
            if batch.is_empty() {
                return Ok(counter.into_words());
            }
            let blocks: Vec<&str> = batch.iter().flat_map(|text| blocks(text.as_ref())).collect();
            let mut rest = &blocks[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at(n_in_batch(rest));
                counter.add(now, split)?;
                rest = later;
                bytes += now.iter().map(|block| block.len() as u64).sum::<u64>();
                rounds += 1;
                if !go_on(Progress::Counted { bytes, words: counter.len() as u64 }) {
                    return Err(Error::Interrupted { rounds });
                }
            }
        }
    }

    /// Words that were counted already; one that comes twice counts twice.
    pub fn from_counts(
        counts: impl IntoIterator<Item = (impl AsRef<str>, u64)>,
    ) -> Result<Self, Error> {
        let counter = Counter::default();
        for (word, count) in counts {
            let bytes = word.as_ref().as_bytes();
            if !bytes.is_empty() && count > 0 {
                counter.insert(bytes, hash(bytes), count)?;
            }
        }
        Ok(counter.into_words())
    }

    /// All words with their counts, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.shards.iter().flat_map(Shard::iter)
    }

    /// How many different words there are.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.entries.len()).sum()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All words with their counts, in the order of their bytes.
    pub fn sorted(&self) -> Vec<(&str, u64)> {
        let mut words: Vec<_> = self.iter().collect();
        words.par_sort_unstable();
        words
    }
}

/// All characters and how often each stands in the text, the most frequent first.
pub(crate) fn characters(words: impl Iterator<Item = (impl AsRef<str>, u64)>) -> Vec<(char, u64)> {
    let mut counts: FxHashMap<char, u64> = FxHashMap::default();
    for (word, count) in words {
        for character in word.as_ref().chars() {
            let sum = counts.entry(character).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    let mut characters: Vec<_> = counts.into_iter().collect();
    characters.sort_unstable_by_key(|&(character, count)| (Reverse(count), character));
    characters
}

/// How many of the most frequent characters make this share of the text. As SentencePiece: in f32,
/// and one more than would do where it is met exactly only after it.
pub(crate) fn n_covering(characters: &[(char, u64)], share: f64) -> usize {
    let all: f64 = characters.iter().map(|&(_, count)| count as f64).sum();
    let mut before = 0.0;
    let is_needed = |&(_, count): &(char, u64)| {
        let is_needed = ((before / all) as f32) < share as f32;
        before += count as f64;
        is_needed
    };
    let n = characters.iter().map(is_needed).take_while(|&needed| needed).count();
    n.max(1)
}

/// Cuts a long text.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = block_end(rest);
        let block = &rest[..end];
        rest = &rest[end..];
        Some(block)
    })
}

fn block_end(text: &str) -> usize {
    let tail = text.get(text.ceil_char_boundary(BLOCK_BYTES)..).unwrap_or_default();
    let begins = |(_, rest): &(&str, &str)| !rest.starts_with(char::is_whitespace);
    let mut ends = tail.match_indices('\n').map(|(at, _)| tail.split_at(at + 1));
    ends.find(begins).map_or(text.len(), |(_, rest)| text.len() - rest.len())
}

/// How many of the first blocks are counted before the question whether to go on; one at least.
fn n_in_batch(blocks: &[&str]) -> usize {
    let mut bytes = 0;
    let is_in = |block: &&&str| {
        let is_in = bytes < BATCH_BYTES;
        bytes += block.len();
        is_in
    };
    blocks.iter().take_while(is_in).count()
}

/// The large table while it grows.
struct Counter {
    shards: Vec<Mutex<Shard>>,
}

impl Default for Counter {
    fn default() -> Self {
        Self { shards: (0..N_SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Counter {
    fn add(&self, blocks: &[&str], split: &Split<'_>) -> Result<(), Error> {
        blocks.par_iter().try_for_each(|block| {
            let mut counts = BlockCounts::new(block, self);
            split(block, &mut |word| counts.count(word))?;
            counts.finish()
        })
    }

    fn insert(&self, word: &[u8], hash: u64, count: u64) -> Result<(), Error> {
        let shard = &self.shards[hash as usize % N_SHARDS];
        // A thread that panicked has left whole entries.
        let mut shard = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shard.insert(word, hash, count)
    }

    fn len(&self) -> usize {
        let len = |shard: &Mutex<Shard>| {
            shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner).entries.len()
        };
        self.shards.iter().map(len).sum()
    }

    fn into_words(self) -> Words {
        let shards = self
            .shards
            .into_iter()
            .map(|shard| shard.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
        Words { shards: shards.collect() }
    }
}

/// The counts of one block, as far as they are not in the large table yet.
struct BlockCounts<'b> {
    block: &'b str,
    counter: &'b Counter,
    places: Vec<Counted>,
    /// Words that do not stand in the block: a stage before made them.
    made: Vec<u8>,
    failed: Option<Error>,
}

/// A word of the block, or one that was made of it; `count` is 0 where there is none.
#[derive(Clone, Copy, Default)]
struct Counted {
    hash: u64,
    start: u32,
    len: u32,
    count: u32,
    is_made: bool,
}

impl<'b> BlockCounts<'b> {
    fn new(block: &'b str, counter: &'b Counter) -> Self {
        let places = (block.len() / 16).next_power_of_two().clamp(16, N_PLACES);
        let places = vec![Counted::default(); places];
        Self { block, counter, places, made: vec![], failed: None }
    }

    #[inline]
    fn count(&mut self, word: &str) {
        let hash = hash(word.as_bytes());
        let at = (hash >> 40) as usize & (self.places.len() - 1);
        let found = self.places[at];
        if found.hash == hash && self.word(&found) == word.as_bytes() {
            self.places[at].count += 1;
        } else {
            self.replace(at, hash, word);
        }
    }

    fn word(&self, counted: &Counted) -> &[u8] {
        let bytes = if counted.is_made { &self.made } else { self.block.as_bytes() };
        &bytes[counted.start as usize..][..counted.len as usize]
    }

    fn replace(&mut self, at: usize, hash: u64, word: &str) {
        self.push_out(at);
        if word.is_empty() || word.len() > MAX_MADE_BYTES {
            return self.keep(word.as_bytes(), hash, 1);
        }
        // Words of the block itself are found again by their place; a stage may give others.
        let start = (word.as_ptr() as usize).wrapping_sub(self.block.as_ptr() as usize);
        let is_inside = self.block.as_bytes().get(start..).and_then(|rest| rest.get(..word.len()))
            == Some(word.as_bytes());
        let start = match is_inside {
            true => start,
            false => {
                if self.made.len() + word.len() > MAX_MADE_BYTES {
                    self.push_all_out();
                    self.made.clear();
                }
                self.made.extend_from_slice(word.as_bytes());
                self.made.len() - word.len()
            }
        };
        let Ok(start) = u32::try_from(start) else {
            return self.keep(word.as_bytes(), hash, 1);
        };
        let len = word.len() as u32;
        self.places[at] = Counted { hash, start, len, count: 1, is_made: !is_inside };
    }

    fn push_all_out(&mut self) {
        (0..self.places.len()).for_each(|at| self.push_out(at));
    }

    fn push_out(&mut self, at: usize) {
        let old = std::mem::take(&mut self.places[at]);
        if old.count > 0 {
            let kept = self.counter.insert(self.word(&old), old.hash, u64::from(old.count));
            self.note(kept);
        }
    }

    fn keep(&mut self, word: &[u8], hash: u64, count: u64) {
        if !word.is_empty() {
            let kept = self.counter.insert(word, hash, count);
            self.note(kept);
        }
    }

    /// The first thing that failed is told at the end.
    fn note(&mut self, kept: Result<(), Error>) {
        if let Err(error) = kept {
            self.failed.get_or_insert(error);
        }
    }

    fn finish(mut self) -> Result<(), Error> {
        self.push_all_out();
        self.failed.map_or(Ok(()), Err)
    }
}

/// One part of the large table.
#[derive(Debug, Default)]
struct Shard {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// From high to low: half of the hash, and one more than the entry; 0 where none is. Its length
    /// is a power of two.
    index: Vec<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u32,
    count: u64,
}

impl Shard {
    fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        // Every word was a string when it came.
        self.entries
            .iter()
            .map(|entry| (std::str::from_utf8(self.word(entry)).unwrap_or_default(), entry.count))
    }

    fn word(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.start as usize..][..entry.len as usize]
    }

    fn insert(&mut self, word: &[u8], hash: u64, count: u64) -> Result<(), Error> {
        if self.entries.len() * 4 >= self.index.len() * 3 {
            self.grow();
        }
        let (mask, mark) = (self.index.len() - 1, hash & !0xFFFF_FFFF);
        let mut at = (hash >> 6) as usize & mask; // The lowest six bits have chosen the part.
        while self.index[at] != 0 {
            let entry = (self.index[at] & 0xFFFF_FFFF) as usize - 1;
            if self.index[at] & !0xFFFF_FFFF == mark && self.word(&self.entries[entry]) == word {
                let sum = &mut self.entries[entry].count;
                *sum = sum.saturating_add(count);
                return Ok(());
            }
            at = (at + 1) & mask;
        }
        let most = u32::MAX as usize;
        if self.bytes.len() + word.len() > most || self.entries.len() >= most {
            let bytes = (self.bytes.len() + word.len()).saturating_mul(N_SHARDS);
            return Err(Error::TooManyWords { bytes, most: most * N_SHARDS });
        }
        let (start, len) = (self.bytes.len() as u32, word.len() as u32);
        self.bytes.extend_from_slice(word);
        self.entries.push(Entry { start, len, count });
        self.index[at] = mark | self.entries.len() as u64;
        Ok(())
    }

    fn grow(&mut self) {
        let len = (self.index.len() * 2).max(16);
        self.index.clear();
        self.index.resize(len, 0);
        for (entry, number) in self.entries.iter().zip(1_u64..) {
            let hash = hash(&self.bytes[entry.start as usize..][..entry.len as usize]);
            let mut at = (hash >> 6) as usize & (len - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (len - 1);
            }
            self.index[at] = hash & !0xFFFF_FFFF | number;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn by_space(text: &str, each: &mut dyn FnMut(&str)) -> Result<(), Error> {
        text.split(' ').for_each(each);
        Ok(())
    }

    fn plainly(texts: &[String]) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for word in texts.iter().flat_map(|text| text.split(' ')).filter(|word| !word.is_empty()) {
            *counts.entry(word).or_default() += 1;
        }
        counts
    }

    #[test]
    fn words_that_are_made_on_the_way_are_counted_too() {
        let shout = |text: &str, each: &mut dyn FnMut(&str)| {
            text.split(' ').for_each(|word| each(&word.to_uppercase()));
            Ok(())
        };
        let words = Words::count(["a b a", "é"], &shout, &mut |_| true).unwrap();
        assert_eq!(words.sorted(), [("A", 2), ("B", 1), ("É", 1)]);
    }

    #[test]
    fn long_texts_are_cut_where_lines_begin() {
        let text = "one two\n\n  three\nfour five ".repeat(200_000);
        let all: Vec<&str> = blocks(&text).collect();
        assert!(all.len() > 3 && all.concat() == text);
        assert!(all[1..].iter().all(|block| block.starts_with("four")));
        let other = "один два\n\n\u{3000}три\nчетыре пять ".repeat(100_000);
        assert!(blocks(&other).count() > 2);
        assert!(blocks(&other).skip(1).all(|block| block.starts_with("четыре")));
        assert_eq!(blocks(&"é".repeat(BLOCK_BYTES)).count(), 1);
        let words = Words::count([&text], &by_space, &mut |_| true).unwrap();
        assert_eq!(words.iter().find(|(word, _)| *word == "one"), Some(("one", 200_000)));
    }

    #[test]
    fn counting_stops_when_told_and_when_it_fails() {
        let texts = vec!["a b ".repeat(BATCH_BYTES / 4); 3];
        let mut seen = vec![];
        let stopped = Words::count(&texts, &by_space, &mut |progress| {
            seen.push(progress);
            seen.len() < 2
        });
        assert!(matches!(stopped, Err(Error::Interrupted { rounds: 2 })), "{stopped:?}");
        let bytes = 2 * BATCH_BYTES as u64;
        assert_eq!(seen.last(), Some(&Progress::Counted { bytes, words: 2 }));
        let fail = |_: &str, _: &mut dyn FnMut(&str)| Err(Error::EmptyCorpus);
        assert!(matches!(Words::count(["a"], &fail, &mut |_| true), Err(Error::EmptyCorpus)));
    }

    #[test]
    fn counting_stops_within_a_text_too() {
        let text = "a b \n".repeat(BATCH_BYTES / 2);
        let mut asked = 0;
        let stopped = Words::count([&text], &by_space, &mut |_| {
            asked += 1;
            asked < 2
        });
        assert!(matches!(stopped, Err(Error::Interrupted { rounds: 2 })), "{stopped:?}");
    }

    #[test]
    fn counts_may_come_from_elsewhere() {
        let words = Words::from_counts([("b", 2), ("", 1), ("a", 0), ("b", 3)]).unwrap();
        assert_eq!((words.sorted(), words.len(), words.is_empty()), (vec![("b", 5)], 1, false));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_a_map(
            texts in prop::collection::vec("([a-d]{1,3} |é{0,40} |[a-z]{5} ){0,60}", 0..9),
        ) {
            let words = Words::count(&texts, &by_space, &mut |_| true).unwrap();
            let expected: Vec<(&str, u64)> = plainly(&texts).into_iter().collect();
            prop_assert_eq!(words.sorted(), expected);
        }
    }
}
