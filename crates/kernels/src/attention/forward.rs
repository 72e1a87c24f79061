//! Scores, softmax and mixture of one key head: blocks of 32 queries over chunks of keys, the
//! softmax carried from chunk to chunk by its maximum and denominator (Milakov & Gimelshein 2018).

use super::pack::{
    Block, Columns, Group, KEYS, Scratch, by_row_panels, by_value_panels, cut, lanes_of_rows,
};
use super::tile::{LANES, Multiply, Row, TALL};
use crate::element::Element;
use crate::exp::exp;

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
    by_row_panels(group.k, group.n_keys, d, &mut scratch.keys);
    by_value_panels(group.v, group.n_keys, d, &mut scratch.values);
    let lengths = [d, KEYS, d.next_multiple_of(TALL)];
    let [queries, scores, mixed] = cut(&mut scratch.lanes, lengths);
    for (head, lse) in lse.chunks_exact_mut(group.n_queries).enumerate() {
        for (i, lse) in lse.chunks_mut(LANES).enumerate() {
            let block = group.block(i * LANES);
            lanes_of_rows(group.q, head, &block, group.scale(), queries);
            let state = Softmax::new();
            let packs = (&scratch.keys[..], &scratch.values[..]);
            let state = over_keys(tile, &block, state, packs, (queries, scores, mixed));
            for (j, lse) in lse.iter_mut().enumerate() {
                let inverse = 1.0 / state.sum[j];
                let row = mixed[..d].iter().map(|m| m.0[j] * inverse);
                out.write(block.first + j, head * d, row);
                *lse = state.max[j] + state.sum[j].ln();
            }
        }
    }
}

/// Maximum and denominator of every lane so far.
struct Softmax {
    max: [f32; LANES],
    sum: [f32; LANES],
}

impl Softmax {
    fn new() -> Self {
        Self { max: [f32::NEG_INFINITY; LANES], sum: [0.0; LANES] }
    }

    /// Scores become numerators; returns what the earlier ones are to be multiplied by.
    #[inline(always)]
    fn take(&mut self, scores: &mut [Row]) -> [f32; LANES] {
        let mut max = self.max;
        for row in &*scores {
            for (m, &v) in max.iter_mut().zip(&row.0) {
                *m = if v > *m { v } else { *m };
            }
        }
        // A lane that has seen no key yet must not meet -inf - -inf.
        let shift = max.map(|m| if m == f32::NEG_INFINITY { 0.0 } else { m });
        let mut factor = [0.0; LANES];
        for (f, (old, s)) in factor.iter_mut().zip(self.max.iter().zip(&shift)) {
            *f = exp(old - s);
        }
        let mut sum = [0.0; LANES];
        for row in scores {
            for ((v, s), sum) in row.0.iter_mut().zip(&shift).zip(&mut sum) {
                *v = exp(*v - s);
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
    mut state: Softmax,
    (keys, values): (&[f32], &[f32]),
    (queries, scores, mixed): (&[Row], &mut [Row], &mut [Row]),
) -> Softmax {
    let d = queries.len();
    let rows = keys.len() / d;
    mixed.fill(Row::ZERO);
    for key in (block.begin..block.end).step_by(KEYS) {
        let n = KEYS.min(block.end - key);
        let scores = &mut scores[..n];
        scores.fill(Row::ZERO);
        let panels = keys[key * d..].chunks_exact(TALL * d);
        for (scores, keys) in scores.chunks_exact_mut(TALL).zip(panels) {
            tile.multiply::<1, TALL>(keys, queries, scores); // (8, D) (D, 32)
        }
        block.mask(key, scores);
        let factor = state.take(scores);
        if key > block.begin {
            for row in &mut *mixed {
                row.0.iter_mut().zip(&factor).for_each(|(v, f)| *v *= f);
            }
        }
        for (mixed, values) in mixed.chunks_exact_mut(TALL).zip(values.chunks_exact(TALL * rows)) {
            tile.multiply::<1, TALL>(&values[key * TALL..], scores, mixed); // (8, n) (n, 32)
        }
    }
    state
}
