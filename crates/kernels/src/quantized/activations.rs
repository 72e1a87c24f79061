//! Inputs rounded to eight bits, in the order in which products read them.

use std::cell::OnceCell;

use super::layout::{LENGTH, Layout};
use crate::{for_each_isa, lanes, parallel};

/// How many numbers share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// 32, as ggml's Q8_0.
    By32,
    /// 256, as ggml's Q8_K.
    By256,
}

impl Rounding {
    /// Pieces of 32 numbers that are stored together.
    fn unit(self) -> usize {
        match self {
            Self::By32 => 2,
            Self::By256 => 8,
        }
    }

    /// Pieces of 32 numbers that share a scale.
    pub(super) fn pieces(self) -> usize {
        match self {
            Self::By32 => 1,
            Self::By256 => 8,
        }
    }
}

/// Rows of input, rounded: each group of numbers to `scale · (−127..127)`, the greatest of them exactly. A
/// group with a number that is not finite has the scale NaN.
#[derive(Clone, Debug)]
pub struct Rounded {
    pub(super) rounding: Rounding,
    pub(super) rows: usize,
    /// `(pieces, rows, 32)`; what is beyond k is 0.
    pub(super) codes: Vec<i8>,
    /// `(groups, rows)`.
    pub(super) scales: Vec<f32>,
    /// Of sixteen codes each, `(pieces · 2, rows)`.
    pub(super) sums: Vec<i32>,
}

impl Rounded {
    /// Rounds the rows of `x`, `(rows, k)`.
    ///
    /// # Panics
    /// If `x` has no whole rows.
    pub fn new(x: &[f32], k: usize, rounding: Rounding) -> Self {
        assert!(k > 0 && x.len().is_multiple_of(k), "quantized: the input has no whole rows");
        let (rows, unit, shared) = (x.len() / k, rounding.unit(), rounding.pieces());
        let pieces = k.div_ceil(LENGTH).next_multiple_of(unit);
        let mut codes = vec![0; pieces * rows * LENGTH];
        let mut scales = vec![0.0; pieces / shared * rows];
        let mut sums = vec![0; pieces * 2 * rows];
        let width = unit * LENGTH;
        let (c, s, t) = (rows * width, rows * unit / shared, rows * unit * 2);
        let units = codes.chunks_mut(c).zip(scales.chunks_mut(s)).zip(sums.chunks_mut(t));
        let units = units.map(|((codes, scales), sums)| (codes, scales, sums)).collect();
        parallel::each(units, x.len() >= 4 * parallel::MIN_WORK, |i, (codes, scales, sums)| {
            let from = i * width;
            for row in 0..rows {
                let numbers = &x[row * k..][from..k.min(from + width)];
                round_unit(numbers, shared, (row, rows), codes, scales, sums);
            }
        });
        Self { rounding, rows, codes, scales, sums }
    }
}

for_each_isa!(
    /// Rounds what one row has in a unit; `shared` pieces share a scale. `at` is the row, and of how many.
    fn round_unit(
        numbers: &[f32],
        shared: usize,
        at: (usize, usize),
        codes: &mut [i8],
        scales: &mut [f32],
        sums: &mut [i32],
    ) => round_unit_body
);

#[inline(always)]
fn round_unit_body(
    numbers: &[f32],
    shared: usize,
    (row, rows): (usize, usize),
    codes: &mut [i8],
    scales: &mut [f32],
    sums: &mut [i32],
) {
    for (group, numbers) in numbers.chunks(shared * LENGTH).enumerate() {
        let greatest = lanes::max_abs(numbers);
        // NaN where a number is not finite: comparisons may have passed over it.
        let flaw = lanes::sum_over(numbers, |x| x * 0.0);
        let inverse = if greatest > 0.0 { 127.0 / greatest } else { 0.0 };
        scales[group * rows + row] = greatest / 127.0 + flaw;
        for (i, numbers) in numbers.chunks(LENGTH).enumerate() {
            let piece = group * shared + i;
            let out = &mut codes[(piece * rows + row) * LENGTH..][..numbers.len()];
            out.iter_mut().zip(numbers).for_each(|(out, x)| *out = nearest(x * inverse));
            for (half, out) in out.chunks(LENGTH / 2).enumerate() {
                let sum = out.iter().map(|&code| i32::from(code)).sum();
                sums[(piece * 2 + half) * rows + row] = sum;
            }
        }
    }
}

/// The nearest integer of a number within ±127, ties to even: beyond 1.5 · 2²³ a float's last bit is 1.
#[inline(always)]
fn nearest(x: f32) -> i8 {
    const SHIFT: f32 = 12_582_912.0;
    ((x + SHIFT).to_bits() as u8).cast_signed()
}

/// Rows of input that several matrices multiply: rounded each way once, when it is first asked for.
#[derive(Debug)]
pub struct Inputs<'a> {
    x: &'a [f32],
    k: usize,
    by_32: OnceCell<Rounded>,
    by_256: OnceCell<Rounded>,
}

impl<'a> Inputs<'a> {
    /// The rows of `x`, `(rows, k)`.
    ///
    /// # Panics
    /// If `x` has no whole rows.
    pub fn new(x: &'a [f32], k: usize) -> Self {
        assert!(k > 0 && x.len().is_multiple_of(k), "quantized: the input has no whole rows");
        Self { x, k, by_32: OnceCell::new(), by_256: OnceCell::new() }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.x.len() / self.k
    }

    /// Numbers of a row.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The rows as they are.
    pub fn values(&self) -> &'a [f32] {
        self.x
    }

    /// The rows, rounded.
    pub fn rounded(&self, rounding: Rounding) -> &Rounded {
        let cell = match rounding {
            Rounding::By32 => &self.by_32,
            Rounding::By256 => &self.by_256,
        };
        cell.get_or_init(|| Rounded::new(self.x, self.k, rounding))
    }
}

/// A rounded input as the kernels of a layout want it.
pub(super) struct Prepared<'a> {
    pub(super) rows: usize,
    /// `(pieces, rows, 32)`.
    pub(super) codes: &'a [i8],
    /// `(groups, rows)`.
    pub(super) scales: &'a [f32],
    /// What sums of products begin with, `(pieces · STARTS, rows)`: the code of zero, taken off.
    pub(super) starts: Vec<i32>,
    /// What offsets of pieces are multiplied by, `(pieces, rows)`: sums of numbers.
    pub(super) offset_by: Vec<f32>,
    /// What offsets of groups are multiplied by, `(units · PAIRS, rows)`: two sums of codes, of sixteen bits
    /// each, the first in the lower half.
    pub(super) pairs: Vec<i32>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new<L: Layout>(input: &'a Rounded) -> Self {
        let Rounded { rows, ref codes, ref scales, ref sums, .. } = *input;
        let mut prepared =
            Self { rows, codes, scales, starts: vec![], offset_by: vec![], pairs: vec![] };
        if L::STARTS == 2 && L::HAS_OFFSET {
            prepared.pairs = pairs(sums, rows);
        } else if L::STARTS == 2 {
            prepared.starts = sums.iter().map(|sum| -L::ZERO * sum).collect();
        } else {
            let sums = two_by_two(sums, rows, |first, second| first + second);
            if L::ZERO != 0 {
                prepared.starts = sums.iter().map(|sum| -L::ZERO * sum).collect();
            }
            if L::HAS_OFFSET && L::IS_SUPER {
                prepared.pairs = pairs(&sums, rows);
            } else if L::HAS_OFFSET {
                let by = sums.iter().zip(scales);
                prepared.offset_by = by.map(|(sum, scale)| *sum as f32 * scale).collect();
            }
        }
        prepared
    }
}

/// Of the sums of neighbours, each of so many rows, one.
fn two_by_two(sums: &[i32], rows: usize, of: impl Fn(i32, i32) -> i32) -> Vec<i32> {
    let both = sums.chunks_exact(2 * rows).map(|both| both.split_at(rows));
    both.flat_map(|(first, second)| first.iter().zip(second)).map(|(a, b)| of(*a, *b)).collect()
}

/// Neighbours as two numbers of sixteen bits, which sums of 32 codes are.
fn pairs(sums: &[i32], rows: usize) -> Vec<i32> {
    two_by_two(sums, rows, |first, second| first & 0xffff | second << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_nearest_and_sums_are_theirs() {
        let k = 288;
        let x: Vec<f32> = (0..2 * k).map(|i| ((i * 7919) % 1009) as f32 / 64.0 - 7.0).collect();
        for rounding in [Rounding::By32, Rounding::By256] {
            let rounded = Rounded::new(&x, k, rounding);
            for (i, &x) in x.iter().enumerate() {
                let (row, at) = (i / k, i % k);
                let (piece, group) = (at / LENGTH, at / LENGTH / rounding.pieces());
                let code = rounded.codes[(piece * 2 + row) * LENGTH + at % LENGTH];
                let scale = rounded.scales[group * 2 + row];
                assert!((f32::from(code) * scale - x).abs() <= 0.501 * scale, "{x}");
            }
            for (i, sum) in rounded.sums.iter().enumerate() {
                let (piece, half, row) = (i / 4, i / 2 % 2, i % 2);
                let codes = &rounded.codes[(piece * 2 + row) * LENGTH + half * 16..][..16];
                assert_eq!(*sum, codes.iter().map(|&c| i32::from(c)).sum::<i32>());
            }
        }
    }

    #[test]
    fn what_is_not_finite_is_not_lost() {
        for flaw in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut x = [1.0; 64];
            x[40] = flaw;
            let rounded = Rounded::new(&x, 64, Rounding::By32);
            assert!(rounded.scales[0].is_finite() && rounded.scales[1].is_nan());
        }
        assert_eq!(Rounded::new(&[0.0; 32], 32, Rounding::By32).scales[0], 0.0);
    }
}
