//! How rows of heads get into tiles and out of them, and the memory between.
//!
//! Three layouts of an `(n, D)` matrix: [`by_row_panels`] (eight rows side by side, value by value:
//! the left side of a product over values), [`by_value_panels`] (eight values side by side, row by
//! row: the left side of a product over rows), and lanes (32 rows or 32 values side by side: the
//! right side). What lies outside the matrix is 0. They are packed as matrix products pack theirs.

use std::cell::RefCell;
use std::marker::PhantomData;

use super::form::{Form, Scoring};
use super::tile::{LANES, Multiply, Row, TALL, Words};
use crate::element::Element;
use crate::gemm::{Operand, pack};

/// Keys whose scores are held together.
pub(super) const KEYS: usize = 128;

/// A matrix within wider rows.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, E> {
    pub(super) data: &'a [E],
    pub(super) width: usize,
    pub(super) column: usize,
}

impl<'a, E: Element> Rows<'a, E> {
    /// The `d` columns of a head from a row on, as products take them.
    fn operand(&self, row: usize, head: usize, d: usize) -> Operand<'a> {
        let from = row * self.width + self.column + head * d;
        Operand::rows(E::values(&self.data[from..]), self.width)
    }

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
    pub(super) window: Option<usize>,
    /// Of all query heads, these beginning with the one numbered `first_head`; so are the sinks.
    pub(super) form: &'a Form,
    pub(super) sinks: Option<&'a [f32]>,
    pub(super) first_head: usize,
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
        self.form.scale_of(self.head_dim)
    }

    pub(super) fn scoring(&self, head: usize) -> Scoring {
        self.form.scoring(self.first_head + head, self.head_dim)
    }

    /// The sink of a query head; `-inf` takes no part.
    pub(super) fn sink(&self, head: usize) -> f32 {
        self.sinks.map_or(f32::NEG_INFINITY, |sinks| sinks[self.first_head + head])
    }

    pub(super) fn block(&self, first: usize) -> Block {
        let n = LANES.min(self.n_queries - first);
        let position = self.n_keys - self.n_queries + first;
        let starts = self.starts.map_or(&[][..], |s| &s[first..first + n]);
        let slid =
            |j: usize| self.window.map_or(0, |w| (position + j + 1).saturating_sub(w) as u32);
        // Lanes without a query see what the last one does.
        let from: [u32; LANES] = std::array::from_fn(|j| {
            let j = j.min(n - 1);
            starts.get(j).copied().unwrap_or(0).max(slid(j))
        });
        let start = from[0] as usize;
        Block {
            first,
            n,
            from,
            to: std::array::from_fn(|j| (position + j) as u32),
            begin: start / TALL * TALL,
            end: (position + n).next_multiple_of(TALL),
        }
    }
}

impl Block {
    /// Where each lane's query stands.
    #[inline(always)]
    pub(super) fn positions(&self) -> [f32; LANES] {
        let mut positions = [0.0; LANES];
        positions.iter_mut().zip(&self.to).for_each(|(p, &to)| *p = to as f32);
        positions
    }

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

/// `out[panel][value][i]` of row `8 panel + i`, values in words.
#[inline(always)]
pub(super) fn by_row_panels<E: Element, M: Multiply>(
    source: Rows<'_, E>,
    n: usize,
    d: usize,
    out: &mut Vec<u32>,
) {
    let deep = M::depth(d);
    out.resize(n.next_multiple_of(TALL) * deep, 0);
    let rows = source.operand(0, 0, d);
    for (panel, out) in out.chunks_exact_mut(TALL * deep).enumerate() {
        pack(M::PAIRS, rows, (panel * TALL, n), d, out, TALL);
    }
}

/// `out[panel][row][i]` of value `8 panel + i`, rows in words, up to a whole number of panels.
#[inline(always)]
pub(super) fn by_value_panels<E: Element, M: Multiply>(
    source: Rows<'_, E>,
    n: usize,
    d: usize,
    out: &mut Vec<u32>,
) {
    let deep = M::depth(n.next_multiple_of(TALL));
    out.clear();
    out.resize(deep * d.next_multiple_of(TALL), 0);
    let values = source.operand(0, 0, d).turned();
    for (panel, out) in out.chunks_exact_mut(TALL * deep).enumerate() {
        pack(M::PAIRS, values, (panel * TALL, d), n, out, TALL);
    }
}

/// `out[value]` holds the rows of a block side by side, values in words.
#[inline(always)]
pub(super) fn lanes_of_rows<E: Element, M: Multiply>(
    source: Rows<'_, E>,
    (head, d): (usize, usize),
    block: &Block,
    out: &mut [Words],
) {
    let rows = source.operand(block.first, head, d);
    pack(M::PAIRS, rows, (0, block.n), d, flat(out), LANES);
}

/// `out[panel][row]` holds the values `32 panel..` of a row of a block side by side, rows in words.
#[inline(always)]
pub(super) fn lanes_of_values<E: Element, M: Multiply>(
    source: Rows<'_, E>,
    (head, d): (usize, usize),
    block: &Block,
    out: &mut [Words],
) {
    if block.n < LANES {
        out.fill(Words::ZERO);
    }
    let values = source.operand(block.first, head, d).turned();
    for (panel, out) in out.chunks_exact_mut(M::depth(LANES)).enumerate() {
        pack(M::PAIRS, values, (panel * LANES, d), block.n, flat(out), LANES);
    }
}

/// The words of some rows; rows have no gaps.
#[inline(always)]
fn flat(rows: &mut [Words]) -> &mut [u32] {
    #[expect(unsafe_code, reason = "rows of 128 bytes aligned to 64 have no padding")]
    // SAFETY: `Words` is an array of `LANES` numbers whose size is a multiple of its alignment.
    unsafe {
        std::slice::from_raw_parts_mut(rows.as_mut_ptr().cast(), rows.len() * LANES)
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

    /// Writes `values` times `by` to a row, from a column on.
    #[inline(always)]
    pub(super) fn write(&self, row: usize, column: usize, values: &[f32], by: f32) {
        let from = self.offset + row * self.width + column;
        assert!(from + values.len() <= self.len, "attention: a write behind the end");
        #[expect(unsafe_code, reason = "tasks write disjoint columns of one slice")]
        // SAFETY: within the slice by the assertion; no other task has these columns, and
        // the slice is borrowed mutably as long as `self` lives.
        let to = unsafe { std::slice::from_raw_parts_mut(self.data.add(from), values.len()) };
        to.iter_mut().zip(values).for_each(|(to, v)| *to = E::from_f32(*v * by));
    }
}

/// Memory that a thread keeps from call to call.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) keys: Vec<u32>,
    pub(super) keys_by_value: Vec<u32>,
    pub(super) values: Vec<u32>,
    pub(super) left: Vec<u32>,
    pub(super) lanes: Vec<Row>,
    pub(super) words: Vec<Words>,
    pub(super) turned: Vec<f32>,
}

thread_local! {
    pub(super) static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Cuts rows into the given lengths, growing them if need be; what is in them is left over.
pub(super) fn cut<T: Copy, const N: usize>(
    rows: &mut Vec<T>,
    zero: T,
    lengths: [usize; N],
) -> [&mut [T]; N] {
    let total = lengths.iter().sum();
    if rows.len() < total {
        rows.resize(total, zero);
    }
    let mut rest = &mut rows[..];
    lengths.map(|n| {
        let (part, tail) = std::mem::take(&mut rest).split_at_mut(n);
        rest = tail;
        part
    })
}
