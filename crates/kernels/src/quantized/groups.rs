//! Types of 256 numbers in groups whose scales are numbers of few bits themselves: Q2_K to Q6_K.
//!
//! ```text
//! Q2_K         scale and offset of four bits for each of 16 groups; 64 bytes; d, m
//! unit         of each group and row a byte, scale and offset; 16 d, 16 m; planes of 8 pieces
//!
//! Q3_K         32 bytes of upper bits; 64 bytes; a scale of six bits for each of 16 groups, in 12 bytes; d
//! unit         of two groups (g and g + 8) and a row a byte, the lower four bits of a scale; of four groups
//!              and a row a byte, the upper two; planes of 8 pieces
//! extra        16 d
//!
//! Q4_K, Q5_K   d, m; scale and offset of six bits for each of 8 groups, in 12 bytes; [32 bytes of upper
//!              bits]; 128 bytes, of which 32 hold two groups
//! unit         of each group and row a byte, the lower four bits of scale and offset; of each two groups
//!              (g and g + 4) and row a byte, the upper two bits of both; 16 d, 16 m; planes of 8 pieces
//!
//! Q6_K         128 bytes of lower bits, 64 of upper ones; a scale of eight bits for each of 16 groups; d
//! unit         of each group and row a scale; planes of 8 pieces
//! extra        16 d
//! ```
//!
//! Where a byte holds a scale and an offset, the offset is that of the [`pair`] that has its place.

use super::layout::{Integers, LENGTH, Layout, ROWS, pair};

/// The lower four bits of scales and the upper four.
const LOW: u8 = 15;
/// Where bits above four stand.
const ABOVE: u8 = 0x30;
/// Bytes of a register, by which integers are unpacked.
const WIDE: usize = 4 * ROWS;

/// Two bits of each code, of 32 neighbours in as many bytes.
fn two_bits(bytes: &[u8], piece: usize) -> [u8; LENGTH] {
    let bytes = &bytes[piece / 4 * LENGTH..][..LENGTH];
    std::array::from_fn(|i| (bytes[i] >> (piece % 4 * 2)) & 3)
}

/// Lays a row's halves, which stand one behind the other in a block, beside those of the others.
fn put_halves(halves: &[u8], row: usize, to: &mut [u8]) {
    for (i, half) in halves.chunks_exact(2).enumerate() {
        to[2 * (ROWS * i + row)..][..2].copy_from_slice(half);
    }
}

/// Q2_K: sixteen groups, scales and offsets of four bits.
pub(super) struct Nibbles;

impl Layout for Nibbles {
    const NUMBERS: usize = 256;
    const BYTES: usize = 84;
    const BITS: u32 = 2;
    const PIECES: usize = 8;
    const SCALES: usize = 16 * ROWS + 4 * ROWS;
    const EXTRA: usize = 0;
    const GROUPS: usize = 2;
    const ZERO: i32 = 0;
    const HAS_OFFSET: bool = true;

    fn codes(block: &[u8], piece: usize) -> [u8; LENGTH] {
        two_bits(&block[16..], piece)
    }

    fn put_scales(block: &[u8], row: usize, scales: &mut [u8], _extra: &mut [u8]) {
        for (group, both) in block[..16].iter().enumerate() {
            scales[group * ROWS + row] |= both & LOW;
            scales[pair(group, row)] |= both & !LOW;
        }
        put_halves(&block[80..], row, &mut scales[16 * ROWS..]);
    }

    fn multipliers<'a>(scales: &'a [u8], _extra: &'a [u8], _: usize) -> [&'a [u8]; 2] {
        [&scales[16 * ROWS..], &scales[18 * ROWS..]]
    }

    #[inline(always)]
    fn integers(scales: &[u8], to: &mut Integers) {
        let to = to.scales.iter_mut().zip(&mut to.offsets);
        for (both, (scale, offset)) in scales.iter().zip(to) {
            *scale = (both & LOW).cast_signed();
            *offset = both >> 4;
        }
    }
}

/// Q3_K: sixteen groups, scales of six bits around 32, no offsets.
pub(super) struct SignedSixes;

impl Layout for SignedSixes {
    const NUMBERS: usize = 256;
    const BYTES: usize = 110;
    const BITS: u32 = 3;
    const PIECES: usize = 8;
    const SCALES: usize = 8 * ROWS + 4 * ROWS;
    const EXTRA: usize = 2 * ROWS;
    const GROUPS: usize = 2;
    const ZERO: i32 = 4;
    const HAS_OFFSET: bool = false;

    fn codes(block: &[u8], piece: usize) -> [u8; LENGTH] {
        let two = two_bits(&block[32..], piece);
        std::array::from_fn(|i| two[i] | ((block[i] >> piece) & 1) << 2)
    }

    fn put_scales(block: &[u8], row: usize, scales: &mut [u8], extra: &mut [u8]) {
        let packed = &block[96..108];
        for group in 0..16 {
            let low = (packed[group % 8] >> (group / 8 * 4)) & LOW;
            let high = (packed[8 + group % 4] >> (group / 4 * 2)) & 3;
            scales[group % 8 * ROWS + row] |= low << (group / 8 * 4);
            scales[(8 + group % 4) * ROWS + row] |= high << (group / 4 * 2);
        }
        put_halves(&block[108..], row, extra);
    }

    fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], _: usize) -> [&'a [u8]; 2] {
        [extra, scales]
    }

    #[inline(always)]
    fn integers(scales: &[u8], to: &mut Integers) {
        let from = scales.as_chunks::<WIDE>().0;
        let to = to.scales.as_chunks_mut::<WIDE>().0;
        for i in 0..WIDE {
            let (first, second, high) = (from[0][i], from[1][i], from[2][i]);
            let scale = |low: u8, high: u8| (low | high & ABOVE).cast_signed() - 32;
            to[0][i] = scale(first & LOW, high << 4);
            to[1][i] = scale(second & LOW, high << 2);
            to[2][i] = scale(first >> 4, high);
            to[3][i] = scale(second >> 4, high >> 2);
        }
    }
}

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
    (both & LOW | packed[group - 4] >> 6 << 4, both >> 4 | packed[group] >> 6 << 4)
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
            let low = (bytes[i] >> (piece % 2 * 4)) & LOW;
            if BITS == 4 { low } else { low | ((block[16 + i] >> piece) & 1) << 4 }
        })
    }

    fn put_scales(block: &[u8], row: usize, scales: &mut [u8], _extra: &mut [u8]) {
        for group in 0..8 {
            let (scale, offset) = six_bits(&block[4..16], group);
            let (at, beside) = (group * ROWS + row, pair(group, row));
            scales[at] |= scale & LOW;
            scales[beside] |= (offset & LOW) << 4;
            scales[LOWER + at % UPPER] |= (scale >> 4) << (at / UPPER * 4);
            scales[LOWER + beside % UPPER] |= (offset >> 4) << (beside / UPPER * 4 + 2);
        }
        put_halves(&block[..4], row, &mut scales[LOWER + UPPER..]);
    }

    fn multipliers<'a>(scales: &'a [u8], _extra: &'a [u8], _: usize) -> [&'a [u8]; 2] {
        [&scales[LOWER + UPPER..], &scales[LOWER + UPPER + 2 * ROWS..]]
    }

    #[inline(always)]
    fn integers(scales: &[u8], to: &mut Integers) {
        let from = scales.as_chunks::<WIDE>().0;
        let scales = to.scales.as_chunks_mut::<WIDE>().0;
        let offsets = to.offsets.as_chunks_mut::<WIDE>().0;
        for i in 0..WIDE {
            let (first, second, upper) = (from[0][i], from[1][i], from[2][i]);
            scales[0][i] = (first & LOW | upper << 4 & ABOVE).cast_signed();
            scales[1][i] = (second & LOW | upper & ABOVE).cast_signed();
            offsets[0][i] = first >> 4 | upper << 2 & ABOVE;
            offsets[1][i] = second >> 4 | upper >> 2 & ABOVE;
        }
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
        // Of each half: 32 numbers from lower halves of bytes, 32 from those behind them, then the upper
        // halves.
        let (half, quarter) = (piece / 4, piece % 4);
        let low = &block[half * 64 + quarter % 2 * 32..][..32];
        let upper = &block[128 + half * 32..][..32];
        std::array::from_fn(|i| {
            (low[i] >> (quarter / 2 * 4)) & LOW | ((upper[i] >> (quarter * 2)) & 3) << 4
        })
    }

    fn put_scales(block: &[u8], row: usize, scales: &mut [u8], extra: &mut [u8]) {
        for (group, &scale) in block[192..208].iter().enumerate() {
            scales[group * ROWS + row] = scale;
        }
        put_halves(&block[208..], row, extra);
    }

    fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], _: usize) -> [&'a [u8]; 2] {
        [extra, scales]
    }

    #[inline(always)]
    fn integers(scales: &[u8], to: &mut Integers) {
        to.scales.iter_mut().zip(scales).for_each(|(to, scale)| *to = scale.cast_signed());
    }
}
