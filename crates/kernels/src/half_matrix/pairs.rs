//! Five to eight rows of input with brain floats, by `vdpbf16ps`, which adds the products of two neighbours at once
//! (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2).
//!
//! The input is rounded to brain floats, as it is for more rows. A row of the matrix is read once for all rows of
//! input: two passes of four in f32 came at nine of forty gigabytes a second.
#![expect(unsafe_code, reason = "intrinsics over raw pointers; lengths are asserted at the entry")]

use std::arch::x86_64::*;

use super::{FEW, LANES, Part, STEP};
use crate::element::bf16;
use crate::isa::Isa;

/// Rows from which it pays.
pub(super) const LEAST: usize = 5;

/// Whether the machine has what this needs.
pub(super) fn suits(isa: Isa, rows: usize) -> bool {
    isa == Isa::Avx512Bf16 && (LEAST..=FEW).contains(&rows)
}

/// Rows of input, rounded.
pub(super) struct Pairs {
    rows: usize,
    steps: usize,
    /// `(rows, steps)`; what is beyond k is 0.
    numbers: Vec<Step>,
}

/// Numbers of a step; a line of memory.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Step([bf16; STEP]);

impl Pairs {
    pub(super) fn new(x: &[f32], k: usize) -> Self {
        let (rows, steps) = (x.len() / k, k.div_ceil(STEP));
        let mut numbers = vec![Step([bf16::ZERO; STEP]); rows * steps];
        for (row, to) in x.chunks_exact(k).zip(numbers.chunks_exact_mut(steps)) {
            for (step, to) in row.chunks(STEP).zip(to) {
                step.iter().zip(&mut to.0).for_each(|(x, to)| *to = bf16::from_f32(*x));
            }
        }
        Self { rows, steps, numbers }
    }

    /// Adds the products with rows of a matrix to `sums (its rows, rows)`.
    pub(super) fn add(&self, part: Part<'_>, sums: &mut [f32]) {
        let Part { bits, width, step } = part;
        let n = sums.len() / self.rows;
        assert!(bits.len() >= n * width, "half matrix: rows that are not there");
        assert!(
            step + width.div_ceil(STEP) <= self.steps,
            "half matrix: columns beyond the input's"
        );
        assert!(self.numbers.len() >= self.rows * self.steps, "half matrix: too little input");
        // SAFETY: the lengths are asserted, and [`suits`] has seen the machine.
        unsafe {
            match self.rows {
                5 => avx512_bf16::<5>(self, part, sums),
                6 => avx512_bf16::<6>(self, part, sums),
                7 => avx512_bf16::<7>(self, part, sums),
                8 => avx512_bf16::<8>(self, part, sums),
                rows => unreachable!("half matrix: {rows} rows of pairs"),
            }
        }
    }
}

/// # Safety
/// Needs AVX-512 F and BF16, `A` rows of input, and the lengths that [`Pairs::add`] asserts.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")]
unsafe fn avx512_bf16<const A: usize>(input: &Pairs, part: Part<'_>, sums: &mut [f32]) {
    let Part { bits, width, step } = part;
    let x = input.numbers[step..].as_ptr();
    for (row, sums) in bits.chunks_exact(width).zip(sums.chunks_exact_mut(A)) {
        let mut lanes = [_mm512_setzero_ps(); FEW];
        // SAFETY: a row has `width` numbers and the input as many steps; the rest is the caller's promise.
        unsafe {
            for i in 0..width / STEP {
                let words = _mm512_loadu_si512(row.as_ptr().add(i * STEP).cast());
                dot::<A>(&mut lanes, words, x.add(i), input.steps);
            }
            if !width.is_multiple_of(STEP) {
                let rest = super::rest(row);
                let words = _mm512_loadu_si512(rest.as_ptr().cast());
                dot::<A>(&mut lanes, words, x.add(width / STEP), input.steps);
            }
            let mut added = [0.0; FEW];
            _mm256_storeu_ps(added.as_mut_ptr(), across(lanes));
            sums.iter_mut().zip(added).for_each(|(sum, x)| *sum += x);
        }
    }
}

/// Adds the products of a step.
///
/// # Safety
/// Needs the instruction set; numbers of `A` rows `apart` from each other at `x`.
#[inline(always)]
unsafe fn dot<const A: usize>(
    lanes: &mut [__m512; FEW],
    words: __m512i,
    x: *const Step,
    apart: usize,
) {
    for (a, lanes) in lanes[..A].iter_mut().enumerate() {
        // SAFETY: the caller's promise; sixteen pairs are what a register has.
        unsafe {
            let own = _mm512_load_si512(x.add(a * apart).cast());
            let pair = |words| std::mem::transmute::<__m512i, __m512bh>(words);
            *lanes = _mm512_dpbf16_ps(*lanes, pair(words), pair(own));
        }
    }
}

/// The sums of eight registers' lanes: halves upon each other, then neighbours, in one order.
///
/// # Safety
/// Needs AVX-512 F and DQ.
#[inline(always)]
unsafe fn across(lanes: [__m512; FEW]) -> __m256 {
    const { assert!(FEW == 8 && LANES == 16) };
    // SAFETY: the caller's promise.
    unsafe {
        let [a, b, c, d, e, f, g, h] = lanes.map(|lanes| {
            _mm256_add_ps(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps::<1>(lanes))
        });
        let first = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
        let last = _mm256_hadd_ps(_mm256_hadd_ps(e, f), _mm256_hadd_ps(g, h));
        let lower = _mm256_permute2f128_ps::<0x20>(first, last);
        let upper = _mm256_permute2f128_ps::<0x31>(first, last);
        _mm256_add_ps(lower, upper)
    }
}
