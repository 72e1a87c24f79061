//! The reference: numbers widened one by one, products of the rounded input in f64.

use super::layout::LENGTH;
use super::{Matrix, Rounded};

/// `x (rows, k) · matrixᵀ`, `(rows, n)`, of an input as it was rounded.
pub fn naive(input: &Rounded, matrix: &Matrix) -> Vec<f32> {
    let mut row = vec![0.0; matrix.k()];
    let mut out = vec![0.0; input.rows * matrix.n()];
    for column in 0..matrix.n() {
        matrix.row(column, &mut row);
        for i in 0..input.rows {
            let products = row.iter().enumerate().map(|(at, w)| f64::from(*w) * input.at(i, at));
            out[i * matrix.n() + column] = products.sum::<f64>() as f32;
        }
    }
    out
}

impl Rounded {
    /// What number `at` of row `row` was rounded to.
    fn at(&self, row: usize, at: usize) -> f64 {
        let (piece, group) = (at / LENGTH, at / LENGTH / self.rounding.pieces());
        let code = self.codes[(piece * self.rows + row) * LENGTH + at % LENGTH];
        f64::from(code) * f64::from(self.scales[group * self.rows + row])
    }
}
