//! Muon (Jordan et al., 2024): `m = μ m + (1 - μ) g`, `u = orthogonal(g + μ (m - g))`,
//! `p = (1 - lr λ) p - lr 0.2 sqrt(max(r, c)) u`, for each of the matrices `(r, c)` stacked in `p`.
//!
//! The length of a gradient does not matter, so that nothing is clipped.
//!
//! A step is [`Muon::direction`], then [`crate::newton_schulz`] of all matrices of a model at once, then
//! [`Muon::apply`].

use crate::newton_schulz::Matrix;
use crate::parallel;

/// The settings of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Muon {
    /// Learning rate.
    pub lr: f32,
    /// μ.
    pub momentum: f32,
    /// λ.
    pub weight_decay: f32,
}

/// The root mean square of AdamW's updates, about: what an orthogonal update is scaled to.
const UPDATE_SIZE: f32 = 0.2;

impl Muon {
    /// What the orthogonal update of a matrix `(rows, columns)` is multiplied by.
    pub fn size(&self, rows: usize, columns: usize) -> f32 {
        self.lr * UPDATE_SIZE * (rows.max(columns) as f32).sqrt()
    }

    /// Moves the momentum `m`, which starts at 0, and gives what is to become orthogonal.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn direction(&self, grad: &[f32], m: &mut [f32]) -> Vec<f32> {
        parallel::zip_mut(m, grad, |m, grad| {
            m.iter_mut().zip(grad).for_each(|(m, g)| *m += (1.0 - self.momentum) * (g - *m));
        });
        let mut direction = grad.to_vec();
        parallel::zip_mut(&mut direction, m, |direction, m| {
            direction.iter_mut().zip(m).for_each(|(u, m)| *u += self.momentum * (m - *u));
        });
        direction
    }

    /// Moves matrices of these `rows`, one above the other, all of `columns` columns, by their
    /// orthogonal `update`.
    ///
    /// # Panics
    /// If the slices are not of that size.
    pub fn apply(&self, param: &mut [f32], update: &[f32], rows: &[usize], columns: usize) {
        let n = rows.iter().sum::<usize>() * columns;
        assert_eq!((param.len(), update.len()), (n, n), "muon: sizes differ");
        let keep = 1.0 - self.lr * self.weight_decay;
        let mut at = 0;
        for &r in rows {
            let part = at..at + r * columns;
            at = part.end;
            let size = self.size(r, columns);
            parallel::zip_mut(&mut param[part.clone()], &update[part], |param, update| {
                param.iter_mut().zip(update).for_each(|(p, u)| *p = keep * *p - size * u);
            });
        }
    }
}

/// The matrices of these `rows` that stand one above the other in `values`.
pub fn stacked<'a>(
    mut values: &'a mut [f32],
    rows: &[usize],
    columns: usize,
) -> impl Iterator<Item = Matrix<'a>> {
    rows.iter().map(move |&rows| {
        let (first, rest) = std::mem::take(&mut values).split_at_mut(rows * columns);
        values = rest;
        Matrix { values: first, rows, columns }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::newton_schulz::orthogonalize_each;

    impl Muon {
        fn step(&self, p: &mut [f32], g: &[f32], m: &mut [f32], rows: &[usize], columns: usize) {
            let mut update = self.direction(g, m);
            orthogonalize_each(stacked(&mut update, rows, columns).collect());
            self.apply(p, &update, rows, columns);
        }
    }

    #[test]
    fn stacked_matrices_move_as_each_alone() {
        let muon = Muon { lr: 0.1, momentum: 0.9, weight_decay: 0.5 };
        let values = |seed: usize, n: usize| -> Vec<f32> {
            (0..n).map(|i| ((i * 31 + seed * 17) % 23) as f32 / 11.0 - 1.0).collect()
        };
        let (mut p, g, mut m) = (values(1, 20), values(2, 20), values(3, 20));
        let (mut top, mut top_m) = (p[..8].to_vec(), m[..8].to_vec());
        let (mut rest, mut rest_m) = (p[8..].to_vec(), m[8..].to_vec());
        muon.step(&mut p, &g, &mut m, &[2, 3], 4);
        muon.step(&mut top, &g[..8], &mut top_m, &[2], 4);
        muon.step(&mut rest, &g[8..], &mut rest_m, &[3], 4);
        assert_eq!((&p[..8], &p[8..]), (&top[..], &rest[..]));
        assert_eq!((&m[..8], &m[8..]), (&top_m[..], &rest_m[..]));
    }

    #[test]
    fn a_step_is_as_long_as_the_learning_rate_says() {
        let muon = Muon { lr: 0.01, momentum: 0.95, weight_decay: 0.0 };
        let g: Vec<f32> = (0..64).map(|i| ((i * 29) % 31) as f32 - 15.0).collect();
        let (mut p, mut m) = (vec![0.0; 64], vec![0.0; 64]);
        muon.step(&mut p, &g, &mut m, &[8], 8);
        let rms = (p.iter().map(|p| p * p).sum::<f32>() / 64.0).sqrt();
        assert!((0.0013..0.0027).contains(&rms), "about 0.2 lr: {rms}");
    }
}
