//! Matrix products `C (m, n) = A (m, k) · B (k, n)`, accumulated in f32.
//!
//! The ladder: [`naive`] (three loops), then packed panels with a register tile (Goto & van de
//! Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008): B is packed once into panels
//! of `NR` columns by all threads, then each thread packs a block of A's rows into panels of `MR`
//! and runs the tile over it. Tiles are in `gemm/f32_tile.rs` and `bf16_tile.rs`, one or two rows of A
//! take `few_rows.rs` instead.
//!
//! With [`Precision::Bf16`] both operands are rounded to bf16 while they are packed and products
//! are summed in f32. Where the machine has no bf16 dot product the rounded values go through the
//! f32 tile: the same numerics, slower. Each element of C is summed over k in one fixed order.
//!
//! Leaves out: batched small products and packs kept between calls.

use std::cell::RefCell;

pub use crate::element::Values;
use crate::element::{Element, bf16};
use crate::isa::Isa;
use crate::parallel;

mod bf16_tile;
/// What other tiles of packed words do with registers of them.
#[cfg(target_arch = "x86_64")]
pub(crate) mod words {
    pub(crate) use super::bf16_tile::{as_pairs, as_words, transpose};
}
mod f32_tile;
mod few_rows;
pub mod peak;

/// How products are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Operands as they are.
    F32,
    /// Operands rounded to bf16, sums in f32.
    Bf16,
}

/// A matrix in memory, as it is or to be read transposed.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    values: Values<'a>,
    /// Distance between stored rows.
    stride: usize,
    transposed: bool,
}

impl<'a> Operand<'a> {
    /// Element `(i, j)` lies at `i · stride + j`.
    pub fn rows(values: Values<'a>, stride: usize) -> Self {
        Self { values, stride, transposed: false }
    }

    /// Element `(i, j)` lies at `j · stride + i`: the transpose of what is stored.
    pub fn transposed(values: Values<'a>, stride: usize) -> Self {
        Self { values, stride, transposed: true }
    }

    /// What was to be read as rows read as columns, and the other way round.
    pub(crate) fn turned(self) -> Self {
        Self { transposed: !self.transposed, ..self }
    }

    fn get(&self, i: usize, j: usize) -> f32 {
        let (row, column) = if self.transposed { (j, i) } else { (i, j) };
        self.values.get(row * self.stride + column)
    }

    fn check(&self, name: &str, rows: usize, columns: usize) {
        let (stored_rows, width) = if self.transposed { (columns, rows) } else { (rows, columns) };
        let fits = width <= self.stride && stored_rows > 0;
        let needed = stored_rows.saturating_sub(1) * self.stride + width;
        assert!(
            fits && needed <= self.values.len(),
            "gemm: {name} is ({rows}, {columns}) with stride {}, but only {} values were given",
            self.stride,
            self.values.len()
        );
    }
}

/// One product: its sizes and operands.
#[derive(Clone, Copy, Debug)]
pub struct Gemm<'a> {
    /// Numerics.
    pub precision: Precision,
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// `(m, k)`.
    pub a: Operand<'a>,
    /// `(k, n)`.
    pub b: Operand<'a>,
}

/// What is added to a product while it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Epilogue<'a> {
    /// Whether the product is added to what C holds, or replaces it.
    pub accumulate: bool,
    /// `(n)`, added to every row.
    pub bias: Option<&'a [f32]>,
    /// `(m, n)`.
    pub residual: Option<&'a [f32]>,
}

impl<'a> Gemm<'a> {
    /// Overwrites `c`, row-major `(m, n)`.
    pub fn run<O: Element>(&self, c: &mut [O]) {
        self.run_with(c, Epilogue::default());
    }

    /// As [`Gemm::run`], with what is added.
    ///
    /// # Panics
    /// If an operand is shorter than its size says.
    pub fn run_with<O: Element>(&self, c: &mut [O], epilogue: Epilogue<'_>) {
        assert_eq!(c.len(), self.m * self.n, "gemm: C must be ({}, {})", self.m, self.n);
        let fits = epilogue.bias.is_none_or(|b| b.len() == self.n)
            && epilogue.residual.is_none_or(|r| r.len() == c.len());
        assert!(fits, "gemm: the bias must be (n), the residual (m, n)");
        if c.is_empty() {
            return;
        }
        self.a.check("A", self.m, self.k);
        self.b.check("B", self.k, self.n);
        if self.m <= few_rows::MOST && self.b.transposed {
            few_rows::product(self, c, epilogue);
        } else if self.precision == Precision::Bf16 && Isa::current() >= Isa::Avx512Bf16 {
            self.packed::<bf16_tile::Tile, O>(c, epilogue);
        } else {
            match Isa::current() {
                Isa::Avx512 | Isa::Avx512Bf16 => self.packed::<f32_tile::Avx512, O>(c, epilogue),
                Isa::Avx2 => self.packed::<f32_tile::Avx2, O>(c, epilogue),
                Isa::Portable => self.packed::<f32_tile::Portable, O>(c, epilogue),
            }
        }
    }

    fn packed<T: Tile, O: Element>(&self, c: &mut [O], epilogue: Epilogue<'_>) {
        let depth = T::depth(self.k);
        let block_rows = self.block_rows::<T>();
        let mut packed_b = PACKED_B.take();
        packed_b.resize(self.n.div_ceil(T::NR) * T::NR * depth + SLACK, 0);
        let heavy = self.n * self.k >= parallel::MIN_WORK;
        let panel = T::NR * depth;
        each_panel(&mut packed_b, panel, self.n.div_ceil(T::NR), heavy, |j, out| {
            T::pack(self.b_panel(), self.precision, j * T::NR, self.n, self.k, out, T::NR);
        });
        parallel::rows_mut(c, self.n, block_rows, |row, block| {
            self.block::<T, O>(row, &packed_b, block, epilogue);
        });
        PACKED_B.set(packed_b);
    }

    /// B seen with its columns as outer index.
    fn b_panel(&self) -> Operand<'_> {
        self.b.turned()
    }

    /// Rows of A that a thread packs at once: about 128, and an even number of blocks.
    fn block_rows<T: Tile>(&self) -> usize {
        let blocks = 2 * self.m.div_ceil(256);
        self.m.div_ceil(blocks).div_ceil(2 * T::MR) * 2 * T::MR
    }

    /// Rows `row..` of C.
    fn block<T: Tile, O: Element>(
        &self,
        row: usize,
        packed_b: &[u32],
        c: &mut [O],
        epilogue: Epilogue<'_>,
    ) {
        let (rows, depth) = (c.len() / self.n, T::depth(self.k));
        let panels = rows.div_ceil(T::MR);
        let mut packed_a = PACKED_A.take();
        let as_it_lies = T::reads(self.a, self.k);
        if as_it_lies.is_none() {
            packed_a.resize(rows.div_ceil(2 * T::MR) * 2 * T::MR * depth + SLACK, 0);
            for (p, out) in packed_a.chunks_mut(T::MR * depth).take(panels).enumerate() {
                T::pack(self.a, self.precision, row + p * T::MR, row + rows, self.k, out, T::MR);
            }
        }
        let residual = epilogue.residual.map(|r| &r[row * self.n..][..c.len()]);
        // A C that cannot hold partial sums exactly takes all of k at once.
        let step = if size_of::<O>() == 4 { DEPTH_STEP.min(depth) } else { depth };
        for from in (0..depth).step_by(step.max(1)) {
            let deep = step.min(depth - from);
            for j in 0..self.n.div_ceil(T::NR) {
                let b = &packed_b[(j * depth + from) * T::NR..];
                let first = j * T::NR;
                let width = T::NR.min(self.n - first);
                for p in 0..panels {
                    let at = p * T::MR * self.n + first;
                    let left = match as_it_lies {
                        Some(a) => Left::Rows(a.skip(row + p * T::MR, from)),
                        None => Left::Packed(&packed_a[(p * depth + from) * T::MR..]),
                    };
                    let target = Target {
                        height: T::MR.min(rows - p * T::MR),
                        width,
                        stride: self.n,
                        accumulate: epilogue.accumulate || from > 0,
                        bias: epilogue.bias.filter(|_| from == 0).map(|b| &b[first..]),
                        residual: residual.filter(|_| from == 0).map(|r| &r[at..]),
                    };
                    T::multiply(deep, left, b, &mut c[at..], target);
                }
            }
        }
        PACKED_A.set(packed_a);
    }
}

/// Packed depth that is multiplied in one go, so that a panel of B stays in the first cache.
const DEPTH_STEP: usize = 192;
/// Words past the end of a pack that a tile may prefetch.
const SLACK: usize = 1024;

thread_local! {
    static PACKED_A: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    static PACKED_B: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Packs rows for whoever multiplies by tiles of their own: row `from + i`, up to row `end`, of
/// `source` along k, word `d` of it at `d · width + i`. A word is a pair of brain floats, the even k in
/// its low half, or one f32. Rows from `end` on are 0.
pub(crate) fn pack(
    pairs: bool,
    source: Operand<'_>,
    (from, end): (usize, usize),
    k: usize,
    out: &mut [u32],
    width: usize,
) {
    if pairs {
        bf16_tile::Tile::pack(source, Precision::Bf16, from, end, k, out, width);
    } else {
        f32_tile::Portable::pack(source, Precision::F32, from, end, k, out, width);
    }
}

/// A register tile and the packing that feeds it.
trait Tile {
    /// Rows.
    const MR: usize;
    /// Columns.
    const NR: usize;

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
    fn multiply<O: Element>(depth: usize, a: Left<'_>, b: &[u32], c: &mut [O], target: Target<'_>);
}

/// The rows of A that a tile multiplies.
#[derive(Clone, Copy)]
enum Left<'a> {
    /// Word `d` of row `i` at `d · MR + i`.
    Packed(&'a [u32]),
    /// As they lie in memory.
    Rows(Pairs<'a>),
}

/// Rows of brain floats whose neighbours along k are a packed word already.
#[derive(Clone, Copy)]
struct Pairs<'a> {
    values: &'a [bf16],
    stride: usize,
}

impl Pairs<'_> {
    /// From this row and this pair on.
    fn skip(self, row: usize, pair: usize) -> Self {
        Self { values: &self.values[row * self.stride + 2 * pair..], ..self }
    }
}

/// The part of C that a tile writes, and what is added there.
#[derive(Clone, Copy)]
struct Target<'a> {
    height: usize,
    width: usize,
    /// Distance between the rows of C, and of the residual.
    stride: usize,
    /// Whether to add what C holds.
    accumulate: bool,
    bias: Option<&'a [f32]>,
    residual: Option<&'a [f32]>,
}

impl Target<'_> {
    fn check<O>(&self, c: &[O]) {
        let needed = self.height.saturating_sub(1) * self.stride + self.width;
        let fits = c.len() >= needed
            && self.bias.is_none_or(|b| b.len() >= self.width)
            && self.residual.is_none_or(|r| r.len() >= needed);
        assert!(fits, "gemm: the tile's target is too short");
    }

    /// Writes the sums of a tile `nr` wide: what tiles without instructions of their own do.
    #[inline(always)]
    fn store<O: Element>(&self, sums: &[f32], nr: usize, c: &mut [O]) {
        for (i, row) in sums.chunks_exact(nr).take(self.height).enumerate() {
            let at = i * self.stride..i * self.stride + self.width;
            let out = &mut c[at.clone()];
            for (j, (o, sum)) in out.iter_mut().zip(row).enumerate() {
                let bias = self.bias.map_or(0.0, |b| b[j]);
                let residual = self.residual.map_or(0.0, |r| r[at.start + j]);
                let held = if self.accumulate { o.to_f32() } else { 0.0 };
                *o = O::from_f32(sum + bias + residual + held);
            }
        }
    }
}

fn each_panel(
    packed: &mut [u32],
    panel: usize,
    n: usize,
    heavy: bool,
    pack: impl Fn(usize, &mut [u32]) + Sync + Send,
) {
    use rayon::prelude::*;
    if heavy {
        packed.par_chunks_mut(panel).take(n).enumerate().for_each(|(j, out)| pack(j, out));
    } else {
        packed.chunks_mut(panel).take(n).enumerate().for_each(|(j, out)| pack(j, out));
    }
}

/// The reference: three loops, operands rounded first where the precision says so, sums in f64.
pub fn naive(gemm: &Gemm<'_>, c: &mut [f32]) {
    let round = |v: f32| match gemm.precision {
        Precision::F32 => v,
        Precision::Bf16 => bf16::from_f32(v).to_f32(),
    };
    for i in 0..gemm.m {
        for j in 0..gemm.n {
            let products = (0..gemm.k)
                .map(|p| f64::from(round(gemm.a.get(i, p))) * f64::from(round(gemm.b.get(p, j))));
            c[i * gemm.n + j] = products.sum::<f64>() as f32;
        }
    }
}

#[cfg(test)]
mod tests;
