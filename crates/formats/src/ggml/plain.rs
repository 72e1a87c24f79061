//! Numbers as they are, one a block.

use half::{bf16, f16};

use super::Source;

pub(super) fn f32(block: &[u8], out: &mut [f32]) {
    out[0] = f32::from_le_bytes([block[0], block[1], block[2], block[3]]);
}

pub(super) fn f16(block: &[u8], out: &mut [f32]) {
    out[0] = super::half(block, 0);
}

pub(super) fn bf16(block: &[u8], out: &mut [f32]) {
    out[0] = bf16::from_le_bytes([block[0], block[1]]).to_f32();
}

/// Rounded to the nearest.
pub(super) fn f64(block: &[u8], out: &mut [f32]) {
    let bytes = std::array::from_fn(|i| block[i]);
    out[0] = f64::from_le_bytes(bytes) as f32;
}

pub(super) fn i8(block: &[u8], out: &mut [f32]) {
    out[0] = f32::from(block[0].cast_signed());
}

pub(super) fn i16(block: &[u8], out: &mut [f32]) {
    out[0] = f32::from(i16::from_le_bytes([block[0], block[1]]));
}

pub(super) fn to_f32(source: &Source<'_>, block: &mut [u8]) {
    block.copy_from_slice(&source.values[0].to_le_bytes());
}

pub(super) fn to_f16(source: &Source<'_>, block: &mut [u8]) {
    block.copy_from_slice(&f16::from_f32(source.values[0]).to_le_bytes());
}

pub(super) fn to_bf16(source: &Source<'_>, block: &mut [u8]) {
    block.copy_from_slice(&bf16::from_f32(source.values[0]).to_le_bytes());
}
