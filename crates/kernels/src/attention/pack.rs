//! How rows of heads get into tiles and out of them, and the memory between.
//!
//! Three layouts of an `(n, D)` matrix: [`by_row_panels`] (eight rows side by side, value by value:
//! the left side of a product over values), [`by_value_panels`] (eight values side by side, row by
//! row: the left side of a product over rows), and lanes (32 rows or 32 values side by side: the
//! right side). What lies outside the matrix is 0.

use std::cell::RefCell;
use std::marker::PhantomData;

use super::tile::{LANES, Row, TALL};
use crate::element::Element;

/// Keys whose scores are held together.
pub(super) const KEYS: usize = 128;

/// A matrix within wider rows.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, E> {
    pub(super) data: &'a [E],
    pub(super) width: usize,
    pub(super) column: usize,
}

impl<'a, E> Rows<'a, E> {
    #[inline(always)]
    pub(super) fn row(&self, i: usize, head: usize, head_dim: usize) -> &'a [E] {
        &self.data[i * self.width + self.column + head * head_dim..][..head_dim]
    }
}

/// One key head of one sequence with its query heads.
pub(super) struct Group<'a, E> {
    /// Columns of the first query head; the others follow.
    pub(super) q: Rows<'a, E>,
    pub(super) k: Rows<'a, E>,
    pub(super) v: Rows<'a, E>,
    pub(super) starts: Option<&'a [u32]>,
    pub(super) n_heads: usize,
    /// The last `n_queries` of the `n_keys` positions ask.
    pub(super) n_queries: usize,
    pub(super) n_keys: usize,
    pub(super) head_dim: usize,
}

/// Which keys a block of queries sees.
pub(super) struct Block {
    /// Its first query.
    pub(super) first: usize,
    /// Its queries.
    pub(super) n: usize,
    /// The first key that each lane sees, and the last.
    from: [u32; LANES],
    to: [u32; LANES],
    /// The first key that any sees, down to a whole panel, and the end of the last panel.
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl<E> Group<'_, E> {
    pub(super) fn scale(&self) -> f32 {
        (1.0 / (self.head_dim as f64).sqrt()) as f32
    }

    pub(super) fn block(&self, first: usize) -> Block {
        let n = LANES.min(self.n_queries - first);
        let position = self.n_keys - self.n_queries + first;
        let starts = self.starts.map_or(&[][..], |s| &s[first..first + n]);
        let start = starts.first().map_or(0, |&s| s as usize);
        Block {
            first,
            n,
            from: std::array::from_fn(|j| starts.get(j).copied().unwrap_or(0)),
            to: std::array::from_fn(|j| (position + j) as u32),
            begin: start / TALL * TALL,
            end: (position + n).next_multiple_of(TALL),
        }
    }
}

impl Block {
    /// Scores of keys that a lane does not see become `-inf`; `scores[0]` is of key `key`.
    #[inline(always)]
    pub(super) fn mask(&self, key: usize, scores: &mut [Row]) {
        let first_hidden = self.to[0] as usize + 1;
        let last_start = self.from[self.n - 1] as usize;
        for (row, key) in scores.iter_mut().zip(key..) {
            if key < first_hidden && key >= last_start {
                continue;
            }
            let key = key as u32;
            for ((v, from), to) in row.0.iter_mut().zip(&self.from).zip(&self.to) {
                *v = if (key < *from) | (key > *to) { f32::NEG_INFINITY } else { *v };
            }
        }
    }
}

/// `out[panel][value][i]` of row `8 panel + i`.
#[inline(always)]
pub(super) fn by_row_panels<E: Element>(
    source: Rows<'_, E>,
    n: usize,
    d: usize,
    out: &mut Vec<f32>,
) {
    out.clear();
    out.resize(n.next_multiple_of(TALL) * d, 0.0);
    for (panel, out) in out.chunks_exact_mut(TALL * d).enumerate() {
        for i in 0..TALL.min(n - panel * TALL) {
            let row = source.row(panel * TALL + i, 0, d);
            for (out, v) in out.chunks_exact_mut(TALL).zip(row) {
                out[i] = v.to_f32();
            }
        }
    }
}

/// `out[panel][row][i]` of value `8 panel + i`; rows up to a whole number of panels.
#[inline(always)]
pub(super) fn by_value_panels<E: Element>(
    source: Rows<'_, E>,
    n: usize,
    d: usize,
    out: &mut Vec<f32>,
) {
    let rows = n.next_multiple_of(TALL);
    out.clear();
    out.resize(rows * d.next_multiple_of(TALL), 0.0);
    for (panel, out) in out.chunks_exact_mut(TALL * rows).enumerate() {
        for (i, out) in out.chunks_exact_mut(TALL).take(n).enumerate() {
            let values = &source.row(i, 0, d)[panel * TALL..];
            out.iter_mut().zip(values).for_each(|(o, v)| *o = v.to_f32());
        }
    }
}

/// `out[value]` holds the rows of a block side by side, times `scale`.
#[inline(always)]
pub(super) fn lanes_of_rows<E: Element>(
    source: Rows<'_, E>,
    head: usize,
    block: &Block,
    scale: f32,
    out: &mut [Row],
) {
    if block.n < LANES {
        out.fill(Row::ZERO);
    }
    for j in 0..block.n {
        let row = source.row(block.first + j, head, out.len());
        out.iter_mut().zip(row).for_each(|(o, v)| o.0[j] = v.to_f32() * scale);
    }
}

/// `out[panel][row]` holds the values `32 panel..` of a row of a block side by side, times `scale`.
#[inline(always)]
pub(super) fn lanes_of_values<E: Element>(
    source: Rows<'_, E>,
    (head, d): (usize, usize),
    block: &Block,
    scale: f32,
    out: &mut [Row],
) {
    out.fill(Row::ZERO);
    for (panel, out) in out.chunks_exact_mut(LANES).enumerate() {
        for (j, out) in out.iter_mut().take(block.n).enumerate() {
            let values = &source.row(block.first + j, head, d)[panel * LANES..];
            out.0.iter_mut().zip(values).for_each(|(o, v)| *o = v.to_f32() * scale);
        }
    }
}

/// Rows that several tasks write, each its own columns.
pub(super) struct Columns<'a, E> {
    data: *mut E,
    len: usize,
    width: usize,
    offset: usize,
    borrowed: PhantomData<&'a mut [E]>,
}

#[expect(unsafe_code, reason = "tasks write disjoint columns of one slice")]
// SAFETY: `write` touches only the columns that its task owns, and `E` may cross threads.
unsafe impl<E: Send> Sync for Columns<'_, E> {}

impl<'a, E: Element> Columns<'a, E> {
    pub(super) fn new(data: &'a mut [E], width: usize) -> Self {
        Self { data: data.as_mut_ptr(), len: data.len(), width, offset: 0, borrowed: PhantomData }
    }

    /// The same memory seen from another row and column. The columns behind `column` up to the
    /// width of its heads belong to one task alone.
    pub(super) fn part(&self, row: usize, column: usize) -> Self {
        Self { offset: self.offset + row * self.width + column, ..*self }
    }

    /// Writes `values` to a row, from a column on.
    #[inline(always)]
    pub(super) fn write(
        &self,
        row: usize,
        column: usize,
        values: impl ExactSizeIterator<Item = f32>,
    ) {
        let from = self.offset + row * self.width + column;
        assert!(from + values.len() <= self.len, "attention: a write behind the end");
        for (i, v) in values.enumerate() {
            #[expect(unsafe_code, reason = "tasks write disjoint columns of one slice")]
            // SAFETY: within the slice by the assertion; no other task has these columns, and
            // the slice is borrowed mutably as long as `self` lives.
            unsafe {
                self.data.add(from + i).write(E::from_f32(v));
            }
        }
    }
}

/// Memory that a thread keeps from call to call.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) keys: Vec<f32>,
    pub(super) keys_by_value: Vec<f32>,
    pub(super) values: Vec<f32>,
    pub(super) lanes: Vec<Row>,
}

thread_local! {
    pub(super) static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Cuts `lanes` into the given lengths, growing it if need be; what is in them is left over.
pub(super) fn cut<const N: usize>(lanes: &mut Vec<Row>, lengths: [usize; N]) -> [&mut [Row]; N] {
    let total = lengths.iter().sum();
    if lanes.len() < total {
        lanes.resize(total, Row::ZERO);
    }
    let mut rest = &mut lanes[..];
    lengths.map(|n| {
        let (part, tail) = std::mem::take(&mut rest).split_at_mut(n);
        rest = tail;
        part
    })
}
