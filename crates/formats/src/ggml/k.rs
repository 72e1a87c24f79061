//! 256 numbers, in groups whose scales are numbers of few bits themselves (Kawrakow, llama.cpp's pull
//! request 1684, 2023).
//!
//! ```text
//! Q2_K   16 groups of 16: scale and offset of 4 bits each; 2 bits a number; d, m
//! Q3_K   16 groups of 16: scale of 6 bits; an upper bit for each, 2 bits a number; d
//! Q4_K    8 groups of 32: scale and offset of 6 bits each; d, m; 4 bits a number
//! Q5_K    the same, with an upper bit for each before its 4 bits
//! Q6_K   16 groups of 16: 4 lower bits, 2 upper bits a number; scale of 8 bits; d
//! ```

use super::k_search::{Grid, around, by_turns, code, code_up, rounded, with_offset};
use super::{half, put};

pub(super) fn q2(block: &[u8], out: &mut [f32]) {
    let (scales, bytes) = (&block[..16], &block[16..80]);
    let (d, m) = (half(block, 80), half(block, 82));
    for (group, out) in out.chunks_exact_mut(16).enumerate() {
        let (scale, offset) = (scales[group] & 15, scales[group] >> 4);
        let (scale, offset) = (d * f32::from(scale), m * f32::from(offset));
        let (shift, bytes) = pairs_of_bits(bytes, group);
        for (out, byte) in out.iter_mut().zip(bytes) {
            *out = scale * f32::from((byte >> shift) & 3) - offset;
        }
    }
}

/// By how much to shift for group `group` of 16, and its bytes: four groups, each two bits higher than the
/// last, lie in the same 16 bytes; eight groups in 32.
fn pairs_of_bits(bytes: &[u8], group: usize) -> (usize, &[u8]) {
    let (half, within) = (group / 8, group % 8);
    let from = half * 32 + within % 2 * 16;
    (within / 2 * 2, &bytes[from..from + 16])
}

pub(super) fn q3(block: &[u8], out: &mut [f32]) {
    let (upper, bytes, packed) = (&block[..32], &block[32..96], &block[96..108]);
    let d = half(block, 108);
    for (group, out) in out.chunks_exact_mut(16).enumerate() {
        let low = (packed[group % 8] >> (group / 8 * 4)) & 15;
        let high = (packed[8 + group % 4] >> (group / 4 * 2)) & 3;
        let scale = d * f32::from((low | high << 4).cast_signed() - 32);
        let (shift, bytes) = pairs_of_bits(bytes, group);
        let upper = &upper[group % 2 * 16..][..16];
        for (out, (byte, upper)) in out.iter_mut().zip(bytes.iter().zip(upper)) {
            let above = (upper >> (group / 2)) & 1;
            let q = ((byte >> shift) & 3).cast_signed() - if above == 1 { 0 } else { 4 };
            *out = scale * f32::from(q);
        }
    }
}

/// Scale and offset of group `group` of 32, of six bits each, in 12 bytes.
fn six_bits(packed: &[u8], group: usize) -> (f32, f32) {
    let (scale, offset) = if group < 4 {
        (packed[group] & 63, packed[group + 4] & 63)
    } else {
        let both = packed[group + 4];
        let (above, offset_above) = (packed[group - 4] >> 6, packed[group] >> 6);
        (both & 15 | above << 4, both >> 4 | offset_above << 4)
    };
    (f32::from(scale), f32::from(offset))
}

pub(super) fn q4(block: &[u8], out: &mut [f32]) {
    of_32(block, None, &block[16..], out);
}

pub(super) fn q5(block: &[u8], out: &mut [f32]) {
    of_32(block, Some(&block[16..48]), &block[48..], out);
}

fn of_32(block: &[u8], upper: Option<&[u8]>, bytes: &[u8], out: &mut [f32]) {
    let (d, m, packed) = (half(block, 0), half(block, 2), &block[4..16]);
    for (group, out) in out.chunks_exact_mut(32).enumerate() {
        let (scale, offset) = six_bits(packed, group);
        let (scale, offset) = (d * scale, m * offset);
        let bytes = &bytes[group / 2 * 32..][..32];
        for (i, (out, byte)) in out.iter_mut().zip(bytes).enumerate() {
            let low = (byte >> (group % 2 * 4)) & 15;
            let above = upper.map_or(0, |upper| (upper[i] >> group) & 1);
            *out = scale * f32::from(low | above << 4) - offset;
        }
    }
}

pub(super) fn q6(block: &[u8], out: &mut [f32]) {
    let (low, upper, scales) = (&block[..128], &block[128..192], &block[192..208]);
    let d = half(block, 208);
    for (group, out) in out.chunks_exact_mut(16).enumerate() {
        let scale = d * f32::from(scales[group].cast_signed());
        // Of each half: 32 numbers from lower halves of bytes, 32 from those behind them, then the upper halves.
        let (half, quarter, part) = (group / 8, group % 8 / 2, group % 2 * 16);
        let low = &low[half * 64 + quarter % 2 * 32 + part..][..16];
        let upper = &upper[half * 32 + part..][..16];
        for (out, (low, upper)) in out.iter_mut().zip(low.iter().zip(upper)) {
            let low = (low >> (quarter / 2 * 4)) & 15;
            let above = (upper >> (quarter * 2)) & 3;
            *out = scale * f32::from((low | above << 4).cast_signed() - 32);
        }
    }
}

/// Writes scale and offset of six bits each.
fn put_six_bits(packed: &mut [u8], group: usize, scale: u8, offset: u8) {
    if group < 4 {
        packed[group] = scale;
        packed[group + 4] = offset;
        return;
    }
    packed[group + 4] = scale & 15 | (offset & 15) << 4;
    packed[group - 4] |= (scale >> 4) << 6;
    packed[group] |= (offset >> 4) << 6;
}

pub(super) fn to_q4(values: &[f32], block: &mut [u8]) {
    let grid = Grid { first: -1.0, step: 0.1, steps: 20 };
    let codes = to_32(values, block, 15, grid);
    put_nibbles(&codes, &mut block[16..]);
}

pub(super) fn to_q5(values: &[f32], block: &mut [u8]) {
    let grid = Grid { first: -0.5, step: 0.1, steps: 15 };
    let codes = to_32(values, block, 31, grid);
    put_nibbles(&codes, &mut block[48..]);
    block[16..48].fill(0);
    for (i, code) in codes.iter().enumerate() {
        block[16 + i % 32] |= (code >> 4) << (i / 32);
    }
}

/// Scales and offsets of eight groups, and the codes that their rounding leads to.
fn to_32(values: &[f32], block: &mut [u8], most: u8, grid: Grid) -> [u8; 256] {
    let mut found = Vec::with_capacity(8);
    for x in values.as_chunks::<32>().0 {
        let mean = (x.iter().map(|x| x * x).sum::<f32>() / 32.0).sqrt();
        found.push(with_offset(x, &x.map(|x| mean + x.abs()), most, grid));
    }
    let greatest =
        |of: fn(&super::k_search::Found<32>) -> f32| found.iter().map(of).fold(0.0, f32::max);
    let (scale, offset) = (greatest(|found| found.scale), greatest(|found| found.offset));
    let inverse = |x: f32| if x > 0.0 { 63.0 / x } else { 0.0 };
    put(block, 0, scale / 63.0);
    put(block, 2, offset / 63.0);
    block[4..16].fill(0);
    let mut codes = [0; 256];
    for (group, found) in found.iter().enumerate() {
        let sixth = |x: f32, all: f32| rounded(inverse(all) * x, 0, 63) as u8;
        let both = (sixth(found.scale, scale), sixth(found.offset, offset));
        put_six_bits(&mut block[4..16], group, both.0, both.1);
        let (d, m) = (half(block, 0) * f32::from(both.0), half(block, 2) * f32::from(both.1));
        for (i, x) in values[group * 32..][..32].iter().enumerate() {
            codes[group * 32 + i] = if d == 0.0 { found.codes[i] } else { code_up(x + m, d, most) };
        }
    }
    codes
}

/// Lower halves of 32 bytes for one group, upper ones for the next.
fn put_nibbles(codes: &[u8; 256], bytes: &mut [u8]) {
    for (codes, bytes) in codes.as_chunks::<64>().0.iter().zip(bytes.chunks_exact_mut(32)) {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = codes[i] & 15 | (codes[i + 32] & 15) << 4;
        }
    }
}

pub(super) fn to_q6(values: &[f32], block: &mut [u8]) {
    block.fill(0);
    let found: Vec<_> = values.as_chunks::<16>().0.iter().map(|x| around(x, 32)).collect();
    let far = found
        .iter()
        .fold(0.0_f32, |far, found| if found.scale.abs() > far.abs() { found.scale } else { far });
    if far.abs() < 1e-15 {
        return;
    }
    let inverse = -128.0 / far;
    put(block, 208, 1.0 / inverse);
    let mut codes = [0; 256];
    for (group, found) in found.iter().enumerate() {
        let scale = rounded(inverse * found.scale, -128, 127);
        block[192 + group] = (scale as i8).cast_unsigned();
        let d = half(block, 208) * scale as f32;
        for (i, &x) in values[group * 16..][..16].iter().enumerate() {
            codes[group * 16 + i] = if d == 0.0 { found.codes[i] } else { code(x, d, 32) };
        }
    }
    for (half, codes) in codes.as_chunks::<128>().0.iter().enumerate() {
        for i in 0..32 {
            let quarter = |q: usize| codes[q * 32 + i];
            block[half * 64 + i] = quarter(0) & 15 | (quarter(2) & 15) << 4;
            block[half * 64 + 32 + i] = quarter(1) & 15 | (quarter(3) & 15) << 4;
            block[128 + half * 32 + i] = (0..4).map(|q| quarter(q) >> 4 << (2 * q)).sum();
        }
    }
}

pub(super) fn to_q3(values: &[f32], block: &mut [u8]) {
    block.fill(0);
    let found: Vec<_> = values.as_chunks::<16>().0.iter().map(|x| by_turns(x, 4)).collect();
    let far = found
        .iter()
        .fold(0.0_f32, |far, found| if found.scale.abs() > far.abs() { found.scale } else { far });
    let inverse = if far == 0.0 { 0.0 } else { -32.0 / far };
    put(block, 108, if far == 0.0 { 0.0 } else { 1.0 / inverse });
    for (group, found) in found.iter().enumerate() {
        let scale = rounded(inverse * found.scale, -32, 31);
        let stored = if far == 0.0 { 0 } else { (scale + 32) as u8 };
        block[96 + group % 8] |= (stored & 15) << (group / 8 * 4);
        block[104 + group % 4] |= (stored >> 4) << (group / 4 * 2);
        let d = half(block, 108) * (i32::from(stored) - 32) as f32;
        for (i, &x) in values[group * 16..][..16].iter().enumerate() {
            let code = if d == 0.0 { found.codes[i] } else { code(x, d, 4) };
            let at = group * 16 + i;
            block[at % 32] |= (code >> 2) << (at / 32);
            block[32 + at / 128 * 32 + at % 32] |= (code & 3) << (at % 128 / 32 * 2);
        }
    }
}
