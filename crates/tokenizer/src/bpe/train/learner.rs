//! Again and again the most frequent pair becomes one symbol, in every word.
//!
//! Each counting of a pair keeps the words that it was found in, so that a merge looks at these
//! words only; how the counts of the pairs around change is summed by neighbour in plain arrays,
//! and written into the table of counts once for each. Merges over many words are done on all
//! threads, each for its stretch of the words: the sums, and so the merges, are the same on any
//! number. A merge goes through the whole of each word that it is in: a "word" of megabytes without
//! a space costs that much for each of its merges, as with Hugging Face.
//!
//! Equal to Hugging Face `tokenizers` 0.23 in what follows from its bookkeeping too. A merged pair
//! keeps its count; where another merge makes one of its symbols again, it comes back with that
//! count, is merged there at once, and its rank is that of the last time. And a pair that is
//! counted at several times is merged in the words of each counting apart. Both happen only where
//! one piece is spelled by two pairs.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::corpus::{Corpus, Part};
use super::queue::{Entry, Queue, Tie};
use super::{Merge, Pair};
use crate::Error;
use crate::vocab::Vocab;
use crate::words::Progress;

/// A merge over more words than this is shared among threads.
const MANY_WORDS: usize = 4096;

/// So many merges between two questions whether to go on.
const ROUNDS_A_QUESTION: u32 = 64;

/// Up to so many symbols, first pairs are counted in a square.
const SQUARE: usize = 1024;

/// What to learn.
pub(super) struct Wanted {
    /// Pieces together.
    pub(super) n_pieces: usize,
    pub(super) min_count: u64,
    /// Pairs of so many characters and more are not counted.
    pub(super) too_long: usize,
    /// What the right symbol of a pair loses where it begins with it.
    pub(super) prefix: String,
}

pub(super) struct Learner<T> {
    corpus: Corpus,
    vocab: Vocab,
    /// By id, in characters; one for all symbols that words begin with.
    lengths: Vec<u32>,
    counts: FxHashMap<Pair, i64>,
    queue: Queue<T>,
    /// Words, in stretches that entries of the queue name.
    places: Vec<u32>,
    merges: Vec<Merge>,
    changes: Vec<Changes>,
    round: u32,
}

impl<T: Tie> Learner<T> {
    /// `vocab` has the symbols that the words are made of.
    pub(super) fn new(corpus: Corpus, vocab: Vocab) -> Result<Self, Error> {
        let lengths = vec![1; vocab.len()];
        let mut learner = Self {
            corpus,
            vocab,
            lengths,
            counts: FxHashMap::default(),
            queue: Queue::new(vec![]),
            places: vec![],
            merges: vec![],
            changes: vec![],
            round: 0,
        };
        learner.count_pairs()?;
        Ok(learner)
    }

    /// Counts all pairs, and notes the words of each.
    fn count_pairs(&mut self) -> Result<(), Error> {
        let mut numbers = Numbers::new(self.vocab.len());
        // By pair, in the order in which they were met: count, words, the last word.
        let mut met: Vec<(i64, u32, u32)> = vec![];
        let each_pair = |corpus: &Corpus, each: &mut dyn FnMut(Pair, u32, i64)| {
            for (word, number) in corpus.words.iter().zip(0..) {
                for pair in corpus.symbols(word).windows(2) {
                    each((pair[0], pair[1]), number, word.count as i64);
                }
            }
        };
        each_pair(&self.corpus, &mut |pair, word, count| {
            let at = numbers.number(pair);
            if at == met.len() {
                met.push((0, 0, u32::MAX));
            }
            let (sum, n_words, last) = &mut met[at];
            *sum += count;
            *n_words += u32::from(*last != word);
            *last = word;
        });
        let mut starts: Vec<u32> = vec![0];
        for (_, n_words, last) in &mut met {
            *last = u32::MAX;
            starts.push(starts.last().copied().unwrap_or(0) + *n_words);
        }
        self.places = vec![0; starts.last().copied().unwrap_or(0) as usize];
        let mut ends = starts.clone();
        each_pair(&self.corpus, &mut |pair, word, _| {
            let at = numbers.number(pair);
            if met[at].2 != word {
                self.places[ends[at] as usize] = word;
                ends[at] += 1;
                met[at].2 = word;
            }
        });
        let entry = |(&pair, (&(count, len, _), &start)): (&Pair, (&(i64, u32, u32), &u32))| {
            self.counts.insert(pair, count);
            let tie = T::new(pair, &self.vocab);
            Entry { count: count as u64, tie, round: Reverse(0), start, len }
        };
        let entries = numbers.pairs.iter().zip(met.iter().zip(&starts)).map(entry).collect();
        self.queue = Queue::new(entries);
        Ok(())
    }

    /// Merges until there are as many pieces as wanted, or no pair is frequent enough.
    pub(super) fn learn(
        mut self,
        wanted: &Wanted,
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(Vocab, Vec<Merge>), Error> {
        while self.vocab.n_pieces() < wanted.n_pieces
            && let Some(entry) = self.most_frequent()
            && entry.count >= wanted.min_count.max(1)
        {
            self.round += 1;
            self.merge(entry, wanted)?;
            let progress = Progress::Merged { ids: self.vocab.n_pieces(), of: wanted.n_pieces };
            if self.round.is_multiple_of(ROUNDS_A_QUESTION) && !go_on(progress) {
                return Err(Error::Interrupted { rounds: self.round as usize });
            }
        }
        Ok((self.vocab, last_of_each(self.merges)))
    }

    fn most_frequent(&mut self) -> Option<Entry<T>> {
        while let Some(mut entry) = self.queue.pop() {
            let count = self.counts.get(&entry.tie.pair()).copied().unwrap_or(0);
            if count <= 0 {
                continue;
            }
            if entry.count == count as u64 {
                return Some(entry);
            }
            entry.count = count as u64;
            self.queue.push(entry);
        }
        None
    }

    /// Makes a pair one symbol in the words of one counting.
    fn merge(&mut self, entry: Entry<T>, wanted: &Wanted) -> Result<(), Error> {
        let (left, right) = entry.tie.pair();
        let product = self.product((left, right), &wanted.prefix)?;
        let merge = Merge { left, right, product };
        self.merges.push(merge);
        let words = &self.places[entry.start as usize..][..entry.len as usize];
        let n_parts = if words.len() < MANY_WORDS { 1 } else { rayon::current_num_threads() };
        while self.changes.len() < n_parts {
            self.changes.push(Changes::default());
        }
        let changes = &mut self.changes[..n_parts];
        changes.iter_mut().for_each(|changes| changes.resize(self.lengths.len()));
        merge_in_words(self.corpus.part(), words, merge, changes);
        let (changes, others) = changes.split_at_mut(1);
        others.iter_mut().for_each(|other| changes[0].take(other));
        let mut changes = std::mem::take(&mut changes[0]);
        self.apply(&mut changes, merge, wanted)?;
        self.changes[0] = changes;
        Ok(())
    }

    /// The symbol that the pair spells, new or known.
    fn product(&mut self, pair: Pair, prefix: &str) -> Result<u32, Error> {
        let piece = |id| self.vocab.get(id).unwrap_or_default();
        let (left, right) = (piece(pair.0), piece(pair.1));
        let right = right.strip_prefix(prefix.as_bytes()).unwrap_or(right);
        let (spelled, new) = ([left, right].concat(), self.vocab.len() as u32);
        let product = self.vocab.insert(&spelled, new)?.unwrap_or(new);
        if product == new {
            let length = |id: u32| self.lengths[id as usize];
            self.lengths.push(length(pair.0).saturating_add(length(pair.1)));
        }
        Ok(product)
    }

    /// Writes what a merge changed into counts and queue.
    fn apply(&mut self, changes: &mut Changes, merge: Merge, wanted: &Wanted) -> Result<(), Error> {
        let length = |id: u32| self.lengths[id as usize] as usize;
        let fits = |id| length(id) + length(merge.product) < wanted.too_long;
        for &side in &changes.touched {
            let neighbour = &mut changes.neighbours[side as usize];
            let (old, new) = pairs_of(side, merge);
            if neighbour.lost > 0 {
                *self.counts.entry(old).or_default() -= neighbour.lost;
            }
            if neighbour.gained > 0 && fits(side / 2) {
                *self.counts.entry(new).or_default() += neighbour.gained;
            } else {
                neighbour.n_words = 0;
            }
        }
        for &side in &changes.touched {
            let neighbour = &mut changes.neighbours[side as usize];
            let pair = pairs_of(side, merge).1;
            let count = self.counts.get(&pair).copied().unwrap_or(0);
            if neighbour.n_words == 0 || count <= 0 {
                neighbour.n_words = 0;
                continue;
            }
            let (start, len) = (self.places.len(), neighbour.n_words);
            if start + len as usize > u32::MAX as usize {
                return Err(Error::TooManyWords { bytes: start, most: u32::MAX as usize });
            }
            self.places.resize(start + len as usize, 0);
            neighbour.end = start as u32;
            let (tie, round) = (T::new(pair, &self.vocab), Reverse(self.round));
            self.queue.push(Entry { count: count as u64, tie, round, start: start as u32, len });
        }
        for (side, word) in changes.found.drain(..) {
            let neighbour = &mut changes.neighbours[side as usize];
            if neighbour.n_words > 0 {
                self.places[neighbour.end as usize] = word;
                neighbour.end += 1;
            }
        }
        changes.clear();
        Ok(())
    }
}

/// The pair that a merge parts and the one that it makes, at one side of it.
fn pairs_of(side: u32, merge: Merge) -> (Pair, Pair) {
    let neighbour = side / 2;
    match side % 2 {
        LEFT => ((neighbour, merge.left), (neighbour, merge.product)),
        _ => ((merge.right, neighbour), (merge.product, neighbour)),
    }
}

/// Of a pair that was merged several times, the last merge.
fn last_of_each(mut merges: Vec<Merge>) -> Vec<Merge> {
    let mut last: FxHashMap<Pair, usize> = FxHashMap::default();
    for (at, merge) in merges.iter().enumerate() {
        last.insert((merge.left, merge.right), at);
    }
    let mut at = 0;
    merges.retain(|merge| {
        at += 1;
        last.get(&(merge.left, merge.right)) == Some(&(at - 1))
    });
    merges
}

/// Pairs by the order in which they were met.
struct Numbers {
    n_symbols: usize,
    /// One more than the number, where there are few symbols.
    square: Vec<u32>,
    map: FxHashMap<Pair, u32>,
    pairs: Vec<Pair>,
}

impl Numbers {
    fn new(n_symbols: usize) -> Self {
        let square = if n_symbols <= SQUARE { vec![0; n_symbols * n_symbols] } else { vec![] };
        Self { n_symbols, square, map: FxHashMap::default(), pairs: vec![] }
    }

    #[inline]
    fn number(&mut self, pair: Pair) -> usize {
        let number = match self.square.get_mut(pair.0 as usize * self.n_symbols + pair.1 as usize) {
            Some(number) if self.n_symbols <= SQUARE => number,
            _ => self.map.entry(pair).or_default(),
        };
        if *number == 0 {
            self.pairs.push(pair);
            *number = self.pairs.len() as u32;
        }
        *number as usize - 1
    }
}

/// The neighbour is to the left of what was merged; to the right otherwise.
const LEFT: u32 = 0;
const RIGHT: u32 = 1;

/// How a merge changes the pairs around it, by neighbour and side.
#[derive(Default)]
struct Changes {
    /// By twice the neighbour's id plus side.
    neighbours: Vec<Neighbour>,
    /// The sides of which something changed.
    touched: Vec<u32>,
    /// Sides and the words in which they gained, ascending by word.
    found: Vec<(u32, u32)>,
}

#[derive(Clone, Copy)]
struct Neighbour {
    lost: i64,
    gained: i64,
    n_words: u32,
    last_word: u32,
    /// Where the next of its words is put down.
    end: u32,
}

const UNTOUCHED: Neighbour =
    Neighbour { lost: 0, gained: 0, n_words: 0, last_word: u32::MAX, end: 0 };

impl Changes {
    fn resize(&mut self, n_symbols: usize) {
        self.neighbours.resize(2 * n_symbols, UNTOUCHED);
    }

    #[inline]
    fn at(&mut self, side: u32) -> &mut Neighbour {
        let neighbour = &mut self.neighbours[side as usize];
        if neighbour.lost == 0 && neighbour.gained == 0 {
            self.touched.push(side);
        }
        neighbour
    }

    #[inline]
    fn lose(&mut self, side: u32, count: i64) {
        self.at(side).lost += count;
    }

    #[inline]
    fn gain(&mut self, side: u32, count: i64, word: u32) {
        let neighbour = self.at(side);
        neighbour.gained += count;
        if neighbour.last_word != word {
            neighbour.last_word = word;
            neighbour.n_words += 1;
            self.found.push((side, word));
        }
    }

    /// Adds the changes of later words, and empties the other.
    fn take(&mut self, other: &mut Self) {
        for &side in &other.touched {
            let theirs = other.neighbours[side as usize];
            let ours = self.at(side);
            ours.lost += theirs.lost;
            ours.gained += theirs.gained;
            ours.n_words += theirs.n_words;
        }
        self.found.append(&mut other.found);
        other.clear();
    }

    fn clear(&mut self) {
        for side in self.touched.drain(..) {
            self.neighbours[side as usize] = UNTOUCHED;
        }
        self.found.clear();
    }
}

/// Merges in `words`, which ascend, each part of them on a thread of its own.
fn merge_in_words(part: Part<'_>, words: &[u32], merge: Merge, changes: &mut [Changes]) {
    let [changes] = changes else {
        let n_left = changes.len() / 2;
        let (changes_left, changes_right) = changes.split_at_mut(n_left);
        let (words_left, words_right) =
            words.split_at(words.len() * n_left / (n_left + changes_right.len()));
        let first = words_right.first().copied().unwrap_or(0);
        let (left, right) = part.split(first);
        rayon::join(
            || merge_in_words(left, words_left, merge, changes_left),
            || merge_in_words(right, words_right, merge, changes_right),
        );
        return;
    };
    let mut part = part;
    for &word in words {
        let (count, len, symbols) = part.word(word);
        *len = merge_in_word(symbols, merge, (word, count as i64), changes) as u32;
    }
}

/// Merges from left to right and notes how the pairs around change; gives the new length.
#[inline]
fn merge_in_word(
    symbols: &mut [u32],
    merge: Merge,
    (word, count): (u32, i64),
    changes: &mut Changes,
) -> usize {
    let Merge { left, right, product } = merge;
    let (mut at, mut kept) = (0, 0);
    while at < symbols.len() {
        let symbol = symbols[at];
        if symbol != left || symbols.get(at + 1) != Some(&right) {
            symbols[kept] = symbol;
            (at, kept) = (at + 1, kept + 1);
            continue;
        }
        if kept > 0 {
            let side = 2 * symbols[kept - 1] + LEFT;
            changes.lose(side, count);
            changes.gain(side, count, word);
        }
        if let Some(&next) = symbols.get(at + 2) {
            changes.lose(2 * next + RIGHT, count);
            // Product and product are one pair, from either side.
            let side = if next == product { LEFT } else { RIGHT };
            changes.gain(2 * next + side, count, word);
        }
        symbols[kept] = product;
        (at, kept) = (at + 2, kept + 1);
    }
    kept
}
