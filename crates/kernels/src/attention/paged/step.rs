//! Up to eight query rows over one page of one key head: scores, the softmax so far, mixed values.
//!
//! A row is one query head of one new position. Its numbers are those of the row alone, in an order that does
//! not depend on the rows beside it.

use super::super::form::Scoring;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
use super::page::{PAGE, TILE};
use crate::exp::exp;
use crate::isa::Isa;

/// Rows at most.
pub(super) const ROWS: usize = 8;

/// What a row looks at.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) scoring: Scoring,
    /// The first position that it sees, and its own.
    pub(super) first: usize,
    pub(super) position: usize,
}

/// Numbers of one head of a page.
#[derive(Clone, Copy)]
pub(super) struct Numbers<'a> {
    /// The position of its first.
    pub(super) from: usize,
    /// Positions that hold something.
    pub(super) n: usize,
    /// Four tiles `(D, 16)`.
    pub(super) keys: &'a [f32],
    /// `(64, width)`.
    pub(super) values: &'a [f32],
}

/// What rows have seen so far.
pub(super) struct Seen<'a> {
    /// The greatest score of each row.
    pub(super) max: &'a mut [f32],
    /// `Σ exp(score - max)`.
    pub(super) sum: &'a mut [f32],
    /// `(R, width)`: `Σ exp(score - max) value`.
    pub(super) mixed: &'a mut [f32],
}

/// The two products, each for `R` rows.
pub(super) trait Products: Copy {
    /// `scores[r][p] = Σ q[d][r] keys[d][p]`, `q` of `(D, R)`.
    fn scores<const R: usize>(self, q: &[f32], keys: &[f32], scores: &mut [[f32; PAGE]; R]);

    /// `mixed[r][d] += Σ p[r][i] values[i][d]` over the first `n` positions.
    fn mix<const R: usize>(self, p: &[[f32; PAGE]; R], n: usize, values: &[f32], mixed: &mut [f32]);
}

/// Lets as many rows as there are looks see a page; `q` is `(D, R)`.
pub(super) fn step(looks: &[Look], q: &[f32], numbers: Numbers<'_>, seen: Seen<'_>) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn avx2(looks: &[Look], q: &[f32], numbers: Numbers<'_>, seen: Seen<'_>) {
            by_rows(Plain, looks, q, numbers, seen);
        }
        #[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")]
        fn avx512(looks: &[Look], q: &[f32], numbers: Numbers<'_>, seen: Seen<'_>) {
            by_rows(Avx512, looks, q, numbers, seen);
        }
        #[expect(unsafe_code, reason = "functions compiled for found instructions")]
        match Isa::current() {
            // SAFETY: an `Isa` above the portable one is only made where it was found.
            Isa::Avx512 | Isa::Avx512Bf16 => return unsafe { avx512(looks, q, numbers, seen) },
            // SAFETY: as above.
            Isa::Avx2 => return unsafe { avx2(looks, q, numbers, seen) },
            Isa::Portable => {}
        }
    }
    by_rows(Plain, looks, q, numbers, seen);
}

#[inline(always)]
fn by_rows<P: Products>(
    products: P,
    looks: &[Look],
    q: &[f32],
    numbers: Numbers<'_>,
    seen: Seen<'_>,
) {
    match looks.len() {
        1 => rows::<P, 1>(products, looks, q, numbers, seen),
        2 => rows::<P, 2>(products, looks, q, numbers, seen),
        3 => rows::<P, 3>(products, looks, q, numbers, seen),
        4 => rows::<P, 4>(products, looks, q, numbers, seen),
        5 => rows::<P, 5>(products, looks, q, numbers, seen),
        6 => rows::<P, 6>(products, looks, q, numbers, seen),
        7 => rows::<P, 7>(products, looks, q, numbers, seen),
        _ => rows::<P, ROWS>(products, looks, q, numbers, seen),
    }
}

#[inline(always)]
fn rows<P: Products, const R: usize>(
    products: P,
    looks: &[Look],
    q: &[f32],
    numbers: Numbers<'_>,
    seen: Seen<'_>,
) {
    let mut scores = [[0.0; PAGE]; R];
    products.scores(q, numbers.keys, &mut scores);
    let width = seen.mixed.len() / R;
    for (r, (look, scores)) in looks.iter().zip(&mut scores).enumerate() {
        look.scoring.finish_span(scores, numbers.from, look.position);
        look.mask(numbers.from, scores);
        let before = seen.max[r];
        let max = scores.iter().fold(before, |max, &s| if s > max { s } else { max });
        // A row that has seen nothing yet must not meet -inf - -inf.
        let shift = if max == f32::NEG_INFINITY { 0.0 } else { max };
        scores.iter_mut().for_each(|s| *s = exp(*s - shift));
        let factor = exp(before - shift);
        seen.sum[r] = seen.sum[r] * factor + crate::lanes::sum_of(PAGE, |i| scores[i]);
        if factor != 1.0 {
            seen.mixed[r * width..][..width].iter_mut().for_each(|x| *x *= factor);
        }
        seen.max[r] = max;
    }
    products.mix(&scores, numbers.n, numbers.values, seen.mixed);
}

impl Look {
    /// Scores of positions that the row does not see become `-inf`.
    #[inline(always)]
    fn mask(&self, from: usize, scores: &mut [f32; PAGE]) {
        let seen = self.first.saturating_sub(from)..(self.position + 1).saturating_sub(from);
        if seen.start == 0 && seen.end >= PAGE {
            return;
        }
        for (i, score) in scores.iter_mut().enumerate() {
            *score = if seen.contains(&i) { *score } else { f32::NEG_INFINITY };
        }
    }
}

/// Plain Rust, whose loops become whatever vectors there are.
#[derive(Clone, Copy)]
struct Plain;

impl Products for Plain {
    #[inline(always)]
    fn scores<const R: usize>(self, q: &[f32], keys: &[f32], scores: &mut [[f32; PAGE]; R]) {
        let q = q.as_chunks::<R>().0;
        for (tile, keys) in keys.chunks_exact(q.len() * TILE).enumerate() {
            let mut sums = [[0.0; TILE]; R];
            for (q, keys) in q.iter().zip(keys.as_chunks::<TILE>().0) {
                for (sums, q) in sums.iter_mut().zip(q) {
                    sums.iter_mut().zip(keys).for_each(|(sum, key)| *sum += q * key);
                }
            }
            for (scores, sums) in scores.iter_mut().zip(&sums) {
                scores[tile * TILE..][..TILE].copy_from_slice(sums);
            }
        }
    }

    #[inline(always)]
    fn mix<const R: usize>(
        self,
        p: &[[f32; PAGE]; R],
        n: usize,
        values: &[f32],
        mixed: &mut [f32],
    ) {
        let width = mixed.len() / R;
        for (p, mixed) in p.iter().zip(mixed.chunks_exact_mut(width)) {
            for (p, values) in p[..n].iter().zip(values.chunks_exact(width)) {
                mixed.iter_mut().zip(values).for_each(|(mixed, value)| *mixed += p * value);
            }
        }
    }
}
