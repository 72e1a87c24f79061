//! The loops round a register tile: panels of B, packed whole, against blocks of rows of A.

use std::cell::RefCell;
use std::ops::Range;

use rayon::prelude::*;

use super::tile::{Cells, Left, Target, Tile};
use super::{Epilogue, Gemm, Operand, Precision};
use crate::element::Element;
use crate::parallel;

/// Packed depth that is multiplied in one go, so that a panel of B stays in the first cache.
const DEPTH_STEP: usize = 192;
/// Words past the end of a pack that a tile may prefetch.
const SLACK: usize = 1024;
/// Length along k that is packed in one go.
const PIECE: usize = 64;
/// Rows of a symmetric C that are made together, about: fewer waste less beyond its diagonal, more read B
/// fewer times.
const STRIP: usize = 48;
/// Length from which the longer way of writing a turned tile does not count.
const LONG: usize = 256;

thread_local! {
    static PACKED_A: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    static PACKED_B: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    static BEGUN: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// A B that is packed once for many products.
#[derive(Debug)]
pub struct Packed {
    words: Vec<u32>,
    precision: Precision,
    k: usize,
    n: usize,
}

impl Packed {
    /// Packs `b`, `(k, n)`, on all threads.
    ///
    /// # Panics
    /// If the operand is shorter than its size says.
    pub fn new(precision: Precision, b: Operand<'_>, k: usize, n: usize) -> Self {
        b.check("B", k, n);
        let mut words = Vec::new();
        with_tile!(precision, n, T => pack_whole::<T>(&mut words, b, precision, (k, n), true));
        Self { words, precision, k, n }
    }

    /// `c (m, n) = a (m, k) · b`, on the calling thread alone.
    ///
    /// # Panics
    /// If an operand is shorter than its size says, or C has no whole rows.
    pub fn multiply<O: Element>(&self, a: Operand<'_>, c: &mut [O], epilogue: Epilogue<'_>) {
        self.multiply_k(a, self.k, c, epilogue);
    }

    /// As [`Self::multiply`] with an A of one column more where k is odd, a column of zeros: its rows
    /// are then whole pairs, which tiles of pairs read where they lie.
    ///
    /// # Panics
    /// As [`Self::multiply`].
    pub fn multiply_padded<O: Element>(&self, a: Operand<'_>, c: &mut [O]) {
        let pairs = packed_bytes(self.precision) < size_of::<u32>();
        let k = if pairs { self.k.next_multiple_of(2) } else { self.k };
        self.multiply_k(a, k, c, Epilogue::default());
    }

    #[expect(unsafe_code, reason = "C may be shared, but is not here")]
    fn multiply_k<O: Element>(
        &self,
        a: Operand<'_>,
        k: usize,
        c: &mut [O],
        epilogue: Epilogue<'_>,
    ) {
        let m = c.len() / self.n.max(1);
        epilogue.check(c.len(), m, self.n);
        if c.is_empty() {
            return;
        }
        a.check("A", m, k);
        let &Self { ref words, precision, n, .. } = self;
        let kind = Kind::Plain;
        let product = Product { precision, m, n, k, a, b: words, epilogue, kind };
        let c = Cells::of(c);
        // SAFETY: this thread has all of C.
        with_tile!(precision, n, T => unsafe { product.block::<T, O>(0..m, c) });
    }
}

/// Bytes of a packed value on this machine.
pub fn packed_bytes(precision: Precision) -> usize {
    with_tile!(precision, 0, T => size_of::<u32>() * T::depth(2) / 2)
}

impl Gemm<'_> {
    /// The product through packs, one way or the other.
    pub(super) fn through_panels<T: Tile, O: Element>(&self, c: &mut [O], epilogue: Epilogue<'_>) {
        if self.is_cheaper_turned::<T>() {
            let (a, b) = (self.b.turned(), self.a.turned());
            let turned = Gemm { m: self.n, n: self.m, a, b, ..*self };
            turned.run_panels::<T::Turning, O>(c, epilogue, true);
        } else {
            self.run_panels::<T, O>(c, epilogue, false);
        }
    }

    /// Whether `Cᵀ = Bᵀ · Aᵀ` moves less memory: B is the larger and is read where it lies then, where
    /// it would have been packed.
    fn is_cheaper_turned<T: Tile>(&self) -> bool {
        self.k >= LONG && self.m < self.n && T::reads(self.b.turned(), self.k).is_some()
    }

    /// C as it is, or `turned`: then this is the product of the transposes and C's columns are its
    /// rows.
    pub(super) fn run_panels<T: Tile, O: Element>(
        &self,
        c: &mut [O],
        epilogue: Epilogue<'_>,
        turned: bool,
    ) {
        self.panels_on::<T, O>(c, epilogue, turned, true);
    }

    /// As [`Self::run_panels`], on the calling thread alone unless work is `shared`.
    fn panels_on<T: Tile, O: Element>(
        &self,
        c: &mut [O],
        epilogue: Epilogue<'_>,
        turned: bool,
        shared: bool,
    ) {
        let &Self { precision, m, n, k, a, b } = self;
        let mut packed = PACKED_B.take();
        pack_whole::<T>(&mut packed, b, precision, (k, n), shared);
        let kind = if turned { Kind::Turned } else { Kind::Plain };
        let product = Product { precision, m, n, k, a, b: &packed, epilogue, kind };
        let heavy = shared && c.len() >= parallel::MIN_WORK;
        let c = Cells::of(c);
        // About 128 rows that a thread packs at once, and an even number of such blocks, which differ by no
        // more than one panel.
        let (panels, blocks) = (m.div_ceil(T::MR), 2 * m.div_ceil(256));
        let first_row = |i: usize| m.min(i * panels / blocks * T::MR);
        let block = |i: usize| {
            #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
            // SAFETY: blocks are of different rows.
            unsafe {
                product.block::<T, O>(first_row(i)..first_row(i + 1), c);
            }
        };
        if heavy {
            (0..blocks).into_par_iter().for_each(block)
        } else {
            (0..blocks).for_each(block)
        }
        PACKED_B.set(packed);
    }

    /// As [`Gemm::run_with`], on the calling thread alone.
    pub(crate) fn alone<O: Element>(&self, c: &mut [O], epilogue: Epilogue<'_>) {
        epilogue.check(c.len(), self.m, self.n);
        if c.is_empty() {
            return;
        }
        self.check();
        with_tile!(self.precision, self.n, T => self.panels_on::<T, O>(c, epilogue, false, false));
    }

    /// As [`Gemm::alone`] for a C that is its own transpose, as `A · Aᵀ` is: about half of it is made, and
    /// the rest is what lies across the diagonal.
    pub(crate) fn alone_symmetric(&self, c: &mut [f32]) {
        let n = self.n;
        assert_eq!(self.m, n, "gemm: a symmetric C has as many rows as columns");
        Epilogue::default().check(c.len(), n, n);
        if n == 0 {
            return;
        }
        self.check();
        with_tile!(self.precision, n, T => self.lower_half::<T>(c));
        for i in 0..n {
            for j in i + 1..n {
                c[i * n + j] = c[j * n + i];
            }
        }
    }

    #[expect(unsafe_code, reason = "C may be shared, but is not here")]
    fn lower_half<T: Tile>(&self, c: &mut [f32]) {
        let &Self { precision, m, n, k, a, b } = self;
        let mut packed = PACKED_B.take();
        pack_whole::<T>(&mut packed, b, precision, (k, n), false);
        let (epilogue, kind) = (Epilogue::default(), Kind::LowerHalf);
        let product = Product { precision, m, n, k, a, b: &packed, epilogue, kind };
        let c = Cells::of(c);
        let strip = STRIP.next_multiple_of(T::MR);
        for from in (0..m).step_by(strip) {
            // SAFETY: this thread has all of C.
            unsafe { product.block::<T, f32>(from..m.min(from + strip), c) };
        }
        PACKED_B.set(packed);
    }
}

/// Packs B into panels of `NR` columns, on all threads if work is `shared` and that pays.
fn pack_whole<T: Tile>(
    words: &mut Vec<u32>,
    b: Operand<'_>,
    precision: Precision,
    (k, n): (usize, usize),
    shared: bool,
) {
    let (panels, panel) = (n.div_ceil(T::NR), T::NR * T::depth(k));
    words.resize(panels * panel + SLACK, 0);
    let words = &mut words[..panels * panel];
    let shared = shared && n * k >= parallel::MIN_WORK;
    // As many panels together as leave every thread two turns.
    let turns = if shared { 2 * rayon::current_num_threads() } else { 1 };
    let together = panels.div_ceil(turns).max(1);
    let pack = |(i, out): (usize, &mut [u32])| {
        let first = i * together * T::NR;
        let columns = first..n.min(first + together * T::NR);
        pack_rows::<T>(b.turned(), precision, columns, k, out, T::NR);
    };
    if shared {
        words.par_chunks_mut(together * panel).enumerate().for_each(pack);
    } else {
        words.chunks_mut(together * panel).enumerate().for_each(pack);
    }
}

/// Packs some rows into panels of `width`.
fn pack_rows<T: Tile>(
    source: Operand<'_>,
    precision: Precision,
    rows: Range<usize>,
    k: usize,
    out: &mut [u32],
    width: usize,
) {
    // Of rows that lie across k a piece for all panels before the next: they are then read line by line,
    // and not once for each panel.
    let most = if source.transposed { PIECE } else { k.max(1) };
    for from in (0..k).step_by(most) {
        let (piece, deep) = (source.along(from), most.min(k - from));
        source.fetch(&rows, from + deep..k.min(from + deep + most));
        let panels = out.chunks_mut(width * T::depth(k)).take(rows.len().div_ceil(width));
        for (p, out) in panels.enumerate() {
            let (first, out) = (rows.start + p * width, &mut out[T::depth(from) * width..]);
            T::pack(piece, precision, first, rows.end, deep, out, width);
        }
    }
}

/// A product whose B is packed.
struct Product<'a> {
    precision: Precision,
    m: usize,
    n: usize,
    k: usize,
    a: Operand<'a>,
    b: &'a [u32],
    epilogue: Epilogue<'a>,
    kind: Kind,
}

/// What becomes of a product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It is C.
    Plain,
    /// C's columns are the product's rows.
    Turned,
    /// It is C, of which what lies beyond the diagonal is not wanted.
    LowerHalf,
}

impl Product<'_> {
    /// Some rows of the product.
    ///
    /// # Safety
    /// While this runs nobody else reads or writes these rows of C: its columns, if turned.
    #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
    unsafe fn block<T: Tile, O: Element>(&self, rows: Range<usize>, c: Cells<'_, O>) {
        let depth = T::depth(self.k);
        let as_it_lies = T::reads(self.a, self.k);
        let mut packed = PACKED_A.take();
        if as_it_lies.is_none() {
            let panels = rows.len().div_ceil(2 * T::MR) * 2;
            packed.resize(panels * T::MR * depth + SLACK, 0);
            pack_rows::<T>(self.a, self.precision, rows.clone(), self.k, &mut packed, T::MR);
        }
        let left = |panel: usize, from: usize| match as_it_lies {
            Some(a) => Left::Rows(a.skip(rows.start + panel * T::MR, from)),
            None => Left::Packed(&packed[(panel * depth + from) * T::MR..]),
        };
        let right = |j: usize, from: usize| &self.b[(j * depth + from) * T::NR..];
        let tiles = Tiles { rows: rows.clone(), mr: T::MR, nr: T::NR };
        let steps = (0..depth).step_by(DEPTH_STEP).map(|from| (from, DEPTH_STEP.min(depth - from)));
        // SAFETY: the caller vouches for these rows, and each tile is of some of them.
        unsafe {
            let holds_sums = size_of::<O>() == size_of::<f32>() && self.kind != Kind::Turned;
            let columns = if self.kind == Kind::LowerHalf { rows.end } else { self.n };
            if holds_sums || depth <= DEPTH_STEP {
                for (from, deep) in steps {
                    for j in 0..columns.div_ceil(T::NR) {
                        let b = right(j, from);
                        for panel in 0..tiles.panels() {
                            let (at, target) = self.target(&tiles, j, panel, from == 0);
                            T::multiply(deep, left(panel, from), b, c.skip(at), target);
                        }
                    }
                }
            } else {
                self.deep::<T, O>(&tiles, steps, left, right, c);
            }
        }
        PACKED_A.set(packed);
    }

    /// As [`Self::block`] where C cannot hold partial sums exactly, or is slow to come back to: they
    /// are kept beside it, for one panel of B at a time.
    ///
    /// # Safety
    /// As [`Self::block`].
    #[expect(unsafe_code, reason = "several threads write parts of one matrix")]
    unsafe fn deep<'b, T: Tile, O: Element>(
        &self,
        tiles: &Tiles,
        steps: impl ExactSizeIterator<Item = (usize, usize)> + Clone,
        left: impl Fn(usize, usize) -> Left<'b>,
        right: impl Fn(usize, usize) -> &'b [u32],
        c: Cells<'_, O>,
    ) {
        let (tile, last) = (T::MR * T::NR, steps.len() - 1);
        let mut begun = BEGUN.take();
        begun.resize(tiles.panels() * tile, 0.0);
        for j in 0..self.n.div_ceil(T::NR) {
            for (step, (from, deep)) in steps.clone().enumerate() {
                for (panel, sums) in begun.chunks_exact_mut(tile).enumerate() {
                    let (a, b) = (left(panel, from), right(j, from));
                    let (at, target) = self.target(tiles, j, panel, true);
                    // SAFETY: the sums are this thread's own; for C the caller vouches.
                    unsafe {
                        if step < last {
                            let whole = Target::plain(target.height, T::NR, T::NR);
                            let target = Target { accumulate: step > 0, ..whole };
                            T::multiply(deep, a, b, Cells::of(sums), target);
                        } else {
                            let target = Target { begun: Some(sums), ..target };
                            T::multiply(deep, a, b, c.skip(at), target);
                        }
                    }
                }
            }
        }
        BEGUN.set(begun);
    }

    /// Where in C a tile begins, and what of the epilogue falls to it: what is added once is added
    /// by the `first` to write there.
    #[inline]
    fn target(&self, tiles: &Tiles, j: usize, panel: usize, first: bool) -> (usize, Target<'_>) {
        let (row, column) = (tiles.rows.start + panel * tiles.mr, j * tiles.nr);
        let height = tiles.mr.min(tiles.rows.end - row);
        let width = tiles.nr.min(self.n - column);
        let turned = self.kind == Kind::Turned;
        let (row, column, stride) = match turned {
            false => (row, column, self.n),
            true => (column, row, self.m),
        };
        let (at, epilogue) = (row * stride + column, self.epilogue);
        let target = Target {
            turned,
            accumulate: epilogue.accumulate || !first,
            bias: epilogue.bias.filter(|_| first).map(|b| &b[column..]),
            residual: epilogue.residual.filter(|_| first).map(|r| &r[at..]),
            ..Target::plain(height, width, stride)
        };
        (at, target)
    }
}

/// The tiles over some rows.
struct Tiles {
    rows: Range<usize>,
    mr: usize,
    nr: usize,
}

impl Tiles {
    fn panels(&self) -> usize {
        self.rows.len().div_ceil(self.mr)
    }
}
