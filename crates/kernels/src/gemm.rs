//! Matrix products `C (m, n) = A (m, k) · B (k, n)`, accumulated in f32.
//!
//! The ladder: [`naive`] (three loops), then packed panels with a register tile (Goto & van de
//! Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008): B is packed once into panels
//! of `NR` columns by all threads, then each thread packs a block of A's rows into panels of `MR`
//! and runs the tile over it (`gemm/panels.rs`). Where B is the larger and can be read where it
//! lies, the transposed product is made and written turned. A B that meets many As is packed once: [`Packed`]. Tiles are
//! in `gemm/f32_tile.rs` and `bf16_tile.rs`; a few rows of A take `few_rows.rs` instead, many small
//! products [`batched`].
//!
//! With [`Precision::Bf16`] both operands are rounded to bf16 while they are packed and products
//! are summed in f32. Where the machine has no bf16 dot product the rounded values go through the
//! f32 tile: the same numerics, slower. Each element of C is summed over k in one fixed order.

use std::ops::Range;

pub use crate::element::Values;
use crate::element::{Element, bf16};

pub use self::batched::batched;
pub use self::few_rows::MOST as FEW;
pub use self::panels::{Packed, packed_bytes};
use self::tile::Tile;

/// Evaluates an expression with the tile type that the precision asks for on this machine, for a C of
/// so many columns.
macro_rules! with_tile {
    ($precision:expr, $columns:expr, $tile:ident => $body:expr) => {{
        use $crate::gemm::{Precision, bf16_tile, f32_tile};
        use $crate::isa::Isa;
        macro_rules! with {
            ($found:ty) => {{
                type $tile = $found;
                $body
            }};
        }
        match (Isa::current(), $precision) {
            (Isa::Avx512Bf16, Precision::Bf16) if bf16_tile::is_narrow($columns) => {
                with!(bf16_tile::Narrow)
            }
            (Isa::Avx512Bf16, Precision::Bf16) => with!(bf16_tile::Wide),
            (Isa::Avx512 | Isa::Avx512Bf16, _) => with!(f32_tile::Avx512),
            (Isa::Avx2, _) => with!(f32_tile::Avx2),
            (Isa::Portable, _) => with!(f32_tile::Portable),
        }
    }};
}

mod batched;
mod bf16_tile;
/// What other tiles of packed words do with registers of them.
#[cfg(target_arch = "x86_64")]
pub(crate) mod words {
    pub(crate) use super::bf16_tile::{as_pairs, as_words, transpose};
}
mod f32_tile;
mod few_rows;
mod panels;
pub mod peak;
mod tile;

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

    /// From this column on.
    fn along(self, column: usize) -> Self {
        let skipped = if self.transposed { column * self.stride } else { column };
        let values = match self.values {
            Values::F32(v) => Values::F32(&v[skipped..]),
            Values::Bf16(v) => Values::Bf16(&v[skipped..]),
        };
        Self { values, ..self }
    }

    /// Hints that these rows and columns are read soon, where that goes across: of rows that lie far apart no
    /// machine guesses the next.
    fn fetch(&self, rows: &Range<usize>, columns: Range<usize>) {
        if !self.transposed {
            return;
        }
        for column in columns {
            let row = column * self.stride;
            let (first, end) = (row + rows.start, row + rows.end);
            match self.values {
                Values::F32(v) => fetch_line(v, first, end),
                Values::Bf16(v) => fetch_line(v, first, end),
            }
        }
    }

    fn get(&self, i: usize, j: usize) -> f32 {
        let (row, column) = if self.transposed { (j, i) } else { (i, j) };
        self.values.get(row * self.stride + column)
    }

    fn check(&self, name: &str, rows: usize, columns: usize) {
        let (stored_rows, width) = if self.transposed { (columns, rows) } else { (rows, columns) };
        let fits = width <= self.stride && stored_rows > 0;
        let needed = stored_rows.saturating_sub(1).checked_mul(self.stride);
        let needed = needed.and_then(|n| n.checked_add(width));
        assert!(
            fits && needed.is_some_and(|n| n <= self.values.len()),
            "gemm: {name} is ({rows}, {columns}) with stride {}, but only {} values were given",
            self.stride,
            self.values.len()
        );
    }
}

/// Hints that these values are read soon.
fn fetch_line<T>(values: &[T], first: usize, end: usize) {
    /// Bytes that come at once.
    const LINE: usize = 64;
    for value in
        values.get(first..end).into_iter().flat_map(|v| v.iter().step_by(LINE / size_of::<T>()))
    {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "a hint")]
        // SAFETY: a hint reads nothing that the program sees.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = value;
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

impl Epilogue<'_> {
    fn check(&self, c: usize, m: usize, n: usize) {
        assert_eq!(Some(c), m.checked_mul(n), "gemm: C must be ({m}, {n})");
        let fits = self.bias.is_none_or(|b| b.len() == n)
            && self.residual.is_none_or(|r| r.len() == m * n);
        assert!(fits, "gemm: the bias must be (n), the residual (m, n)");
    }
}

impl<'a> Gemm<'a> {
    /// Overwrites `c`, row-major `(m, n)`.
    ///
    /// # Panics
    /// If an operand is shorter than its size says.
    pub fn run<O: Element>(&self, c: &mut [O]) {
        self.run_with(c, Epilogue::default());
    }

    /// Whether B is better read where it lies than packed.
    fn is_few_rows(&self) -> bool {
        self.m <= few_rows::MOST && self.b.transposed
    }

    fn check(&self) {
        self.a.check("A", self.m, self.k);
        self.b.check("B", self.k, self.n);
    }

    /// As [`Gemm::run`], with what is added.
    ///
    /// # Panics
    /// If an operand is shorter than its size says.
    pub fn run_with<O: Element>(&self, c: &mut [O], epilogue: Epilogue<'_>) {
        epilogue.check(c.len(), self.m, self.n);
        if c.is_empty() {
            return;
        }
        self.check();
        if self.is_few_rows() {
            few_rows::product(self, c, epilogue);
        } else {
            with_tile!(self.precision, self.n, T => self.through_panels::<T, O>(c, epilogue));
        }
    }
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
        bf16_tile::Wide::pack(source, Precision::Bf16, from, end, k, out, width);
    } else {
        f32_tile::Portable::pack(source, Precision::F32, from, end, k, out, width);
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
