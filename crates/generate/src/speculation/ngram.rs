//! The text's own past as a draft: what followed the last ids when they stood there before (Saxena, "Prompt
//! Lookup Decoding", 2023). Of all earlier places the one that shares the longest end with the text counts,
//! of equals the newest. What is copied may reach into itself, so that a loop is proposed on and on.
//!
//! Places are found as compressors find them: each pair of ids knows where it stood last, each place where
//! its pair stood before. An id costs one entry, a proposal a walk of at most [`WALK`] places. How long the
//! shared end is decides the proposal's class.

use std::collections::HashMap;

use super::draft::{Draft, Proposal};
use crate::{Error, Sampler};

/// Earlier places that are looked at.
const WALK: usize = 32;
/// A shared end of so many ids is as good as any longer one.
const ENOUGH: usize = 32;
/// No earlier place.
const NONE: u32 = u32::MAX;

/// A draft that looks things up in the text.
#[derive(Clone, Debug, Default)]
pub struct Ngram {
    text: Vec<u32>,
    /// The last id of a pair's newest place.
    newest: HashMap<[u32; 2], u32>,
    /// The place before of the pair that ends at an id.
    before: Vec<u32>,
}

impl Ngram {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what is new of a text; another text is read from its beginning.
    fn read(&mut self, text: &[u32]) {
        if !text.starts_with(&self.text) {
            *self = Self::new();
        }
        for &id in &text[self.text.len()..] {
            let (at, last) = (self.text.len() as u32, self.text.last().copied());
            let before = last.and_then(|last| self.newest.insert([last, id], at));
            self.before.push(before.unwrap_or(NONE));
            self.text.push(id);
        }
    }

    /// The earlier place that shares the longest end with the text, and how long that is.
    fn place(&self) -> Option<(usize, usize)> {
        let (mut best, mut place) = (None, *self.before.last()?);
        for _ in 0..WALK {
            if place == NONE {
                break;
            }
            let at = place as usize;
            let ends = self.text[..=at].iter().rev().zip(self.text.iter().rev());
            let shared = ends.take(ENOUGH).take_while(|(a, b)| a == b).count();
            if best.is_none_or(|(_, longest)| shared > longest) {
                best = Some((at, shared));
            }
            if shared == ENOUGH {
                break;
            }
            place = self.before[at];
        }
        best
    }
}

impl Draft for Ngram {
    fn is_free(&self) -> bool {
        true
    }

    fn propose(&mut self, text: &[u32], n: usize, _: &Sampler) -> Result<Proposal, Error> {
        self.read(text);
        let Some((at, shared)) = self.place() else { return Ok(Proposal::default()) };
        let period = self.text.len() - 1 - at;
        let class = match shared {
            0..=2 => 0,
            3..=4 => 1,
            5..=8 => 2,
            _ => 3,
        };
        let ids = (0..n).map(|i| self.text[at + 1 + i % period]).collect();
        Ok(Proposal { ids, class })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sampling;

    fn propose(draft: &mut Ngram, text: &[u32], n: usize) -> Proposal {
        draft.propose(text, n, &Sampler::new(&Sampling::greedy()).unwrap()).unwrap()
    }

    /// The longest shared end by looking everywhere.
    fn plain(text: &[u32], n: usize) -> (usize, Vec<u32>) {
        let last = text.len() - 1;
        let shared = |at: usize| (0..=at).take_while(|i| text[at - i] == text[last - i]).count();
        let best = (0..last).rev().max_by_key(|&at| (shared(at).min(ENOUGH), at));
        match best.filter(|&at| shared(at) >= 2) {
            Some(at) => (shared(at), (0..n).map(|i| text[at + 1 + i % (last - at)]).collect()),
            None => (0, Vec::new()),
        }
    }

    #[test]
    fn the_longest_shared_end_counts_and_of_equals_the_newest() {
        let check = |text: &[u32], ids: &[u32], class| {
            let expected = Proposal { ids: ids.to_vec(), class };
            assert_eq!(propose(&mut Ngram::new(), text, ids.len().max(3)), expected, "{text:?}");
        };
        check(&[], &[], 0);
        check(&[1], &[], 0);
        check(&[1, 2, 3, 1], &[], 0);
        check(&[1, 2, 3, 4, 5, 1, 2], &[3, 4, 5], 0);
        check(&[7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2], &[3, 8, 1], 1);
        check(&[8, 1, 2, 3, 9, 1, 2, 4, 7, 1, 2], &[4, 7, 1], 0);
        // A loop of two goes on as a loop.
        check(&[5, 6, 5, 6, 5, 6, 5, 6], &[5, 6, 5, 6, 5], 2);
        check(&[3; 40], &[3, 3, 3], 3);
    }

    #[test]
    fn an_index_that_grows_finds_what_looking_everywhere_finds() {
        let mut rng = stdx::Rng::new(8);
        let (mut draft, mut text, mut found) = (Ngram::new(), Vec::new(), 0);
        for _ in 0..400 {
            // Few places of a pair, so that no walk ends early.
            text.push(rng.below(25) as u32);
            if rng.one_in(20) && text.len() > 12 {
                let from = rng.index(text.len() - 10);
                text.extend_from_within(from..from + 9);
            }
            let (shared, ids) = plain(&text, 6);
            let got = propose(&mut draft, &text, 6);
            assert_eq!(got.ids, ids, "{shared} shared by {text:?}");
            found += usize::from(shared >= 5);
        }
        assert!(found > 20, "{found}");
        assert_eq!(draft.text, text);
        // Another text is read anew.
        assert_eq!(propose(&mut draft, &[1, 2, 9, 1, 2], 1).ids, [9]);
        assert_eq!(draft.text.len(), 5);
    }
}
