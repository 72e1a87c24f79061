//! A matrix laid out for products, and the products, over all threads.

use std::marker::PhantomData;
use std::ops::Range;

use rayon::prelude::*;

use super::activations::{Inputs, Prepared};
use super::layout::{Integers, LENGTH, Layout, QUADS, REGISTER, ROWS, pair, put_codes, quad_of};
use super::{CHUNK, FEW, Kind, plain, with_layout};
use crate::isa::Int8Dots;
use crate::pages::Pages;

/// Bytes of weights that one task of a few rows reads, about.
const TASK: usize = 96 * 1024;
/// Strips that one task of many rows multiplies.
const STRIPS: usize = 8;
/// Bytes of weights times rows of input below which it does not pay to wake another thread.
const HEAVY: usize = 64 * 1024;

/// A matrix `(n, k)` of quantized blocks, sixteen rows side by side.
pub struct Matrix {
    kind: Kind,
    n: usize,
    k: usize,
    bytes: Pages,
}

impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Matrix({}, {} × {})", self.kind.name(), self.n, self.k)
    }
}

impl Matrix {
    /// Lays out `n` rows of `k` numbers; `row(i)` are the blocks of row `i`.
    ///
    /// # Panics
    /// If k is no multiple of a block's numbers, or a row has another length than k says.
    pub fn new<'a>(kind: Kind, n: usize, k: usize, row: impl Fn(usize) -> &'a [u8] + Sync) -> Self {
        let name = kind.name();
        assert!(k.is_multiple_of(kind.numbers()), "quantized: {k} is no whole blocks of {name}");
        let row = |i: usize| {
            let blocks = row(i);
            let whole = k / kind.numbers() * kind.bytes();
            assert_eq!(blocks.len(), whole, "quantized: a row's length is not that of {k} {name}");
            blocks
        };
        let strip = with_layout!(kind, L => strip_bytes::<L>(k));
        let mut bytes = Pages::zeroed(strip * n.div_ceil(ROWS));
        bytes.as_mut().par_chunks_mut(strip.max(1)).enumerate().for_each(|(i, strip)| {
            let rows = i * ROWS..n.min((i + 1) * ROWS);
            with_layout!(kind, L => lay::<L>(rows.map(&row), k, strip));
        });
        Self { kind, n, k, bytes }
    }

    /// The type of its blocks.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Rows, which are columns of a product.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Numbers of a row.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Bytes that it takes.
    pub fn len_bytes(&self) -> usize {
        self.bytes.as_ref().len()
    }

    /// The numbers of row `i`.
    ///
    /// # Panics
    /// If there is no such row, or `out` is not as long as one.
    pub fn row(&self, i: usize, out: &mut [f32]) {
        assert!(i < self.n && out.len() == self.k, "quantized: no such row, or not its length");
        with_layout!(self.kind, L => {
            let strip = &self.bytes.as_ref()[i / ROWS * strip_bytes::<L>(self.k)..];
            row_of::<L>(strip, self.k, i % ROWS, out);
        });
    }

    /// Strips that are one task for so many rows of input.
    fn strips_together(&self, rows: usize) -> usize {
        let strip = self.len_bytes() / self.n.div_ceil(ROWS).max(1);
        if rows <= FEW { (TASK / strip.max(1)).max(1) } else { STRIPS }
    }
}

/// Units of a row.
#[inline(always)]
pub(super) fn units<L: Layout>(k: usize) -> usize {
    k.div_ceil(L::PIECES * LENGTH)
}

/// Bytes of sixteen rows.
#[inline(always)]
pub(super) fn strip_bytes<L: Layout>(k: usize) -> usize {
    extra_bytes::<L>(k) + units::<L>(k) * L::UNIT
}

/// Bytes before a strip's first unit.
#[inline(always)]
fn extra_bytes<L: Layout>(k: usize) -> usize {
    (units::<L>(k) * L::EXTRA).next_multiple_of(REGISTER)
}

/// A unit's planes, its scales and its extra ones.
#[inline(always)]
pub(super) fn parts<L: Layout>(strip: &[u8], k: usize, unit: usize) -> [&[u8]; 3] {
    let own = &strip[extra_bytes::<L>(k) + unit * L::UNIT..][..L::UNIT];
    let (scales, planes) = own.split_at(L::SCALES);
    [planes, scales, &strip[unit * L::EXTRA..][..L::EXTRA]]
}

fn lay<'a, L: Layout>(rows: impl Iterator<Item = &'a [u8]>, k: usize, strip: &mut [u8]) {
    let width = L::blocks() * L::BYTES;
    let (extras, body) = strip.split_at_mut(extra_bytes::<L>(k));
    for (row, blocks) in rows.enumerate() {
        for (i, (unit, blocks)) in
            body.chunks_exact_mut(L::UNIT).zip(blocks.chunks(width)).enumerate()
        {
            let (scales, planes) = unit.split_at_mut(L::SCALES);
            let pieces = blocks.len() / L::BYTES * L::NUMBERS / LENGTH;
            for (piece, planes) in planes.chunks_exact_mut(L::PLANES).take(pieces).enumerate() {
                put_codes(planes, L::BITS, row, &L::codes(blocks, piece));
            }
            L::put_scales(blocks, row, scales, &mut extras[i * L::EXTRA..][..L::EXTRA]);
        }
    }
}

fn row_of<L: Layout>(strip: &[u8], k: usize, row: usize, out: &mut [f32]) {
    let mut integers = Integers::ZERO;
    for (piece, out) in out.chunks_mut(LENGTH).enumerate() {
        let (unit, piece) = (piece / L::PIECES, piece % L::PIECES);
        let [planes, scales, extra] = parts::<L>(strip, k, unit);
        if piece == 0 {
            L::integers(scales, &mut integers);
        }
        let [d, m] = L::multipliers(scales, extra, piece);
        let planes = &planes[piece * L::PLANES..][..L::PLANES];
        for quad in 0..QUADS {
            let group = piece * L::GROUPS + quad * L::GROUPS / QUADS;
            let mut scale = L::MULTIPLIER.widened(d)[row];
            if L::GROUPS > 0 {
                scale *= f32::from(integers.scales[group * ROWS + row]);
            }
            let offset = match (L::HAS_OFFSET, L::IS_SUPER) {
                (false, _) => 0.0,
                (true, false) => L::MULTIPLIER.widened(m)[row],
                (true, true) => {
                    let offset = integers.offsets[pair(group, row)];
                    -L::MULTIPLIER.widened(m)[row] * f32::from(offset)
                }
            };
            let codes = quad_of::<L>(planes, quad);
            for (code, out) in codes[4 * row..].iter().zip(&mut out[4 * quad..][..4]) {
                *out = scale * (i32::from(*code) - L::ZERO) as f32 + offset;
            }
        }
    }
}

/// `out (rows, Σ n) = x (rows, k) · matricesᵀ`: the products of one input with matrices that lie one below
/// the other, side by side, as one piece of work for all threads.
///
/// # Panics
/// If a matrix has another k than the input, or `out` another size.
pub fn products(inputs: &Inputs<'_>, matrices: &[&Matrix], out: &mut [f32]) {
    products_by(Int8Dots::current(), inputs, matrices, out);
}

/// As [`products`], by dot products of this kind, which the machine must have.
pub(super) fn products_by(
    dots: Int8Dots,
    inputs: &Inputs<'_>,
    matrices: &[&Matrix],
    out: &mut [f32],
) {
    let (rows, k) = (inputs.rows(), inputs.k());
    let width = matrices.iter().map(|matrix| matrix.n).sum();
    assert_eq!(out.len(), rows * width, "quantized: out must be (rows, n)");
    let prepare = |matrix: &&Matrix| {
        assert_eq!(matrix.k, k, "quantized: the input's rows are not as long as the matrix's");
        let rounded = inputs.rounded(matrix.kind.rounding());
        with_layout!(matrix.kind, L => Prepared::new::<L>(rounded))
    };
    let prepared: Vec<Prepared<'_>> = matrices.iter().map(prepare).collect();
    let mut out = Out { start: out.as_mut_ptr(), width, life: PhantomData };
    let (mut tasks, mut work) = (Vec::new(), 0);
    for (matrix, input) in matrices.iter().zip(&prepared) {
        work += matrix.len_bytes() * rows;
        for rows in chunks(0..rows, if rows <= FEW { FEW } else { CHUNK }) {
            for strips in chunks(0..matrix.n.div_ceil(ROWS), matrix.strips_together(rows.len())) {
                tasks.push(Task { matrix, input, strips, rows: rows.clone(), out, dots });
            }
        }
        out.start = out.start.wrapping_add(matrix.n);
    }
    if work < HEAVY {
        tasks.iter().for_each(Task::run);
    } else {
        tasks.par_iter().for_each(Task::run);
    }
}

/// A range in pieces.
fn chunks(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    range.clone().step_by(length).map(move |from| from..range.end.min(from + length))
}

/// Some strips of a matrix against some rows of the input.
pub(super) struct Task<'a> {
    matrix: &'a Matrix,
    pub(super) input: &'a Prepared<'a>,
    strips: Range<usize>,
    pub(super) rows: Range<usize>,
    pub(super) out: Out<'a>,
    dots: Int8Dots,
}

impl Task<'_> {
    fn run(&self) {
        with_layout!(self.matrix.kind, L => self.run_as::<L>());
    }

    fn run_as<L: Layout>(&self) {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "functions of instruction sets")]
        // SAFETY: the machine has these instructions.
        match self.dots {
            Int8Dots::Avx512Vnni => return unsafe { super::avx512::run::<L>(self) },
            #[cfg(test)]
            Int8Dots::AvxVnni if !Int8Dots::available().any(|dots| dots == self.dots) => {
                return unsafe { super::avx2::evex::run::<L>(self) };
            }
            Int8Dots::AvxVnni => return unsafe { super::avx2::vnni::run::<L>(self) },
            Int8Dots::Avx2 => return unsafe { super::avx2::pairs::run::<L>(self) },
            Int8Dots::Plain => {}
        }
        plain::run::<L>(self);
    }

    /// Each strip, the column that its first row makes, and how many columns there are.
    pub(super) fn strips<L: Layout>(&self) -> impl Iterator<Item = (&[u8], usize, usize)> {
        let (bytes, width) = (self.matrix.bytes.as_ref(), strip_bytes::<L>(self.matrix.k));
        self.strips.clone().map(move |strip| {
            let column = strip * ROWS;
            (&bytes[strip * width..][..width], column, ROWS.min(self.matrix.n - column))
        })
    }

    pub(super) fn k(&self) -> usize {
        self.matrix.k
    }
}

/// A matrix's columns of a result, of which several threads write different parts.
#[derive(Clone, Copy)]
pub(super) struct Out<'a> {
    start: *mut f32,
    width: usize,
    life: PhantomData<&'a mut [f32]>,
}

#[expect(unsafe_code, reason = "several threads write parts of one matrix")]
// SAFETY: tasks are of different rows or different strips, and each writes its own part alone.
unsafe impl Send for Out<'_> {}
#[expect(unsafe_code, reason = "several threads write parts of one matrix")]
// SAFETY: as above.
unsafe impl Sync for Out<'_> {}

impl Out<'_> {
    /// Where a row's part from a column on lies.
    ///
    /// # Safety
    /// The row and the column must be there; what is written must be the task's own.
    #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
    pub(super) unsafe fn at(self, row: usize, column: usize) -> *mut f32 {
        // SAFETY: the caller's promise.
        unsafe { self.start.add(row * self.width + column) }
    }
}
