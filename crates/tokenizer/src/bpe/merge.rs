//! Merging the symbols of a word, four times the same.
//!
//! [`scan`] is the definition: find the pair of lowest rank, leftmost first, merge it, again.
//! [`short`] does that with rank and place of each pair as one number, so that the next merge is
//! the least of a short array, and looks up two pairs only; for words it is the fastest. [`heap`]
//! keeps the pairs in a heap, O(n log n), for long "words"; those of a million letters are merged in
//! [`passes`], where that can be done.
//!
//! Dropout (Provilkov et al. 2020, arXiv:1910.13267) passes over each possible merge by chance,
//! anew at every step: [`scan_with_dropout`] says so plainly, [`heap`] takes the same `drops`.
//! It asks in the order of ranks until one is not passed over. (Hugging Face does too, but pairs
//! that are gone stay in its queue, and each that is drawn gives those passed over another chance.)

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pairs::{Asked, Pairs};
use super::passes;

/// No element has this index; no pair has this rank.
const NONE: u32 = u32::MAX;

/// Words of more symbols are merged with the heap.
const LONG: usize = 64;

/// Words of more symbols are merged in passes, if that can be done.
const VERY_LONG: usize = 1024;

/// A symbol: an id, and perhaps what it covers of the word.
pub(super) trait Part: Copy {
    fn new(id: u32, start: usize, end: usize) -> Self;
    fn id(&self) -> u32;
    /// This one and the one to its right as one.
    fn join(self, right: Self, id: u32) -> Self;
}

impl Part for u32 {
    #[inline]
    fn new(id: u32, _: usize, _: usize) -> Self {
        id
    }

    #[inline]
    fn id(&self) -> u32 {
        *self
    }

    #[inline]
    fn join(self, _: Self, id: u32) -> Self {
        id
    }
}

/// Merges `parts[start..]` in place, the fastest way.
#[inline]
pub(super) fn fast<P: Part>(pairs: &Pairs, parts: &mut Vec<P>, start: usize) {
    match parts.len() - start {
        0 | 1 => {}
        2..=LONG if pairs.ranks() < MANY_RANKS => short(pairs, parts, start),
        ..=VERY_LONG => heap(pairs, parts, start, || false),
        _ => match passes::merge(pairs, &parts[start..]) {
            Some(merged) => {
                parts.truncate(start);
                parts.extend(merged);
            }
            None => heap(pairs, parts, start, || false),
        },
    }
}

/// Merges `parts[start..]` in place: the definition.
pub(super) fn scan<P: Part>(pairs: &Pairs, parts: &mut Vec<P>, start: usize) {
    scan_with_dropout(pairs, parts, start, || false);
}

/// [`scan`] in which each possible merge of each step is passed over where `drops` says so.
pub(super) fn scan_with_dropout<P: Part>(
    pairs: &Pairs,
    parts: &mut Vec<P>,
    start: usize,
    mut drops: impl FnMut() -> bool,
) {
    loop {
        let neighbours = parts[start..].windows(2).zip(start..);
        let mut ranked: Vec<_> = neighbours
            .filter_map(|(pair, at)| {
                pairs.get(pair[0].id(), pair[1].id()).map(|(rank, product)| (rank, at, product))
            })
            .collect();
        ranked.sort_unstable();
        let Some((_, at, product)) = ranked.into_iter().find(|_| !drops()) else { return };
        parts[at] = parts[at].join(parts[at + 1], product);
        parts.remove(at + 1);
    }
}

/// The bits of a place in a short word.
const PLACE_BITS: u32 = LONG.ilog2();

/// The least key: the bits of the least f32 of full precision, no place in them.
const LEAST: u32 = 1 << 23;

/// With ranks from here on keys might be no numbers.
const MANY_RANKS: u32 = 1 << 24;

const _: () = assert!(LEAST + (MANY_RANKS << PLACE_BITS) < f32::INFINITY.to_bits());

/// How many keys are compared at once.
const LANES: usize = 8;

/// The number of the place to the right, and to the left, of each place.
const AFTER: [u8; LONG] = neighbours(1);
const BEFORE: [u8; LONG] = neighbours(u8::MAX);

const fn neighbours(step: u8) -> [u8; LONG] {
    let mut table = [0; LONG];
    let mut at = 0;
    while at < LONG {
        table[at] = (at as u8).wrapping_add(step);
        at += 1;
    }
    table
}

/// The pairs of a short word by the place of their left symbol.
struct Ranked {
    /// Rank, then place: the least is the leftmost of the lowest rank. Infinite where none merges.
    /// They are the bits of floating-point numbers, whose order is that of their bits: of those,
    /// and not of whole numbers, every processor finds the least of several at once.
    keys: [f32; LONG],
    products: [u32; LONG],
}

impl Ranked {
    #[inline(always)]
    fn set(&mut self, at: usize, answer: Option<(u32, u32)>) {
        (self.keys[at], self.products[at]) = match answer {
            Some((rank, product)) => {
                (f32::from_bits(LEAST + (rank << PLACE_BITS | at as u32)), product)
            }
            None => (f32::INFINITY, NONE),
        };
    }

    /// The place of the next pair among the first `n`, a multiple of [`LANES`].
    #[inline(always)]
    fn next(&self, n: usize) -> Option<usize> {
        let less = |a: f32, b: f32| if b < a { b } else { a };
        let mut least = [f32::INFINITY; LANES];
        for keys in self.keys[..n].as_chunks::<LANES>().0 {
            least = std::array::from_fn(|lane| less(least[lane], keys[lane]));
        }
        let four: [f32; 4] = std::array::from_fn(|lane| less(least[lane], least[lane + 4]));
        let least = less(less(four[0], four[2]), less(four[1], four[3]));
        (least < f32::INFINITY).then_some(least.to_bits() as usize % LONG)
    }
}

/// Merges `parts[start..]`, two to [`LONG`] of them, in place. Symbols stay where they are, linked
/// to their neighbours, until all is merged.
fn short<P: Part>(pairs: &Pairs, parts: &mut Vec<P>, start: usize) {
    let word = &mut parts[start..];
    let n = word.len();
    let mut ranked = Ranked { keys: [f32::INFINITY; LONG], products: [NONE; LONG] };
    let mut asked = [Asked::default(); LONG];
    for (asked, pair) in asked.iter_mut().zip(word.windows(2)) {
        *asked = pairs.ask(pair[0].id(), pair[1].id());
    }
    for (at, (&asked, pair)) in asked.iter().zip(word.windows(2)).enumerate() {
        ranked.set(at, pairs.answer(asked, pair[0].id(), pair[1].id()));
    }
    let (mut before, mut after) = (BEFORE, AFTER);
    let searched = n.next_multiple_of(LANES);
    while let Some(at) = ranked.next(searched) {
        let right = usize::from(after[at]) % LONG;
        let next = usize::from(after[right]);
        word[at] = word[at].join(word[right], ranked.products[at]);
        (ranked.keys[at], ranked.keys[right]) = (f32::INFINITY, f32::INFINITY);
        after[at] = next as u8;
        // Where there is no neighbour, its pair is asked for in vain.
        let left = usize::from(before[at]) % LONG;
        let ids = [word[left.min(n - 1)].id(), word[at].id(), word[next.min(n - 1)].id()];
        let (asked_left, asked_right) = (pairs.ask(ids[0], ids[1]), pairs.ask(ids[1], ids[2]));
        if next < n {
            before[next] = at as u8;
            ranked.set(at, pairs.answer(asked_right, ids[1], ids[2]));
        }
        if at > 0 {
            ranked.set(left, pairs.answer(asked_left, ids[0], ids[1]));
        }
    }
    let (mut at, mut kept) = (0, 0);
    while at < n {
        word[kept] = word[at];
        (at, kept) = (usize::from(after[at]), kept + 1);
    }
    parts.truncate(start + kept);
}

/// A pair in the heap. The order is that of rank, then place; the rest tells whether it is still
/// there.
type Candidate = Reverse<(u32, u32, u32, u32, u32)>;

/// Merges `parts[start..]` in place, in O(n log n); merges are passed over where `drops` says so.
pub(super) fn heap<P: Part>(
    pairs: &Pairs,
    parts: &mut Vec<P>,
    start: usize,
    mut drops: impl FnMut() -> bool,
) {
    let mut chain = Chain::new(parts.split_off(start));
    let n = chain.parts.len() as u32;
    let mut queue: BinaryHeap<Candidate> =
        (0..n).filter_map(|at| chain.candidate(pairs, at)).collect();
    let mut passed_over = vec![];
    while let Some(Reverse(top)) = queue.pop() {
        let (_, at, left, right, product) = top;
        if !chain.has_pair(at, left, right) {
            continue; // One of the two was merged into another since.
        }
        if drops() {
            passed_over.push(Reverse(top));
            continue;
        }
        queue.extend(passed_over.drain(..));
        chain.merge(at, product);
        queue.extend(chain.previous(at).and_then(|before| chain.candidate(pairs, before)));
        queue.extend(chain.candidate(pairs, at));
    }
    parts.extend(chain.into_parts());
}

/// Symbols in a doubly linked list over a vector.
pub(super) struct Chain<P> {
    parts: Vec<P>,
    /// `NONE` before the first.
    before: Vec<u32>,
    /// The number of symbols after the last, `NONE` for those that were merged into another.
    after: Vec<u32>,
}

impl<P: Part> Chain<P> {
    pub(super) fn new(parts: Vec<P>) -> Self {
        let len = parts.len() as u32;
        let before = (0..len).map(|at| at.checked_sub(1).unwrap_or(NONE)).collect();
        Self { parts, before, after: (1..=len).collect() }
    }

    fn next(&self, at: u32) -> Option<u32> {
        Some(self.after[at as usize]).filter(|&next| (next as usize) < self.parts.len())
    }

    pub(super) fn previous(&self, at: u32) -> Option<u32> {
        Some(self.before[at as usize]).filter(|&previous| previous != NONE)
    }

    /// Rank and product of the pair that begins at `at`, if one does.
    #[inline]
    pub(super) fn ranked(&self, pairs: &Pairs, at: u32) -> Option<(u32, u32)> {
        let next = *self.parts.get(self.after[at as usize] as usize)?;
        pairs.get(self.parts[at as usize].id(), next.id())
    }

    fn candidate(&self, pairs: &Pairs, at: u32) -> Option<Candidate> {
        let (left, right) = (self.parts[at as usize].id(), self.next(at)?);
        let right = self.parts[right as usize].id();
        let (rank, product) = pairs.get(left, right)?;
        Some(Reverse((rank, at, left, right, product)))
    }

    fn has_pair(&self, at: u32, left: u32, right: u32) -> bool {
        self.after[at as usize] != NONE
            && self.parts[at as usize].id() == left
            && self.next(at).is_some_and(|next| self.parts[next as usize].id() == right)
    }

    /// The symbols that are left.
    pub(super) fn into_parts(self) -> Vec<P> {
        let left = self.parts.iter().zip(&self.after).filter(|&(_, &after)| after != NONE);
        left.map(|(&part, _)| part).collect()
    }

    /// Puts `product` in the place of `at` and its neighbour to the right.
    pub(super) fn merge(&mut self, at: u32, product: u32) {
        let at = at as usize;
        let right = self.after[at] as usize;
        self.parts[at] = self.parts[at].join(self.parts[right], product);
        self.after[at] = self.after[right];
        self.after[right] = NONE;
        if let Some(next) = self.next(at as u32) {
            self.before[next as usize] = at as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stdx::Rng;

    use super::*;

    /// a and b become longer and longer runs; some pairs share a rank, as scores may.
    fn some_pairs() -> Pairs {
        let merges = [(0, 1, 2), (0, 0, 3), (2, 2, 4), (1, 0, 5), (3, 1, 6), (5, 2, 7), (3, 3, 8)];
        let mut pairs = Pairs::default();
        for (rank, (left, right, product)) in merges.into_iter().enumerate() {
            pairs.insert((left, right), rank as u32 / 2, product);
        }
        pairs
    }

    fn all_ways(word: &[u32]) -> [Vec<u32>; 3] {
        let pairs = some_pairs();
        let mut ways = [word.to_vec(), word.to_vec(), word.to_vec()];
        scan(&pairs, &mut ways[0], 0);
        fast(&pairs, &mut ways[1], 0);
        heap(&pairs, &mut ways[2], 0, || false);
        ways
    }

    #[test]
    fn what_stands_before_the_start_is_left_alone() {
        let pairs = some_pairs();
        let mut ids = vec![0, 1, 0, 1];
        fast(&pairs, &mut ids, 2);
        assert_eq!(ids, [0, 1, 2]);
    }

    #[test]
    fn certain_dropout_merges_nothing_and_none_merges_all() {
        let mut ids = vec![0, 1, 0, 1];
        heap(&some_pairs(), &mut ids, 0, || true);
        assert_eq!(ids, [0, 1, 0, 1]);
        heap(&some_pairs(), &mut ids, 0, || false);
        assert_eq!(ids, [4]);
    }

    #[test]
    fn chance_drops_alike_both_ways() {
        // How often each way of cutting comes up, by the definition and by the heap.
        let pairs = some_pairs();
        let count = |way: fn(&Pairs, &mut Vec<u32>, &mut Rng)| {
            let (mut rng, mut counts) = (Rng::new(7), std::collections::BTreeMap::new());
            for _ in 0..20_000 {
                let mut ids = vec![0, 0, 1, 0, 1];
                way(&pairs, &mut ids, &mut rng);
                *counts.entry(ids).or_insert(0_i32) += 1;
            }
            counts
        };
        let plain = count(|pairs, ids, rng| scan_with_dropout(pairs, ids, 0, || rng.chance(0.4)));
        let fast = count(|pairs, ids, rng| heap(pairs, ids, 0, || rng.chance(0.4)));
        assert!(plain.len() > 4 && plain.keys().eq(fast.keys()), "{plain:?} {fast:?}");
        for (ids, n) in plain {
            // Five standard deviations of the difference.
            let most = 5.0 * (2.0 * f64::from(n)).sqrt() + 5.0;
            assert!(f64::from((n - fast[&ids]).abs()) < most, "{ids:?}: {n}, {}", fast[&ids]);
        }
    }

    #[test]
    fn passes_are_the_scan_or_say_that_they_are_not() {
        // Learnt one after another: each pair's rank is higher than those of its parts.
        let mut pairs = Pairs::default();
        for (rank, (left, right, product)) in
            [(0, 0, 2), (0, 1, 3), (2, 2, 4), (4, 4, 5), (3, 2, 6)].into_iter().enumerate()
        {
            pairs.insert((left, right), rank as u32, product);
        }
        let mut rng = Rng::new(3);
        for n in [0, 1, 2, 50, 1500] {
            let word: Vec<u32> = (0..n).map(|_| u32::from(rng.one_in(5))).collect();
            let mut scanned = word.clone();
            scan(&pairs, &mut scanned, 0);
            assert_eq!(passes::merge(&pairs, &word), Some(scanned.clone()));
            let mut fast_way = word;
            fast(&pairs, &mut fast_way, 0);
            assert_eq!(fast_way, scanned);
        }
        // Here 4 is made at the last rank, and its pair has the first.
        let mut pairs = Pairs::default();
        pairs.insert((4, 0), 0, 5);
        pairs.insert((0, 1), 1, 4);
        assert_eq!(passes::merge(&pairs, &[0, 1, 0, 1]), None);
        let mut word = [0, 1].repeat(1000);
        fast(&pairs, &mut word, 0);
        let mut scanned = [0, 1].repeat(1000);
        scan(&pairs, &mut scanned, 0);
        assert_eq!(word, scanned);
    }

    proptest! {
        #[test]
        fn fast_and_heap_are_the_scan(word in prop::collection::vec(0u32..2, 0..200)) {
            let [scanned, fast, heaped] = all_ways(&word);
            prop_assert_eq!(&scanned, &fast);
            prop_assert_eq!(&scanned, &heaped);
        }
    }
}
