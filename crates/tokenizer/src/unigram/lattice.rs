//! All segmentations of a text at once: borders of characters, and edges between them.
//!
//! For what needs more than the best way: the n best (A*, Hart et al. 1968, backward, with the
//! best score up to each place as its exact estimate), one by chance (filtering forward, sampling
//! backward), and the expected count of each piece (forward-backward, Baum 1972):
//!
//! ```text
//! forward(0) = 0     forward(end) = log Σ exp(forward(start) + alpha · score)    over edges
//! P(edge into end | end on the way) = exp(forward(start) + alpha · score - forward(end))
//! ```
//!
//! Left out on purpose: speed for running text, which `viterbi` has.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use stdx::Rng;

use super::scored::{Scored, UNKNOWN};
use crate::Error;

/// The most edges of a text's lattice: about two hundred megabytes.
const MAX_EDGES: usize = 1 << 22;

/// The most beginnings of ways that are looked at for the n best: some hundred megabytes.
const MAX_TAILS: usize = 1 << 22;

/// No edge, no path.
const NONE: usize = usize::MAX;

/// One piece at one place of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) id: u32,
    pub(super) score: f64,
    /// The edge before this one that has the same end.
    sibling: usize,
}

/// The edges of a text. Made again for the next text, it keeps its memory.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    /// Ascending by start, then by end.
    edges: Vec<Edge>,
    /// By place, in bytes: the last edge that ends there.
    last_into: Vec<usize>,
    /// By place: the log of the summed probability of all ways to it.
    forward: Vec<f64>,
    backward: Vec<f64>,
}

impl Lattice {
    /// Refuses a text of too many edges: long, and of pieces that are parts of each other.
    pub(super) fn new(scored: &Scored, text: &str) -> Result<Self, Error> {
        let mut lattice = Self::default();
        match lattice.fill(scored, text) {
            filled if filled < text.len() => {
                Err(Error::TextTooLong { got: text.len(), most: filled })
            }
            _ => Ok(lattice),
        }
    }

    /// Takes the edges of `text` in the place of those before; gives how much of the text they
    /// cover, all of it unless there are too many.
    pub(super) fn fill(&mut self, scored: &Scored, text: &str) -> usize {
        self.edges.clear();
        self.last_into.clear();
        self.last_into.resize(text.len() + 1, NONE);
        let (edges, last_into) = (&mut self.edges, &mut self.last_into);
        let mut start = 0;
        while start < text.len() && edges.len() < MAX_EDGES {
            start = scored.for_each_edge(text.as_bytes(), start, |end, id, score| {
                let sibling = std::mem::replace(&mut last_into[end], edges.len());
                edges.push(Edge { start, end, id, score, sibling });
            });
        }
        start
    }

    fn len(&self) -> usize {
        self.last_into.len() - 1
    }

    /// The edges that end at `place`, the longest last.
    fn edges_into(&self, place: usize) -> impl Iterator<Item = usize> {
        let first = Some(self.last_into[place]).filter(|&edge| edge != NONE);
        std::iter::successors(first, |&edge| {
            Some(self.edges[edge].sibling).filter(|&edge| edge != NONE)
        })
    }

    /// By place: the best score up to it.
    fn best_scores(&self) -> Vec<f64> {
        let mut best = vec![f64::NEG_INFINITY; self.len() + 1];
        best[0] = 0.0;
        for edge in &self.edges {
            best[edge.end] = best[edge.end].max(best[edge.start] + edge.score);
        }
        best
    }

    /// The best way and its score, without the edges for which `is_barred` holds; none if there
    /// is no other.
    pub(super) fn best(&self, is_barred: impl Fn(&Edge) -> bool) -> Option<(Vec<Edge>, f64)> {
        let mut best = vec![(f64::NEG_INFINITY, NONE); self.len() + 1];
        best[0].0 = 0.0;
        for (at, edge) in self.edges.iter().enumerate().filter(|(_, edge)| !is_barred(edge)) {
            let score = best[edge.start].0 + edge.score;
            if score > best[edge.end].0 {
                best[edge.end] = (score, at);
            }
        }
        let (mut path, mut place) = (vec![], self.len());
        while place > 0 {
            let edge = self.edges.get(best[place].1)?;
            path.push(*edge);
            place = edge.start;
        }
        path.reverse();
        Some((path, best[self.len()].0))
    }

    /// The `n` best ways and their scores, best first; among equals the one with the longer last
    /// piece.
    pub(super) fn n_best(&self, n: usize) -> Result<Vec<(Vec<Edge>, f64)>, Error> {
        let (best, end) = (self.best_scores(), self.len());
        let mut tails = vec![Tail { edge: NONE, next: NONE, score: 0.0 }];
        let mut queue = BinaryHeap::from([Ranked { total: best[end], tail: 0 }]);
        let mut found = vec![];
        while found.len() < n
            && let Some(Ranked { tail, .. }) = queue.pop()
        {
            let after = tails[tail].score;
            let place = self.edges.get(tails[tail].edge).map_or(end, |edge| edge.start);
            if place == 0 {
                found.push(self.path(&tails, tail));
                continue;
            }
            if tails.len() > MAX_TAILS {
                let (what, most) = ("the ways to cut a text that were looked at", MAX_TAILS as u64);
                return Err(Error::TooLarge { what, got: tails.len() as u64, most });
            }
            for edge in self.edges_into(place) {
                let score = after + self.edges[edge].score;
                queue.push(Ranked {
                    total: best[self.edges[edge].start] + score,
                    tail: tails.len(),
                });
                tails.push(Tail { edge, next: tail, score });
            }
        }
        Ok(found)
    }

    fn path(&self, tails: &[Tail], mut tail: usize) -> (Vec<Edge>, f64) {
        let (mut path, mut score) = (vec![], 0.0);
        while let Some(edge) = self.edges.get(tails[tail].edge) {
            path.push(*edge);
            score += edge.score;
            tail = tails[tail].next;
        }
        (path, score)
    }

    /// One way by chance, its score counted `alpha` times.
    pub(super) fn sample(mut self, alpha: f64, rng: &mut Rng) -> Vec<Edge> {
        self.sum_forward(alpha);
        let (mut path, mut place) = (vec![], self.len());
        while place > 0 {
            let (mut ticket, mut drawn) = (rng.unit(), NONE);
            for at in self.edges_into(place) {
                drawn = at; // The last one takes what rounding leaves.
                let edge = &self.edges[at];
                ticket -=
                    (self.forward[edge.start] + alpha * edge.score - self.forward[place]).exp();
                if ticket < 0.0 {
                    break;
                }
            }
            let Some(edge) = self.edges.get(drawn) else { break };
            path.push(*edge);
            place = edge.start;
        }
        path.reverse();
        path
    }

    fn sum_forward(&mut self, alpha: f64) {
        self.forward.clear();
        self.forward.resize(self.len() + 1, f64::NEG_INFINITY);
        self.forward[0] = 0.0;
        // All edges into a place stand before those that leave it.
        for edge in &self.edges {
            let way = self.forward[edge.start] + alpha * edge.score;
            self.forward[edge.end] = log_add(self.forward[edge.end], way);
        }
    }

    /// Calls `each` with every known piece and its probability of being on the way; gives the log
    /// of the probability of the text.
    pub(super) fn expect(&mut self, mut each: impl FnMut(u32, f64)) -> f64 {
        self.sum_forward(1.0);
        let end = self.len();
        let total = self.forward[end];
        self.backward.clear();
        self.backward.resize(end + 1, f64::NEG_INFINITY);
        self.backward[end] = 0.0;
        for edge in self.edges.iter().rev() {
            let way = edge.score + self.backward[edge.end];
            self.backward[edge.start] = log_add(self.backward[edge.start], way);
            if edge.id != UNKNOWN {
                each(edge.id, (self.forward[edge.start] + way - total).exp());
            }
        }
        total
    }
}

/// The end of a way: an edge and what follows it.
struct Tail {
    edge: usize,
    next: usize,
    score: f64,
}

/// A tail in the queue; `total` is the score of the best way that ends in it.
struct Ranked {
    total: f64,
    tail: usize,
}

impl Ord for Ranked {
    /// The newer of equals first: the search goes on with what it has begun.
    fn cmp(&self, other: &Self) -> Ordering {
        self.total.total_cmp(&other.total).then(self.tail.cmp(&other.tail))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

/// log(exp(a) + exp(b)); one of them may be -∞.
fn log_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}
