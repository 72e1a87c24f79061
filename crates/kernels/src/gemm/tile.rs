//! What a register tile is: the packing that feeds it, the rows that it reads, the part of C that it
//! writes.

use std::marker::PhantomData;

use super::{Operand, Precision};
use crate::element::{Element, bf16};

/// A register tile and the packing that feeds it.
pub(super) trait Tile {
    /// Rows.
    const MR: usize;
    /// Columns.
    const NR: usize;

    /// The tile for products that are written turned.
    type Turning: Tile;

    /// Words of a packed row of length `k`.
    fn depth(k: usize) -> usize;

    /// A as the tile reads it without packing, if it can.
    fn reads(_a: Operand<'_>, _k: usize) -> Option<Pairs<'_>> {
        None
    }

    /// Packs rows `from..from + width` (zeros from row `end` on) of `source` into a panel:
    /// word `d` of row `i` at `d · width + i`.
    fn pack(
        source: Operand<'_>,
        precision: Precision,
        from: usize,
        end: usize,
        k: usize,
        out: &mut [u32],
        width: usize,
    );

    /// `c (height, width) = Σ_d a[d] ⊗ b[d]`, and what the target adds.
    ///
    /// # Safety
    /// While this runs nobody else reads or writes the elements of `c` that the target spans.
    #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
    unsafe fn multiply<O: Element>(
        depth: usize,
        a: Left<'_>,
        b: &[u32],
        c: Cells<'_, O>,
        target: Target<'_>,
    );
}

/// The rows of A that a tile multiplies.
#[derive(Clone, Copy)]
pub(super) enum Left<'a> {
    /// Word `d` of row `i` at `d · MR + i`.
    Packed(&'a [u32]),
    /// As they lie in memory.
    Rows(Pairs<'a>),
}

/// Rows of brain floats whose neighbours along k are a packed word already.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    pub(super) values: &'a [bf16],
    pub(super) stride: usize,
}

impl Pairs<'_> {
    /// From this row and this pair on.
    pub(super) fn skip(self, row: usize, pair: usize) -> Self {
        Self { values: &self.values[row * self.stride + 2 * pair..], ..self }
    }
}

/// C, or its end from some element on, while several threads write parts of it.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a, O> {
    start: *mut O,
    len: usize,
    lent: PhantomData<&'a mut [O]>,
}

#[expect(unsafe_code, reason = "a pointer that goes to several threads")]
// SAFETY: only `Tile::multiply` and `Target::store` go through the pointer, whose callers vouch
// that no two threads touch the same elements at a time.
unsafe impl<O: Send> Send for Cells<'_, O> {}
#[expect(unsafe_code, reason = "a pointer that goes to several threads")]
// SAFETY: as above.
unsafe impl<O: Send> Sync for Cells<'_, O> {}

impl<'a, O> Cells<'a, O> {
    pub(super) fn of(c: &'a mut [O]) -> Self {
        Self { start: c.as_mut_ptr(), len: c.len(), lent: PhantomData }
    }

    /// From this element on.
    pub(super) fn skip(self, by: usize) -> Self {
        assert!(by <= self.len, "gemm: beyond C");
        Self { start: self.start.wrapping_add(by), len: self.len - by, ..self }
    }

    pub(super) fn start(self) -> *mut O {
        self.start
    }
}

/// The part of C that a tile writes, and what is added there.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Distance between the rows of C, and of the residual; of their columns, if turned.
    pub(super) stride: usize,
    /// Whether the tile's columns are C's rows.
    pub(super) turned: bool,
    /// Sums of an earlier part of k, MR rows of NR, to go on from.
    pub(super) begun: Option<&'a [f32]>,
    /// Whether to add what C holds.
    pub(super) accumulate: bool,
    /// One number a column of C.
    pub(super) bias: Option<&'a [f32]>,
    pub(super) residual: Option<&'a [f32]>,
}

impl<'a> Target<'a> {
    /// Rows of `stride` that nothing is added to.
    pub(super) fn plain(height: usize, width: usize, stride: usize) -> Self {
        Self {
            height,
            width,
            stride,
            turned: false,
            begun: None,
            accumulate: false,
            bias: None,
            residual: None,
        }
    }

    /// Whether C becomes the sums alone.
    pub(super) fn adds_nothing(&self) -> bool {
        !self.accumulate && self.bias.is_none() && self.residual.is_none()
    }

    /// # Panics
    /// If the target spans more than `c`, or what is added to it less.
    pub(super) fn check<O>(&self, c: Cells<'_, O>, tile: usize) {
        let (rows, columns) = match self.turned {
            false => (self.height, self.width),
            true => (self.width, self.height),
        };
        let needed = rows.saturating_sub(1) * self.stride + columns;
        let fits = c.len >= needed
            && self.begun.is_none_or(|b| b.len() >= tile)
            && self.bias.is_none_or(|b| b.len() >= columns)
            && self.residual.is_none_or(|r| r.len() >= needed);
        assert!(fits, "gemm: the tile's target is too short");
    }

    /// Writes the sums of a tile `nr` wide: what tiles without instructions of their own do.
    ///
    /// # Safety
    /// As [`Tile::multiply`]; the target was checked.
    #[inline(always)]
    #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
    pub(super) unsafe fn store<O: Element>(&self, sums: &[f32], nr: usize, c: Cells<'_, O>) {
        for (i, row) in sums.chunks_exact(nr).take(self.height).enumerate() {
            for (j, sum) in row.iter().take(self.width).enumerate() {
                let (row, column) = if self.turned { (j, i) } else { (i, j) };
                let at = row * self.stride + column;
                let bias = self.bias.map_or(0.0, |b| b[column]);
                let residual = self.residual.map_or(0.0, |r| r[at]);
                // SAFETY: `at` lies within what `check` saw; nobody else touches it.
                unsafe {
                    let to = c.start.add(at);
                    let held = if self.accumulate { to.read().to_f32() } else { 0.0 };
                    to.write(O::from_f32(sum + bias + residual + held));
                }
            }
        }
    }
}
