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

use crate::element::{Element, bf16};
use crate::isa::Isa;
use crate::parallel;

mod bf16_tile;
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

/// Stored numbers of either type.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Single precision.
    F32(&'a [f32]),
    /// Brain floats.
    Bf16(&'a [bf16]),
}

impl Values<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::Bf16(v) => v.len(),
        }
    }

    fn get(&self, i: usize) -> f32 {
        match self {
            Self::F32(v) => v[i],
            Self::Bf16(v) => v[i].to_f32(),
        }
    }
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

/// What happens to a block of C's rows around its product, while it is in the cache.
/// Functions take the index of the block's first row and the block.
pub struct Hooks<Before, After> {
    /// Whether the product is added to what `before` left in C, or replaces it.
    pub add: bool,
    /// Called before the product.
    pub before: Before,
    /// Called after the product.
    pub after: After,
}

impl Gemm<'_> {
    /// Overwrites `c`, row-major `(m, n)`.
    pub fn run<O: Element>(&self, c: &mut [O]) {
        self.run_with(c, &Hooks { add: false, before: nothing, after: nothing });
    }

    /// As [`Gemm::run`], with hooks on each block of rows.
    ///
    /// # Panics
    /// If an operand is shorter than its size says.
    pub fn run_with<O: Element>(
        &self,
        c: &mut [O],
        hooks: &Hooks<impl Fn(usize, &mut [O]) + Sync, impl Fn(usize, &mut [O]) + Sync>,
    ) {
        assert_eq!(c.len(), self.m * self.n, "gemm: C must be ({}, {})", self.m, self.n);
        if c.is_empty() {
            return;
        }
        self.a.check("A", self.m, self.k);
        self.b.check("B", self.k, self.n);
        if self.m <= few_rows::MOST && self.b.transposed {
            (hooks.before)(0, c);
            few_rows::product(self, c, hooks.add);
            (hooks.after)(0, c);
        } else if self.precision == Precision::Bf16 && Isa::current() >= Isa::Avx512Bf16 {
            self.packed::<bf16_tile::Tile, O>(c, hooks);
        } else {
            match Isa::current() {
                Isa::Avx512 | Isa::Avx512Bf16 => self.packed::<f32_tile::Avx512, O>(c, hooks),
                Isa::Avx2 => self.packed::<f32_tile::Avx2, O>(c, hooks),
                Isa::Portable => self.packed::<f32_tile::Portable, O>(c, hooks),
            }
        }
    }

    fn packed<T: Tile, O: Element>(
        &self,
        c: &mut [O],
        hooks: &Hooks<impl Fn(usize, &mut [O]) + Sync, impl Fn(usize, &mut [O]) + Sync>,
    ) {
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
            (hooks.before)(row, block);
            self.block::<T, O>(row, &packed_b, block, hooks.add);
            (hooks.after)(row, block);
        });
        PACKED_B.set(packed_b);
    }

    /// B seen with its columns as outer index.
    fn b_panel(&self) -> Operand<'_> {
        Operand { transposed: !self.b.transposed, ..self.b }
    }

    /// Rows of A that a thread packs at once: about 128, and an even number of blocks.
    fn block_rows<T: Tile>(&self) -> usize {
        let blocks = 2 * self.m.div_ceil(256);
        self.m.div_ceil(blocks).div_ceil(2 * T::MR) * 2 * T::MR
    }

    fn block<T: Tile, O: Element>(&self, row: usize, packed_b: &[u32], c: &mut [O], add: bool) {
        let (rows, depth) = (c.len() / self.n, T::depth(self.k));
        let mut packed_a = PACKED_A.take();
        packed_a.resize(rows.div_ceil(2 * T::MR) * 2 * T::MR * depth + SLACK, 0);
        let panels = rows.div_ceil(T::MR);
        for (p, out) in packed_a.chunks_mut(T::MR * depth).take(panels).enumerate() {
            T::pack(self.a, self.precision, row + p * T::MR, row + rows, self.k, out, T::MR);
        }
        let mut tile = [0.0; MOST_TILE];
        // A C that cannot hold partial sums exactly takes all of k at once.
        let step = if size_of::<O>() == 4 { DEPTH_STEP.min(depth) } else { depth };
        for from in (0..depth).step_by(step.max(1)) {
            let deep = step.min(depth - from);
            for j in 0..self.n.div_ceil(T::NR) {
                let b = &packed_b[(j * depth + from) * T::NR..];
                let width = T::NR.min(self.n - j * T::NR);
                for p in 0..panels {
                    let a = &packed_a[(p * depth + from) * T::MR..];
                    let out = &mut c[p * T::MR * self.n + j * T::NR..];
                    let height = T::MR.min(rows - p * T::MR);
                    T::multiply(deep, a, b, &mut tile);
                    store::<T, O>(&tile, (height, width), out, self.n, add || from > 0);
                }
            }
        }
        PACKED_A.set(packed_a);
    }
}

/// The hook of those who need none.
pub fn nothing<O>(_row: usize, _block: &mut [O]) {}

/// Packed depth that is multiplied in one go, so that a panel of B stays in the first cache.
const DEPTH_STEP: usize = 192;
/// The largest `MR · NR` of any tile.
const MOST_TILE: usize = 8 * 48;
/// Words past the end of a pack that a tile may prefetch.
const SLACK: usize = 1024;

thread_local! {
    static PACKED_A: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    static PACKED_B: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// A register tile and the packing that feeds it.
trait Tile {
    /// Rows.
    const MR: usize;
    /// Columns.
    const NR: usize;

    /// Words of a packed row of length `k`.
    fn depth(k: usize) -> usize;

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

    /// `tile (MR, NR) = Σ_d a[d] ⊗ b[d]`.
    fn multiply(depth: usize, a: &[u32], b: &[u32], tile: &mut [f32; MOST_TILE]);
}

/// Writes the part of a tile that lies within C.
#[inline(always)]
fn store<T: Tile, O: Element>(
    tile: &[f32; MOST_TILE],
    (height, width): (usize, usize),
    c: &mut [O],
    stride: usize,
    add: bool,
) {
    for (i, row) in tile.chunks_exact(T::NR).take(height).enumerate() {
        let out = &mut c[i * stride..i * stride + width];
        if add {
            out.iter_mut().zip(row).for_each(|(o, v)| *o = O::from_f32(o.to_f32() + v));
        } else {
            out.iter_mut().zip(row).for_each(|(o, v)| *o = O::from_f32(*v));
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
