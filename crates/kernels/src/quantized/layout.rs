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
//! Five and six bits are a plane of four below one of the rest, three one of two below one of one. Where
//! codes stand for the numbers of a table, sixteen of them, they are looked up behind that. A *unit* is two
//! pieces (types of 32) or eight (types of 256): the scales of all, then the planes of each, in the order in
//! which they are read, so that asking for what comes next brings both in time. What would break the lines of
//! 64 bytes stands before a strip's first unit, that of all units: the *extra* bytes.

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
    /// Integers of a piece and row that scale a block's own scale: none, 1, or 2 of 16 numbers each.
    const GROUPS: usize;
    /// The code that stands for zero, or the number of the table that does.
    const ZERO: i32;
    /// Whether an offset is added.
    const HAS_OFFSET: bool;
    /// The numbers from 0 on that codes stand for, where not for themselves.
    const TABLE: Option<[u8; 16]> = None;
    /// How a block's own scale, and what scales its offsets, are stored.
    const MULTIPLIER: Multiplier = Multiplier::Half;

    /// The greatest number that a code stands for.
    const MOST: i32 = match Self::TABLE {
        Some(table) => greatest(&table),
        None => (1 << Self::BITS) - 1,
    };
    /// Bytes of a piece's planes.
    const PLANES: usize = REGISTER * Self::BITS as usize;
    /// Bytes of a unit.
    const UNIT: usize = Self::PIECES * Self::PLANES + Self::SCALES;
    /// Whether a scale holds for a unit, not for a piece.
    const IS_SUPER: bool = Self::NUMBERS > LENGTH;
    /// Sums of a piece that begin with the code of zero taken off.
    const STARTS: usize = if Self::GROUPS == 2 { 2 } else { 1 };
    /// Pairs of integers that scale a unit's offsets.
    const PAIRS: usize =
        if Self::IS_SUPER && Self::HAS_OFFSET { Self::PIECES * Self::GROUPS / 2 } else { 0 };

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

    /// Where what a piece's, or a unit's, codes are multiplied by lies, and what its offsets are: of
    /// sixteen rows, from the first byte on.
    fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], piece: usize) -> [&'a [u8]; 2];

    /// Unpacks the integers of a unit. Of types without any nobody asks.
    fn integers(_scales: &[u8], _to: &mut Integers) {}
}

/// How a scale is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Multiplier {
    /// In half precision.
    Half,
    /// As e, for 2 to the e − 128.
    Power,
}

impl Multiplier {
    /// Of sixteen rows.
    pub(super) fn widened(self, bytes: &[u8]) -> [f32; ROWS] {
        std::array::from_fn(|row| match self {
            Self::Half => half::f16::from_le_bytes([bytes[2 * row], bytes[2 * row + 1]]).to_f32(),
            Self::Power => power(bytes[row]),
        })
    }
}

/// 2 to the e − 128, which is below the normal range for the least two.
fn power(e: u8) -> f32 {
    let e = u32::from(e);
    f32::from_bits(if e < 2 { 0x0020_0000 << e } else { (e - 1) << 23 })
}

const fn greatest(table: &[u8; 16]) -> i32 {
    let (mut most, mut i) = (0, 0);
    while i < table.len() {
        if table[i] > most {
            most = table[i];
        }
        i += 1;
    }
    most as i32
}

/// The integers of a unit: what scales its groups, and its offsets.
#[repr(align(64))]
pub(super) struct Integers {
    /// Of group g and row r at `16 · g + r`.
    pub(super) scales: [i8; 16 * ROWS],
    /// Of group g and row r at [`pair`]: what two groups have stands together.
    pub(super) offsets: [u8; 16 * ROWS],
}

impl Integers {
    pub(super) const ZERO: Self = Self { scales: [0; 16 * ROWS], offsets: [0; 16 * ROWS] };
}

/// Where the offset of a group and row stands.
pub(super) fn pair(group: usize, row: usize) -> usize {
    group / 2 * 2 * ROWS + 2 * row + group % 2
}

/// Bits of a code in its lower plane.
const fn lower(bits: u32) -> u32 {
    match bits {
        8 => 8,
        4.. => 4,
        _ => 2,
    }
}

/// Writes the codes of one row of a piece into its planes, a word of four at a time.
pub(super) fn put_codes(planes: &mut [u8], bits: u32, row: usize, codes: &[u8; LENGTH]) {
    let below = lower(bits);
    let (low, upper) = planes.split_at_mut(REGISTER * below as usize);
    let quads: [u32; QUADS] =
        std::array::from_fn(|q| u32::from_le_bytes(std::array::from_fn(|i| codes[4 * q + i])));
    put_bits(low, below, row, quads);
    if bits > below {
        put_bits(upper, bits - below, row, quads.map(|quad| quad >> below));
    }
}

/// Writes the lower bits of a row's codes into their plane: what a register holds of the row is a word.
fn put_bits(plane: &mut [u8], bits: u32, row: usize, quads: [u32; QUADS]) {
    let mask = u32::from_le_bytes([u8::MAX >> (8 - bits); 4]);
    let mut words = [0; QUADS];
    for (quad, codes) in quads.into_iter().enumerate() {
        let (register, shift) = place(bits, quad);
        words[register] |= (codes & mask) << shift;
    }
    for (register, word) in plane.chunks_exact_mut(REGISTER).zip(words) {
        register[4 * row..][..4].copy_from_slice(&word.to_le_bytes());
    }
}

/// Which register holds a quad of so many bits, and from which bit on.
#[inline(always)]
const fn place(bits: u32, quad: usize) -> (usize, usize) {
    match bits {
        8 => (quad, 0),
        4 => (quad % 4, quad / 4 * 4),
        2 => (quad / 4, quad % 4 * 2),
        _ => (0, quad),
    }
}

/// The numbers that the codes of a quad stand for, of all rows.
#[inline(always)]
pub(super) fn quad_of<L: Layout>(planes: &[u8], quad: usize) -> [u8; REGISTER] {
    let below = lower(L::BITS);
    let (low, upper) = planes.split_at(REGISTER * below as usize);
    let mut out = [0; REGISTER];
    add_bits(low, below, quad, 0, &mut out);
    add_bits(upper, L::BITS - below, quad, below, &mut out);
    if let Some(table) = L::TABLE {
        out.iter_mut().for_each(|code| *code = table[usize::from(*code & 15)]);
    }
    out
}

/// Adds what a plane has of a quad, as bits from `at` on.
#[inline(always)]
fn add_bits(plane: &[u8], bits: u32, quad: usize, at: u32, out: &mut [u8; REGISTER]) {
    if bits == 0 {
        return;
    }
    let (register, shift) = place(bits, quad);
    let mask = u8::MAX >> (8 - bits);
    let register = &plane[register * REGISTER..][..REGISTER];
    out.iter_mut().zip(register).for_each(|(out, b)| *out |= ((b >> shift) & mask) << at);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of so many bits that stand for themselves.
    struct Bits<const BITS: u32>;

    impl<const BITS: u32> Layout for Bits<BITS> {
        const NUMBERS: usize = 32;
        const BYTES: usize = 0;
        const BITS: u32 = BITS;
        const PIECES: usize = 1;
        const SCALES: usize = 0;
        const EXTRA: usize = 0;
        const GROUPS: usize = 0;
        const ZERO: i32 = 0;
        const HAS_OFFSET: bool = false;

        fn codes(_: &[u8], _: usize) -> [u8; LENGTH] {
            [0; LENGTH]
        }

        fn put_scales(_: &[u8], _: usize, _: &mut [u8], _: &mut [u8]) {}

        fn multipliers<'a>(scales: &'a [u8], extra: &'a [u8], _: usize) -> [&'a [u8]; 2] {
            [scales, extra]
        }
    }

    fn check<const BITS: u32>() {
        let mut planes = vec![0; Bits::<BITS>::PLANES];
        let code = |row: usize, number: usize| ((row * 37 + number * 11) % (1 << BITS)) as u8;
        for row in 0..ROWS {
            put_codes(&mut planes, BITS, row, &std::array::from_fn(|n| code(row, n)));
        }
        for quad in 0..QUADS {
            let found = quad_of::<Bits<BITS>>(&planes, quad);
            for (byte, found) in found.into_iter().enumerate() {
                assert_eq!(found, code(byte / 4, 4 * quad + byte % 4), "{BITS} bits");
            }
        }
    }

    #[test]
    fn planes_give_back_what_was_put() {
        check::<2>();
        check::<3>();
        check::<4>();
        check::<5>();
        check::<6>();
        check::<8>();
    }
}
