//! The kernels for AVX-512 with VNNI: `vpdpbusd` adds to each of sixteen lanes the products of four
//! unsigned codes with four signed numbers of the input, which one load spreads over all lanes.
#![expect(unsafe_code, reason = "intrinsics over raw pointers; lengths are asserted at the entry")]

use std::arch::x86_64::*;

use super::activations::Prepared;
use super::layout::{LENGTH, Layout, QUADS, REGISTER, ROWS};
use super::matrix::{Task, parts, units};
use super::{CHUNK, FEW};

/// Bytes that weights are asked for ahead: more than come while memory is waited for, as the arithmetic of
/// several rows fills all that a core could look ahead by itself.
const AHEAD: usize = 4096;

/// All strips of a task.
///
/// # Safety
/// Needs AVX-512 F, BW, VL and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) unsafe fn run<L: Layout>(task: &Task<'_>) {
    let (rows, pieces) = (task.rows.len(), units::<L>(task.k()) * L::PIECES);
    let Prepared { codes, scales, starts, offset_by, .. } = task.input;
    let all = task.input.rows;
    assert!(task.rows.end <= all && rows <= CHUNK, "quantized: rows that are not there");
    assert!(codes.len() >= pieces * all * LENGTH, "quantized: the input is too short");
    let groups = if L::IS_SUPER { pieces / L::PIECES } else { pieces };
    assert!(scales.len() >= groups * all, "quantized: the input has too few scales");
    assert!(L::ZERO == 0 || starts.len() >= pieces * L::GROUPS * all, "quantized: too few starts");
    assert!(!L::HAS_OFFSET || offset_by.len() >= pieces * all, "quantized: too few sums");
    // SAFETY: the lengths are asserted above, and a strip's where it is cut.
    unsafe {
        match rows {
            1 => few::<L, 1>(task),
            2 => few::<L, 2>(task),
            3 => few::<L, 3>(task),
            4 => few::<L, 4>(task),
            5 => few::<L, 5>(task),
            6 => few::<L, 6>(task),
            7 => few::<L, 7>(task),
            FEW => few::<L, FEW>(task),
            _ => many::<L>(task),
        }
    }
}

/// What a row of the input brings to a piece: pointers to its part of everything.
#[derive(Clone, Copy)]
struct Row {
    codes: *const i32,
    starts: *const i32,
    scales: *const f32,
    offset_by: *const f32,
    rows: usize,
}

impl Row {
    fn new(input: &Prepared<'_>, row: usize) -> Self {
        let Prepared { rows, codes, scales, starts, offset_by } = input;
        Self {
            codes: codes.as_ptr().wrapping_add(row * LENGTH).cast(),
            starts: starts.as_ptr().wrapping_add(row),
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
            scales: self.scales.wrapping_add(rows),
            offset_by: self.offset_by.wrapping_add(rows),
            rows: self.rows,
        }
    }
}

/// A piece of a strip in registers.
struct Piece {
    number: usize,
    codes: [__m512i; QUADS],
    scales: [__m512; 2],
    offsets: __m512,
}

/// Up to eight rows, whose sums stay in registers.
///
/// # Safety
/// As of [`run`], with `C` rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn few<L: Layout, const C: usize>(task: &Task<'_>) {
    let first = Row::new(task.input, task.rows.start);
    for (strip, column, columns) in task.strips::<L>() {
        let mut sums = [_mm512_setzero_ps(); C];
        for unit in 0..units::<L>(task.k()) {
            let [planes, scales, extra] = parts::<L>(strip, task.k(), unit);
            let mut unit_sums = [_mm512_setzero_ps(); C];
            // SAFETY: the slices are a unit's; the rest is the caller's promise.
            unsafe {
                let opened = L::open(scales.as_ptr(), extra.as_ptr());
                for i in 0..L::PIECES {
                    let ahead = planes.as_ptr().wrapping_add(AHEAD + i * (L::UNIT / L::PIECES));
                    for line in 0..(L::UNIT / L::PIECES).div_ceil(REGISTER) {
                        _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(line * REGISTER).cast());
                    }
                    let piece = read::<L>(planes.as_ptr(), &opened, unit, i);
                    let own = if L::IS_SUPER { &mut unit_sums } else { &mut sums };
                    add_few::<L, C>(own, &piece, first);
                }
                if L::IS_SUPER {
                    for c in 0..C {
                        let by = _mm512_set1_ps(*first.skip(c).scales.add(unit * first.rows));
                        sums[c] = _mm512_fmadd_ps(unit_sums[c], by, sums[c]);
                    }
                }
            }
        }
        for (row, sum) in task.rows.clone().zip(sums) {
            // SAFETY: the row and these columns are the task's.
            unsafe { write(task.out.at(row, column), columns, sum) };
        }
    }
}

/// Sums of sixteen columns.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Sums([f32; ROWS]);

/// Up to [`CHUNK`] rows: each piece is unpacked once, and sums lie in the first cache.
///
/// # Safety
/// As of [`run`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn many<L: Layout>(task: &Task<'_>) {
    let rows = task.rows.len();
    let first = Row::new(task.input, task.rows.start);
    let (mut sums, mut unit_sums) = ([Sums([0.0; ROWS]); CHUNK], [Sums([0.0; ROWS]); CHUNK]);
    for (strip, column, columns) in task.strips::<L>() {
        sums[..rows].fill(Sums([0.0; ROWS]));
        for unit in 0..units::<L>(task.k()) {
            let [planes, scales, extra] = parts::<L>(strip, task.k(), unit);
            let to = if L::IS_SUPER { unit_sums.as_mut_ptr() } else { sums.as_mut_ptr() };
            // SAFETY: the slices are a unit's, there are as many sums as rows; the rest is the caller's
            // promise.
            unsafe {
                let opened = L::open(scales.as_ptr(), extra.as_ptr());
                for i in 0..L::PIECES {
                    let piece = read::<L>(planes.as_ptr(), &opened, unit, i);
                    add_to_rows::<L>(&piece, first, rows, to.cast(), L::IS_SUPER && i == 0);
                }
                if L::IS_SUPER {
                    for c in 0..rows {
                        let by = _mm512_set1_ps(*first.skip(c).scales.add(unit * first.rows));
                        let to = sums.as_mut_ptr().add(c).cast::<f32>();
                        let own = _mm512_load_ps(unit_sums.as_ptr().add(c).cast());
                        _mm512_store_ps(to, _mm512_fmadd_ps(own, by, _mm512_load_ps(to)));
                    }
                }
            }
        }
        for (row, Sums(sums)) in task.rows.clone().zip(&sums) {
            // SAFETY: the row and these columns are the task's.
            unsafe { write(task.out.at(row, column), columns, _mm512_load_ps(sums.as_ptr())) };
        }
    }
}

/// Rows whose sums are gone on with in turns, so that none waits for itself.
const TOGETHER: usize = 4;

/// Adds a piece to the sums of up to eight rows.
///
/// # Safety
/// As of [`run`], with `C` rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn add_few<L: Layout, const C: usize>(sums: &mut [__m512; C], piece: &Piece, first: Row) {
    let mut c = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while c + TOGETHER <= C {
            let mut own = [sums[c], sums[c + 1], sums[c + 2], sums[c + 3]];
            add::<L, TOGETHER>(&mut own, piece, first.skip(c));
            [sums[c], sums[c + 1], sums[c + 2], sums[c + 3]] = own;
            c += TOGETHER;
        }
        if C % TOGETHER == 3 {
            let mut own = [sums[c], sums[c + 1], sums[c + 2]];
            add::<L, 3>(&mut own, piece, first.skip(c));
            [sums[c], sums[c + 1], sums[c + 2]] = own;
        } else if C % TOGETHER == 2 {
            let mut own = [sums[c], sums[c + 1]];
            add::<L, 2>(&mut own, piece, first.skip(c));
            [sums[c], sums[c + 1]] = own;
        } else if C % TOGETHER == 1 {
            let mut own = [sums[c]];
            add::<L, 1>(&mut own, piece, first.skip(c));
            [sums[c]] = own;
        }
    }
}

/// Adds a piece to the sums of every row, or begins them.
///
/// # Safety
/// As of [`run`]; as many sums as rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn add_to_rows<L: Layout>(
    piece: &Piece,
    first: Row,
    rows: usize,
    sums: *mut f32,
    begins: bool,
) {
    let mut c = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while c + TOGETHER <= rows {
            add_in_memory::<L, TOGETHER>(piece, first.skip(c), sums.add(c * ROWS), begins);
            c += TOGETHER;
        }
        while c < rows {
            add_in_memory::<L, 1>(piece, first.skip(c), sums.add(c * ROWS), begins);
            c += 1;
        }
    }
}

/// # Safety
/// As of [`add_to_rows`], with `R` rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn add_in_memory<L: Layout, const R: usize>(
    piece: &Piece,
    first: Row,
    sums: *mut f32,
    begins: bool,
) {
    let mut own = [_mm512_setzero_ps(); R];
    // SAFETY: the caller's promise.
    unsafe {
        if !begins {
            for (r, own) in own.iter_mut().enumerate() {
                *own = _mm512_load_ps(sums.add(r * ROWS));
            }
        }
        add::<L, R>(&mut own, piece, first);
        for (r, own) in own.into_iter().enumerate() {
            _mm512_store_ps(sums.add(r * ROWS), own);
        }
    }
}

/// What a piece adds to the sums of `R` rows.
///
/// # Safety
/// As of [`run`], with `R` rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn add<L: Layout, const R: usize>(sums: &mut [__m512; R], piece: &Piece, first: Row) {
    let at = piece.number * first.rows;
    // SAFETY: the caller's promise.
    unsafe {
        let numbers = first.codes.add(at * QUADS);
        for group in 0..L::GROUPS {
            let mut dots = [_mm512_setzero_si512(); R];
            if L::ZERO != 0 {
                let starts = first.starts.add((piece.number * L::GROUPS + group) * first.rows);
                for (r, dots) in dots.iter_mut().enumerate() {
                    *dots = _mm512_set1_epi32(*starts.add(r));
                }
            }
            let quads = QUADS / L::GROUPS;
            for quad in group * quads..(group + 1) * quads {
                for (r, dots) in dots.iter_mut().enumerate() {
                    let number = numbers.add(r * QUADS + quad).read_unaligned();
                    *dots =
                        _mm512_dpbusd_epi32(*dots, piece.codes[quad], _mm512_set1_epi32(number));
                }
            }
            for (r, (sum, dots)) in sums.iter_mut().zip(dots).enumerate() {
                let scale = match L::IS_SUPER {
                    true => piece.scales[group],
                    false => {
                        let by = _mm512_set1_ps(*first.scales.add(at + r));
                        _mm512_mul_ps(piece.scales[group], by)
                    }
                };
                *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), scale, *sum);
            }
        }
        if L::HAS_OFFSET {
            for (r, sum) in sums.iter_mut().enumerate() {
                let by = _mm512_set1_ps(*first.offset_by.add(at + r));
                *sum = _mm512_fmadd_ps(piece.offsets, by, *sum);
            }
        }
    }
}

/// A piece, unpacked.
///
/// # Safety
/// Needs AVX-512 F, BW, VL; a unit's planes, and a piece of it.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn read<L: Layout>(planes: *const u8, opened: &L::Opened, unit: usize, i: usize) -> Piece {
    // SAFETY: the caller's promise.
    unsafe {
        let (scales, offsets) = L::scales_of(opened, i);
        let codes = codes(planes.add(i * L::PLANES), L::BITS);
        Piece { number: unit * L::PIECES + i, codes, scales, offsets }
    }
}

/// The codes of a piece.
///
/// # Safety
/// Needs AVX-512 F, BW; a piece's planes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn codes(planes: *const u8, bits: u32) -> [__m512i; QUADS] {
    // SAFETY: the caller's promise.
    let register = |r: usize| unsafe { _mm512_loadu_si512(planes.add(r * REGISTER).cast()) };
    let nibble = _mm512_set1_epi8(15);
    let mut codes = [_mm512_setzero_si512(); QUADS];
    if bits == 8 {
        for (q, code) in codes.iter_mut().enumerate() {
            *code = register(q);
        }
        return codes;
    }
    for q in 0..4 {
        let both = register(q);
        codes[q] = _mm512_and_si512(both, nibble);
        codes[q + 4] = _mm512_and_si512(_mm512_srli_epi16::<4>(both), nibble);
    }
    if bits == 5 {
        let upper = register(4);
        let bit = _mm512_set1_epi8(1 << 4);
        let moved = [
            _mm512_slli_epi16::<4>(upper),
            _mm512_slli_epi16::<3>(upper),
            _mm512_slli_epi16::<2>(upper),
            _mm512_slli_epi16::<1>(upper),
            upper,
            _mm512_srli_epi16::<1>(upper),
            _mm512_srli_epi16::<2>(upper),
            _mm512_srli_epi16::<3>(upper),
        ];
        for (code, moved) in codes.iter_mut().zip(moved) {
            *code = with_bits(*code, moved, bit);
        }
    }
    if bits == 6 {
        let two = _mm512_set1_epi8(3 << 4);
        for half in 0..2 {
            let upper = register(4 + half);
            let moved = [
                _mm512_slli_epi16::<4>(upper),
                _mm512_slli_epi16::<2>(upper),
                upper,
                _mm512_srli_epi16::<2>(upper),
            ];
            for (i, moved) in moved.into_iter().enumerate() {
                codes[4 * half + i] = with_bits(codes[4 * half + i], moved, two);
            }
        }
    }
    codes
}

/// `code | (upper & mask)`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
fn with_bits(code: __m512i, upper: __m512i, mask: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0b1111_1000>(code, upper, mask)
}

/// The first `columns` of sixteen sums.
///
/// # Safety
/// Needs AVX-512 F, and so many places.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn write(to: *mut f32, columns: usize, sums: __m512) {
    let mask = if columns >= ROWS { u16::MAX } else { (1 << columns) - 1 };
    // SAFETY: the caller's promise.
    unsafe { _mm512_mask_storeu_ps(to, mask, sums) };
}
