//! The products of a step for AVX-512: sums of up to eight rows in registers, every number of a page loaded
//! once for all of them.
#![expect(unsafe_code, reason = "intrinsics over raw pointers; lengths are asserted at the entry")]
#![expect(clippy::needless_range_loop, reason = "indices are registers, unrolled")]

use std::arch::x86_64::*;

use super::page::{PAGE, TILE};
use super::step::Products;

/// Mixed values that are summed in registers together.
const WIDE: usize = 2 * TILE;

/// Rows' sums in registers.
#[derive(Clone, Copy)]
pub(super) struct Avx512;

impl Products for Avx512 {
    #[inline(always)]
    fn scores<const R: usize>(self, q: &[f32], keys: &[f32], scores: &mut [[f32; PAGE]; R]) {
        let d = q.len() / R;
        assert!(q.len() == d * R && keys.len() >= PAGE * d, "paged attention: too few keys");
        // Several tiles at once, where few rows would wait for each other's sums.
        const TILES: usize = PAGE / TILE;
        // SAFETY: keys hold four tiles of D times sixteen, q D times R; scores sixteen a tile.
        unsafe {
            if R > 4 {
                for tile in 0..TILES {
                    let keys = keys.as_ptr().add(tile * d * TILE);
                    let mut sums = [_mm512_setzero_ps(); R];
                    for i in 0..d {
                        let key = _mm512_loadu_ps(keys.add(i * TILE));
                        for r in 0..R {
                            let q = _mm512_set1_ps(*q.as_ptr().add(i * R + r));
                            sums[r] = _mm512_fmadd_ps(q, key, sums[r]);
                        }
                    }
                    for r in 0..R {
                        _mm512_storeu_ps(scores[r].as_mut_ptr().add(tile * TILE), sums[r]);
                    }
                }
                return;
            }
            let mut sums = [[_mm512_setzero_ps(); TILES]; R];
            for i in 0..d {
                let keys = keys.as_ptr().add(i * TILE);
                let mut key = [_mm512_setzero_ps(); TILES];
                for tile in 0..TILES {
                    key[tile] = _mm512_loadu_ps(keys.add(tile * d * TILE));
                }
                for r in 0..R {
                    let q = _mm512_set1_ps(*q.as_ptr().add(i * R + r));
                    for tile in 0..TILES {
                        sums[r][tile] = _mm512_fmadd_ps(q, key[tile], sums[r][tile]);
                    }
                }
            }
            for r in 0..R {
                for tile in 0..TILES {
                    _mm512_storeu_ps(scores[r].as_mut_ptr().add(tile * TILE), sums[r][tile]);
                }
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
        assert!(n <= PAGE && values.len() >= n * width, "paged attention: too few values");
        assert!(mixed.len() == R * width && width.is_multiple_of(TILE));
        let mut column = 0;
        // SAFETY: values hold n rows of `width`, `mixed` R of them; columns end there.
        unsafe {
            while column + WIDE <= width {
                let (values, mixed) = (values.as_ptr().add(column), mixed.as_mut_ptr().add(column));
                let mut sums = [[_mm512_setzero_ps(); 2]; R];
                for r in 0..R {
                    sums[r][0] = _mm512_loadu_ps(mixed.add(r * width));
                    sums[r][1] = _mm512_loadu_ps(mixed.add(r * width + TILE));
                }
                for i in 0..n {
                    let low = _mm512_loadu_ps(values.add(i * width));
                    let high = _mm512_loadu_ps(values.add(i * width + TILE));
                    for r in 0..R {
                        let p = _mm512_set1_ps(*p.get_unchecked(r).as_ptr().add(i));
                        sums[r][0] = _mm512_fmadd_ps(p, low, sums[r][0]);
                        sums[r][1] = _mm512_fmadd_ps(p, high, sums[r][1]);
                    }
                }
                for r in 0..R {
                    _mm512_storeu_ps(mixed.add(r * width), sums[r][0]);
                    _mm512_storeu_ps(mixed.add(r * width + TILE), sums[r][1]);
                }
                column += WIDE;
            }
            if column < width {
                let (values, mixed) = (values.as_ptr().add(column), mixed.as_mut_ptr().add(column));
                let mut sums = [_mm512_setzero_ps(); R];
                for r in 0..R {
                    sums[r] = _mm512_loadu_ps(mixed.add(r * width));
                }
                for i in 0..n {
                    let value = _mm512_loadu_ps(values.add(i * width));
                    for r in 0..R {
                        let p = _mm512_set1_ps(*p.get_unchecked(r).as_ptr().add(i));
                        sums[r] = _mm512_fmadd_ps(p, value, sums[r]);
                    }
                }
                for r in 0..R {
                    _mm512_storeu_ps(mixed.add(r * width), sums[r]);
                }
            }
        }
    }
}
