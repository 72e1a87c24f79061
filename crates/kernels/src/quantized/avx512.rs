//! The kernels for AVX-512 with VNNI: `vpdpbusd` adds to each of sixteen lanes the products of four
//! unsigned codes with four signed numbers of the input, which one load spreads over all lanes.
#![expect(unsafe_code, reason = "functions of instruction sets")]

use std::arch::x86_64::*;

use super::kernel;
use super::layout::{Layout, QUADS};
use super::machine::{Machine, kernels};
use super::matrix::Task;

/// AVX-512 F, BW, VL and VNNI.
pub(super) struct Avx512;

kernels!(Avx512, "avx512f,avx512bw,avx512vl,avx512vnni", 1 2 3 4 5 6 7 8);

// SAFETY of all: the trait's.
impl Machine for Avx512 {
    const LANES: usize = 16;
    const SIGNS: bool = false;
    type Codes = __m512i;
    type Ints = __m512i;
    type Floats = __m512;

    #[inline(always)]
    unsafe fn codes(from: *const u8) -> __m512i {
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    unsafe fn bits(of: __m512i, right: i32, mask: u8) -> __m512i {
        unsafe { _mm512_and_si512(moved(of, right), _mm512_set1_epi8(mask.cast_signed())) }
    }

    #[inline(always)]
    unsafe fn with_bits(low: __m512i, of: __m512i, right: i32, mask: u8) -> __m512i {
        unsafe {
            let mask = _mm512_set1_epi8(mask.cast_signed());
            // low | (moved & mask)
            _mm512_ternarylogic_epi32::<0b1111_1000>(low, moved(of, right), mask)
        }
    }

    #[inline(always)]
    unsafe fn looked_up(table: &[u8; 16], codes: __m512i) -> __m512i {
        unsafe {
            let table = _mm512_broadcast_i32x4(_mm_loadu_si128(table.as_ptr().cast()));
            _mm512_shuffle_epi8(table, codes)
        }
    }

    #[inline(always)]
    unsafe fn signed(codes: __m512i) -> __m512i {
        unsafe { _mm512_xor_si512(codes, _mm512_set1_epi8(i8::MIN)) }
    }

    #[inline(always)]
    unsafe fn int(x: i32) -> __m512i {
        unsafe { _mm512_set1_epi32(x) }
    }

    #[inline(always)]
    unsafe fn bytes(from: *const i8) -> __m512i {
        unsafe { _mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast())) }
    }

    #[inline(always)]
    unsafe fn pairs(from: *const u8) -> __m512i {
        unsafe { _mm512_cvtepu8_epi16(_mm256_loadu_si256(from.cast())) }
    }

    #[inline(always)]
    unsafe fn add_dots<L: Layout, const R: usize>(
        sums: &mut [__m512i; R],
        codes: &[__m512i],
        numbers: *const i32,
    ) {
        // Of a single row every other product has a sum of its own: it would wait for the one before.
        let mut others = [unsafe { _mm512_setzero_si512() }; R];
        for (quad, codes) in codes.iter().enumerate() {
            for (r, (sum, other)) in sums.iter_mut().zip(&mut others).enumerate() {
                let sum = if R == 1 && quad % 2 == 1 { other } else { sum };
                unsafe {
                    let number = numbers.add(r * QUADS + quad).read_unaligned();
                    *sum = _mm512_dpbusd_epi32(*sum, *codes, _mm512_set1_epi32(number));
                }
            }
        }
        if R == 1 {
            sums[0] = unsafe { _mm512_add_epi32(sums[0], others[0]) };
        }
    }

    #[inline(always)]
    unsafe fn add(a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    unsafe fn add_product(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(sum, _mm512_mullo_epi32(a, b)) }
    }

    #[inline(always)]
    unsafe fn add_pairs(sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_dpwssd_epi32(sum, a, b) }
    }

    #[inline(always)]
    unsafe fn float(x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn halves(from: *const u8) -> __m512 {
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())) }
    }

    #[inline(always)]
    unsafe fn powers(from: *const u8) -> __m512 {
        unsafe {
            let e = _mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast()));
            let one = _mm512_set1_epi32(1);
            let small = _mm512_slli_epi32::<21>(_mm512_add_epi32(_mm512_min_epi32(e, one), one));
            let large = _mm512_slli_epi32::<23>(_mm512_sub_epi32(e, one));
            _mm512_castsi512_ps(_mm512_max_epi32(small, large))
        }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        unsafe { _mm512_load_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, x: __m512) {
        unsafe { _mm512_store_ps(to, x) }
    }

    #[inline(always)]
    unsafe fn store_first(to: *mut f32, lanes: usize, x: __m512) {
        let mask = if lanes >= 16 { u16::MAX } else { (1 << lanes) - 1 };
        unsafe { _mm512_mask_storeu_ps(to, mask, x) }
    }

    #[inline(always)]
    unsafe fn to_floats(x: __m512i) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(x) }
    }

    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn fused(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    unsafe fn taken(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fnmadd_ps(a, b, c) }
    }
}

/// Words of sixteen bits, so many bits to the right; by a number that is known when this is compiled.
#[inline(always)]
unsafe fn moved(x: __m512i, right: i32) -> __m512i {
    unsafe {
        match right {
            0 => x,
            1.. => _mm512_srl_epi16(x, _mm_cvtsi32_si128(right)),
            _ => _mm512_sll_epi16(x, _mm_cvtsi32_si128(-right)),
        }
    }
}
