//! Types of 256 numbers in groups whose scales are numbers of few bits themselves: Q4_K, Q5_K, Q6_K.
//!
//! ```text
//! Q4_K, Q5_K   d, m; scale and offset of six bits for each of 8 groups, in 12 bytes; [32 bytes of upper
//!              bits]; 128 bytes, of which 32 hold two groups
//! unit         of each group and row a byte, the lower four bits of scale and offset; of each two groups
//!              (g and g + 4) and row a byte, the upper two bits of both; 16 d, 16 m; planes of 8 pieces
//!
//! Q6_K         128 bytes of lower bits, 64 of upper ones; a scale of eight bits for each of 16 groups; d
//! unit         of each group and row a scale; planes of 8 pieces
//! extra        16 d
//! ```

use super::layout::{LENGTH, Layout, ROWS, Scales, half, sixteen_halves};

/// Q4_K and Q5_K: eight groups, scales and offsets of six bits.
pub(super) struct Sixes<const BITS: u32>;

/// Bytes of the lower bits of scales and offsets.
const LOWER: usize = 8 * ROWS;
/// Bytes of the upper ones.
const UPPER: usize = 4 * ROWS;

/// Scale and offset of group `group`, of six bits each, in 12 bytes.
fn six_bits(packed: &[u8], group: usize) -> (u8, u8) {
    if group < 4 {
        return (packed[group] & 63, packed[group + 4] & 63);
    }
    let both = packed[group + 4];
    (both & 15 | packed[group - 4] >> 6 << 4, both >> 4 | packed[group] >> 6 << 4)
}

impl<const BITS: u32> Layout for Sixes<BITS> {
    const NUMBERS: usize = 256;
    const BYTES: usize = 16 + 32 * BITS as usize;
    const BITS: u32 = BITS;
    const PIECES: usize = 8;
    const SCALES: usize = LOWER + UPPER + 4 * ROWS;
    const EXTRA: usize = 0;
    const GROUPS: usize = 1;
    const ZERO: i32 = 0;
    const HAS_OFFSET: bool = true;

    fn codes(block: &[u8], piece: usize) -> [u8; LENGTH] {
        let bytes = &block[Self::BYTES - 128..][piece / 2 * 32..][..32];
        std::array::from_fn(|i| {
            let low = (bytes[i] >> (piece % 2 * 4)) & 15;
            if BITS == 4 { low } else { low | ((block[16 + i] >> piece) & 1) << 4 }
        })
    }

    fn put_scales(block: &[u8], row: usize, scales: &mut [u8], _extra: &mut [u8]) {
        for group in 0..8 {
            let (scale, offset) = six_bits(&block[4..16], group);
            scales[group * ROWS + row] = scale & 15 | (offset & 15) << 4;
            let upper = scale >> 4 | (offset >> 4) << 2;
            scales[LOWER + group % 4 * ROWS + row] |= upper << (group / 4 * 4);
        }
        for i in 0..2 {
            let at = LOWER + UPPER + 2 * (ROWS * i + row);
            scales[at..at + 2].copy_from_slice(&block[2 * i..2 * i + 2]);
        }
    }

    fn scales(scales: &[u8], _extra: &[u8], piece: usize) -> Scales {
        let sixteen = |i: usize| sixteen_halves(&scales[LOWER + UPPER + 2 * ROWS * i..]);
        let (d, m) = (sixteen(0), sixteen(1));
        let lower = &scales[piece * ROWS..][..ROWS];
        let upper = &scales[LOWER + piece % 4 * ROWS..][..ROWS];
        let upper = |row: usize| upper[row] >> (piece / 4 * 4);
        let scale = |row: usize| f32::from(lower[row] & 15 | (upper(row) & 3) << 4);
        let offset = |row: usize| f32::from(lower[row] >> 4 | (upper(row) >> 2 & 3) << 4);
        Scales {
            scales: [std::array::from_fn(|row| d[row] * scale(row)); 2],
            offsets: std::array::from_fn(|row| -m[row] * offset(row)),
        }
    }

    #[cfg(target_arch = "x86_64")]
    type Opened = x86::Opened;

    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "functions of instruction sets")]
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn open(scales: *const u8, _extra: *const u8) -> x86::Opened {
        // SAFETY: as the caller's.
        unsafe { x86::open_sixes(scales) }
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "functions of instruction sets")]
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn scales_of(
        opened: &x86::Opened,
        piece: usize,
    ) -> ([std::arch::x86_64::__m512; 2], std::arch::x86_64::__m512) {
        // SAFETY: as the caller's.
        unsafe { x86::scales_of_sixes(opened, piece) }
    }
}

/// Q6_K: sixteen groups, scales of eight bits, no offsets.
pub(super) struct Bytes;

impl Layout for Bytes {
    const NUMBERS: usize = 256;
    const BYTES: usize = 210;
    const BITS: u32 = 6;
    const PIECES: usize = 8;
    const SCALES: usize = 16 * ROWS;
    const EXTRA: usize = 2 * ROWS;
    const GROUPS: usize = 2;
    const ZERO: i32 = 32;
    const HAS_OFFSET: bool = false;

    fn codes(block: &[u8], piece: usize) -> [u8; LENGTH] {
        // Of each half: 32 numbers from lower halves of bytes, 32 from those behind them, then the upper halves.
        let (half, quarter) = (piece / 4, piece % 4);
        let low = &block[half * 64 + quarter % 2 * 32..][..32];
        let upper = &block[128 + half * 32..][..32];
        std::array::from_fn(|i| {
            (low[i] >> (quarter / 2 * 4)) & 15 | ((upper[i] >> (quarter * 2)) & 3) << 4
        })
    }

    fn put_scales(block: &[u8], row: usize, scales: &mut [u8], extra: &mut [u8]) {
        for (group, &scale) in block[192..208].iter().enumerate() {
            scales[group * ROWS + row] = scale;
        }
        extra[2 * row..2 * row + 2].copy_from_slice(&block[208..210]);
    }

    fn scales(scales: &[u8], extra: &[u8], piece: usize) -> Scales {
        let group = |i: usize| {
            let scales = &scales[(2 * piece + i) * ROWS..][..ROWS];
            std::array::from_fn(|row| half(extra, 2 * row) * f32::from(scales[row].cast_signed()))
        };
        Scales { scales: [group(0), group(1)], offsets: [0.0; ROWS] }
    }

    #[cfg(target_arch = "x86_64")]
    type Opened = (*const u8, std::arch::x86_64::__m512);

    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "functions of instruction sets")]
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn open(scales: *const u8, extra: *const u8) -> Self::Opened {
        use std::arch::x86_64::*;
        // SAFETY: the caller gives a unit's extra.
        (scales, unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(extra.cast())) })
    }

    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "functions of instruction sets")]
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn scales_of(
        opened: &Self::Opened,
        piece: usize,
    ) -> ([std::arch::x86_64::__m512; 2], std::arch::x86_64::__m512) {
        use std::arch::x86_64::*;
        let &(scales, d) = opened;
        // SAFETY: the caller gives a piece of the unit.
        let group = |i: usize| unsafe {
            let scales = _mm_loadu_si128(scales.add((2 * piece + i) * ROWS).cast());
            _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(scales)))
        };
        ([group(0), group(1)], _mm512_setzero_ps())
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! Six bits, unpacked for all groups at once.
    #![expect(
        unsafe_code,
        reason = "intrinsics over raw pointers; lengths are the callers' promise"
    )]

    use std::arch::x86_64::*;

    use super::{LOWER, ROWS, UPPER};

    /// Scales and offsets of all groups, a byte each, and what they are multiplied by.
    pub(in crate::quantized) struct Opened {
        bytes: Bytes,
        d: __m512,
        m: __m512,
    }

    #[repr(align(64))]
    struct Bytes([u8; 2 * LOWER]);

    /// # Safety
    /// Needs AVX-512 F, BW, VL; a unit's scales.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) unsafe fn open_sixes(scales: *const u8) -> Opened {
        let (nibble, pair) = (_mm512_set1_epi8(15), _mm512_set1_epi8(0x30));
        let mut bytes = Bytes([0; 2 * LOWER]);
        let to = bytes.0.as_mut_ptr();
        // SAFETY: the caller gives the lengths.
        unsafe {
            let load = |at: usize| _mm512_loadu_si512(scales.add(at).cast());
            let (first, second, upper) = (load(0), load(64), load(LOWER));
            let both = |low: __m512i, upper: __m512i| {
                _mm512_or_si512(_mm512_and_si512(low, nibble), _mm512_and_si512(upper, pair))
            };
            let put = |at: usize, x: __m512i| _mm512_store_si512(to.add(at).cast(), x);
            put(0, both(first, _mm512_slli_epi16::<4>(upper)));
            put(64, both(second, upper));
            put(LOWER, both(_mm512_srli_epi16::<4>(first), _mm512_slli_epi16::<2>(upper)));
            put(LOWER + 64, both(_mm512_srli_epi16::<4>(second), _mm512_srli_epi16::<2>(upper)));
            let halves = |i: usize| {
                let at = scales.add(LOWER + UPPER + 2 * ROWS * i);
                _mm512_cvtph_ps(_mm256_loadu_si256(at.cast()))
            };
            let m = _mm512_sub_ps(_mm512_setzero_ps(), halves(1));
            Opened { bytes, d: halves(0), m }
        }
    }

    /// # Safety
    /// Needs AVX-512 F, BW, VL; one of eight pieces.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) unsafe fn scales_of_sixes(opened: &Opened, piece: usize) -> ([__m512; 2], __m512) {
        let from = opened.bytes.0.as_ptr();
        // SAFETY: there are eight pieces.
        let sixteen = |at: usize| unsafe {
            let bytes = _mm_load_si128(from.add(at + piece * ROWS).cast());
            _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
        };
        ([_mm512_mul_ps(opened.d, sixteen(0)); 2], _mm512_mul_ps(opened.m, sixteen(LOWER)))
    }
}
