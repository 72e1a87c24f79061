//! Scores, softmax and mixture of one key head: blocks of 32 queries over chunks of keys, the
//! softmax carried from chunk to chunk by its maximum and denominator (Milakov & Gimelshein 2018).
//! Where there are sinks it begins with them.

use std::f32::consts::LOG2_E;

use super::form::Scoring;
use super::pack::{
    Block, Columns, Group, KEYS, Scratch, by_row_panels, by_value_panels, cut, lanes_of_rows,
};
use super::tile::{LANES, Multiply, Row, TALL, Words};
use crate::element::Element;
use crate::exp::{exp2, multiply_add};

/// Fills the columns of `out` and `lse`, `(heads, queries)`.
#[inline(always)]
pub(super) fn group<E: Element, M: Multiply>(
    tile: M,
    group: &Group<'_, E>,
    out: &Columns<'_, E>,
    lse: &mut [f32],
    scratch: &mut Scratch,
) {
    let d = group.head_dim;
    by_row_panels::<E, M>(group.k, group.n_keys, d, &mut scratch.keys);
    by_value_panels::<E, M>(group.v, group.n_keys, d, &mut scratch.values);
    let Scratch { keys, values, lanes, words, turned, .. } = scratch;
    let [scores, mixed] = cut(lanes, Row::ZERO, [KEYS, d.next_multiple_of(TALL)]);
    let [queries, numerators] = cut(words, Words::ZERO, [M::depth(d), M::depth(KEYS)]);
    turned.resize(LANES * d, 0.0);
    for (head, lse) in lse.chunks_exact_mut(group.n_queries).enumerate() {
        let (scoring, sink) = (group.scoring(head), group.sink(head));
        for (i, lse) in lse.chunks_mut(LANES).enumerate() {
            let block = group.block(i * LANES);
            lanes_of_rows::<E, M>(group.q, (head, d), &block, queries);
            let packs = Packs { keys, values, d };
            let space = Space { queries, scores, numerators, mixed };
            let state = over_keys(tile, &block, (scoring, sink), &packs, space);
            tile.turn(&mixed[..d], &state.sum.map(|sum| 1.0 / sum), turned);
            for (j, lse) in lse.iter_mut().enumerate() {
                out.write(block.first + j, head * d, &turned[j * d..(j + 1) * d], 1.0);
                *lse = state.max[j] * scoring.scale_left() + state.sum[j].ln();
            }
        }
    }
}

/// Keys and values of the task: eight keys side by side, eight values side by side.
struct Packs<'a> {
    keys: &'a [u32],
    values: &'a [u32],
    d: usize,
}

/// The work space of a block.
struct Space<'a> {
    /// (D, 32 queries), in words.
    queries: &'a [Words],
    /// (keys, 32 queries): scores, then numerators.
    scores: &'a mut [Row],
    /// The same, in words.
    numerators: &'a mut [Words],
    /// (D, 32 queries)
    mixed: &'a mut [Row],
}

/// Maximum and denominator of every lane so far.
struct Softmax {
    max: [f32; LANES],
    sum: [f32; LANES],
}

impl Softmax {
    /// The sink as the first score, `e^0` in the denominator; after `-inf` the next maximum makes that 0.
    fn new(sink: f32, scale: f32) -> Self {
        Self { max: [sink / scale; LANES], sum: [1.0; LANES] }
    }

    /// Scores become numerators; returns what the earlier ones are to be multiplied by. The maximum is
    /// that of scores that are not scaled yet.
    #[inline(always)]
    fn take<M: Multiply>(&mut self, scores: &mut [Row], scale: f32) -> [f32; LANES] {
        let scale = scale * LOG2_E;
        let mut max = self.max;
        for row in &*scores {
            for (m, &v) in max.iter_mut().zip(&row.0) {
                *m = if v > *m { v } else { *m };
            }
        }
        // A lane that has seen no key yet must not meet -inf - -inf.
        let shift = max.map(|m| if m == f32::NEG_INFINITY { 0.0 } else { m * scale });
        let mut factor = [0.0; LANES];
        for (f, (old, s)) in factor.iter_mut().zip(self.max.iter().zip(&shift)) {
            *f = exp2(M::FUSED, old * scale - s);
        }
        let mut sum = [0.0; LANES];
        for row in scores {
            for ((v, s), sum) in row.0.iter_mut().zip(&shift).zip(&mut sum) {
                *v = exp2(M::FUSED, multiply_add(M::FUSED, *v, scale, -s));
                *sum += *v;
            }
        }
        for ((total, f), s) in self.sum.iter_mut().zip(&factor).zip(sum) {
            *total = *total * f + s;
        }
        self.max = max;
        factor
    }
}

#[inline(always)]
fn over_keys<M: Multiply>(
    tile: M,
    block: &Block,
    (scoring, sink): (Scoring, f32),
    packs: &Packs<'_>,
    space: Space<'_>,
) -> Softmax {
    let Space { queries, scores, numerators, mixed } = space;
    let deep = M::depth(packs.d);
    let rows = M::depth(packs.keys.len() / deep);
    let scale = scoring.scale_left();
    let mut state = Softmax::new(sink, scale);
    mixed.fill(Row::ZERO);
    for key in (block.begin..block.end).step_by(KEYS) {
        let n = KEYS.min(block.end - key);
        let scores = &mut scores[..n];
        scores.fill(Row::ZERO);
        let panels = packs.keys[key * deep..].chunks_exact(TALL * deep);
        for (scores, keys) in scores.chunks_exact_mut(TALL).zip(panels) {
            tile.multiply::<1, TALL>(keys, queries, scores); // (8, D) (D, 32)
        }
        scoring.finish(block, key, scores);
        block.mask(key, scores);
        let factor = state.take::<M>(scores, scale);
        if key > block.begin {
            tile.scale(mixed, &factor);
        }
        let numerators = &mut numerators[..M::depth(n)];
        tile.right(scores, numerators);
        let values = packs.values.chunks_exact(TALL * rows);
        for (mixed, values) in mixed.chunks_exact_mut(TALL).zip(values) {
            tile.multiply::<1, TALL>(&values[M::depth(key) * TALL..], numerators, mixed); // (8, n) (n, 32)
        }
    }
    state
}
