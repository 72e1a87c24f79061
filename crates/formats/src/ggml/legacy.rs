//! 32 numbers with a scale, and some with an offset. The number `i` of the first sixteen lies in the lower
//! half of byte `i`, that of the last sixteen in the upper.
//!
//! ```text
//! Q4_0   d, 16 bytes                  d · (q − 8)
//! Q4_1   d, m, 16 bytes               d · q + m
//! Q5_0   d, 32 upper bits, 16 bytes   d · (q − 16)
//! Q5_1   d, m, 32 upper bits, 16 bytes    d · q + m
//! Q8_0   d, 32 bytes                  d · q
//! ```
//!
//! Where it is known how much each column counts, scales are searched for ([`super::k_search`]).

use super::k_search::{self as search, FINE, side_by_side, with_offset};
use super::{Source, half, put};

/// Both halves of each byte, with a fifth bit for each.
fn nibbles(bytes: &[u8], upper: u32, out: &mut [f32], value: impl Fn(i32) -> f32) {
    let fifth = |i: usize| ((upper >> i) & 1) << 4;
    for (i, &byte) in bytes.iter().enumerate() {
        let [low, high] = [(byte & 15, i), (byte >> 4, i + 16)];
        out[i] = value((u32::from(low.0) | fifth(low.1)).cast_signed());
        out[i + 16] = value((u32::from(high.0) | fifth(high.1)).cast_signed());
    }
}

fn upper(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
}

pub(super) fn q4_0(block: &[u8], out: &mut [f32]) {
    let d = half(block, 0);
    nibbles(&block[2..], 0, out, |q| (q - 8) as f32 * d);
}

pub(super) fn q4_1(block: &[u8], out: &mut [f32]) {
    let (d, m) = (half(block, 0), half(block, 2));
    nibbles(&block[4..], 0, out, |q| q as f32 * d + m);
}

pub(super) fn q5_0(block: &[u8], out: &mut [f32]) {
    let d = half(block, 0);
    nibbles(&block[6..], upper(block, 2), out, |q| (q - 16) as f32 * d);
}

pub(super) fn q5_1(block: &[u8], out: &mut [f32]) {
    let (d, m) = (half(block, 0), half(block, 2));
    nibbles(&block[8..], upper(block, 4), out, |q| q as f32 * d + m);
}

pub(super) fn q8_0(block: &[u8], out: &mut [f32]) {
    let d = half(block, 0);
    out.iter_mut().zip(&block[2..]).for_each(|(out, q)| *out = f32::from(q.cast_signed()) * d);
}

/// Writes both halves of each byte, and gives the fifth bits.
fn pack(bytes: &mut [u8], codes: &[u8; 32]) -> u32 {
    let mut upper = 0;
    for (i, byte) in bytes.iter_mut().enumerate() {
        let (low, high) = (codes[i], codes[i + 16]);
        *byte = low & 15 | (high & 15) << 4;
        upper |= u32::from(low >> 4) << i | u32::from(high >> 4) << (i + 16);
    }
    upper
}

/// Of all values the one that is farthest from zero, the first of them, with its sign.
fn farthest(values: &[f32]) -> f32 {
    values.iter().fold(0.0_f32, |far, &x| if x.abs() > far.abs() { x } else { far })
}

fn inverse(d: f32) -> f32 {
    if d == 0.0 { 0.0 } else { 1.0 / d }
}

/// Codes around a middle, which stands for zero: the farthest value has the code 0, and so no rounding.
/// Products are made in f64, as fused ones would be.
fn around(values: &[f32], middle: f32, most: f64) -> (f32, impl Fn(f32) -> u8) {
    let d = farthest(values) / -middle;
    let inverse = f64::from(inverse(d));
    let half = f64::from(middle) + 0.5;
    (d, move |x| (f64::from(x) * inverse + half).clamp(0.0, most) as u8)
}

/// Codes from the least value to the largest.
fn between(values: &[f32], most: f32) -> (f32, f32, impl Fn(f32) -> u8) {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let d = (largest - least) / most;
    let inverse = inverse(d);
    (d, least, move |x| ((x - least) * inverse + 0.5).clamp(0.0, most) as u8)
}

/// What the numbers of a block weigh where it is known how much each column counts: that, times √(σ² + x²), σ²
/// being the mean square of the row.
fn weighed(source: &Source<'_>) -> Option<[[f32; 1]; 32]> {
    let importance = source.importance?;
    let weight = |i: usize| {
        let x = source.values[i];
        importance[i] * (source.mean_square + x * x).sqrt()
    };
    Some(std::array::from_fn(|i| [weight(i)]))
}

/// A scale and codes around a middle: searched for where columns are known.
fn centred(source: &Source<'_>, middle: u8) -> (f32, [u8; 32]) {
    if let Some(weights) = weighed(source) {
        let found = search::around(&side_by_side(source.values), &weights, middle);
        return (found.scales[0], found.codes(0));
    }
    let (d, code) = around(source.values, middle.into(), f64::from(middle) * 2.0 - 1.0);
    (d, std::array::from_fn(|i| code(source.values[i])))
}

/// A scale, the least number and codes from 0 on: searched for where columns are known.
fn from_least(source: &Source<'_>, most: u8) -> (f32, f32, [u8; 32]) {
    if let Some(weights) = weighed(source) {
        let found = with_offset(&side_by_side(source.values), &weights, most, FINE);
        return (found.scales[0], -found.offsets[0], found.codes(0));
    }
    let (d, least, code) = between(source.values, most.into());
    (d, least, std::array::from_fn(|i| code(source.values[i])))
}

pub(super) fn to_q4_0(source: &Source<'_>, block: &mut [u8]) {
    let (d, codes) = centred(source, 8);
    put(block, 0, d);
    pack(&mut block[2..], &codes);
}

pub(super) fn to_q4_1(source: &Source<'_>, block: &mut [u8]) {
    let (d, least, codes) = from_least(source, 15);
    put(block, 0, d);
    put(block, 2, least);
    pack(&mut block[4..], &codes);
}

pub(super) fn to_q5_0(source: &Source<'_>, block: &mut [u8]) {
    let (d, codes) = centred(source, 16);
    put(block, 0, d);
    let upper = pack(&mut block[6..], &codes);
    block[2..6].copy_from_slice(&upper.to_le_bytes());
}

pub(super) fn to_q5_1(source: &Source<'_>, block: &mut [u8]) {
    let (d, least, codes) = from_least(source, 31);
    put(block, 0, d);
    put(block, 2, least);
    let upper = pack(&mut block[8..], &codes);
    block[4..8].copy_from_slice(&upper.to_le_bytes());
}

/// Halves are rounded away from zero. Columns may count as they like.
pub(super) fn to_q8_0(source: &Source<'_>, block: &mut [u8]) {
    let d = farthest(source.values).abs() / 127.0;
    let inverse = inverse(d);
    put(block, 0, d);
    let codes = source.values.iter().map(|x| away_from_zero(x * inverse).cast_unsigned());
    block[2..].iter_mut().zip(codes).for_each(|(byte, code)| *byte = code);
}

/// The nearest integer; what takes a few instructions, where rounding is a call.
fn away_from_zero(x: f32) -> i8 {
    let whole = x as i32;
    let rest = x - whole as f32;
    (whole + i32::from(rest >= 0.5) - i32::from(rest <= -0.5)) as i8
}
