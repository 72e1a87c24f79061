//! What becomes of `q·k` before the softmax, beside the division by `sqrt(D)`.
//!
//! The score of query `i` and key `j` is `cap tanh(scale q·k / cap) + slope (j - i)`: a scale of its
//! own, a cap (Gemma 2, 2024) and slopes (ALiBi: Press et al., "Train Short, Test Long", 2022), each
//! only where it is asked for. Slopes are constants, and want distances only: where a document or
//! a cache begins is all the same.
//!
//! Without cap and slope the softmax scales by the way. With either, one pass over a tile of
//! finished products makes scores of them, and the softmax's own scale is 1: its loops are the same.

use std::sync::Arc;

use super::pack::Block;
use super::tile::{LANES, Row};
use crate::exp::tanh;

/// How products become scores. The default is the division by `sqrt(D)` alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// What products are multiplied by in place of `1 / sqrt(D)` (Gemma's
    /// `1 / sqrt(query_pre_attn_scalar)`, Granite's `attention_multiplier`); above 0.
    pub scale: Option<f32>,
    /// The cap, which no scaled product reaches; above 0.
    pub softcap: Option<f32>,
    /// `(Hq)`: what a key loses for each position that it lies behind, by query head; see
    /// [`alibi_slopes`].
    pub slopes: Option<Arc<[f32]>>,
}

impl Form {
    /// What products of heads of this size are multiplied by.
    pub fn scale_of(&self, head_dim: usize) -> f32 {
        self.scale.unwrap_or((1.0 / (head_dim as f64).sqrt()) as f32)
    }

    pub(super) fn check(&self, n_heads: usize) {
        let above_0 = |v: Option<f32>| v.is_none_or(|v| v > 0.0 && v.is_finite());
        assert!(above_0(self.scale), "attention: the scale must be a number above 0");
        assert!(above_0(self.softcap), "attention: the cap must be a number above 0");
        let slopes = self.slopes.as_ref().map_or(n_heads, |slopes| slopes.len());
        assert_eq!(slopes, n_heads, "attention: one slope a query head is needed");
    }

    pub(super) fn scoring(&self, head: usize, head_dim: usize) -> Scoring {
        let slope = self.slopes.as_ref().map_or(0.0, |slopes| slopes[head]);
        Scoring { scale: self.scale_of(head_dim), softcap: self.softcap, slope }
    }
}

/// The published slopes of `n_heads` heads: `2^(-8 k / n)` for `k` in `1..=n`, where `n` is a power of
/// two. Other numbers take those of the greatest power of two below, then every other one of twice
/// as many heads, as BLOOM and MPT do.
pub fn alibi_slopes(n_heads: usize) -> Vec<f32> {
    let below = if n_heads == 0 { 0 } else { 1 << n_heads.ilog2() };
    let slope = |k: usize, n: usize| (-8.0 * k as f64 / n as f64).exp2() as f32;
    let whole = (1..=below).map(|k| slope(k, below));
    whole.chain((0..n_heads - below).map(|k| slope(2 * k + 1, 2 * below))).collect()
}

/// The form of one query head.
#[derive(Clone, Copy)]
pub(super) struct Scoring {
    /// What products are multiplied by.
    pub(super) scale: f32,
    softcap: Option<f32>,
    slope: f32,
}

impl Scoring {
    /// What is left to multiply by after [`Scoring::finish`].
    pub(super) fn scale_left(&self) -> f32 {
        if self.is_plain() { self.scale } else { 1.0 }
    }

    fn is_plain(&self) -> bool {
        self.softcap.is_none() && self.slope == 0.0
    }

    /// Products become scores but for [`Scoring::scale_left`]; `scores[0]` is of key `key`.
    #[inline(always)]
    pub(super) fn finish(&self, block: &Block, key: usize, scores: &mut [Row]) {
        if self.is_plain() {
            return;
        }
        match self.softcap {
            Some(cap) => {
                let by = self.scale / cap;
                for row in &mut *scores {
                    row.0.iter_mut().for_each(|s| *s = cap * tanh(*s * by));
                }
            }
            None => {
                for row in &mut *scores {
                    row.0.iter_mut().for_each(|s| *s *= self.scale);
                }
            }
        }
        self.lean(block, key, scores);
    }

    /// The same going back: `ds` holds the gradient of probabilities, of which `delta` is to be
    /// subtracted before `1 - tanh²` multiplies it. Returns what is still to be subtracted.
    #[inline(always)]
    pub(super) fn finish_backward(
        &self,
        block: &Block,
        key: usize,
        (scores, ds): (&mut [Row], &mut [Row]),
        delta: &[f32; LANES],
    ) -> [f32; LANES] {
        let Some(cap) = self.softcap else {
            self.finish(block, key, scores);
            return *delta;
        };
        let by = self.scale / cap;
        for (row, ds) in scores.iter_mut().zip(ds) {
            for ((s, ds), delta) in row.0.iter_mut().zip(&mut ds.0).zip(delta) {
                let t = tanh(*s * by);
                *s = cap * t;
                *ds = (*ds - delta) * (1.0 - t * t);
            }
        }
        self.lean(block, key, scores);
        [0.0; LANES]
    }

    /// Adds the slope times the distance.
    #[inline(always)]
    fn lean(&self, block: &Block, key: usize, scores: &mut [Row]) {
        if self.slope == 0.0 {
            return;
        }
        let positions = block.positions();
        for (row, key) in scores.iter_mut().zip(key..) {
            for (s, position) in row.0.iter_mut().zip(&positions) {
                *s += self.slope * (key as f32 - position);
            }
        }
    }

    /// Products of the query at `position` and the keys from `from` on become scores. Nothing is said of
    /// keys behind it.
    #[inline(always)]
    pub(super) fn finish_span(&self, scores: &mut [f32], from: usize, position: usize) {
        scores.iter_mut().for_each(|s| *s *= self.scale);
        if let Some(cap) = self.softcap {
            scores.iter_mut().for_each(|s| *s = cap * tanh(*s / cap));
        }
        if self.slope != 0.0 {
            for (s, key) in scores.iter_mut().zip(from..) {
                *s -= self.slope * (position as f32 - key as f32);
            }
        }
    }

    /// Scaled products of one query become scores; the last is of its own key.
    #[inline(always)]
    pub(super) fn finish_row(&self, scores: &mut [f32]) {
        if let Some(cap) = self.softcap {
            scores.iter_mut().for_each(|s| *s = cap * tanh(*s / cap));
        }
        if self.slope != 0.0 {
            let behind = (0..scores.len() as u32).rev();
            scores.iter_mut().zip(behind).for_each(|(s, n)| *s -= self.slope * n as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n_heads: usize, exponents: &[f64]) {
        let expected: Vec<f32> = exponents.iter().map(|e| (-e).exp2() as f32).collect();
        assert_eq!(alibi_slopes(n_heads), expected, "{n_heads} heads");
    }

    #[test]
    fn slopes_are_the_published_ones() {
        check(1, &[8.0]);
        check(8, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        check(3, &[4.0, 8.0, 2.0]);
        let twelve = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 0.5, 1.5, 2.5, 3.5];
        check(12, &twelve);
        let sixteen: Vec<f64> = (1..=16).map(|k| f64::from(k) / 2.0).collect();
        check(16, &sixteen);
        check(0, &[]);
    }

    #[test]
    fn one_row_is_what_the_formula_says() {
        let form = Form { softcap: Some(2.0), slopes: Some([0.5, 0.25].into()), scale: Some(3.0) };
        let mut scores = [6.0, -1.0, 0.5];
        form.scoring(1, 4).finish_row(&mut scores);
        let expected = [3.0_f64, -0.5, 0.25].map(f64::tanh).map(|t| 2.0 * t);
        for (i, (got, expected)) in scores.iter().zip(expected).enumerate() {
            let expected = expected - 0.25 * (2 - i) as f64;
            assert!((f64::from(*got) - expected).abs() < 1e-6, "{i}: {got} is not {expected}");
        }
        assert_eq!(form.scoring(0, 4).scale, 3.0);
        assert_eq!(Form::default().scale_of(16), 0.25);
    }
}
