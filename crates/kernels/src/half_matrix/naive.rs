//! The reference: numbers widened one by one, sums in f64.

use super::HalfMatrix;

/// `x (rows, k) · matrixᵀ`, `(rows, n)`.
pub fn naive(x: &[f32], matrix: &HalfMatrix) -> Vec<f32> {
    let mut row = vec![0.0; matrix.k()];
    let mut out = vec![0.0; x.len() / matrix.k() * matrix.n()];
    for column in 0..matrix.n() {
        matrix.row(column, &mut row);
        for (x, out) in x.chunks_exact(matrix.k()).zip(out.chunks_exact_mut(matrix.n())) {
            let products = row.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x));
            out[column] = products.sum::<f64>() as f32;
        }
    }
    out
}
