//! MXFP4: blocks of 32 numbers of half a byte, each a sign, two bits
//! of exponent and one of fraction, with a power of two for all (OCP Microscaling Formats specification
//! 1.0, 2023). As gpt-oss' files have it: 16 bytes a block, the even number in the lower half of each.
//!
//! Left out: writing it.

use crate::Dtype;

/// Numbers of a block.
pub const BLOCK: usize = 32;

/// What the lower three bits stand for.
const SIZES: [f32; 8] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0];

/// The numbers of blocks, of 16 bytes each, and of their scales, a byte each.
///
/// # Errors
/// Where there are not as many scales as blocks.
pub fn decode(blocks: &[u8], scales: &[u8]) -> Result<Vec<f32>, String> {
    if blocks.len() != scales.len() * BLOCK / 2 {
        let (bytes, n) = (blocks.len(), scales.len());
        return Err(format!("{bytes} bytes of MXFP4 are not {n} blocks of 16"));
    }
    let mut values = Vec::with_capacity(blocks.len() * 2);
    for (block, scale) in blocks.chunks_exact(BLOCK / 2).zip(Dtype::F8E8M0.f32(scales)?) {
        values.extend(block.iter().flat_map(|&byte| [byte & 15, byte >> 4]).map(|code| {
            let size = SIZES[usize::from(code & 7)] * scale;
            if code & 8 == 0 { size } else { -size }
        }));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_bytes_are_numbers_times_their_blocks_scale() {
        let mut blocks = vec![0; 32];
        blocks[..3].copy_from_slice(&[0x10, 0x7a, 0xf9]);
        blocks[16] = 0x2f;
        let values = decode(&blocks, &[127, 130]).unwrap();
        assert_eq!(values[..6], [0.0, 0.5, -1.0, 6.0, -0.5, -6.0]);
        assert_eq!((values[32], values[33], values.len()), (-48.0, 8.0, 64));
        assert!(decode(&blocks, &[127]).is_err());
    }
}
