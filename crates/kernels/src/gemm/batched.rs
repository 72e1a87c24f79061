//! Many small products at once: each is made by one thread, for waking a second one would take
//! longer than it helps.

use rayon::prelude::*;

use super::{Epilogue, Gemm};
use crate::element::Element;

/// Multiplications from which a product is better shared by all threads.
const LARGE: usize = 1 << 22;

/// Overwrites each `c`, row-major `(m, n)`, with its product. What comes out does not depend on who
/// makes it.
///
/// # Panics
/// As [`Gemm::run`].
pub fn batched<O: Element>(products: &mut [(Gemm<'_>, &mut [O])]) {
    let (large, mut small): (Vec<_>, Vec<_>) = products
        .iter_mut()
        .partition(|(gemm, _)| gemm.is_few_rows() || gemm.m * gemm.n * gemm.k >= LARGE);
    small.par_iter_mut().for_each(|(gemm, c)| gemm.alone(c, Epilogue::default()));
    large.into_iter().for_each(|(gemm, c)| gemm.run(c));
}
