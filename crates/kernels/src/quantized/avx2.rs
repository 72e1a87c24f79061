//! The kernels for eight lanes: AVX2, and AVX-VNNI, which multiplies four codes at once as AVX-512 does.
//!
//! AVX2 multiplies unsigned codes with signed numbers to sums of two in sixteen bits (`vpmaddubsw`), which
//! hold so many of them as the codes' size allows ([`run`]), and adds pairs of those. Codes that would
//! overflow already two by two, of eight bits, are multiplied as signed ones: their size by the number with
//! their sign. Nothing saturates, so that the sums are everybody's.
#![expect(unsafe_code, reason = "functions of instruction sets")]

use std::arch::x86_64::*;
use std::marker::PhantomData;

use super::kernel;
use super::layout::{Layout, QUADS};
use super::machine::{Machine, kernels};
use super::matrix::Task;

/// How codes meet numbers.
pub(super) trait Dots {
    /// [`Machine::SIGNS`].
    const SIGNS: bool;
    /// [`Machine::add_dots`].
    ///
    /// # Safety
    /// As there.
    unsafe fn add_dots<L: Layout, const R: usize>(
        sums: &mut [__m256i; R],
        codes: &[__m256i],
        numbers: *const i32,
    );
}

/// AVX2 with FMA and F16C, and what makes dot products.
pub(super) struct Eight<D>(PhantomData<D>);

/// AVX2 alone.
pub(super) mod pairs {
    use super::*;

    kernels!(Eight<Pairs>, "avx2,fma,f16c", 1 2 4);
}

/// With AVX-VNNI.
pub(super) mod vnni {
    use super::*;

    kernels!(Eight<Vnni>, "avx2,fma,f16c,avxvnni", 1 2 4);
}

/// With the same instruction as AVX-512 writes it: what tests take where AVX-VNNI is not there.
#[cfg(test)]
pub(super) mod evex {
    use super::*;

    kernels!(Eight<Evex>, "avx2,fma,f16c,avx512f,avx512vl,avx512vnni", 1 2 4);
}

/// Products that fit into sixteen bits, of codes up to `most`, in pairs: 0 if not even one does.
const fn run(most: i32) -> usize {
    let fit = i16::MAX as i32 / (2 * 127 * most);
    if fit >= 8 {
        8
    } else if fit >= 4 {
        4
    } else if fit >= 2 {
        2
    } else {
        fit as usize
    }
}

/// `vpmaddubsw` and `vpmaddwd`.
pub(super) struct Pairs;

impl Dots for Pairs {
    const SIGNS: bool = true;

    #[inline(always)]
    unsafe fn add_dots<L: Layout, const R: usize>(
        sums: &mut [__m256i; R],
        codes: &[__m256i],
        numbers: *const i32,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let ones = _mm256_set1_epi16(1);
            if L::MOST > 127 {
                for (quad, codes) in codes.iter().enumerate() {
                    let sizes = _mm256_abs_epi8(*codes);
                    for (r, sum) in sums.iter_mut().enumerate() {
                        let number = four(numbers, r, quad);
                        let two = _mm256_maddubs_epi16(sizes, _mm256_sign_epi8(number, *codes));
                        *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(two, ones));
                    }
                }
                return;
            }
            let run = const { if L::MOST > 127 { 1 } else { run(L::MOST) } };
            for (first, codes) in codes.chunks(run).enumerate() {
                for (r, sum) in sums.iter_mut().enumerate() {
                    let mut twos = _mm256_maddubs_epi16(codes[0], four(numbers, r, first * run));
                    for (i, codes) in codes.iter().enumerate().skip(1) {
                        let number = four(numbers, r, first * run + i);
                        twos = _mm256_add_epi16(twos, _mm256_maddubs_epi16(*codes, number));
                    }
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(twos, ones));
                }
            }
        }
    }
}

/// Four numbers of a row, in every lane.
#[inline(always)]
unsafe fn four(numbers: *const i32, row: usize, quad: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_set1_epi32(numbers.add(row * QUADS + quad).read_unaligned()) }
}

/// Dot products of four by one instruction.
macro_rules! by_fours {
    ($name:ident, $doc:literal, $dpbusd:ident) => {
        #[doc = $doc]
        pub(super) struct $name;

        impl Dots for $name {
            const SIGNS: bool = false;

            #[inline(always)]
            unsafe fn add_dots<L: Layout, const R: usize>(
                sums: &mut [__m256i; R],
                codes: &[__m256i],
                numbers: *const i32,
            ) {
                for (quad, codes) in codes.iter().enumerate() {
                    for (r, sum) in sums.iter_mut().enumerate() {
                        // SAFETY: the caller's promise.
                        unsafe { *sum = $dpbusd(*sum, *codes, four(numbers, r, quad)) };
                    }
                }
            }
        }
    };
}

by_fours!(Vnni, "`vpdpbusd` of AVX-VNNI.", _mm256_dpbusd_avx_epi32);
#[cfg(test)]
by_fours!(Evex, "`vpdpbusd` of AVX-512 with VNNI and VL.", _mm256_dpbusd_epi32);

// SAFETY of all: the trait's.
impl<D: Dots> Machine for Eight<D> {
    const LANES: usize = 8;
    const SIGNS: bool = D::SIGNS;
    type Codes = __m256i;
    type Ints = __m256i;
    type Floats = __m256;

    #[inline(always)]
    unsafe fn codes(from: *const u8) -> __m256i {
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    unsafe fn bits(of: __m256i, right: i32, mask: u8) -> __m256i {
        unsafe { _mm256_and_si256(moved(of, right), _mm256_set1_epi8(mask.cast_signed())) }
    }

    #[inline(always)]
    unsafe fn with_bits(low: __m256i, of: __m256i, right: i32, mask: u8) -> __m256i {
        unsafe { _mm256_or_si256(low, Self::bits(of, right, mask)) }
    }

    #[inline(always)]
    unsafe fn looked_up(table: &[u8; 16], codes: __m256i) -> __m256i {
        unsafe {
            let table = _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()));
            _mm256_shuffle_epi8(table, codes)
        }
    }

    #[inline(always)]
    unsafe fn signed(codes: __m256i) -> __m256i {
        unsafe { _mm256_xor_si256(codes, _mm256_set1_epi8(i8::MIN)) }
    }

    #[inline(always)]
    unsafe fn int(x: i32) -> __m256i {
        unsafe { _mm256_set1_epi32(x) }
    }

    #[inline(always)]
    unsafe fn bytes(from: *const i8) -> __m256i {
        unsafe { _mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast())) }
    }

    #[inline(always)]
    unsafe fn pairs(from: *const u8) -> __m256i {
        unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(from.cast())) }
    }

    #[inline(always)]
    unsafe fn add_dots<L: Layout, const R: usize>(
        sums: &mut [__m256i; R],
        codes: &[__m256i],
        numbers: *const i32,
    ) {
        unsafe { D::add_dots::<L, R>(sums, codes, numbers) }
    }

    #[inline(always)]
    unsafe fn add(a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(a, b) }
    }

    #[inline(always)]
    unsafe fn add_product(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(sum, _mm256_mullo_epi32(a, b)) }
    }

    #[inline(always)]
    unsafe fn add_pairs(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(sum, _mm256_madd_epi16(a, b)) }
    }

    #[inline(always)]
    unsafe fn float(x: f32) -> __m256 {
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn halves(from: *const u8) -> __m256 {
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.cast())) }
    }

    #[inline(always)]
    unsafe fn powers(from: *const u8) -> __m256 {
        unsafe {
            let e = _mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast()));
            let one = _mm256_set1_epi32(1);
            let small = _mm256_slli_epi32::<21>(_mm256_add_epi32(_mm256_min_epi32(e, one), one));
            let large = _mm256_slli_epi32::<23>(_mm256_sub_epi32(e, one));
            _mm256_castsi256_ps(_mm256_max_epi32(small, large))
        }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        unsafe { _mm256_load_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, x: __m256) {
        unsafe { _mm256_store_ps(to, x) }
    }

    #[inline(always)]
    unsafe fn store_first(to: *mut f32, lanes: usize, x: __m256) {
        unsafe {
            let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes.min(8) as i32), lane);
            _mm256_maskstore_ps(to, mask, x);
        }
    }

    #[inline(always)]
    unsafe fn to_floats(x: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(x) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fused(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn taken(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fnmadd_ps(a, b, c) }
    }
}

/// Words of sixteen bits, so many bits to the right; by a number that is known when this is compiled.
#[inline(always)]
unsafe fn moved(x: __m256i, right: i32) -> __m256i {
    unsafe {
        match right {
            0 => x,
            1.. => _mm256_srl_epi16(x, _mm_cvtsi32_si128(right)),
            _ => _mm256_sll_epi16(x, _mm_cvtsi32_si128(-right)),
        }
    }
}
