//! How sixteen rows of blocks lie side by side.
//!
//! A *piece* is 32 numbers along k of each of sixteen rows: eight quads, of which register `q` holds the
//! codes of numbers `4q..4q+4`, four bytes a row. Their bits are stored in planes:
//!
//! ```text
//! 8 bits   eight registers, quad q in register q
//! 4 bits   four registers, quad q in register q mod 4, the upper half of its bytes from the fourth on
//! 2 bits   two registers, quad q in register q / 4, at bit 2 · (q mod 4)
//! 1 bit    one register, quad q at bit q
//! ```
//!
//! Four bits and more than four are a plane of four below one of the rest. A *unit* is two pieces (types
//! of 32) or eight (types of 256): the scales of all, then the planes of each, in the order in which they
//! are read, so that asking for what comes next brings both in time. What would break the lines of 64
//! bytes stands before a strip's first unit, that of all units: the *extra* bytes.

use super::Rounding;

/// Rows that lie side by side.
pub(super) const ROWS: usize = 16;
/// Numbers of a piece along k.
pub(super) const LENGTH: usize = 32;
/// Numbers of a register along k.
pub(super) const QUADS: usize = LENGTH / 4;
/// Bytes of a register.
pub(super) const REGISTER: usize = 64;

/// A type of blocks, and how its rows lie side by side.
pub(super) trait Layout: Sync {
    /// Numbers of a block.
    const NUMBERS: usize;
    /// Bytes of a block.
    const BYTES: usize;
    /// Bits of a code.
    const BITS: u32;
    /// Pieces of a unit.
    const PIECES: usize;
    /// Bytes of a unit's scales.
    const SCALES: usize;
    /// Bytes of a unit before a strip's first unit.
    const EXTRA: usize;
    /// Scales of a piece and row: 1, or 2 of 16 numbers each.
    const GROUPS: usize;
    /// The code that stands for zero.
    const ZERO: i32;
    /// Whether an offset is added.
    const HAS_OFFSET: bool;

    /// Bytes of a piece's planes.
    const PLANES: usize = REGISTER * Self::BITS as usize;
    /// Bytes of a unit.
    const UNIT: usize = Self::PIECES * Self::PLANES + Self::SCALES;
    /// Whether a scale of the input holds for a unit, not for a piece.
    const IS_SUPER: bool = Self::NUMBERS > LENGTH;

    /// How inputs are rounded.
    fn rounding() -> Rounding {
        if Self::IS_SUPER { Rounding::By256 } else { Rounding::By32 }
    }

    /// Blocks of a row in a unit.
    fn blocks() -> usize {
        Self::PIECES * LENGTH / Self::NUMBERS
    }

    /// The codes of a piece, of one row's blocks of a unit.
    fn codes(blocks: &[u8], piece: usize) -> [u8; LENGTH];

    /// Lays one row's scales beside those of the others.
    fn put_scales(blocks: &[u8], row: usize, scales: &mut [u8], extra: &mut [u8]);

    /// The scales and offsets of a piece, as they were laid.
    fn scales(scales: &[u8], extra: &[u8], piece: usize) -> Scales;

    /// The same, of all pieces, for [`Self::scales_of`].
    ///
    /// # Safety
    /// Needs AVX-512 F, BW, VL; a unit's scales and extra at the pointers.
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "functions of instruction sets")]
    unsafe fn open(scales: *const u8, extra: *const u8) -> Self::Opened;

    /// What is made of a unit's scales at once.
    #[cfg(target_arch = "x86_64")]
    type Opened;

    /// The scales of a piece, and its offsets.
    ///
    /// # Safety
    /// Needs AVX-512 F, BW, VL; a piece of the unit.
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "functions of instruction sets")]
    unsafe fn scales_of(
        opened: &Self::Opened,
        piece: usize,
    ) -> ([std::arch::x86_64::__m512; 2], std::arch::x86_64::__m512);
}

/// The scales of a piece: `d · code + offset` is the number, but for the code of zero.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scales {
    /// Of each group, sixteen rows.
    pub(super) scales: [[f32; ROWS]; 2],
    /// Sixteen rows; 0 where there are none.
    pub(super) offsets: [f32; ROWS],
}

/// Writes the codes of one row of a piece into its planes.
pub(super) fn put_codes(planes: &mut [u8], bits: u32, row: usize, codes: &[u8; LENGTH]) {
    for (number, &code) in codes.iter().enumerate() {
        let (quad, byte) = (number / 4, row * 4 + number % 4);
        match bits {
            8 => planes[quad * REGISTER + byte] = code,
            _ => {
                planes[quad % 4 * REGISTER + byte] |= (code & 15) << (quad / 4 * 4);
                let upper = &mut planes[4 * REGISTER..];
                match bits {
                    5 => upper[byte] |= (code >> 4) << quad,
                    6 => upper[quad / 4 * REGISTER + byte] |= (code >> 4) << (quad % 4 * 2),
                    _ => {}
                }
            }
        }
    }
}

/// The codes of a quad of all rows.
#[inline(always)]
pub(super) fn quad_of(planes: &[u8], bits: u32, quad: usize) -> [u8; REGISTER] {
    let register = |r: usize| &planes[r * REGISTER..][..REGISTER];
    let mut out = [0; REGISTER];
    if bits == 8 {
        out.copy_from_slice(register(quad));
        return out;
    }
    let shift = quad / 4 * 4;
    out.iter_mut().zip(register(quad % 4)).for_each(|(out, b)| *out = (b >> shift) & 15);
    match bits {
        5 => {
            let upper = register(4).iter();
            out.iter_mut().zip(upper).for_each(|(out, b)| *out |= ((b >> quad) & 1) << 4);
        }
        6 => {
            let upper = register(4 + quad / 4).iter();
            let shift = quad % 4 * 2;
            out.iter_mut().zip(upper).for_each(|(out, b)| *out |= ((b >> shift) & 3) << 4);
        }
        _ => {}
    }
    out
}

/// The half-precision number at a byte.
pub(super) fn half(bytes: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// Sixteen half-precision numbers.
pub(super) fn sixteen_halves(bytes: &[u8]) -> [f32; ROWS] {
    std::array::from_fn(|row| half(bytes, 2 * row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_give_back_what_was_put() {
        for bits in [4, 5, 6, 8] {
            let mut planes = vec![0; REGISTER * bits as usize];
            let code = |row: usize, number: usize| ((row * 37 + number * 11) % (1 << bits)) as u8;
            for row in 0..ROWS {
                put_codes(&mut planes, bits, row, &std::array::from_fn(|n| code(row, n)));
            }
            for quad in 0..QUADS {
                let found = quad_of(&planes, bits, quad);
                for (byte, found) in found.into_iter().enumerate() {
                    assert_eq!(found, code(byte / 4, 4 * quad + byte % 4), "{bits} bits");
                }
            }
        }
    }
}
