//! The nearest matrix with orthonormal rows, about: what Muon makes of a momentum.
//!
//! Five steps of a quintic Newton–Schulz iteration (Jordan et al., "Muon: An optimizer for hidden
//! layers in neural networks", 2024): with `X = G / ‖G‖`, repeat `A = X Xᵀ`, `X ← a X + (b A + c A²) X`.
//! The coefficients pull every singular value of X into about 0.7 to 1.2 instead of exactly to 1:
//! steeper at zero, so that five steps are enough. Products are rounded to bf16.
//!
//! A model's matrices are many and small: each is one thread's work from its first product to its
//! last, and no thread waits for another ([`orthogonalize_each`]).
//!
//! Leaves out: exact polar factors; more threads than matrices, some of which are idle here.

use rayon::prelude::*;

use crate::gemm::{Epilogue, Gemm, Operand, Precision, Values};
use crate::reduce;

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
    let short = rows.min(columns);
    let [mut gram, mut square] = [vec![0.0; short * short], vec![0.0; short * short]];
    let mut next = vec![0.0; x.len()];
    let [a, b, c] = COEFFICIENTS;
    for _ in 0..STEPS {
        // A (s, s): of the shorter side's vectors with each other.
        let side = rows <= columns;
        let long = rows.max(columns);
        let values = Values::F32(x);
        let (left, right) = match side {
            true => (Operand::rows(values, columns), Operand::transposed(values, columns)),
            false => (Operand::transposed(values, columns), Operand::rows(values, columns)),
        };
        product([short, short, long], left, right, &mut gram);
        let gram_rows = Operand::rows(Values::F32(&gram), short);
        product([short, short, short], gram_rows, gram_rows, &mut square);
        square.iter_mut().zip(&gram).for_each(|(s, g)| *s = b * g + c * *s);
        let (mixed, x_rows) =
            (Operand::rows(Values::F32(&square), short), Operand::rows(Values::F32(x), columns));
        match side {
            true => product([rows, columns, short], mixed, x_rows, &mut next),
            false => product([rows, columns, short], x_rows, mixed, &mut next),
        }
        x.iter_mut().zip(&next).for_each(|(x, n)| *x = a * *x + n);
    }
}

fn product([m, n, k]: [usize; 3], a: Operand<'_>, b: Operand<'_>, c: &mut [f32]) {
    Gemm { precision: Precision::Bf16, m, n, k, a, b }.alone(c, Epilogue::default());
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
