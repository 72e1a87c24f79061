//! Types whose codes of four bits stand for the numbers of a table: IQ4_NL, IQ4_XS, MXFP4.
//!
//! ```text
//! IQ4_NL   d; 16 bytes for 32 numbers
//! unit     2 × 16 d; planes of 2 pieces
//!
//! MXFP4    an exponent; 16 bytes for 32 numbers
//! unit     planes of 2 pieces
//! extra    2 × 16 exponents
//!
//! IQ4_XS   d; a scale of six bits for each of 8 groups, in 6 bytes; 128 bytes, 16 of a group
//! unit     of two groups (g and g + 4) and a row a byte, the lower four bits of a scale; of four groups and
//!          a row a byte, the upper two; 16 d; planes of 8 pieces
//! ```

use super::layout::{Integers, LENGTH, Layout, Multiplier, ROWS};

/// IQ4's numbers, 128 on: closer together around zero.
const NONLINEAR: [u8; 16] =
    from(128, [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]);

/// Twice the numbers of four bits, twelve on.
const FOUR_BITS: [u8; 16] = from(12, [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]);

/// The numbers of a table, so many on.
const fn from(zero: i16, numbers: [i16; 16]) -> [u8; 16] {
    let (mut table, mut i) = ([0; 16], 0);
    while i < table.len() {
        table[i] = (numbers[i] + zero) as u8;
        i += 1;
    }
    table
}

/// Half bytes: the lower ones of sixteen, then the upper ones.
fn nibbles(bytes: &[u8]) -> [u8; LENGTH] {
    std::array::from_fn(|i| (bytes[i % 16] >> (i / 16 * 4)) & 15)
}

/// IQ4_NL: a half-precision scale for 32 numbers.
pub(super) struct NonLinear;

impl Layout for NonLinear {
    const NUMBERS: usize = 32;
    const BYTES: usize = 18;
    const BITS: u32 = 4;
    const PIECES: usize = 2;
    const SCALES: usize = 4 * ROWS;
    const EXTRA: usize = 0;
    const GROUPS: usize = 0;
    const ZERO: i32 = 128;
    const HAS_OFFSET: bool = false;
    const TABLE: Option<[u8; 16]> = Some(NONLINEAR);

    fn codes(blocks: &[u8], piece: usize) -> [u8; LENGTH] {
        nibbles(&blocks[piece * Self::BYTES + 2..])
    }

    fn put_scales(blocks: &[u8], row: usize, scales: &mut [u8], _extra: &mut [u8]) {
        for (piece, block) in blocks.chunks_exact(Self::BYTES).enumerate() {
            scales[2 * (ROWS * piece + row)..][..2].copy_from_slice(&block[..2]);
        }
    }

    fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], piece: usize) -> [&'a [u8]; 2] {
        [&scales[2 * ROWS * piece..], extra]
    }
}

/// MXFP4: a power of two for 32 numbers.
pub(super) struct FourBits;

impl Layout for FourBits {
    const NUMBERS: usize = 32;
    const BYTES: usize = 17;
    const BITS: u32 = 4;
    const PIECES: usize = 2;
    const SCALES: usize = 0;
    const EXTRA: usize = 2 * ROWS;
    const GROUPS: usize = 0;
    const ZERO: i32 = 12;
    const HAS_OFFSET: bool = false;
    const TABLE: Option<[u8; 16]> = Some(FOUR_BITS);
    const MULTIPLIER: Multiplier = Multiplier::Power;

    fn codes(blocks: &[u8], piece: usize) -> [u8; LENGTH] {
        nibbles(&blocks[piece * Self::BYTES + 1..])
    }

    fn put_scales(blocks: &[u8], row: usize, _scales: &mut [u8], extra: &mut [u8]) {
        for (piece, block) in blocks.chunks_exact(Self::BYTES).enumerate() {
            extra[ROWS * piece + row] = block[0];
        }
    }

    fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], piece: usize) -> [&'a [u8]; 2] {
        [&extra[ROWS * piece..], scales]
    }
}

/// IQ4_XS: eight groups, scales of six bits around 32.
pub(super) struct NonLinearGroups;

/// Bytes of the lower bits of scales.
const LOWER: usize = 4 * ROWS;
/// Bytes of the upper ones.
const UPPER: usize = 2 * ROWS;

impl Layout for NonLinearGroups {
    const NUMBERS: usize = 256;
    const BYTES: usize = 136;
    const BITS: u32 = 4;
    const PIECES: usize = 8;
    const SCALES: usize = LOWER + UPPER + 2 * ROWS;
    const EXTRA: usize = 0;
    const GROUPS: usize = 1;
    const ZERO: i32 = 128;
    const HAS_OFFSET: bool = false;
    const TABLE: Option<[u8; 16]> = Some(NONLINEAR);

    fn codes(block: &[u8], piece: usize) -> [u8; LENGTH] {
        nibbles(&block[8 + 16 * piece..])
    }

    fn put_scales(block: &[u8], row: usize, scales: &mut [u8], _extra: &mut [u8]) {
        let above = u16::from_le_bytes([block[2], block[3]]);
        for group in 0..8 {
            let low = (block[4 + group / 2] >> (group % 2 * 4)) & 15;
            let above = ((above >> (2 * group)) & 3) as u8;
            let at = group * ROWS + row;
            scales[at % LOWER] |= low << (at / LOWER * 4);
            scales[LOWER + at % UPPER] |= above << (at / UPPER * 2);
        }
        scales[LOWER + UPPER + 2 * row..][..2].copy_from_slice(&block[..2]);
    }

    fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], _: usize) -> [&'a [u8]; 2] {
        [&scales[LOWER + UPPER..], extra]
    }

    #[inline(always)]
    fn integers(scales: &[u8], to: &mut Integers) {
        let (from, to) = (scales.as_chunks::<UPPER>().0, to.scales.as_chunks_mut::<UPPER>().0);
        for i in 0..UPPER {
            let (first, second, above) = (from[0][i], from[1][i], from[2][i]);
            let scale = |low: u8, above: u8| (low | above & 0x30).cast_signed() - 32;
            to[0][i] = scale(first & 15, above << 4);
            to[1][i] = scale(second & 15, above << 2);
            to[2][i] = scale(first >> 4, above);
            to[3][i] = scale(second >> 4, above >> 2);
        }
    }
}
