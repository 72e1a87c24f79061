//! The f32 register tiles: 8×48 on AVX-512, 6×16 on AVX2, 4×8 in plain Rust.
//!
//! Packing is plain Rust on every machine: the f32 product does `2·m·n·k` work against `m·k + k·n`
//! words packed.

use super::tile::{Cells, Left, Target, Tile};
use super::{Operand, Precision, Values};
use crate::element::{Element, bf16};

/// The largest `MR · NR` of these tiles.
const MOST_TILE: usize = 8 * 48;
/// Columns of k that are packed before the next row, so that a piece of the panel stays in the cache.
const PIECE: usize = 64;

/// Packs words that are the bits of f32 values, rounded to bf16 first where asked.
fn pack_words(
    source: Operand<'_>,
    precision: Precision,
    (from, end): (usize, usize),
    k: usize,
    out: &mut [u32],
    width: usize,
) {
    let rows = (from, end.saturating_sub(from).min(width));
    let (stride, transposed) = (source.stride, source.transposed);
    let out = &mut out[..k * width];
    match (source.values, precision) {
        (Values::F32(v), Precision::F32) => words(v, stride, transposed, rows, out, width, exact),
        (Values::F32(v), Precision::Bf16) => {
            words(v, stride, transposed, rows, out, width, rounded)
        }
        (Values::Bf16(v), _) => words(v, stride, transposed, rows, out, width, exact),
    }
}

fn exact(value: f32) -> u32 {
    value.to_bits()
}

fn rounded(value: f32) -> u32 {
    <bf16 as Element>::from_f32(value).to_f32().to_bits()
}

fn words<E: Element>(
    source: &[E],
    stride: usize,
    transposed: bool,
    (from, n): (usize, usize),
    out: &mut [u32],
    width: usize,
    word: impl Fn(f32) -> u32,
) {
    if n == 0 {
        return out.fill(0);
    }
    if transposed {
        for (d, words) in out.chunks_exact_mut(width).enumerate() {
            let row = &source[d * stride + from..][..n];
            words.iter_mut().zip(row).for_each(|(w, v)| *w = word(v.to_f32()));
            words[n..].fill(0);
        }
        return;
    }
    for (piece, out) in out.chunks_mut(PIECE * width).enumerate() {
        for i in 0..width {
            let words = out[i..].iter_mut().step_by(width);
            if i >= n {
                words.for_each(|w| *w = 0);
                continue;
            }
            let row = &source[(from + i) * stride + piece * PIECE..];
            words.zip(row).for_each(|(w, v)| *w = word(v.to_f32()));
        }
    }
}

macro_rules! tile {
    ($name:ident, $doc:literal, $mr:literal, $nr:literal, $multiply:path) => {
        #[doc = $doc]
        pub(super) struct $name;

        impl Tile for $name {
            const MR: usize = $mr;
            const NR: usize = $nr;

            type Turning = Self;

            fn depth(k: usize) -> usize {
                k
            }

            fn pack(
                source: Operand<'_>,
                precision: Precision,
                from: usize,
                end: usize,
                k: usize,
                out: &mut [u32],
                width: usize,
            ) {
                pack_words(source, precision, (from, end), k, out, width);
            }

            #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
            unsafe fn multiply<O: Element>(
                depth: usize,
                a: Left<'_>,
                b: &[u32],
                c: Cells<'_, O>,
                target: Target<'_>,
            ) {
                let Left::Packed(a) = a else { unreachable!("these tiles read packed rows only") };
                target.check(c, $mr * $nr);
                let mut sums = [0.0; MOST_TILE];
                $multiply(depth, &a[..depth * $mr], &b[..depth * $nr], &mut sums);
                if let Some(begun) = target.begun {
                    sums.iter_mut().zip(&begun[..$mr * $nr]).for_each(|(s, b)| *s += b);
                }
                // SAFETY: the target was checked; for C the caller vouches.
                unsafe { target.store(&sums[..$mr * $nr], $nr, c) };
            }
        }
    };
}

tile!(Portable, "Four rows of eight: eight registers of four lanes.", 4, 8, portable);
tile!(Avx2, "Six rows of two registers of eight lanes.", 6, 16, avx2);
tile!(Avx512, "Eight rows of three registers of sixteen lanes.", 8, 48, avx512);

fn portable(_depth: usize, a: &[u32], b: &[u32], tile: &mut [f32; MOST_TILE]) {
    let mut sums = [[0.0_f32; 8]; 4];
    for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(8)) {
        let b: [f32; 8] = std::array::from_fn(|j| f32::from_bits(b[j]));
        for (sum, a) in sums.iter_mut().zip(a) {
            let a = f32::from_bits(*a);
            sum.iter_mut().zip(b).for_each(|(s, b)| *s += a * b);
        }
    }
    tile[..32].copy_from_slice(sums.as_flattened());
}

#[cfg(not(target_arch = "x86_64"))]
use {portable as avx2, portable as avx512};

#[cfg(target_arch = "x86_64")]
fn avx2(depth: usize, a: &[u32], b: &[u32], tile: &mut [f32; MOST_TILE]) {
    assert!(a.len() >= depth * 6 && b.len() >= depth * 16, "f32 tile: packs too short");
    #[expect(unsafe_code, reason = "AVX2 intrinsics")]
    // SAFETY: the dispatcher found AVX2 and FMA; the lengths are asserted above.
    unsafe {
        avx2_loop(depth, a.as_ptr().cast(), b.as_ptr().cast(), tile.as_mut_ptr());
    }
}

/// # Safety
/// Needs AVX2 and FMA, `6·depth` values at `a`, `16·depth` at `b`, 96 writable at `tile`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
#[expect(unsafe_code, reason = "AVX2 intrinsics")]
unsafe fn avx2_loop(depth: usize, a: *const f32, b: *const f32, tile: *mut f32) {
    use std::arch::x86_64::{
        _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };
    let mut sums = [[_mm256_setzero_ps(); 2]; 6];
    // SAFETY: the caller gives the lengths.
    unsafe {
        for d in 0..depth {
            let b0 = _mm256_loadu_ps(b.add(16 * d));
            let b1 = _mm256_loadu_ps(b.add(16 * d + 8));
            for (i, sum) in sums.iter_mut().enumerate() {
                let a = _mm256_set1_ps(*a.add(6 * d + i));
                *sum = [_mm256_fmadd_ps(a, b0, sum[0]), _mm256_fmadd_ps(a, b1, sum[1])];
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            _mm256_storeu_ps(tile.add(16 * i), sum[0]);
            _mm256_storeu_ps(tile.add(16 * i + 8), sum[1]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn avx512(depth: usize, a: &[u32], b: &[u32], tile: &mut [f32; MOST_TILE]) {
    assert!(a.len() >= depth * 8 && b.len() >= depth * 48, "f32 tile: packs too short");
    #[expect(unsafe_code, reason = "AVX-512 intrinsics")]
    // SAFETY: the dispatcher found AVX-512; the lengths are asserted above.
    unsafe {
        avx512_loop(depth, a.as_ptr().cast(), b.as_ptr().cast(), tile.as_mut_ptr());
    }
}

/// # Safety
/// Needs AVX-512 F, `8·depth` values at `a`, `48·depth` at `b`, 384 writable at `tile`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
#[expect(unsafe_code, reason = "AVX-512 intrinsics")]
unsafe fn avx512_loop(depth: usize, a: *const f32, b: *const f32, tile: *mut f32) {
    use std::arch::x86_64::{
        _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };
    let mut sums = [[_mm512_setzero_ps(); 3]; 8];
    // SAFETY: the caller gives the lengths.
    unsafe {
        for d in 0..depth {
            let b = [0, 1, 2].map(|j| _mm512_loadu_ps(b.add(48 * d + 16 * j)));
            for (i, sum) in sums.iter_mut().enumerate() {
                let a = _mm512_set1_ps(*a.add(8 * d + i));
                for j in 0..3 {
                    sum[j] = _mm512_fmadd_ps(a, b[j], sum[j]);
                }
            }
        }
        for (i, sum) in sums.iter().enumerate() {
            for (j, sum) in sum.iter().enumerate() {
                _mm512_storeu_ps(tile.add(48 * i + 16 * j), *sum);
            }
        }
    }
}
