//! Codes of four bits that stand for the numbers of a table.
//!
//! ```text
//! IQ4_NL   d, 16 bytes for 32 numbers
//! IQ4_XS   d, 8 scales of 6 bits, 128 bytes for 256 numbers
//! MXFP4    an exponent, 16 bytes for 32 numbers (OCP Microscaling Formats 1.0, 2023)
//! ```

use super::{Source, half, put};

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
    looked_up(&block[1..], &FOUR_BITS, half_power(block[0]), out);
}

/// Half of a power of two, for the table has twice the numbers; the two smallest are below the normal range.
fn half_power(exponent: u8) -> f32 {
    let exponent = u32::from(exponent);
    let bits = if exponent < 2 { 0x0020_0000 << exponent } else { (exponent - 1) << 23 };
    f32::from_bits(bits)
}

/// The code of the number that is nearest; of two equally near the larger one's.
fn nonlinear(x: f32) -> u8 {
    let above = |pair: &[i8]| u8::from(x >= middle(pair));
    NONLINEAR.windows(2).map(above).sum()
}

/// What stands in the middle of two neighbours.
fn middle(pair: &[i8]) -> f32 {
    (f32::from(pair[0]) + f32::from(pair[1])) / 2.0
}

/// The numbers of the table that are nearest: steps up from the least, so that nothing is looked up.
fn nearest(x: &[f32; 32], inverse: f32) -> [f32; 32] {
    let mut numbers = [f32::from(NONLINEAR[0]); 32];
    for pair in NONLINEAR.windows(2) {
        let (middle, step) = (middle(pair), f32::from(pair[1]) - f32::from(pair[0]));
        for (number, x) in numbers.iter_mut().zip(x) {
            *number += if inverse * x >= middle { step } else { 0.0 };
        }
    }
    numbers
}

/// The scale of 32 numbers whose codes from the table lose least: fifteen are tried, the best for the codes that
/// they lead to is solved for.
fn searched(x: &[f32; 32], weights: &[f32; 32]) -> f32 {
    let far = x.iter().fold(0.0_f32, |far, &x| if x.abs() > far.abs() { x } else { far });
    if far.abs() < 1e-15 {
        return 0.0;
    }
    let sums = |inverse: f32| {
        let terms = x.iter().zip(weights).zip(nearest(x, inverse));
        terms.fold((0.0_f32, 0.0_f32), |(qx, q2), ((x, w), q)| (qx + w * q * x, q2 + w * q * q))
    };
    let first = f32::from(NONLINEAR[0]);
    let (qx, q2) = sums(1.0 / (-far / first));
    let mut scale = if q2 > 0.0 { qx / q2 } else { 0.0 };
    let mut best = scale * qx;
    for step in -7..=7 {
        let (qx, q2) = sums((step as f32 + first) / far);
        if q2 > 0.0 && qx * qx > best * q2 {
            scale = qx / q2;
            best = scale * qx;
        }
    }
    scale
}

/// The scales of each 32 numbers: a number weighs its square, or, where columns are known, what its column
/// counts times √(σ² + x²), σ² being twice the mean square of all.
fn scales(source: &Source<'_>) -> Vec<f32> {
    let sum: f32 = source.values.iter().map(|x| x * x).sum();
    let square = sum * (2.0 / source.values.len() as f32);
    let of = |(group, x): (usize, &[f32; 32])| {
        let weight = |i: usize| match source.importance {
            Some(all) => all[group * 32 + i] * (square + x[i] * x[i]).sqrt(),
            None => x[i] * x[i],
        };
        searched(x, &std::array::from_fn(weight))
    };
    source.values.as_chunks::<32>().0.iter().enumerate().map(of).collect()
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// Codes of 32 numbers, two a byte.
fn put_codes(x: &[f32], code: impl Fn(f32) -> u8, bytes: &mut [u8]) {
    let (first, second) = x.split_at(16);
    for ((byte, low), high) in bytes.iter_mut().zip(first).zip(second) {
        *byte = code(*low) | code(*high) << 4;
    }
}

pub(super) fn to_iq4_nl(source: &Source<'_>, block: &mut [u8]) {
    let scale = scales(source)[0];
    put(block, 0, scale);
    let inverse = inverse(scale);
    put_codes(source.values, |x| nonlinear(inverse * x), &mut block[2..]);
}

pub(super) fn to_iq4_xs(source: &Source<'_>, block: &mut [u8]) {
    let scales = scales(source);
    let far = scales.iter().fold(0.0_f32, |far, &x| if x.abs() > far.abs() { x } else { far });
    let d = -far / 32.0;
    let (whole, mut above) = (inverse(d), 0_u16);
    put(block, 0, d);
    block[4..8].fill(0);
    for (group, (scale, x)) in scales.iter().zip(source.values.chunks_exact(32)).enumerate() {
        let scale = (whole * scale).round_ties_even().clamp(-32.0, 31.0);
        let inverse = inverse(d * scale);
        put_codes(x, |x| nonlinear(inverse * x), &mut block[8 + group * 16..][..16]);
        let code = (scale + 32.0) as u8;
        block[4 + group / 2] |= (code & 15) << (group % 2 * 4);
        above |= u16::from(code >> 4) << (group * 2);
    }
    block[2..4].copy_from_slice(&above.to_le_bytes());
}

/// The power of two is the largest by which the farthest number is at least 4; columns may count as they like.
pub(super) fn to_mxfp4(source: &Source<'_>, block: &mut [u8]) {
    let far = source.values.iter().fold(0.0_f32, |far, x| far.max(x.abs()));
    // The logarithm is rounded to f32, as the original's is.
    let power = f64::from(far).log2() as f32;
    let exponent = if far > 0.0 { (power.floor() + 125.0).clamp(0.0, 254.0) as u8 } else { 0 };
    block[0] = exponent;
    let unit = half_power(exponent);
    let code = |x: f32| {
        let miss = |i: usize| (f32::from(FOUR_BITS[i]) * unit - x).abs();
        (1..16).fold(0, |best, i| if miss(i) < miss(best) { i } else { best }) as u8
    };
    put_codes(source.values, code, &mut block[1..]);
}
