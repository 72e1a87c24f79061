//! Products with matrices of sixteen-bit numbers, brain floats or IEEE's halves, that stay as a file has
//! them.
//!
//! The ladder: [`naive`], [`plain`], then the same loop over registers ([`tile`]). A matrix lies in *slabs* of
//! up to 1536 columns, one behind the other: what a row of input brings to a slab is 6 KB at most, which stay in
//! the first cache while the matrix streams past. Whole rows of 2048 read at two thirds of the rate of memory, of 5632 at less
//! than half.
//!
//! Up to [`FEW`] rows of input stream the matrix once: a step is 32 neighbours along k of a row, whose products with the input, in
//! f32, are added to two sums of sixteen lanes. Of brain floats one sum is of the even neighbours and one of
//! the odd ones, which are a shift and a mask away in a word of two; of halves, which are widened sixteen at
//! a time, of the first sixteen and the last. Inputs lie in that order, too. Every product is added with one
//! rounding and lanes are added in one order, so that neither the machine nor the number of rows, up to that
//! many, changes a bit.
//!
//! That holds for up to [`ALIKE`] rows. Five to eight with brain floats are rounded and multiplied in pairs, where
//! the machine can ([`pairs`]). More rows go through [`crate::gemm`]: brain floats as they lie, with inputs rounded
//! to them as their file's makers have it; halves widened to f32, some rows of the matrix at a time. Those sums
//! have other bits.

mod naive;
#[cfg(target_arch = "x86_64")]
mod pairs;
mod plain;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod tile;

use std::ops::Range;

use half::f16;
use half::slice::{HalfBitsSliceExt as _, HalfFloatSliceExt as _};
use rayon::prelude::*;

use crate::element::{Values, bf16};
use crate::gemm::{Epilogue, Gemm, Operand, Precision};
use crate::isa::Isa;
use crate::pages::Pages;

pub use naive::naive;

/// Rows of input up to which the matrix is read as it is.
pub const FEW: usize = 8;
/// Rows of input whose products have the bits that each has alone.
pub const ALIKE: usize = 4;
/// Numbers of a step along k.
const STEP: usize = 32;
/// Lanes of a sum.
const LANES: usize = 16;
/// Columns that lie together at most.
const SLAB: usize = 1536;
/// Rows of the matrix that a task reads, unless there are too few for all threads: 256 KB of a slab, which
/// the second cache holds for the next four rows of input.
const TASK: usize = 128;
/// Rows that it reads at least.
const LEAST: usize = 16;
/// Bytes times rows of input below which it does not pay to wake another thread.
const HEAVY: usize = 64 * 1024;
/// Rows of a matrix that are widened together.
const WIDENED: usize = 256;

/// What sixteen bits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A brain float: the upper half of an f32.
    Bf16,
    /// IEEE's half precision.
    F16,
}

impl Form {
    /// The number.
    #[inline(always)]
    fn widened(self, bits: u16) -> f32 {
        match self {
            Self::Bf16 => f32::from_bits(u32::from(bits) << 16),
            Self::F16 => f16::from_bits(bits).to_f32(),
        }
    }

    /// As many numbers as there is room for.
    fn widen(self, bits: &[u16], out: &mut [f32]) {
        match self {
            Self::Bf16 => out.iter_mut().zip(bits).for_each(|(x, bits)| *x = self.widened(*bits)),
            Self::F16 => bits.reinterpret_cast::<f16>().convert_to_f32_slice(out),
        }
    }
}

/// A matrix `(n, k)` of sixteen-bit numbers.
pub struct HalfMatrix {
    form: Form,
    n: usize,
    k: usize,
    bytes: Pages,
}

impl std::fmt::Debug for HalfMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HalfMatrix({:?}, {} × {})", self.form, self.n, self.k)
    }
}

impl HalfMatrix {
    /// Takes over `n` rows of `k` numbers; `row(i)` are the bytes of row `i`, the lower byte of each number
    /// first.
    ///
    /// # Panics
    /// If a row has another length than k says.
    pub fn new<'a>(form: Form, n: usize, k: usize, row: impl Fn(usize) -> &'a [u8] + Sync) -> Self {
        let mut bytes = Pages::zeroed((2 * n * k).next_multiple_of(2 * STEP));
        let mut left = bytes.as_mut();
        for columns in slabs(k) {
            let width = 2 * columns.len();
            let slab = left.split_off_mut(..width * n).expect("pages for all slabs");
            slab.par_chunks_mut(width).enumerate().for_each(|(i, to)| {
                let from = row(i);
                assert_eq!(
                    from.len(),
                    2 * k,
                    "half matrix: a row's length is not that of {k} numbers"
                );
                let from = &from[2 * columns.start..2 * columns.end];
                let numbers = to.as_chunks_mut::<2>().0.iter_mut().zip(from.as_chunks::<2>().0);
                numbers.for_each(|(to, from)| *to = u16::from_le_bytes(*from).to_ne_bytes());
            });
        }
        Self { form, n, k, bytes }
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

    /// The numbers as they are stored.
    fn bits(&self) -> &[u16] {
        let bytes = &self.bytes.as_ref()[..2 * self.n * self.k];
        #[expect(unsafe_code, reason = "pages are bytes")]
        // SAFETY: pages begin with a line of memory, and any two bytes are a number.
        unsafe {
            std::slice::from_raw_parts(bytes.as_ptr().cast(), self.n * self.k)
        }
    }

    /// Each slab: its columns, and its rows `(n, columns)`.
    fn slabs(&self) -> impl Iterator<Item = (Range<usize>, &[u16])> {
        let bits = self.bits();
        slabs(self.k).map(|columns| {
            let rows = &bits[self.n * columns.start..self.n * columns.end];
            (columns, rows)
        })
    }

    /// The numbers of row `i`.
    ///
    /// # Panics
    /// If there is no such row, or `out` is not as long as one.
    pub fn row(&self, i: usize, out: &mut [f32]) {
        assert!(i < self.n && out.len() == self.k, "half matrix: no such row, or not its length");
        for (columns, rows) in self.slabs() {
            let bits = &rows[i * columns.len()..][..columns.len()];
            self.form.widen(bits, &mut out[columns]);
        }
    }

    /// `out (rows, n) = x (rows, k) · matrixᵀ`.
    ///
    /// # Panics
    /// If `x` has no whole rows of k numbers, or `out` another size.
    pub fn product(&self, x: &[f32], out: &mut [f32]) {
        self.product_on(Isa::current(), x, out);
    }

    /// As [`Self::product`], on an instruction set that the machine must have.
    fn product_on(&self, isa: Isa, x: &[f32], out: &mut [f32]) {
        let whole = self.k > 0 && x.len().is_multiple_of(self.k);
        assert!(whole, "half matrix: the input has no whole rows of {} numbers", self.k);
        let rows = x.len() / self.k;
        assert_eq!(out.len(), rows * self.n, "half matrix: out must be (rows, n)");
        match (rows, self.form) {
            (0, _) => {}
            (..=FEW, _) => self.few(isa, x, out),
            (_, Form::Bf16) => self.many_brain_floats(x, out),
            (_, Form::F16) => self.many_halves(x, out),
        }
    }

    fn few(&self, isa: Isa, x: &[f32], out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        if self.form == Form::Bf16 && pairs::suits(isa, x.len() / self.k) {
            let input = pairs::Pairs::new(x, self.k);
            return self.by_tasks(x.len() / self.k, out, |parts, out| {
                out.fill(0.0);
                parts.for_each(|part| input.add(part, out));
            });
        }
        let input = Input::new(self.form, x, self.k);
        self.by_tasks(input.rows, out, |parts, out| {
            let mut sums = vec![Sums::ZERO; out.len()];
            parts.for_each(|part| input.add(isa, part, &mut sums));
            out.iter_mut().zip(&sums).for_each(|(out, sums)| *out = sums.added());
        });
    }

    /// `product` makes `(some rows of the matrix, rows)` of those rows' parts in all slabs.
    fn by_tasks(
        &self,
        rows: usize,
        out: &mut [f32],
        product: impl Fn(&mut dyn Iterator<Item = Part<'_>>, &mut [f32]) + Sync,
    ) {
        let shares = 4 * rayon::current_num_threads();
        let width = (self.n / shares).clamp(LEAST, TASK);
        // `(n, rows)`, so that a task writes one piece.
        let mut turned = crate::fresh::for_overwrite(self.n * rows);
        let task = |(i, out): (usize, &mut [f32])| {
            let (from, n) = (i * width, out.len() / rows);
            let mut parts = self.slabs().map(|(columns, bits)| {
                let (width, step) = (columns.len(), columns.start / STEP);
                Part { bits: &bits[from * width..][..n * width], width, step }
            });
            product(&mut parts, out);
        };
        if 2 * self.n * self.k * rows < HEAVY {
            turned.chunks_mut(width * rows).enumerate().for_each(task);
        } else {
            turned.par_chunks_mut(width * rows).enumerate().for_each(task);
        }
        for (row, out) in out.chunks_exact_mut(self.n).enumerate() {
            out.iter_mut().zip(turned[row..].iter().step_by(rows)).for_each(|(to, x)| *to = *x);
        }
    }

    fn many_brain_floats(&self, x: &[f32], out: &mut [f32]) {
        for (columns, bits) in self.slabs() {
            #[expect(unsafe_code, reason = "a brain float is its bits")]
            // SAFETY: of the same size and alignment, and any bits are a number.
            let values: &[bf16] =
                unsafe { std::slice::from_raw_parts(bits.as_ptr().cast(), bits.len()) };
            let (m, n, k) = (x.len() / self.k, self.n, columns.len());
            let a = Operand::rows(Values::F32(&x[columns.start..]), self.k);
            let b = Operand::transposed(Values::Bf16(values), k);
            let epilogue = Epilogue { accumulate: columns.start > 0, ..Epilogue::default() };
            Gemm { precision: Precision::Bf16, m, n, k, a, b }.run_with(out, epilogue);
        }
    }

    fn many_halves(&self, x: &[f32], out: &mut [f32]) {
        let (m, k) = (x.len() / self.k, self.k);
        for from in (0..self.n).step_by(WIDENED) {
            let n = WIDENED.min(self.n - from);
            let mut wide = crate::fresh::for_overwrite(n * k);
            wide.par_chunks_mut(k).enumerate().for_each(|(i, row)| self.row(from + i, row));
            let a = Operand::rows(Values::F32(x), k);
            let b = Operand::transposed(Values::F32(&wide), k);
            let mut own = crate::fresh::for_overwrite(m * n);
            Gemm { precision: Precision::F32, m, n, k, a, b }.run(&mut own);
            for (out, own) in out.chunks_exact_mut(self.n).zip(own.chunks_exact(n)) {
                out[from..from + n].copy_from_slice(own);
            }
        }
    }
}

/// Columns of each slab: whole steps, and about the same for all.
fn slabs(k: usize) -> impl Iterator<Item = Range<usize>> {
    let width = k.div_ceil(k.div_ceil(SLAB).max(1)).next_multiple_of(STEP).max(STEP);
    (0..k).step_by(width).map(move |from| from..k.min(from + width))
}

/// Some rows of a slab.
#[derive(Clone, Copy)]
struct Part<'a> {
    bits: &'a [u16],
    /// Numbers of a row.
    width: usize,
    /// The step of the input with which they begin.
    step: usize,
}

/// Two sums of sixteen lanes.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Sums([[f32; LANES]; 2]);

impl Sums {
    const ZERO: Self = Self([[0.0; LANES]; 2]);

    /// As one number.
    fn added(&self) -> f32 {
        let Self([first, second]) = self;
        let mut lanes: [f32; LANES] = std::array::from_fn(|i| first[i] + second[i]);
        let mut n = LANES;
        while n > 1 {
            n /= 2;
            for i in 0..n {
                lanes[i] += lanes[i + n];
            }
        }
        lanes[0]
    }
}

/// Rows of input in the order in which sums take them.
struct Input {
    form: Form,
    rows: usize,
    k: usize,
    /// `(rows, steps)`; what is beyond k is 0.
    numbers: Vec<Numbers>,
}

/// Numbers of a step, in the order of [`place`]; aligned, for a load that straddles two lines costs two.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Numbers([f32; STEP]);

impl Input {
    fn new(form: Form, x: &[f32], k: usize) -> Self {
        let steps = k.div_ceil(STEP);
        let mut numbers = vec![Numbers([0.0; STEP]); x.len() / k * steps];
        for (row, to) in x.chunks_exact(k).zip(numbers.chunks_exact_mut(steps)) {
            for (step, to) in row.chunks(STEP).zip(to) {
                for (i, x) in step.iter().enumerate() {
                    to.0[place(form, i)] = *x;
                }
            }
        }
        Self { form, rows: x.len() / k, k, numbers }
    }

    /// Steps of a row.
    fn steps(&self) -> usize {
        self.k.div_ceil(STEP)
    }

    /// Adds the products with rows of a matrix to their sums, `(its rows, rows)`.
    fn add(&self, isa: Isa, part: Part<'_>, sums: &mut [Sums]) {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "functions of instruction sets")]
        // SAFETY: the machine has these instructions.
        match isa {
            Isa::Avx512 | Isa::Avx512Bf16 => return unsafe { tile::avx512(self, part, sums) },
            Isa::Avx2 if is_x86_feature_detected!("f16c") => {
                return unsafe { tile::avx2(self, part, sums) };
            }
            _ => {}
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = isa;
        plain::add(self, part, sums);
    }
}

/// Where in its step a number of the input stands.
fn place(form: Form, i: usize) -> usize {
    match form {
        Form::Bf16 => i % 2 * LANES + i / 2,
        Form::F16 => i,
    }
}

/// What is left of a row beyond whole steps, filled up with zeros.
fn rest(row: &[u16]) -> [u16; STEP] {
    let rest = row.chunks_exact(STEP).remainder();
    std::array::from_fn(|i| rest.get(i).copied().unwrap_or(0))
}
