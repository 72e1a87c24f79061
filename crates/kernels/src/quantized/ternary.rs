//! Types of −1, 0 and 1: TQ1_0 and TQ2_0.
//!
//! ```text
//! TQ2_0   64 bytes of four numbers each; d
//! TQ1_0   48 bytes of five numbers each, 4 of four; d: a byte is a fraction in base 3
//! unit    planes of 8 pieces, two bits a number
//! extra   16 d
//! ```
//!
//! Five digits of base 3 fill no planes, so that TQ1_0 is unpacked to two bits: it takes 2.06 bits a number
//! here where its file takes 1.69.

use super::layout::{LENGTH, Layout, ROWS};

/// Bytes of a block of TQ1_0.
pub(super) const BASE_3: usize = 54;
/// Bytes of a block of TQ2_0.
pub(super) const TWO_BITS: usize = 66;

/// Blocks of so many bytes.
pub(super) struct Ternary<const BYTES: usize>;

impl<const BYTES: usize> Layout for Ternary<BYTES> {
    const NUMBERS: usize = 256;
    const BYTES: usize = BYTES;
    const BITS: u32 = 2;
    const PIECES: usize = 8;
    const SCALES: usize = 0;
    const EXTRA: usize = 2 * ROWS;
    const GROUPS: usize = 0;
    const ZERO: i32 = 1;
    const HAS_OFFSET: bool = false;

    fn codes(block: &[u8], piece: usize) -> [u8; LENGTH] {
        if BYTES == BASE_3 {
            return std::array::from_fn(|i| digit(block, piece * LENGTH + i));
        }
        std::array::from_fn(|i| (block[piece / 4 * LENGTH + i] >> (piece % 4 * 2)) & 3)
    }

    fn put_scales(block: &[u8], row: usize, _scales: &mut [u8], extra: &mut [u8]) {
        extra[2 * row..2 * row + 2].copy_from_slice(&block[BYTES - 2..]);
    }

    fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], _: usize) -> [&'a [u8]; 2] {
        [extra, scales]
    }
}

/// A number of a block of TQ1_0: 32 bytes at once, then 16, then 4 have their first numbers, then their
/// second ones. A byte times 3ⁿ has number n in front of the point.
fn digit(block: &[u8], number: usize) -> u8 {
    const POWERS: [u8; 5] = [1, 3, 9, 27, 81];
    let (first, bytes, number) = match number {
        0..160 => (0, 32, number),
        160..240 => (32, 16, number - 160),
        _ => (48, 4, number - 240),
    };
    let shifted = block[first + number % bytes].wrapping_mul(POWERS[number / bytes]);
    ((u16::from(shifted) * 3) >> 8) as u8
}
