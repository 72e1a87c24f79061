//! Merging "words" of many thousand letters in passes: all pairs of a rank from left to right, then
//! those of the next.
//!
//! That is the definition as long as a merge makes only pairs of higher ranks, which holds for
//! merges that were learnt one after another. Where it does not hold, [`merge`] says so and has
//! changed nothing; the heap does it then. Places lie in one list a rank, so that a pass reads the
//! word in order: on long runs of a letter several times as fast as the heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::merge::{Chain, Part};
use super::pairs::Pairs;

/// Merges `parts` to what they come down to; none if that cannot be done in passes.
pub(super) fn merge<P: Part>(pairs: &Pairs, parts: &[P]) -> Option<Vec<P>> {
    let mut chain = Chain::new(parts.to_vec());
    let mut todo = Todo::default();
    for at in 0..parts.len() as u32 {
        todo.note(pairs, &chain, at);
    }
    while let Some((rank, mut places)) = todo.next() {
        // Passes before have each noted places in order; together they need not be.
        if !places.is_sorted() {
            places.sort_unstable();
        }
        todo.lowest = None;
        for &at in &places {
            let Some((_, product)) = chain.ranked(pairs, at).filter(|found| found.0 == rank) else {
                continue; // One of the two was merged into another since.
            };
            chain.merge(at, product);
            if let Some(before) = chain.previous(at) {
                todo.note(pairs, &chain, before);
            }
            todo.note(pairs, &chain, at);
        }
        if todo.lowest.is_some_and(|lowest| lowest <= rank) {
            return None;
        }
        places.clear();
        todo.spare = places;
    }
    Some(chain.into_parts())
}

/// Places by the rank of the pair that begins there.
#[derive(Default)]
struct Todo {
    places: FxHashMap<u32, Vec<u32>>,
    ranks: BinaryHeap<Reverse<u32>>,
    /// The lowest rank that was noted since it was last taken away.
    lowest: Option<u32>,
    spare: Vec<u32>,
}

impl Todo {
    #[inline]
    fn note<P: Part>(&mut self, pairs: &Pairs, chain: &Chain<P>, at: u32) {
        let Some((rank, _)) = chain.ranked(pairs, at) else { return };
        self.lowest = Some(self.lowest.map_or(rank, |lowest| lowest.min(rank)));
        let places = self.places.entry(rank).or_insert_with(|| {
            self.ranks.push(Reverse(rank));
            std::mem::take(&mut self.spare)
        });
        places.push(at);
    }

    fn next(&mut self) -> Option<(u32, Vec<u32>)> {
        let Reverse(rank) = self.ranks.pop()?;
        Some((rank, self.places.remove(&rank)?))
    }
}
