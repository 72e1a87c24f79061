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

use super::half;

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
