//! Pairs by their counts, the most frequent first.
//!
//! Nearly all pairs are too rare to be ever merged, so a heap of all of them would be large and
//! mostly idle: those below a threshold lie in a plain list until the heap runs out of others.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::vocab::Vocab;

/// A pair, and which of several equally frequent ones is merged first: the greatest.
pub(super) trait Tie: Ord + Send {
    fn new(pair: (u32, u32), vocab: &Vocab) -> Self;
    fn pair(&self) -> (u32, u32);
}

/// The pair of smaller ids: as Hugging Face `tokenizers`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SmallerIds(Reverse<(u32, u32)>);

impl Tie for SmallerIds {
    fn new(pair: (u32, u32), _: &Vocab) -> Self {
        Self(Reverse(pair))
    }

    fn pair(&self) -> (u32, u32) {
        self.0.0
    }
}

/// The pair whose pieces are greater as bytes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LargerBytes {
    left: Box<[u8]>,
    right: Box<[u8]>,
    pair: (u32, u32),
}

impl Tie for LargerBytes {
    fn new(pair: (u32, u32), vocab: &Vocab) -> Self {
        let piece = |id| vocab.get(id).unwrap_or_default().into();
        Self { left: piece(pair.0), right: piece(pair.1), pair }
    }

    fn pair(&self) -> (u32, u32) {
        self.pair
    }
}

/// A pair as it was counted, and the words in which that counting found it: a stretch of a list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry<T> {
    pub(super) count: u64,
    pub(super) tie: T,
    /// When it was counted; of two countings of a pair the earlier one comes first.
    pub(super) round: Reverse<u32>,
    pub(super) start: u32,
    pub(super) len: u32,
}

/// Entries by count, then tie.
pub(super) struct Queue<T> {
    frequent: BinaryHeap<Entry<T>>,
    rare: Vec<Entry<T>>,
    /// Entries of this count and more are in the heap.
    threshold: u64,
}

impl<T: Tie> Queue<T> {
    pub(super) fn new(entries: Vec<Entry<T>>) -> Self {
        let mut queue = Self { frequent: BinaryHeap::new(), rare: entries, threshold: 0 };
        queue.lower();
        queue
    }

    #[inline]
    pub(super) fn push(&mut self, entry: Entry<T>) {
        if entry.count >= self.threshold {
            self.frequent.push(entry);
        } else {
            self.rare.push(entry);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Entry<T>> {
        if self.frequent.is_empty() {
            self.lower();
        }
        self.frequent.pop()
    }

    /// Takes the most frequent of the rare into the heap.
    fn lower(&mut self) {
        let most = self.rare.iter().map(|entry| entry.count).max().unwrap_or(0);
        self.threshold = (most / 4).max(1);
        let (frequent, rare) = std::mem::take(&mut self.rare)
            .into_iter()
            .partition(|entry| entry.count >= self.threshold);
        self.rare = rare;
        self.frequent.extend::<Vec<_>>(frequent);
    }
}
