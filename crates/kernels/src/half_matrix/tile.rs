//! The loop over registers: some rows of the matrix with some of the input.
//!
//! A step of a row is a line of memory: 64 bytes become two registers of sixteen floats, or four of eight.
//! For one or two rows of input the matrix is read from end to end: four rows of it as four streams came at
//! two thirds of the rate. For more, what is read of the input counts, and four rows share it.
#![expect(unsafe_code, reason = "intrinsics over raw pointers; lengths are asserted at the entry")]

use std::arch::x86_64::*;

use super::{Form, Input, LANES, Numbers, STEP, added};

/// Sixteen floats in registers.
///
/// # Safety
/// Every function needs the instruction set, and as much behind a pointer as it says.
trait Sixteen: Copy {
    /// Whether there are registers for four rows of the matrix with two of the input.
    const WIDE: bool;
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
pub(super) unsafe fn avx512(input: &Input, bits: &[u16], out: &mut [f32]) {
    // SAFETY: the caller's promise.
    unsafe { columns::<__m512>(input, bits, out) }
}

/// # Safety
/// Needs AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn avx2(input: &Input, bits: &[u16], out: &mut [f32]) {
    // SAFETY: the caller's promise.
    unsafe { columns::<[__m256; 2]>(input, bits, out) }
}

/// # Safety
/// Needs the instruction set.
#[inline(always)]
unsafe fn columns<S: Sixteen>(input: &Input, bits: &[u16], out: &mut [f32]) {
    let n = out.len() / input.rows;
    assert!(bits.len() >= n * input.k, "half matrix: rows that are not there");
    assert!(input.numbers.len() >= input.rows * input.steps(), "half matrix: too little input");
    // SAFETY: the lengths are asserted; the rest is the caller's promise.
    unsafe {
        match input.form {
            Form::Bf16 => by_rows::<S, false>(input, bits, out),
            Form::F16 => by_rows::<S, true>(input, bits, out),
        }
    }
}

/// # Safety
/// As of [`columns`], with its lengths.
#[inline(always)]
unsafe fn by_rows<S: Sixteen, const HALVES: bool>(input: &Input, bits: &[u16], out: &mut [f32]) {
    let tall = if S::WIDE && input.rows > 2 { 4 } else { 1 };
    for (rows, out) in bits.chunks(tall * input.k).zip(out.chunks_mut(tall * input.rows)) {
        // SAFETY: rows are whole; the rest is the caller's promise.
        unsafe {
            if rows.len() == 4 * input.k {
                across::<S, HALVES, 4>(input, rows, out);
            } else {
                let rows = rows.chunks_exact(input.k).zip(out.chunks_exact_mut(input.rows));
                for (row, out) in rows {
                    across::<S, HALVES, 1>(input, row, out);
                }
            }
        }
    }
}

/// `T` rows of the matrix with all rows of the input.
///
/// # Safety
/// As of [`columns`], with so many rows.
#[inline(always)]
unsafe fn across<S: Sixteen, const HALVES: bool, const T: usize>(
    input: &Input,
    rows: &[u16],
    out: &mut [f32],
) {
    for first in (0..input.rows).step_by(2) {
        // SAFETY: so many rows of input there are; the rest is the caller's promise.
        unsafe {
            if first + 1 < input.rows {
                tile::<S, HALVES, T, 2>(input, first, rows, out);
            } else {
                tile::<S, HALVES, T, 1>(input, first, rows, out);
            }
        }
    }
}

/// `T` rows of the matrix with `A` rows of the input, from row `first` on.
///
/// # Safety
/// As of [`columns`], with so many rows.
#[inline(always)]
unsafe fn tile<S: Sixteen, const HALVES: bool, const T: usize, const A: usize>(
    input: &Input,
    first: usize,
    rows: &[u16],
    out: &mut [f32],
) {
    let (k, steps) = (input.k, input.steps());
    let x = input.numbers[first * steps..][..A * steps].as_ptr();
    let mut from = [rows.as_ptr(); T];
    for (t, from) in from.iter_mut().enumerate() {
        *from = rows[t * k..][..k].as_ptr();
    }
    // SAFETY: rows are as long as they are cut; the rest is the caller's promise.
    unsafe {
        let mut sums = [[[S::zero(); 2]; A]; T];
        for i in 0..k / STEP {
            let from = from.map(|row| row.add(i * STEP));
            step::<S, HALVES, T, A>(&mut sums, from, x.add(i), steps);
        }
        if !k.is_multiple_of(STEP) {
            let mut rests = [[0; STEP]; T];
            for (t, (rest, from)) in rests.iter_mut().zip(&mut from).enumerate() {
                *rest = super::rest(&rows[t * k..][..k]);
                *from = rest.as_ptr();
            }
            step::<S, HALVES, T, A>(&mut sums, from, x.add(k / STEP), steps);
        }
        for (sums, out) in sums.iter().zip(out.chunks_exact_mut(input.rows)) {
            for ([first, second], out) in sums.iter().zip(&mut out[first..]) {
                let mut lanes = [[0.0; LANES]; 2];
                first.store(lanes[0].as_mut_ptr());
                second.store(lanes[1].as_mut_ptr());
                *out = added(&lanes);
            }
        }
    }
}

/// Adds a step's products.
///
/// # Safety
/// Needs the instruction set; a step at each pointer, numbers of `A` rows `apart` from each other at `x`.
#[inline(always)]
unsafe fn step<S: Sixteen, const HALVES: bool, const T: usize, const A: usize>(
    sums: &mut [[[S; 2]; A]; T],
    from: [*const u16; T],
    x: *const Numbers,
    apart: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut numbers = [[S::zero(); 2]; A];
        for (a, numbers) in numbers.iter_mut().enumerate() {
            let x = (*x.add(a * apart)).0.as_ptr();
            *numbers = [S::load(x), S::load(x.add(LANES))];
        }
        for (sums, from) in sums.iter_mut().zip(from) {
            let [first, second] = if HALVES { S::halves(from) } else { S::brain_floats(from) };
            for (sums, numbers) in sums.iter_mut().zip(&numbers) {
                sums[0] = sums[0].plus(first, numbers[0]);
                sums[1] = sums[1].plus(second, numbers[1]);
            }
        }
    }
}

// SAFETY of all: the trait's.
impl Sixteen for __m512 {
    const WIDE: bool = true;

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
    const WIDE: bool = false;

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
