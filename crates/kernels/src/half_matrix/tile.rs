//! The loop over registers: a row of a slab with up to four of the input.
//!
//! A step of a row is a line of memory: 64 bytes become two registers of sixteen floats, or four of eight.
//! The matrix is one stream, read by one instruction line after line, which is what machines guess ahead best:
//! four rows of it as four streams, or two steps a turn, came at two thirds of the rate.
#![expect(unsafe_code, reason = "intrinsics over raw pointers; lengths are asserted at the entry")]

use std::arch::x86_64::*;

use super::{Form, Input, LANES, Numbers, Part, STEP, Sums};

/// Rows of input that go over a row of the matrix together.
const TOGETHER: usize = 4;

/// Sixteen floats in registers.
///
/// # Safety
/// Every function needs the instruction set, and as much behind a pointer as it says.
trait Sixteen: Copy {
    unsafe fn zero() -> Self;
    /// Of aligned numbers.
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    /// `self + a · b`, rounded once.
    unsafe fn plus(self, a: Self, b: Self) -> Self;
    /// A step of brain floats: the even ones, the odd ones.
    unsafe fn brain_floats(from: *const u16) -> [Self; 2];
    /// A step of halves: the first, the last.
    unsafe fn halves(from: *const u16) -> [Self; 2];
}

/// # Safety
/// Needs AVX-512 F, BW, VL and DQ.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(super) unsafe fn avx512(input: &Input, part: Part<'_>, sums: &mut [Sums]) {
    // SAFETY: the caller's promise.
    unsafe { columns::<__m512>(input, part, sums) }
}

/// # Safety
/// Needs AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn avx2(input: &Input, part: Part<'_>, sums: &mut [Sums]) {
    // SAFETY: the caller's promise.
    unsafe { columns::<[__m256; 2]>(input, part, sums) }
}

/// # Safety
/// Needs the instruction set.
#[inline(always)]
unsafe fn columns<S: Sixteen>(input: &Input, part: Part<'_>, sums: &mut [Sums]) {
    let Part { bits, width, step } = part;
    let n = sums.len() / input.rows;
    assert!(bits.len() >= n * width, "half matrix: rows that are not there");
    assert!(
        step + width.div_ceil(STEP) <= input.steps(),
        "half matrix: columns beyond the input's"
    );
    assert!(input.numbers.len() >= input.rows * input.steps(), "half matrix: too little input");
    // SAFETY: the lengths are asserted; the rest is the caller's promise.
    unsafe {
        match input.form {
            Form::Bf16 => by_rows::<S, false>(input, part, sums),
            Form::F16 => by_rows::<S, true>(input, part, sums),
        }
    }
}

/// # Safety
/// As of [`columns`], with its lengths.
#[inline(always)]
unsafe fn by_rows<S: Sixteen, const HALVES: bool>(
    input: &Input,
    part: Part<'_>,
    sums: &mut [Sums],
) {
    let Part { bits, width, .. } = part;
    for first in (0..input.rows).step_by(TOGETHER) {
        for (row, sums) in bits.chunks_exact(width).zip(sums.chunks_exact_mut(input.rows)) {
            let part = Part { bits: row, ..part };
            // SAFETY: so many rows of input there are; the rest is the caller's promise.
            unsafe {
                match input.rows - first {
                    1 => across::<S, HALVES, 1>(input, first, part, &mut sums[first..]),
                    2 => across::<S, HALVES, 2>(input, first, part, &mut sums[first..]),
                    3 => across::<S, HALVES, 3>(input, first, part, &mut sums[first..]),
                    _ => across::<S, HALVES, TOGETHER>(input, first, part, &mut sums[first..]),
                }
            }
        }
    }
}

/// A row of the matrix with `A` rows of the input, from row `first` on.
///
/// # Safety
/// As of [`columns`], with so many rows and sums.
#[inline(always)]
unsafe fn across<S: Sixteen, const HALVES: bool, const A: usize>(
    input: &Input,
    first: usize,
    part: Part<'_>,
    all: &mut [Sums],
) {
    let Part { bits, width, step: begin } = part;
    let steps = input.steps();
    let x = input.numbers[first * steps..][..A * steps][begin..].as_ptr();
    // SAFETY: the row is as long as it is cut; the rest is the caller's promise.
    unsafe {
        let mut sums = [[S::zero(); 2]; A];
        for (sums, Sums(all)) in sums.iter_mut().zip(&*all) {
            *sums = [S::load(all[0].as_ptr()), S::load(all[1].as_ptr())];
        }
        for i in 0..width / STEP {
            step::<S, HALVES, A>(&mut sums, bits.as_ptr().add(i * STEP), x.add(i), steps);
            // Keeps the compiler from taking two steps a turn.
            std::arch::asm!("", options(nomem, nostack, preserves_flags));
        }
        if !width.is_multiple_of(STEP) {
            let rest = super::rest(bits);
            step::<S, HALVES, A>(&mut sums, rest.as_ptr(), x.add(width / STEP), steps);
        }
        for ([one, two], Sums(all)) in sums.iter().zip(all) {
            one.store(all[0].as_mut_ptr());
            two.store(all[1].as_mut_ptr());
        }
    }
}

/// Adds a step's products.
///
/// # Safety
/// Needs the instruction set; a step at each pointer, numbers of `A` rows `apart` from each other at `x`.
#[inline(always)]
unsafe fn step<S: Sixteen, const HALVES: bool, const A: usize>(
    sums: &mut [[S; 2]; A],
    from: *const u16,
    x: *const Numbers,
    apart: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let [first, second] = if HALVES { S::halves(from) } else { S::brain_floats(from) };
        for (a, sums) in sums.iter_mut().enumerate() {
            let x = (*x.add(a * apart)).0.as_ptr();
            sums[0] = sums[0].plus(first, S::load(x));
            sums[1] = sums[1].plus(second, S::load(x.add(LANES)));
        }
    }
}

// SAFETY of all: the trait's.
impl Sixteen for __m512 {
    #[inline(always)]
    unsafe fn zero() -> Self {
        unsafe { _mm512_setzero_ps() }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { _mm512_load_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self) }
    }

    #[inline(always)]
    unsafe fn plus(self, a: Self, b: Self) -> Self {
        unsafe { _mm512_fmadd_ps(a, b, self) }
    }

    #[inline(always)]
    unsafe fn brain_floats(from: *const u16) -> [Self; 2] {
        unsafe {
            let words = _mm512_loadu_si512(from.cast());
            let upper = _mm512_set1_epi32(0xffff_0000_u32.cast_signed());
            [_mm512_slli_epi32::<16>(words), _mm512_and_si512(words, upper)]
                .map(|bits| _mm512_castsi512_ps(bits))
        }
    }

    #[inline(always)]
    unsafe fn halves(from: *const u16) -> [Self; 2] {
        unsafe {
            let (first, last) = (from.cast(), from.add(LANES).cast());
            [_mm512_cvtph_ps(_mm256_loadu_si256(first)), _mm512_cvtph_ps(_mm256_loadu_si256(last))]
        }
    }
}

impl Sixteen for [__m256; 2] {
    #[inline(always)]
    unsafe fn zero() -> Self {
        unsafe { [_mm256_setzero_ps(); 2] }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { [_mm256_load_ps(from), _mm256_load_ps(from.add(8))] }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            _mm256_storeu_ps(to, self[0]);
            _mm256_storeu_ps(to.add(8), self[1]);
        }
    }

    #[inline(always)]
    unsafe fn plus(self, a: Self, b: Self) -> Self {
        unsafe { [_mm256_fmadd_ps(a[0], b[0], self[0]), _mm256_fmadd_ps(a[1], b[1], self[1])] }
    }

    #[inline(always)]
    unsafe fn brain_floats(from: *const u16) -> [Self; 2] {
        unsafe {
            let words =
                [_mm256_loadu_si256(from.cast()), _mm256_loadu_si256(from.add(LANES).cast())];
            let upper = _mm256_set1_epi32(0xffff_0000_u32.cast_signed());
            let even = |words| _mm256_castsi256_ps(_mm256_slli_epi32::<16>(words));
            let odd = |words| _mm256_castsi256_ps(_mm256_and_si256(words, upper));
            [[even(words[0]), even(words[1])], [odd(words[0]), odd(words[1])]]
        }
    }

    #[inline(always)]
    unsafe fn halves(from: *const u16) -> [Self; 2] {
        unsafe {
            let eight = |at: usize| _mm256_cvtph_ps(_mm_loadu_si128(from.add(at).cast()));
            [[eight(0), eight(8)], [eight(16), eight(24)]]
        }
    }
}
