//! 256 numbers of −1, 0 and 1 with a scale (compilade, llama.cpp's pull request 8151, 2024).
//!
//! ```text
//! TQ1_0   48 bytes of five numbers each, 4 of four, d: a byte is a fraction in base 3
//! TQ2_0   64 bytes of four numbers each, d
//! ```

use super::half;

/// 3ⁿ: a byte times it has the number n in front of the point.
const POWERS: [u8; 5] = [1, 3, 9, 27, 81];

fn digit(byte: u8, n: usize) -> f32 {
    let shifted = byte.wrapping_mul(POWERS[n]);
    f32::from(((u16::from(shifted) * 3) >> 8) as u8) - 1.0
}

pub(super) fn tq1_0(block: &[u8], out: &mut [f32]) {
    let d = half(block, 52);
    let mut out = out.iter_mut();
    // 32 bytes at once, then 16, give their first numbers, then their second ones.
    for (bytes, digits) in [(&block[..32], 5), (&block[32..48], 5), (&block[48..52], 4)] {
        for n in 0..digits {
            bytes.iter().zip(&mut out).for_each(|(byte, out)| *out = d * digit(*byte, n));
        }
    }
}

pub(super) fn tq2_0(block: &[u8], out: &mut [f32]) {
    let d = half(block, 64);
    for (i, out) in out.chunks_exact_mut(32).enumerate() {
        let bytes = &block[i / 4 * 32..][..32];
        for (out, byte) in out.iter_mut().zip(bytes) {
            *out = d * (f32::from((byte >> (i % 4 * 2)) & 3) - 1.0);
        }
    }
}
