//! Byte-pair encoding: a word's bytes become ids by merging neighbours, the earliest learned pair
//! first (Sennrich et al. 2016, arXiv:1508.07909; on bytes as in GPT-2).
//!
//! Two ways to the same ids. [`Bpe::merge_by_scan`] is the definition: find the pair of lowest
//! rank, leftmost first, merge it, again; fine for words. [`Bpe::merge_by_heap`] keeps the pairs
//! in a heap, O(n log n), for "words" of a million letters. A small cache of words makes running
//! text fast; it has a fixed size, so that no text can make it grow or slow down.
//!
//! Left out on purpose: dropout, unknown tokens, word prefixes and suffixes.

pub(crate) mod train;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

use crate::Error;

/// Marks a byte that no token stands for.
const NO_ID: u32 = u32::MAX;

/// Words of more bytes than this are merged with the heap.
const LONG_WORD: usize = 48;

/// `left` and `right`, side by side, become `product`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) product: u32,
}

/// A vocabulary and its merges.
#[derive(Clone, Debug)]
pub(crate) struct Bpe {
    /// By id; empty where the id is not ours.
    tokens: Vec<Box<[u8]>>,
    byte_ids: [u32; 256],
    /// By rank.
    merges: Vec<Merge>,
    /// Pair to (rank, product).
    ranks: FxHashMap<(u32, u32), (u32, u32)>,
    /// Whole words that are tokens are taken before any merge, if the file wants it so.
    whole_words: Option<FxHashMap<Box<[u8]>, u32>>,
}

impl Bpe {
    /// `tokens` by id, empty where there is none; `merges` by rank, ids within `tokens` or beyond
    /// (an added token may be the product of a merge).
    pub(crate) fn new(tokens: Vec<Box<[u8]>>, merges: Vec<Merge>) -> Self {
        let mut byte_ids = [NO_ID; 256];
        for (token, id) in tokens.iter().zip(0..) {
            if let [byte] = **token {
                byte_ids[usize::from(byte)] = id;
            }
        }
        let ranks = merges
            .iter()
            .zip(0..)
            .map(|(m, rank)| ((m.left, m.right), (rank, m.product)))
            .collect();
        Self { tokens, byte_ids, merges, ranks, whole_words: None }
    }

    /// Takes words that are tokens whole (`ignore_merges` in a file).
    pub(crate) fn with_whole_words(mut self) -> Self {
        let ids = self.tokens.iter().cloned().zip(0..).filter(|(token, _)| !token.is_empty());
        self.whole_words = Some(ids.collect());
        self
    }

    pub(crate) fn takes_whole_words(&self) -> bool {
        self.whole_words.is_some()
    }

    pub(crate) fn ids(&self) -> std::ops::Range<u32> {
        0..self.tokens.len() as u32
    }

    pub(crate) fn bytes(&self, id: u32) -> Option<&[u8]> {
        self.tokens.get(id as usize).map(|token| &**token).filter(|token| !token.is_empty())
    }

    pub(crate) fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// Appends the ids of `word`; `cache` must be used with one `ids` only.
    pub(crate) fn encode<'t>(
        &self,
        word: &'t str,
        cache: &mut WordCache<'t>,
        ids: &mut Vec<u32>,
    ) -> Result<(), Error> {
        let slot = cache.slot(word);
        if slot.word == word {
            ids.extend_from_within(slot.start..slot.start + slot.len);
            return Ok(());
        }
        let start = ids.len();
        self.encode_uncached(word, ids)?;
        *slot = Slot { word, start, len: ids.len() - start };
        Ok(())
    }

    fn encode_uncached(&self, word: &str, ids: &mut Vec<u32>) -> Result<(), Error> {
        if let Some(whole_words) = &self.whole_words
            && let Some(&id) = whole_words.get(word.as_bytes())
        {
            ids.push(id);
            return Ok(());
        }
        let start = ids.len();
        for (at, &byte) in word.as_bytes().iter().enumerate() {
            match self.byte_ids[usize::from(byte)] {
                NO_ID => return Err(unknown_character(word, at)),
                id => ids.push(id),
            }
        }
        if word.len() > LONG_WORD {
            self.merge_by_heap(ids, start);
        } else {
            self.merge_by_scan(ids, start);
        }
        Ok(())
    }

    fn rank(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        self.ranks.get(&(left, right)).copied()
    }

    /// Merges `ids[start..]` in place: the reference.
    fn merge_by_scan(&self, ids: &mut Vec<u32>, start: usize) {
        loop {
            let pairs = ids[start..].windows(2).zip(start..);
            let ranked = pairs.filter_map(|(pair, at)| {
                self.rank(pair[0], pair[1]).map(|(rank, product)| (rank, at, product))
            });
            let Some((_, at, product)) = ranked.min() else { return };
            ids[at] = product;
            ids.remove(at + 1);
        }
    }

    /// Merges `ids[start..]` in place, in O(n log n).
    fn merge_by_heap(&self, ids: &mut Vec<u32>, start: usize) {
        let mut chain = Chain::new(ids.split_off(start));
        let candidate = |chain: &Chain, at: usize| {
            let right = chain.next(at)?;
            let pair = (chain.ids[at], chain.ids[right]);
            self.rank(pair.0, pair.1).map(|(rank, product)| Reverse((rank, at, pair, product)))
        };
        let mut heap: BinaryHeap<_> =
            (0..chain.ids.len()).filter_map(|at| candidate(&chain, at)).collect();
        while let Some(Reverse((_, at, pair, product))) = heap.pop() {
            if !chain.has_pair(at, pair) {
                continue; // One of the two was merged into another since.
            }
            chain.merge(at, product);
            heap.extend(candidate(&chain, at));
            heap.extend(chain.previous(at).and_then(|before| candidate(&chain, before)));
        }
        ids.extend(chain.ids.into_iter().filter(|&id| id != NO_ID));
    }
}

fn unknown_character(word: &str, at: usize) -> Error {
    let start = word.floor_char_boundary(at);
    let character = word[start..].chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    Error::UnknownCharacter { character, byte: word.as_bytes()[at] }
}

/// Ids in a doubly linked list over a vector; merged ones are `NO_ID`.
struct Chain {
    ids: Vec<u32>,
    before: Vec<usize>,
    after: Vec<usize>,
}

impl Chain {
    fn new(ids: Vec<u32>) -> Self {
        let len = ids.len();
        // The first has no element before it: its link points past the end, like the last one's.
        let before = (0..len).map(|at| at.checked_sub(1).unwrap_or(len)).collect();
        Self { ids, before, after: (1..=len).collect() }
    }

    fn next(&self, at: usize) -> Option<usize> {
        Some(self.after[at]).filter(|&next| next < self.ids.len())
    }

    fn previous(&self, at: usize) -> Option<usize> {
        Some(self.before[at]).filter(|&previous| previous < self.ids.len())
    }

    fn has_pair(&self, at: usize, pair: (u32, u32)) -> bool {
        self.ids[at] == pair.0 && self.next(at).is_some_and(|right| self.ids[right] == pair.1)
    }

    /// Puts `product` in the place of `at` and its neighbour to the right.
    fn merge(&mut self, at: usize, product: u32) {
        let right = self.after[at];
        self.ids[at] = product;
        self.ids[right] = NO_ID;
        self.after[at] = self.after[right];
        if let Some(next) = self.next(at) {
            self.before[next] = at;
        }
    }
}

/// Where the ids of recent words stand in the output: one slot a hash value, the newest word wins.
pub(crate) struct WordCache<'t> {
    slots: Vec<Slot<'t>>,
}

#[derive(Clone, Copy, Default)]
struct Slot<'t> {
    word: &'t str,
    start: usize,
    len: usize,
}

impl<'t> WordCache<'t> {
    /// Large for a large text, small for a small one.
    pub(crate) fn for_text(text: &str) -> Self {
        let slots = (text.len() / 8).next_power_of_two().clamp(8, 1 << 14);
        Self { slots: vec![Slot::default(); slots] }
    }

    fn slot(&mut self, word: &str) -> &mut Slot<'t> {
        let mut hasher = FxHasher::default();
        hasher.write(word.as_bytes());
        let mask = self.slots.len() - 1; // A power of two.
        &mut self.slots[hasher.finish() as usize & mask]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// a, b, then ab, abab, ba, and aa: pairs overlap, and later products make earlier pairs.
    fn small() -> Bpe {
        let tokens = ["a", "b", "ab", "abab", "ba", "aa", "aab"];
        let merge = |left, right, product| Merge { left, right, product };
        let merges =
            vec![merge(2, 2, 3), merge(1, 0, 4), merge(0, 1, 2), merge(0, 0, 5), merge(0, 2, 6)];
        Bpe::new(tokens.iter().map(|t| t.as_bytes().into()).collect(), merges)
    }

    fn check(word: &str, expected: &[u32]) {
        let (bpe, mut ids) = (small(), vec![]);
        bpe.encode(word, &mut WordCache::for_text(word), &mut ids).unwrap();
        assert_eq!(ids, expected, "{word:?}");
    }

    #[test]
    fn lowest_rank_first_then_leftmost() {
        check("a", &[0]);
        check("ab", &[2]);
        check("aba", &[0, 4]);
        check("aaa", &[5, 0]);
        check("aab", &[6]);
        check("abab", &[0, 4, 1]);
    }

    #[test]
    fn whole_words_come_before_merges() {
        let (bpe, mut ids) = (small().with_whole_words(), vec![]);
        bpe.encode("abab", &mut WordCache::for_text(""), &mut ids).unwrap();
        assert_eq!(ids, [3]);
    }

    #[test]
    fn a_repeated_word_has_the_same_ids() {
        let (bpe, mut cache, mut ids) = (small(), WordCache::for_text(""), vec![]);
        for word in ["aab", "ba", "aab", "ba", "b"] {
            bpe.encode(word, &mut cache, &mut ids).unwrap();
        }
        assert_eq!(ids, [6, 4, 6, 4, 1]);
    }

    proptest! {
        #[test]
        fn the_heap_is_the_scan(mut scanned in prop::collection::vec(0u32..2, 0..200)) {
            let mut heaped = scanned.clone();
            small().merge_by_scan(&mut scanned, 0);
            small().merge_by_heap(&mut heaped, 0);
            prop_assert_eq!(scanned, heaped);
        }
    }
}
