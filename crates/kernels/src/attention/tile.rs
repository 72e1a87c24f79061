//! The one product that attention is made of: eight rows of 32 lanes, in registers.
//!
//! `c[i] += Σ_k a[i·ROW + k·STEP] b[k]` for `i` in `0..8`. The strides are constants, so that the
//! addresses fold into the instructions. Where values are stored as brain floats and the machine
//! multiplies pairs of them, a word is a pair and the depth half as long.

/// Queries of a block, or values of a row panel: what goes side by side.
pub(super) const LANES: usize = 32;
/// Rows of a tile.
pub(super) const TALL: usize = 8;

/// One row of lanes; aligned, for a load that straddles two cache lines costs two.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Row(pub(super) [f32; LANES]);

impl Row {
    pub(super) const ZERO: Self = Self([0.0; LANES]);
}

/// One row of packed words: what stands side by side on the right of a product.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Words(pub(super) [u32; LANES]);

impl Words {
    pub(super) const ZERO: Self = Self([0; LANES]);
}

/// An instruction set's way to make the product. Words are f32, or pairs of brain floats that are
/// neighbours along the depth.
pub(super) trait Multiply: Copy {
    /// Whether words are pairs.
    const PAIRS: bool;
    /// Whether there are instructions that multiply and add with one rounding.
    const FUSED: bool = true;

    /// Words that hold `n` numbers.
    fn depth(n: usize) -> usize {
        if Self::PAIRS { n.div_ceil(2) } else { n }
    }

    /// See the module's head. `b` has the depth of the product.
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[u32], b: &[Words], c: &mut [Row]);

    /// The same with what [`Multiply::left`] made of rows on the left.
    fn multiply_rows(self, a: &[u32], b: &[Words], c: &mut [Row]);

    /// Rows, an even number of them, as the right side: their index is the depth.
    fn right(self, rows: &[Row], out: &mut [Words]);

    /// Rows as the left side: their lanes are the depth; a row has as many words as that takes.
    fn left(self, rows: &[Row], out: &mut [u32]);

    /// Each row times `by`, lane by lane.
    #[inline(always)]
    fn scale(self, rows: &mut [Row], by: &[f32; LANES]) {
        for row in rows {
            row.0.iter_mut().zip(by).for_each(|(v, by)| *v *= by);
        }
    }

    /// `out[i · n + j] = rows[j][i]` times `by[i]`, for all `n` rows.
    fn turn(self, rows: &[Row], by: &[f32; LANES], out: &mut [f32]);
}

fn check<const ROW: usize, const STEP: usize>(a: &[u32], b: &[Words], c: &[Row]) {
    let last = (TALL - 1) * ROW + b.len().saturating_sub(1) * STEP;
    assert!(a.len() > last && c.len() >= TALL, "attention tile: slices too short");
}

/// What the tiles of single numbers share: words are the bits of values.
macro_rules! single_words {
    () => {
        const PAIRS: bool = false;

        #[inline(always)]
        fn multiply_rows(self, a: &[u32], b: &[Words], c: &mut [Row]) {
            self.multiply::<LANES, 1>(a, b, c);
        }

        #[inline(always)]
        fn right(self, rows: &[Row], out: &mut [Words]) {
            for (out, row) in out.iter_mut().zip(rows) {
                out.0 = row.0.map(f32::to_bits);
            }
        }

        #[inline(always)]
        fn left(self, rows: &[Row], out: &mut [u32]) {
            for (out, row) in out.chunks_exact_mut(LANES).zip(rows) {
                out.copy_from_slice(&row.0.map(f32::to_bits));
            }
        }

        #[inline(always)]
        fn turn(self, rows: &[Row], by: &[f32; LANES], out: &mut [f32]) {
            turn_plainly(rows, by, out);
        }
    };
}

#[inline(always)]
fn turn_plainly(rows: &[Row], by: &[f32; LANES], out: &mut [f32]) {
    for (i, (out, by)) in out.chunks_exact_mut(rows.len()).zip(by).enumerate() {
        out.iter_mut().zip(rows).for_each(|(o, row)| *o = row.0[i] * by);
    }
}

/// Four rows of eight lanes at a time, in plain Rust.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Multiply for Portable {
    single_words!();
    const FUSED: bool = false;

    #[inline(always)]
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[u32], b: &[Words], c: &mut [Row]) {
        check::<ROW, STEP>(a, b, c);
        for i in (0..TALL).step_by(4) {
            for j in (0..LANES).step_by(8) {
                let mut sums = [[0.0_f32; 8]; 4];
                for (k, b) in b.iter().enumerate() {
                    let b: [f32; 8] = std::array::from_fn(|l| f32::from_bits(b.0[j + l]));
                    for (r, sum) in sums.iter_mut().enumerate() {
                        let a = f32::from_bits(a[(i + r) * ROW + k * STEP]);
                        sum.iter_mut().zip(b).for_each(|(s, b)| *s += a * b);
                    }
                }
                for (c, sum) in c[i..i + 4].iter_mut().zip(sums) {
                    c.0[j..j + 8].iter_mut().zip(sum).for_each(|(c, s)| *c += s);
                }
            }
        }
    }
}

/// Four rows of two registers of eight lanes at a time.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx2;

#[cfg(target_arch = "x86_64")]
impl Multiply for Avx2 {
    single_words!();

    #[inline(always)]
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[u32], b: &[Words], c: &mut [Row]) {
        check::<ROW, STEP>(a, b, c);
        #[expect(unsafe_code, reason = "AVX2 intrinsics")]
        // SAFETY: the dispatcher found AVX2 and FMA; the lengths are checked above.
        unsafe {
            avx2::<ROW, STEP>(a, b, c);
        }
    }
}

/// # Safety
/// Needs AVX2, FMA and what `check` checks.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2,fma")]
#[expect(unsafe_code, reason = "AVX2 intrinsics")]
unsafe fn avx2<const ROW: usize, const STEP: usize>(a: &[u32], b: &[Words], c: &mut [Row]) {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_storeu_ps};
    for i in (0..TALL).step_by(4) {
        for j in (0..LANES).step_by(16) {
            // SAFETY: i + r < 8 and j + 16 <= 32; the caller gives the lengths of the slices.
            unsafe {
                let c = c.as_mut_ptr().add(i).cast::<f32>().add(j);
                let at = |r: usize| c.add(r * LANES);
                let mut sums =
                    [0, 1, 2, 3].map(|r| [_mm256_loadu_ps(at(r)), _mm256_loadu_ps(at(r).add(8))]);
                for (k, b) in b.iter().enumerate() {
                    let b = b.0.as_ptr().add(j).cast::<f32>();
                    let (b0, b1) = (_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8)));
                    for (r, sum) in sums.iter_mut().enumerate() {
                        let a = _mm256_set1_ps(f32::from_bits(
                            *a.as_ptr().add((i + r) * ROW + k * STEP),
                        ));
                        *sum = [_mm256_fmadd_ps(a, b0, sum[0]), _mm256_fmadd_ps(a, b1, sum[1])];
                    }
                }
                for (r, sum) in sums.iter().enumerate() {
                    _mm256_storeu_ps(at(r), sum[0]);
                    _mm256_storeu_ps(at(r).add(8), sum[1]);
                }
            }
        }
    }
}

/// All eight rows in two registers of sixteen lanes each.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx512;

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "AVX-512 intrinsics")]
impl Multiply for Avx512 {
    single_words!();

    #[inline(always)]
    fn scale(self, rows: &mut [Row], by: &[f32; LANES]) {
        // SAFETY: the dispatcher found AVX-512.
        unsafe { avx512_scale(rows, by) };
    }

    #[inline(always)]
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[u32], b: &[Words], c: &mut [Row]) {
        check::<ROW, STEP>(a, b, c);
        // SAFETY: the dispatcher found AVX-512; the lengths are checked above.
        unsafe {
            avx512::<ROW, STEP>(a, b, c);
        }
    }
}

/// # Safety
/// Needs AVX-512 F and what `check` checks.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "AVX-512 intrinsics")]
unsafe fn avx512<const ROW: usize, const STEP: usize>(a: &[u32], b: &[Words], c: &mut [Row]) {
    use std::arch::x86_64::{
        _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };
    // SAFETY: the caller gives the lengths of the slices.
    unsafe {
        let c = c.as_mut_ptr().cast::<f32>();
        let at = |r: usize| c.add(r * LANES);
        let mut sums = [[_mm512_setzero_ps(); 2]; TALL];
        for (r, sum) in sums.iter_mut().enumerate() {
            *sum = [_mm512_loadu_ps(at(r)), _mm512_loadu_ps(at(r).add(16))];
        }
        for (k, b) in b.iter().enumerate() {
            let b = b.0.as_ptr().cast::<f32>();
            let (b0, b1) = (_mm512_loadu_ps(b), _mm512_loadu_ps(b.add(16)));
            for (r, sum) in sums.iter_mut().enumerate() {
                let a = _mm512_set1_ps(f32::from_bits(*a.as_ptr().add(r * ROW + k * STEP)));
                *sum = [_mm512_fmadd_ps(a, b0, sum[0]), _mm512_fmadd_ps(a, b1, sum[1])];
            }
        }
        for (r, sum) in sums.iter().enumerate() {
            _mm512_storeu_ps(at(r), sum[0]);
            _mm512_storeu_ps(at(r).add(16), sum[1]);
        }
    }
}

/// Of plain Rust the compiler makes gathers down the columns, which took a sixth of the forward pass.
///
/// # Safety
/// Needs AVX-512 F.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "AVX-512 intrinsics")]
unsafe fn avx512_scale(rows: &mut [Row], by: &[f32; LANES]) {
    use std::arch::x86_64::{_mm512_loadu_ps, _mm512_mul_ps, _mm512_storeu_ps};
    // SAFETY: a row has 32 lanes, and so has `by`.
    unsafe {
        let by = [_mm512_loadu_ps(by.as_ptr()), _mm512_loadu_ps(by.as_ptr().add(16))];
        for row in rows {
            let at = row.0.as_mut_ptr();
            _mm512_storeu_ps(at, _mm512_mul_ps(_mm512_loadu_ps(at), by[0]));
            _mm512_storeu_ps(at.add(16), _mm512_mul_ps(_mm512_loadu_ps(at.add(16)), by[1]));
        }
    }
}

/// All eight rows in two registers of sixteen sums each, pairs of brain floats multiplied at once.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx512Bf16;

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "AVX512-BF16 intrinsics")]
impl Multiply for Avx512Bf16 {
    const PAIRS: bool = true;

    #[inline(always)]
    fn scale(self, rows: &mut [Row], by: &[f32; LANES]) {
        // SAFETY: the dispatcher found AVX-512.
        unsafe { avx512_scale(rows, by) };
    }

    #[inline(always)]
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[u32], b: &[Words], c: &mut [Row]) {
        check::<ROW, STEP>(a, b, c);
        // SAFETY: the dispatcher found AVX512-BF16; the lengths are checked above.
        unsafe {
            pairs::multiply::<ROW, STEP>(a, b, c);
        }
    }

    #[inline(always)]
    fn multiply_rows(self, a: &[u32], b: &[Words], c: &mut [Row]) {
        self.multiply::<{ LANES / 2 }, 1>(a, b, c);
    }

    #[inline(always)]
    fn right(self, rows: &[Row], out: &mut [Words]) {
        for (out, rows) in out.iter_mut().zip(rows.chunks_exact(2)) {
            // SAFETY: the dispatcher found AVX512-BF16.
            unsafe { pairs::interleave(&rows[0], &rows[1], out) };
        }
    }

    #[inline(always)]
    fn left(self, rows: &[Row], out: &mut [u32]) {
        for (out, row) in out.as_chunks_mut().0.iter_mut().zip(rows) {
            // SAFETY: the dispatcher found AVX512-BF16.
            unsafe { pairs::round(row, out) };
        }
    }

    #[inline(always)]
    fn turn(self, rows: &[Row], by: &[f32; LANES], out: &mut [f32]) {
        if rows.len().is_multiple_of(16) && out.len() == LANES * rows.len() {
            // SAFETY: the dispatcher found AVX-512; the lengths are looked at above.
            unsafe { pairs::turn(rows, by, out) };
        } else {
            turn_plainly(rows, by, out);
        }
    }
}

/// What the tile of pairs is made of. Every function needs AVX-512 F, BW, VL and BF16.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "AVX512-BF16 intrinsics")]
mod pairs {
    use std::arch::x86_64::*;

    use super::{LANES, Row, TALL, Words};
    use crate::gemm::words::{as_pairs, as_words, transpose};

    /// # Safety
    /// Needs the module's instructions and what `check` checks.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) unsafe fn multiply<const ROW: usize, const STEP: usize>(
        a: &[u32],
        b: &[Words],
        c: &mut [Row],
    ) {
        // SAFETY: the caller gives the lengths of the slices; all types are plain data.
        unsafe {
            let c = c.as_mut_ptr().cast::<f32>();
            let at = |r: usize| c.add(r * LANES);
            let mut sums = [[_mm512_setzero_ps(); 2]; TALL];
            for (r, sum) in sums.iter_mut().enumerate() {
                *sum = [_mm512_loadu_ps(at(r)), _mm512_loadu_ps(at(r).add(16))];
            }
            for (k, b) in b.iter().enumerate() {
                let b = b.0.as_ptr();
                let b0 = as_pairs(_mm512_loadu_si512(b.cast()));
                let b1 = as_pairs(_mm512_loadu_si512(b.add(16).cast()));
                for (r, sum) in sums.iter_mut().enumerate() {
                    let a = *a.as_ptr().add(r * ROW + k * STEP) as i32;
                    let a = as_pairs(_mm512_set1_epi32(a));
                    *sum = [_mm512_dpbf16_ps(sum[0], a, b0), _mm512_dpbf16_ps(sum[1], a, b1)];
                }
            }
            for (r, sum) in sums.iter().enumerate() {
                _mm512_storeu_ps(at(r), sum[0]);
                _mm512_storeu_ps(at(r).add(16), sum[1]);
            }
        }
    }

    /// Lane i of the result is the pair of lane i of both.
    ///
    /// # Safety
    /// Needs the module's instructions.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) unsafe fn interleave(low: &Row, high: &Row, out: &mut Words) {
        let order: [u16; 32] = std::array::from_fn(|i| (i / 2 + 16 * (i % 2)) as u16);
        // SAFETY: sixteen lanes from 0 and from 16 on; all types are plain data.
        unsafe {
            let order = _mm512_loadu_si512(order.as_ptr().cast());
            for lane in [0, 16] {
                let low = _mm512_loadu_ps(low.0.as_ptr().add(lane));
                let high = _mm512_loadu_ps(high.0.as_ptr().add(lane));
                let both = as_words(_mm512_cvtne2ps_pbh(high, low));
                let pairs = _mm512_permutexvar_epi16(order, both);
                _mm512_storeu_si512(out.0.as_mut_ptr().add(lane).cast(), pairs);
            }
        }
    }

    /// Neighbouring lanes of the row as pairs.
    ///
    /// # Safety
    /// Needs the module's instructions.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) unsafe fn round(row: &Row, out: &mut [u32; LANES / 2]) {
        // SAFETY: 32 lanes in, sixteen words out; all types are plain data.
        unsafe {
            let row = row.0.as_ptr();
            let both = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(row.add(16)), _mm512_loadu_ps(row));
            _mm512_storeu_si512(out.as_mut_ptr().cast(), as_words(both));
        }
    }

    /// # Safety
    /// Needs the module's instructions, rows in sixteens, and room for all their lanes at `out`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) unsafe fn turn(rows: &[Row], by: &[f32; LANES], out: &mut [f32]) {
        let n = rows.len();
        for (block, rows) in rows.chunks_exact(16).enumerate() {
            for lane in [0, 16] {
                // SAFETY: sixteen lanes of sixteen rows; the caller gives the room.
                unsafe {
                    let mut square: [__m512i; 16] = std::array::from_fn(|i| {
                        _mm512_loadu_si512(rows[i].0.as_ptr().add(lane).cast())
                    });
                    transpose(&mut square);
                    for (i, turned) in square.into_iter().enumerate() {
                        let by = _mm512_set1_ps(by[lane + i]);
                        let to = out.as_mut_ptr().add((lane + i) * n + 16 * block);
                        _mm512_storeu_ps(to, _mm512_mul_ps(_mm512_castsi512_ps(turned), by));
                    }
                }
            }
        }
    }
}
