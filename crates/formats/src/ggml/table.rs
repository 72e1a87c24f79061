//! Codes of four bits that stand for the numbers of a table.
//!
//! ```text
//! IQ4_NL   d, 16 bytes for 32 numbers
//! IQ4_XS   d, 8 scales of 6 bits, 128 bytes for 256 numbers
//! MXFP4    an exponent, 16 bytes for 32 numbers (OCP Microscaling Formats 1.0, 2023)
//! ```

use super::half;

/// Closer together around zero, where most weights are.
const NONLINEAR: [i8; 16] =
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// Twice the numbers of four bits: a sign, two bits of exponent, one of fraction.
const FOUR_BITS: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/// The first half of the numbers from lower halves of bytes, the second from upper ones.
fn looked_up(bytes: &[u8], table: &[i8; 16], scale: f32, out: &mut [f32]) {
    let (first, second) = out.split_at_mut(bytes.len());
    for ((byte, low), high) in bytes.iter().zip(first).zip(second) {
        *low = scale * f32::from(table[usize::from(byte & 15)]);
        *high = scale * f32::from(table[usize::from(byte >> 4)]);
    }
}

pub(super) fn iq4_nl(block: &[u8], out: &mut [f32]) {
    looked_up(&block[2..], &NONLINEAR, half(block, 0), out);
}

pub(super) fn iq4_xs(block: &[u8], out: &mut [f32]) {
    let d = half(block, 0);
    let above = u16::from_le_bytes([block[2], block[3]]);
    let (low, bytes) = (&block[4..8], &block[8..]);
    for (group, (bytes, out)) in bytes.chunks_exact(16).zip(out.chunks_exact_mut(32)).enumerate() {
        let low = (low[group / 2] >> (group % 2 * 4)) & 15;
        let above = ((above >> (group * 2)) & 3) as u8;
        let scale = d * f32::from((low | above << 4).cast_signed() - 32);
        looked_up(bytes, &NONLINEAR, scale, out);
    }
}

pub(super) fn mxfp4(block: &[u8], out: &mut [f32]) {
    // Half of the power of two, for the table has twice the numbers; the two smallest are below the
    // normal range.
    let exponent = u32::from(block[0]);
    let bits = if exponent < 2 { 0x0020_0000 << exponent } else { (exponent - 1) << 23 };
    looked_up(&block[1..], &FOUR_BITS, f32::from_bits(bits), out);
}
