//! Types of 32 numbers with a half-precision scale, and some with an offset: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0.
//!
//! ```text
//! block    d, [m], [32 upper bits], 16 or 32 bytes of codes
//! unit     2 × 16 d, [2 × 16 m], planes, planes
//! ```

use super::layout::{LENGTH, Layout, ROWS};

/// Codes of `BITS` bits, with an offset or around a middle.
pub(super) struct Halves<const BITS: u32, const OFFSET: bool>;

impl<const BITS: u32, const OFFSET: bool> Halves<BITS, OFFSET> {
    const HEAD: usize = if OFFSET { 4 } else { 2 };
}

impl<const BITS: u32, const OFFSET: bool> Layout for Halves<BITS, OFFSET> {
    const NUMBERS: usize = 32;
    const BYTES: usize = Self::HEAD + 4 * BITS as usize;
    const BITS: u32 = BITS;
    const PIECES: usize = 2;
    const SCALES: usize = 2 * ROWS * Self::HEAD;
    const EXTRA: usize = 0;
    const GROUPS: usize = 0;
    const ZERO: i32 = if OFFSET { 0 } else { 1 << (BITS - 1) };
    const HAS_OFFSET: bool = OFFSET;

    fn codes(blocks: &[u8], piece: usize) -> [u8; LENGTH] {
        let block = &blocks[piece * Self::BYTES + Self::HEAD..][..4 * BITS as usize];
        if BITS == 8 {
            // Signed there, from 0 on here.
            return std::array::from_fn(|i| block[i] ^ 0x80);
        }
        let nibbles = &block[block.len() - 16..];
        let nibble = |i: usize| (nibbles[i % 16] >> (i / 16 * 4)) & 15;
        if BITS == 4 {
            return std::array::from_fn(nibble);
        }
        std::array::from_fn(|i| nibble(i) | ((block[i / 8] >> (i % 8)) & 1) << 4)
    }

    fn put_scales(blocks: &[u8], row: usize, scales: &mut [u8], _extra: &mut [u8]) {
        for (piece, block) in blocks.chunks_exact(Self::BYTES).enumerate() {
            for (i, number) in block[..Self::HEAD].chunks_exact(2).enumerate() {
                let at = 2 * (ROWS * (2 * i + piece) + row);
                scales[at..at + 2].copy_from_slice(number);
            }
        }
    }

    fn multipliers<'a>(scales: &'a [u8], _extra: &'a [u8], piece: usize) -> [&'a [u8]; 2] {
        [&scales[2 * ROWS * piece..], &scales[if OFFSET { 2 * ROWS * (2 + piece) } else { 0 }..]]
    }
}
