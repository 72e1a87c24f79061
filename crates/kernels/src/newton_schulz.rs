//! The nearest matrix with orthonormal rows, about: what Muon makes of a momentum.
//!
//! Five steps of a quintic Newton–Schulz iteration (Jordan et al., "Muon: An optimizer for hidden
//! layers in neural networks", 2024): with `X = G / ‖G‖`, repeat `A = X Xᵀ`, `X ← a X + (b A + c A²) X`.
//! The coefficients pull every singular value of X into about 0.7 to 1.2 instead of exactly to 1:
//! steeper at zero, so that five steps are enough. Products are rounded to bf16.
//!
//! A model's matrices are many and small: each is one thread's work from its first product to its
//! last, and no thread waits for another ([`orthogonalize_each`]). A and A² are symmetric, so that half of
//! each is made.
//!
//! Leaves out: exact polar factors; more threads than matrices, some of which are idle here.

use rayon::prelude::*;

use crate::element::bf16;
use crate::gemm::{Epilogue, Gemm, Operand, Precision, Values};
use crate::{convert, reduce};

/// Of the iteration: a, b, c.
pub const COEFFICIENTS: [f32; 3] = [3.4445, -4.7750, 2.0315];
/// Iterations.
pub const STEPS: usize = 5;
/// Keeps a gradient of zeros from becoming no number.
pub const EPS: f64 = 1e-7;

/// A matrix, row-major.
#[derive(Debug)]
pub struct Matrix<'a> {
    /// `(rows, columns)`.
    pub values: &'a mut [f32],
    /// Its rows.
    pub rows: usize,
    /// Its columns.
    pub columns: usize,
}

/// [`orthogonalize`] of several matrices, each on a thread of its own.
///
/// # Panics
/// If one's values are not of its size.
pub fn orthogonalize_each(mut matrices: Vec<Matrix<'_>>) {
    // Whoever is done takes the next, the largest first: what is left at the end is small.
    matrices.sort_by_key(|matrix| std::cmp::Reverse(matrix.values.len()));
    let next = matrices.into_iter().par_bridge();
    next.for_each(|Matrix { values, rows, columns }| orthogonalize(values, rows, columns));
}

/// Replaces `x`, row-major `(rows, columns)`, by the matrix of its singular vectors: `U Vᵀ`.
///
/// # Panics
/// If `x` is not of that size.
pub fn orthogonalize(x: &mut [f32], rows: usize, columns: usize) {
    assert_eq!(x.len(), rows * columns, "newton_schulz: x must be ({rows}, {columns})");
    let scale = (1.0 / (reduce::sum_of_squares_alone(x).sqrt() + EPS)) as f32;
    x.iter_mut().for_each(|v| *v *= scale);
    if rows <= columns {
        return wide(x, rows, columns);
    }
    let mut turned = transposed(x, rows, columns);
    wide(&mut turned, columns, rows);
    x.copy_from_slice(&transposed(&turned, columns, rows));
}

/// The iteration, on a matrix of unit length that has at most as many rows as columns.
fn wide(x: &mut [f32], rows: usize, columns: usize) {
    let [mut gram, mut square] = [vec![0.0; rows * rows], vec![0.0; rows * rows]];
    let [mut half_x, mut half] = [vec![bf16::ZERO; x.len()], vec![bf16::ZERO; rows * rows]];
    let [a, b, c] = COEFFICIENTS;
    for _ in 0..STEPS {
        convert::store(x, &mut half_x);
        let half_x = Values::Bf16(&half_x);
        let (x_rows, x_columns) =
            (Operand::rows(half_x, columns), Operand::transposed(half_x, columns));
        product(rows, rows, columns, x_rows, x_columns).alone_symmetric(&mut gram);
        convert::store(&gram, &mut half);
        let gram_rows = Operand::rows(Values::Bf16(&half), rows);
        product(rows, rows, rows, gram_rows, gram_rows).alone_symmetric(&mut square);
        square.iter_mut().zip(&gram).for_each(|(s, g)| *s = b * g + c * *s);
        convert::store(&square, &mut half);
        let mixed = Operand::rows(Values::Bf16(&half), rows);
        x.iter_mut().for_each(|x| *x *= a);
        let add = Epilogue { accumulate: true, ..Epilogue::default() };
        product(rows, columns, rows, mixed, x_rows).alone(x, add);
    }
}

fn product<'a>(m: usize, n: usize, k: usize, a: Operand<'a>, b: Operand<'a>) -> Gemm<'a> {
    Gemm { precision: Precision::Bf16, m, n, k, a, b }
}

/// `(rows, columns)` to `(columns, rows)`, by blocks that fit into the first cache.
fn transposed(x: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const BLOCK: usize = 16;
    let mut out = vec![0.0; x.len()];
    for top in (0..rows).step_by(BLOCK) {
        for i in 0..columns {
            for j in top..rows.min(top + BLOCK) {
                out[i * rows + j] = x[j * columns + i];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some numbers of no pattern.
    fn matrix(rows: usize, columns: usize) -> Vec<f32> {
        (0..rows * columns).map(|i| ((i * i * 7 + i * 13) % 101) as f32 / 50.0 - 1.0).collect()
    }

    #[test]
    fn singular_values_come_near_to_one() {
        for (rows, columns) in [(8, 8), (5, 17), (17, 5), (1, 9), (33, 64)] {
            let mut x = matrix(rows, columns);
            orthogonalize(&mut x, rows, columns);
            // Of the shorter side's vectors: lengths near 1, and hardly any product with each other.
            let short = rows.min(columns);
            let at = |i: usize, j: usize| {
                if rows <= columns { x[i * columns + j] } else { x[j * columns + i] }
            };
            let dot = |a: usize, b: usize| -> f32 {
                (0..rows.max(columns)).map(|j| at(a, j) * at(b, j)).sum()
            };
            for a in 0..short {
                assert!((0.3..1.7).contains(&dot(a, a)), "({rows}, {columns}) {a}: {}", dot(a, a));
                for b in 0..a {
                    assert!(dot(a, b).abs() < 0.5, "({rows}, {columns}) {a} {b}: {}", dot(a, b));
                }
            }
        }
    }

    /// The iteration in f64, nothing rounded in between.
    fn naive(x: &[f32], rows: usize, columns: usize) -> Vec<f64> {
        let mut x: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
        let norm = x.iter().map(|v| v * v).sum::<f64>().sqrt() + EPS;
        x.iter_mut().for_each(|v| *v /= norm);
        let product = |a: &[f64], b: &[f64], m: usize, k: usize, n: usize| -> Vec<f64> {
            let at = |i: usize, j: usize| (0..k).map(|p| a[i * k + p] * b[p * n + j]).sum();
            (0..m * n).map(|e| at(e / n, e % n)).collect()
        };
        let turned = |x: &[f64]| -> Vec<f64> {
            (0..x.len()).map(|e| x[e % rows * columns + e / rows]).collect()
        };
        let [a, b, c] = COEFFICIENTS.map(f64::from);
        for _ in 0..STEPS {
            let gram = product(&x, &turned(&x), rows, columns, rows);
            let square = product(&gram, &gram, rows, rows, rows);
            let mixed: Vec<f64> = gram.iter().zip(&square).map(|(g, s)| b * g + c * s).collect();
            let next = product(&mixed, &x, rows, rows, columns);
            x.iter_mut().zip(&next).for_each(|(x, n)| *x = a * *x + n);
        }
        x
    }

    #[test]
    fn it_is_the_iteration_but_for_rounding() {
        for (rows, columns) in [(1, 1), (7, 7), (5, 40), (40, 5), (100, 60), (97, 130)] {
            let x = matrix(rows, columns);
            let (mut got, expected) = (x.clone(), naive(&x, rows, columns));
            orthogonalize(&mut got, rows, columns);
            let size = (1.0 / rows.max(columns) as f64).sqrt();
            let off = got.iter().zip(&expected).map(|(g, e)| (f64::from(*g) - e).powi(2));
            let off = (off.sum::<f64>() / got.len() as f64).sqrt() / size;
            assert!(off < 0.05, "({rows}, {columns}): off by {off} of an element");
        }
    }

    #[test]
    fn many_at_once_are_each_alone() {
        let sizes = [(8, 8), (5, 17), (40, 24), (17, 5)];
        let mut together: Vec<Vec<f32>> = sizes.iter().map(|&(r, c)| matrix(r, c)).collect();
        let mut alone = together.clone();
        let both = together.iter_mut().zip(sizes);
        orthogonalize_each(
            both.map(|(values, (rows, columns))| Matrix { values, rows, columns }).collect(),
        );
        alone
            .iter_mut()
            .zip(sizes)
            .for_each(|(x, (rows, columns))| orthogonalize(x, rows, columns));
        assert_eq!(together, alone);
    }

    #[test]
    fn a_zero_gradient_stays_zero() {
        let mut x = vec![0.0; 12];
        orthogonalize(&mut x, 3, 4);
        assert_eq!(x, [0.0; 12]);
    }
}
