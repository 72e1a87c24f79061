//! The one product that attention is made of: eight rows of 32 lanes, in registers.
//!
//! `c[i] += Σ_k a[i·ROW + k·STEP] b[k]` for `i` in `0..8`. The strides are constants, so that the
//! addresses fold into the instructions.

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

/// An instruction set's way to make the product.
pub(super) trait Multiply: Copy {
    /// See the module's head. `b` has the depth of the product.
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[f32], b: &[Row], c: &mut [Row]);
}

fn check<const ROW: usize, const STEP: usize>(a: &[f32], b: &[Row], c: &[Row]) {
    let last = (TALL - 1) * ROW + b.len().saturating_sub(1) * STEP;
    assert!(a.len() > last && c.len() >= TALL, "attention tile: slices too short");
}

/// Four rows of eight lanes at a time, in plain Rust.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Multiply for Portable {
    #[inline(always)]
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[f32], b: &[Row], c: &mut [Row]) {
        check::<ROW, STEP>(a, b, c);
        for i in (0..TALL).step_by(4) {
            for j in (0..LANES).step_by(8) {
                let mut sums = [[0.0_f32; 8]; 4];
                for (k, b) in b.iter().enumerate() {
                    let b: [f32; 8] = std::array::from_fn(|l| b.0[j + l]);
                    for (r, sum) in sums.iter_mut().enumerate() {
                        let a = a[(i + r) * ROW + k * STEP];
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
    #[inline(always)]
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[f32], b: &[Row], c: &mut [Row]) {
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
unsafe fn avx2<const ROW: usize, const STEP: usize>(a: &[f32], b: &[Row], c: &mut [Row]) {
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
                    let b = b.0.as_ptr().add(j);
                    let (b0, b1) = (_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8)));
                    for (r, sum) in sums.iter_mut().enumerate() {
                        let a = _mm256_set1_ps(*a.as_ptr().add((i + r) * ROW + k * STEP));
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
impl Multiply for Avx512 {
    #[inline(always)]
    fn multiply<const ROW: usize, const STEP: usize>(self, a: &[f32], b: &[Row], c: &mut [Row]) {
        check::<ROW, STEP>(a, b, c);
        #[expect(unsafe_code, reason = "AVX-512 intrinsics")]
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
unsafe fn avx512<const ROW: usize, const STEP: usize>(a: &[f32], b: &[Row], c: &mut [Row]) {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_storeu_ps};
    // SAFETY: the caller gives the lengths of the slices.
    unsafe {
        let c = c.as_mut_ptr().cast::<f32>();
        let at = |r: usize| c.add(r * LANES);
        let mut sums = [0, 1, 2, 3, 4, 5, 6, 7]
            .map(|r| [_mm512_loadu_ps(at(r)), _mm512_loadu_ps(at(r).add(16))]);
        for (k, b) in b.iter().enumerate() {
            let b = b.0.as_ptr();
            let (b0, b1) = (_mm512_loadu_ps(b), _mm512_loadu_ps(b.add(16)));
            for (r, sum) in sums.iter_mut().enumerate() {
                let a = _mm512_set1_ps(*a.as_ptr().add(r * ROW + k * STEP));
                *sum = [_mm512_fmadd_ps(a, b0, sum[0]), _mm512_fmadd_ps(a, b1, sum[1])];
            }
        }
        for (r, sum) in sums.iter().enumerate() {
            _mm512_storeu_ps(at(r), sum[0]);
            _mm512_storeu_ps(at(r).add(16), sum[1]);
        }
    }
}
