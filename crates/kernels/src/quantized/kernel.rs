//! The kernels of intrinsics, over any [`Machine`]. Where a register has fewer lanes than a strip has rows,
//! a strip is gone through for each part of them.
//!
//! For up to four rows of input, sums stay in registers and codes are used as they are unpacked. For more,
//! a *span* of eight pieces is unpacked into the first cache, and rows go over it four at a time.
#![expect(unsafe_code, reason = "intrinsics over raw pointers; lengths are checked at the entry")]

use std::hint::black_box;
use std::mem::MaybeUninit;

use super::CHUNK;
use super::activations::Prepared;
use super::layout::{Integers, LENGTH, Layout, Multiplier, QUADS, REGISTER, ROWS};
use super::machine::Machine;
use super::matrix::{Task, parts, units};

/// Bytes that weights are asked for ahead where three rows or more are multiplied: their arithmetic fills all
/// that a core could look ahead by itself. For fewer it looks far enough, and hints only cost.
const AHEAD: usize = 4096;
/// Pieces of a span.
const SPAN: usize = 8;
/// Rows that go over a span together, so that none waits for its own sums.
const TOGETHER: usize = 4;

/// # Panics
/// If a task's input is shorter than its matrix asks for.
pub(super) fn check<L: Layout>(task: &Task<'_>) {
    let (rows, units) = (task.rows.len(), units::<L>(task.k()));
    let pieces = units * L::PIECES;
    let Prepared { codes, scales, starts, offset_by, pairs, rows: all } = task.input;
    assert!(task.rows.end <= *all && rows <= CHUNK, "quantized: rows that are not there");
    assert!(codes.len() >= pieces * all * LENGTH, "quantized: the input is too short");
    let groups = if L::IS_SUPER { units } else { pieces };
    assert!(scales.len() >= groups * all, "quantized: the input has too few scales");
    let takes_zero = L::ZERO != 0;
    assert!(!takes_zero || starts.len() >= pieces * L::STARTS * all, "quantized: too few starts");
    let own = L::HAS_OFFSET && !L::IS_SUPER;
    assert!(!own || offset_by.len() >= pieces * all, "quantized: too few sums");
    assert!(pairs.len() >= units * L::PAIRS * all, "quantized: too few pairs of sums");
}

/// What a row of the input brings: pointers to its part of everything.
#[derive(Clone, Copy)]
struct Row {
    codes: *const i32,
    starts: *const i32,
    pairs: *const i32,
    scales: *const f32,
    offset_by: *const f32,
    rows: usize,
}

impl Row {
    fn new(input: &Prepared<'_>, row: usize) -> Self {
        let Prepared { rows, codes, scales, starts, offset_by, pairs } = input;
        Self {
            codes: codes.as_ptr().wrapping_add(row * LENGTH).cast(),
            starts: starts.as_ptr().wrapping_add(row),
            pairs: pairs.as_ptr().wrapping_add(row),
            scales: scales.as_ptr().wrapping_add(row),
            offset_by: offset_by.as_ptr().wrapping_add(row),
            rows: *rows,
        }
    }

    /// This many rows on.
    fn skip(self, rows: usize) -> Self {
        Self {
            codes: self.codes.wrapping_add(rows * QUADS),
            starts: self.starts.wrapping_add(rows),
            pairs: self.pairs.wrapping_add(rows),
            scales: self.scales.wrapping_add(rows),
            offset_by: self.offset_by.wrapping_add(rows),
            rows: self.rows,
        }
    }
}

/// Up to four rows.
///
/// # Safety
/// Needs the machine's instructions, [`check`], and `R` rows.
#[inline(always)]
pub(super) unsafe fn few<M: Machine, L: Layout, const R: usize>(task: &Task<'_>) {
    let first = Row::new(task.input, task.rows.start);
    for (strip, column, columns) in task.strips::<L>() {
        for lane in (0..ROWS).step_by(M::LANES) {
            // SAFETY: the strip is whole; the row and these columns are the task's.
            unsafe {
                let sums = of_strip::<M, L, R>(strip, task.k(), lane, first);
                for (r, sum) in sums.into_iter().enumerate() {
                    let to = task.out.at(task.rows.start + r, column).wrapping_add(lane);
                    M::store_first(to, columns.saturating_sub(lane).min(M::LANES), sum);
                }
            }
        }
    }
}

/// The sums of a strip's rows from a lane on.
///
/// # Safety
/// As of [`few`].
#[inline(always)]
unsafe fn of_strip<M: Machine, L: Layout, const R: usize>(
    strip: &[u8],
    k: usize,
    lane: usize,
    first: Row,
) -> [M::Floats; R] {
    let mut integers = Integers::ZERO;
    // SAFETY: slices are a unit's; the rest is the caller's promise.
    unsafe {
        let mut sums = [M::float(0.0); R];
        for unit in 0..units::<L>(k) {
            let [planes, scales, extra] = parts::<L>(strip, k, unit);
            let mut wholes = [M::int(0); R];
            if L::GROUPS > 0 {
                L::integers(scales, &mut integers);
            }
            for i in 0..turns::<L>() {
                let piece = unit * L::PIECES + i;
                if R > 2 && lane == 0 {
                    ask_ahead::<L>(planes, i);
                }
                let codes = codes::<M, L>(planes[i * L::PLANES..].as_ptr().add(4 * lane));
                if L::IS_SUPER {
                    let scales = group_scales::<M, L>(&integers, i, lane);
                    add_integers::<M, L, R>(&mut wholes, &codes, &scales, first, piece);
                } else {
                    let by = multipliers::<M, L>(scales, extra, i, lane);
                    add_floats::<M, L, R>(&mut sums, &codes, by, first, piece);
                }
            }
            if L::IS_SUPER {
                let by = multipliers::<M, L>(scales, extra, 0, lane);
                let mut offsets = [M::int(0); SPAN];
                for (pair, offsets) in offsets.iter_mut().enumerate().take(L::PAIRS) {
                    *offsets = offset_pairs::<M>(&integers, pair, lane);
                }
                finish::<M, L, R>(&mut sums, wholes, &offsets, by, first, unit);
            }
        }
        sums
    }
}

/// How many pieces a unit has. The compiler must not know of eight: it would write the loop out, every load
/// were an instruction of its own that comes by once a unit, and the machine guessed less of what comes next:
/// Q6_K came from memory at 18 to 23 GB/s instead of 29 to 33.
#[inline(always)]
fn turns<L: Layout>() -> usize {
    if L::IS_SUPER { black_box(L::PIECES) } else { L::PIECES }
}

/// Hints that what a piece's planes are, so many bytes on, is read soon.
#[inline(always)]
fn ask_ahead<L: Layout>(planes: &[u8], piece: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let bytes = L::UNIT / L::PIECES;
    let ahead = planes.as_ptr().wrapping_add(AHEAD + piece * bytes);
    for line in 0..bytes.div_ceil(REGISTER) {
        // SAFETY: a hint reads nothing that the program sees.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(line * REGISTER).cast()) };
    }
}

/// A span, unpacked.
struct Span<M: Machine> {
    codes: [[M::Codes; QUADS]; SPAN],
    scales: [[M::Ints; 2]; SPAN],
    offsets: [M::Ints; SPAN],
    by: [[M::Floats; 2]; SPAN],
}

/// Sums of a strip's rows.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Sums([f32; ROWS]);

/// Up to [`CHUNK`] rows.
///
/// # Safety
/// Needs the machine's instructions and [`check`].
#[inline(always)]
pub(super) unsafe fn many<M: Machine, L: Layout>(task: &Task<'_>) {
    let rows = task.rows.len();
    let first = Row::new(task.input, task.rows.start);
    let mut sums = [Sums([0.0; ROWS]); CHUNK];
    let mut span = MaybeUninit::<Span<M>>::zeroed();
    for (strip, column, columns) in task.strips::<L>() {
        for lane in (0..ROWS).step_by(M::LANES) {
            sums[..rows].fill(Sums([0.0; ROWS]));
            let units = units::<L>(task.k());
            for unit in (0..units).step_by(SPAN / L::PIECES) {
                let end = units.min(unit + SPAN / L::PIECES);
                // SAFETY: numbers may be zeros; there are as many sums as rows; the rest is the caller's
                // promise.
                unsafe {
                    let span = span.assume_init_mut();
                    for unit in unit..end {
                        let to = (unit * L::PIECES) % SPAN;
                        unpack::<M, L>(parts::<L>(strip, task.k(), unit), lane, span, to);
                    }
                    // Were their number known, all would be unrolled, with more sums than there are
                    // registers.
                    let pieces = unit * L::PIECES..black_box(end * L::PIECES);
                    over_rows::<M, L>(span, pieces, first, &mut sums[..rows]);
                }
            }
            for (row, sums) in task.rows.clone().zip(&sums) {
                // SAFETY: the row and these columns are the task's.
                unsafe {
                    let to = task.out.at(row, column).wrapping_add(lane);
                    let columns = columns.saturating_sub(lane).min(M::LANES);
                    M::store_first(to, columns, M::load(sums.0.as_ptr()));
                }
            }
        }
    }
}

/// Unpacks a unit, as a span's pieces from `to` on.
///
/// # Safety
/// Needs the machine's instructions.
#[inline(always)]
unsafe fn unpack<M: Machine, L: Layout>(
    [planes, scales, extra]: [&[u8]; 3],
    lane: usize,
    span: &mut Span<M>,
    to: usize,
) {
    let mut integers = Integers::ZERO;
    if L::GROUPS > 0 {
        L::integers(scales, &mut integers);
    }
    // SAFETY: slices are a unit's; the rest is the caller's promise.
    unsafe {
        for i in 0..L::PIECES {
            if lane == 0 {
                ask_ahead::<L>(planes, i);
            }
            span.codes[to + i] = codes::<M, L>(planes[i * L::PLANES..].as_ptr().add(4 * lane));
            if L::IS_SUPER {
                span.scales[to + i] = group_scales::<M, L>(&integers, i, lane);
            }
            if !L::IS_SUPER || i == 0 {
                span.by[to + i] = multipliers::<M, L>(scales, extra, i, lane);
            }
        }
        for (pair, offsets) in span.offsets.iter_mut().enumerate().take(L::PAIRS) {
            *offsets = offset_pairs::<M>(&integers, pair, lane);
        }
    }
}

/// Adds a span to the sums of every row.
///
/// # Safety
/// As of [`many`].
#[inline(always)]
unsafe fn over_rows<M: Machine, L: Layout>(
    span: &Span<M>,
    pieces: std::ops::Range<usize>,
    first: Row,
    sums: &mut [Sums],
) {
    // SAFETY: as many rows as sums; the rest is the caller's promise.
    unsafe {
        let (fours, rest) = sums.as_chunks_mut::<TOGETHER>();
        for (i, sums) in fours.iter_mut().enumerate() {
            over_span::<M, L, TOGETHER>(span, pieces.clone(), first.skip(i * TOGETHER), sums);
        }
        let first = first.skip(fours.len() * TOGETHER);
        for (i, sums) in rest.iter_mut().enumerate() {
            let sums = std::slice::from_mut(sums).as_chunks_mut::<1>().0;
            over_span::<M, L, 1>(span, pieces.clone(), first.skip(i), &mut sums[0]);
        }
    }
}

/// Adds a span to the sums of `R` rows.
///
/// # Safety
/// As of [`many`], with `R` rows.
#[inline(always)]
unsafe fn over_span<M: Machine, L: Layout, const R: usize>(
    span: &Span<M>,
    pieces: std::ops::Range<usize>,
    first: Row,
    sums: &mut [Sums; R],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut own = [M::float(0.0); R];
        for (own, sums) in own.iter_mut().zip(&*sums) {
            *own = M::load(sums.0.as_ptr());
        }
        let mut wholes = [M::int(0); R];
        let unit = pieces.start / L::PIECES;
        for (i, piece) in pieces.enumerate() {
            // Unchecked, as a check would tell that there are eight, and all were unrolled.
            let codes = span.codes.get_unchecked(i);
            if L::IS_SUPER {
                let scales = span.scales.get_unchecked(i);
                add_integers::<M, L, R>(&mut wholes, codes, scales, first, piece);
            } else {
                add_floats::<M, L, R>(&mut own, codes, *span.by.get_unchecked(i), first, piece);
            }
        }
        if L::IS_SUPER {
            finish::<M, L, R>(&mut own, wholes, &span.offsets, span.by[0], first, unit);
        }
        for (own, sums) in own.into_iter().zip(sums) {
            M::store(sums.0.as_mut_ptr(), own);
        }
    }
}

/// What a piece gives of a unit that has one scale.
///
/// # Safety
/// Needs the machine's instructions, and `R` rows that have the piece.
#[inline(always)]
unsafe fn add_integers<M: Machine, L: Layout, const R: usize>(
    wholes: &mut [M::Ints; R],
    codes: &[M::Codes; QUADS],
    scales: &[M::Ints; 2],
    first: Row,
    piece: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let numbers = first.codes.add(piece * first.rows * QUADS);
        for group in 0..L::STARTS {
            let quads = QUADS / L::STARTS;
            let codes = &codes[group * quads..(group + 1) * quads];
            let mut dots = starts::<M, L, R>(first, piece * L::STARTS + group);
            M::add_dots::<L, R>(&mut dots, codes, numbers.add(group * quads));
            for (whole, dots) in wholes.iter_mut().zip(dots) {
                *whole = match L::GROUPS {
                    0 => M::add(*whole, dots),
                    _ => M::add_product(*whole, dots, scales[group]),
                };
            }
        }
    }
}

/// What a piece with a scale of its own gives.
///
/// # Safety
/// As of [`add_integers`].
#[inline(always)]
unsafe fn add_floats<M: Machine, L: Layout, const R: usize>(
    sums: &mut [M::Floats; R],
    codes: &[M::Codes; QUADS],
    [d, m]: [M::Floats; 2],
    first: Row,
    piece: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let at = piece * first.rows;
        let mut dots = starts::<M, L, R>(first, piece);
        M::add_dots::<L, R>(&mut dots, codes, first.codes.add(at * QUADS));
        for (r, (sum, dots)) in sums.iter_mut().zip(dots).enumerate() {
            let scale = M::mul(d, M::float(*first.scales.add(at + r)));
            *sum = M::fused(M::to_floats(dots), scale, *sum);
            if L::HAS_OFFSET {
                *sum = M::fused(m, M::float(*first.offset_by.add(at + r)), *sum);
            }
        }
    }
}

/// What sums of products begin with.
///
/// # Safety
/// As of [`add_integers`].
#[inline(always)]
unsafe fn starts<M: Machine, L: Layout, const R: usize>(first: Row, at: usize) -> [M::Ints; R] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut starts = [M::int(0); R];
        if L::ZERO != 0 && !takes_signs::<M, L>() {
            for (r, start) in starts.iter_mut().enumerate() {
                *start = M::int(*first.starts.add(at * first.rows + r));
            }
        }
        starts
    }
}

/// Scales a unit's sums of integers, and takes its offsets off.
///
/// # Safety
/// As of [`add_integers`], for a unit.
#[inline(always)]
unsafe fn finish<M: Machine, L: Layout, const R: usize>(
    sums: &mut [M::Floats; R],
    wholes: [M::Ints; R],
    offsets: &[M::Ints; SPAN],
    [d, m]: [M::Floats; 2],
    first: Row,
    unit: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        for (r, (sum, whole)) in sums.iter_mut().zip(wholes).enumerate() {
            let by = M::float(*first.scales.add(unit * first.rows + r));
            *sum = M::fused(M::to_floats(whole), M::mul(d, by), *sum);
            if L::HAS_OFFSET {
                let mut offset = M::int(0);
                for (pair, offsets) in offsets.iter().enumerate().take(L::PAIRS) {
                    let at = (unit * L::PAIRS + pair) * first.rows + r;
                    offset = M::add_pairs(offset, *offsets, M::int(*first.pairs.add(at)));
                }
                *sum = M::taken(M::to_floats(offset), M::mul(m, by), *sum);
            }
        }
    }
}

/// The scales of a piece's groups.
///
/// # Safety
/// Needs the machine's instructions.
#[inline(always)]
unsafe fn group_scales<M: Machine, L: Layout>(
    integers: &Integers,
    piece: usize,
    lane: usize,
) -> [M::Ints; 2] {
    // SAFETY: there are sixteen groups; the rest is the caller's promise.
    unsafe {
        let mut scales = [M::int(0); 2];
        for (group, scale) in scales.iter_mut().enumerate().take(L::GROUPS) {
            *scale =
                M::bytes(integers.scales[(piece * L::GROUPS + group) * ROWS + lane..].as_ptr());
        }
        scales
    }
}

/// The offsets of two groups.
///
/// # Safety
/// Needs the machine's instructions.
#[inline(always)]
unsafe fn offset_pairs<M: Machine>(integers: &Integers, pair: usize, lane: usize) -> M::Ints {
    // SAFETY: there are eight pairs; the rest is the caller's promise.
    unsafe { M::pairs(integers.offsets[2 * (pair * ROWS + lane)..].as_ptr()) }
}

/// What codes and offsets of a piece, or of a unit, are multiplied by.
///
/// # Safety
/// Needs the machine's instructions.
#[inline(always)]
unsafe fn multipliers<M: Machine, L: Layout>(
    scales: &[u8],
    extra: &[u8],
    piece: usize,
    lane: usize,
) -> [M::Floats; 2] {
    let [d, m] = L::multipliers(scales, extra, piece);
    // SAFETY: there are those of sixteen rows; the rest is the caller's promise.
    unsafe {
        let d = match L::MULTIPLIER {
            Multiplier::Half => M::halves(d[2 * lane..].as_ptr()),
            Multiplier::Power => M::powers(d[lane..].as_ptr()),
        };
        [d, if L::HAS_OFFSET { M::halves(m[2 * lane..].as_ptr()) } else { d }]
    }
}

/// Whether a type's numbers are multiplied as signed ones.
pub(super) const fn takes_signs<M: Machine, L: Layout>() -> bool {
    M::SIGNS && L::MOST > 127
}

/// The numbers of a piece, as the machine multiplies them.
///
/// # Safety
/// Needs the machine's instructions; a piece's planes.
#[inline(always)]
unsafe fn codes<M: Machine, L: Layout>(planes: *const u8) -> [M::Codes; QUADS] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut codes = raw_codes::<M>(planes, L::BITS);
        let signs = takes_signs::<M, L>();
        for code in &mut codes {
            *code = match L::TABLE {
                Some(table) if signs => M::looked_up(&table.map(|x| x ^ 0x80), *code),
                Some(table) => M::looked_up(&table, *code),
                None if signs => M::signed(*code),
                None => *code,
            };
        }
        codes
    }
}

/// The codes of a piece.
///
/// # Safety
/// As of [`codes`].
#[inline(always)]
unsafe fn raw_codes<M: Machine>(planes: *const u8, bits: u32) -> [M::Codes; QUADS] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut codes = [M::codes(planes); QUADS];
        match bits {
            8 => {
                for (q, code) in codes.iter_mut().enumerate() {
                    *code = M::codes(planes.add(q * REGISTER));
                }
            }
            4.. => {
                for q in 0..4 {
                    let both = M::codes(planes.add(q * REGISTER));
                    codes[q] = M::bits(both, 0, 15);
                    codes[q + 4] = M::bits(both, 4, 15);
                }
            }
            _ => {
                for (q, code) in codes.iter_mut().enumerate() {
                    let four = M::codes(planes.add(q / 4 * REGISTER));
                    *code = M::bits(four, q as i32 % 4 * 2, 3);
                }
            }
        }
        for (q, code) in codes.iter_mut().enumerate() {
            let quad = q as i32;
            *code = match bits {
                3 => M::with_bits(*code, M::codes(planes.add(2 * REGISTER)), quad - 2, 1 << 2),
                5 => M::with_bits(*code, M::codes(planes.add(4 * REGISTER)), quad - 4, 1 << 4),
                6 => {
                    let four = M::codes(planes.add((4 + q / 4) * REGISTER));
                    M::with_bits(*code, four, quad % 4 * 2 - 4, 3 << 4)
                }
                _ => *code,
            };
        }
        codes
    }
}
