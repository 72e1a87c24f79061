//! Adafactor (Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018)
//! without momentum, in the form of `torch.optim.Adafactor`: of the squares of a matrix `(R, C)` it
//! remembers the means of rows and of columns, R + C numbers instead of R·C.
//!
//! With `s = t^γ` (γ = -0.8), `r = r + s (mean_j g² - r)`, `c = c + s (mean_i g² - c)`:
//!
//! ```text
//! v_ij = max(r_i c_j / max(mean r, ε₁), ε₁²)        u = g / sqrt(v)
//! p    = (1 - lr λ) p - max(ε₂, rms p) · min(lr, 1/sqrt(t)) · u / max(1, rms(u) / d)
//! ```
//!
//! Of a vector all squares are remembered. Several matrices one behind the other, a tensor of three
//! dimensions, have each their rows and columns; `rms` is over the whole tensor. Steps are relative to
//! the size of what moves, and clipped to `d` by themselves.
//!
//! Nothing of a matrix's size is made: u is computed twice instead, once for its length.

use crate::for_each_isa;
use crate::lanes::{self, WIDTH};
use crate::{parallel, reduce};

/// Rows done together.
const ROWS: usize = 64;
/// Elements of a vector done together.
const CHUNK: usize = 16 * 1024;

/// The settings of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adafactor {
    /// Learning rate, relative to the size of a parameter.
    pub lr: f32,
    /// γ.
    pub beta2_decay: f32,
    /// ε₁.
    pub eps: f32,
    /// ε₂: the size that a parameter is taken to have at least.
    pub least_size: f32,
    /// d: the size that an update has at most.
    pub clip: f32,
    /// λ.
    pub weight_decay: f32,
}

/// What is remembered of matrices `(R, C)`, one behind the other; both start at 0.
#[derive(Debug)]
pub struct Factors<'a> {
    /// Means over rows, R a matrix.
    pub rows: &'a mut [f32],
    /// Means over columns, C a matrix.
    pub columns: &'a mut [f32],
    /// `(R, C)`.
    pub shape: (usize, usize),
}

/// What all elements of a step are multiplied by.
#[derive(Clone, Copy)]
struct Common {
    grad: f32,
    /// ε₁².
    least: f32,
    keep: f32,
    step: f32,
}

impl Adafactor {
    /// Step `t` (the first is 1) of a vector with the gradient `scale * grad`; `v` starts at 0.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn step_vector(&self, t: u64, param: &mut [f32], grad: &[f32], scale: f32, v: &mut [f32]) {
        let n = param.len();
        assert_eq!((n, n), (grad.len(), v.len()), "adafactor: param, grad and v differ in length");
        let share = self.share(t);
        parallel::zip_mut(v, grad, |v, g| {
            v.iter_mut().zip(g).for_each(|(v, g)| *v += share * ((g * scale).powi(2) - *v));
        });
        let common = self.common(scale);
        let (v, chunks) = (&*v, n.div_ceil(CHUNK));
        let of = |i: usize| i * CHUNK..n.min((i + 1) * CHUNK);
        let sums = parallel::map(chunks, n >= parallel::MIN_WORK, |i| {
            f64::from(squares(common, 1.0, &v[of(i)], &grad[of(i)]))
        });
        let common = self.sized(common, t, param, sums.into_iter().sum());
        parallel::rows_mut(param, 1, CHUNK, |from, p| {
            let part = from..from + p.len();
            descend(common, 1.0, &v[part.clone()], p, &grad[part]);
        });
    }

    /// Step `t` of matrices.
    ///
    /// # Panics
    /// If the slices are not of their sizes.
    pub fn step_matrices(
        &self,
        t: u64,
        param: &mut [f32],
        grad: &[f32],
        scale: f32,
        factors: Factors<'_>,
    ) {
        let Factors { rows, columns, shape: (r, c) } = factors;
        assert_eq!(param.len(), grad.len(), "adafactor: param and grad differ in length");
        let n = param.len() / (r * c).max(1);
        let sizes = (param.len(), rows.len(), columns.len());
        assert_eq!(sizes, (n * r * c, n * r, n * c), "adafactor: sizes differ");
        let share = self.share(t) * scale * scale;
        let kept = 1.0 - self.share(t);
        let (mut common, mut sum) = (self.common(scale), 0.0);
        let mut means = Vec::with_capacity(n);
        for i in 0..n {
            let grad = &grad[i * r * c..][..r * c];
            let (rows, columns) = (&mut rows[i * r..][..r], &mut columns[i * c..][..c]);
            let (of_rows, of_columns) = sums_of_squares(grad, r, c);
            let by = share / c as f32;
            rows.iter_mut().zip(of_rows).for_each(|(v, s)| *v = kept * *v + by * s);
            let by = share / r as f32;
            columns.iter_mut().zip(of_columns).for_each(|(v, s)| *v = kept * *v + by * s);
            let mean = (reduce::sum(rows) / r as f64).max(f64::from(self.eps)) as f32;
            sum += size(common, grad, (rows, columns), mean);
            means.push(mean);
        }
        common = self.sized(common, t, param, sum);
        for (i, mean) in means.into_iter().enumerate() {
            let (param, grad) = (&mut param[i * r * c..][..r * c], &grad[i * r * c..][..r * c]);
            let (rows, columns) = (&rows[i * r..][..r], &columns[i * c..][..c]);
            parallel::rows_mut(param, c, ROWS, |from, param| {
                for (k, p) in param.chunks_exact_mut(c).enumerate() {
                    let g = &grad[(from + k) * c..][..c];
                    descend(common, rows[from + k] / mean, columns, p, g);
                }
            });
        }
    }

    /// What a new square weighs in the means.
    fn share(&self, t: u64) -> f32 {
        (t as f64).powf(f64::from(self.beta2_decay)) as f32
    }

    fn common(&self, grad: f32) -> Common {
        let keep = 1.0 - self.lr * self.weight_decay;
        Common { grad, least: self.eps * self.eps, keep, step: 0.0 }
    }

    /// With the length of the step, where u's squares sum to `squares`.
    fn sized(&self, common: Common, t: u64, param: &[f32], squares: f64) -> Common {
        let root = |sum: f64| (sum / param.len().max(1) as f64).sqrt();
        let size = root(reduce::sum_of_squares(param)).max(f64::from(self.least_size));
        let rate = f64::from(self.lr).min(1.0 / (t as f64).sqrt());
        let clip = (root(squares) / f64::from(self.clip)).max(1.0);
        Common { step: (size * rate / clip) as f32, ..common }
    }
}

/// The sums of a matrix's squares, by row and by column.
fn sums_of_squares(grad: &[f32], r: usize, c: usize) -> (Vec<f32>, Vec<f32>) {
    let heavy = grad.len() >= parallel::MIN_WORK;
    let parts = parallel::map(r.div_ceil(ROWS), heavy, |i| {
        let mut columns = vec![0.0_f32; c];
        let rows = grad[i * ROWS * c..grad.len().min((i + 1) * ROWS * c)].chunks_exact(c);
        let rows: Vec<f32> = rows.map(|row| add_squares(row, &mut columns)).collect();
        (rows, columns)
    });
    let (mut rows, mut columns) = (Vec::with_capacity(r), vec![0.0_f32; c]);
    for (of_rows, of_columns) in parts {
        rows.extend(of_rows);
        columns.iter_mut().zip(of_columns).for_each(|(sum, part)| *sum += part);
    }
    (rows, columns)
}

/// The sum of u's squares over a matrix.
fn size(common: Common, grad: &[f32], (rows, columns): (&[f32], &[f32]), mean: f32) -> f64 {
    let (r, c) = (rows.len(), columns.len());
    let sums = parallel::map(r.div_ceil(ROWS), grad.len() >= parallel::MIN_WORK, |i| {
        let rows = (i * ROWS..r.min((i + 1) * ROWS))
            .map(|k| f64::from(squares(common, rows[k] / mean, columns, &grad[k * c..][..c])));
        rows.sum::<f64>()
    });
    sums.into_iter().sum()
}

for_each_isa!(fn add_squares(row: &[f32], columns: &mut [f32]) -> f32 => add_squares_body);
for_each_isa!(
    /// The sum of u's squares where v is `row * v`.
    fn squares(common: Common, row: f32, v: &[f32], grad: &[f32]) -> f32 => squares_body
);
for_each_isa!(
    fn descend(common: Common, row: f32, v: &[f32], param: &mut [f32], grad: &[f32])
        => descend_body
);

#[inline(always)]
fn add_squares_body(row: &[f32], columns: &mut [f32]) -> f32 {
    columns.iter_mut().zip(row).for_each(|(sum, g)| *sum += g * g);
    lanes::sum_over(row, |g| g * g)
}

#[inline(always)]
fn squares_body(common: Common, row: f32, v: &[f32], grad: &[f32]) -> f32 {
    let mut lanes = [0.0; WIDTH];
    let (v, rest_of_v) = v.as_chunks::<WIDTH>();
    let (grad, rest_of_grad) = grad.as_chunks::<WIDTH>();
    for (v, g) in v.iter().zip(grad) {
        for (lane, (v, g)) in lanes.iter_mut().zip(v.iter().zip(g)) {
            *lane += update(common, row * v, *g).powi(2);
        }
    }
    for (lane, (v, g)) in lanes.iter_mut().zip(rest_of_v.iter().zip(rest_of_grad)) {
        *lane += update(common, row * v, *g).powi(2);
    }
    lanes::sum(lanes)
}

#[inline(always)]
fn descend_body(common: Common, row: f32, v: &[f32], param: &mut [f32], grad: &[f32]) {
    for ((p, v), g) in param.iter_mut().zip(v).zip(grad) {
        *p = *p * common.keep - common.step * update(common, row * v, *g);
    }
}

#[inline(always)]
fn update(common: Common, v: f32, grad: f32) -> f32 {
    let v = if v > common.least { v } else { common.least };
    grad * common.grad / v.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAFACTOR: Adafactor = Adafactor {
        lr: 0.5,
        beta2_decay: -0.8,
        eps: 1.2e-7,
        least_size: 1e-3,
        clip: 1.0,
        weight_decay: 0.1,
    };

    fn wave(n: usize, seed: f64) -> Vec<f64> {
        (0..n).map(|i| (i as f64 * 0.7 + seed).sin() + 0.1).collect()
    }

    fn single(x: &[f64]) -> Vec<f32> {
        x.iter().map(|&v| v as f32).collect()
    }

    fn rms(x: &[f64]) -> f64 {
        (x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64).sqrt()
    }

    /// The end of a step in f64: moves `p` by the gradient over the root of `v`.
    fn finish(t: u64, p: &mut [f64], g: &[f64], v: impl Fn(usize) -> f64) {
        let u: Vec<f64> = (0..p.len()).map(|i| g[i] / v(i).max(1.44e-14).sqrt()).collect();
        let rate = 0.5_f64.min(1.0 / (t as f64).sqrt()) * rms(p).max(1e-3);
        let clip = rms(&u).max(1.0);
        p.iter_mut().zip(&u).for_each(|(p, u)| *p = 0.95 * *p - rate / clip * u);
    }

    fn check(p: &[f32], q: &[f64]) {
        for (p, q) in p.iter().zip(q) {
            assert!((f64::from(*p) - q).abs() < 1e-5, "{p} is not {q}");
        }
    }

    #[test]
    fn matrices_move_as_the_formula_says() {
        for (n, r, c) in [(1, 5, 7), (1, 150, 130), (3, 4, 6)] {
            let mut q = wave(n * r * c, 0.0);
            let (mut rows, mut columns) = (vec![0.0; n * r], vec![0.0; n * c]);
            let (mut p, mut of_rows, mut of_columns) =
                (single(&q), vec![0.0_f32; n * r], vec![0.0_f32; n * c]);
            for t in 1..=5 {
                let g = wave(n * r * c, t as f64);
                let doubled: Vec<f32> = g.iter().map(|&g| 2.0 * g as f32).collect();
                let (rows_now, columns_now) = (&mut of_rows[..], &mut of_columns[..]);
                let factors = Factors { rows: rows_now, columns: columns_now, shape: (r, c) };
                ADAFACTOR.step_matrices(t, &mut p, &doubled, 0.5, factors);
                let share = (t as f64).powf(-0.8);
                let at = |m: usize, i: usize, j: usize| g[(m * r + i) * c + j].powi(2);
                for m in 0..n {
                    for i in 0..r {
                        let mean = (0..c).map(|j| at(m, i, j)).sum::<f64>() / c as f64;
                        rows[m * r + i] += share * (mean - rows[m * r + i]);
                    }
                    for j in 0..c {
                        let mean = (0..r).map(|i| at(m, i, j)).sum::<f64>() / r as f64;
                        columns[m * c + j] += share * (mean - columns[m * c + j]);
                    }
                }
                finish(t, &mut q, &g, |e| {
                    let m = e / (r * c);
                    let mean = rows[m * r..][..r].iter().sum::<f64>() / r as f64;
                    rows[e / c] * columns[m * c + e % c] / mean
                });
            }
            check(&p, &q);
        }
    }

    #[test]
    fn vectors_move_as_the_formula_says() {
        for n in [1, 9, 2 * CHUNK + 5] {
            let (mut q, mut w) = (wave(n, 0.0), vec![0.0; n]);
            let (mut p, mut v) = (single(&q), vec![0.0; n]);
            for t in 1..=5 {
                let g = wave(n, t as f64);
                let doubled: Vec<f32> = g.iter().map(|&g| 2.0 * g as f32).collect();
                ADAFACTOR.step_vector(t, &mut p, &doubled, 0.5, &mut v);
                let share = (t as f64).powf(-0.8);
                w.iter_mut().zip(&g).for_each(|(w, g)| *w += share * (g * g - *w));
                finish(t, &mut q, &g, |i| w[i]);
            }
            check(&p, &q);
        }
    }

    #[test]
    fn nothing_moves_where_there_is_no_gradient() {
        let mut p = vec![1.0_f32; 12];
        let rule = Adafactor { weight_decay: 0.0, ..ADAFACTOR };
        let (mut rows, mut columns) = ([0.0; 3], [0.0; 4]);
        let factors = Factors { rows: &mut rows, columns: &mut columns, shape: (3, 4) };
        rule.step_matrices(1, &mut p, &[0.0; 12], 1.0, factors);
        rule.step_vector(1, &mut p, &[0.0; 12], 1.0, &mut [0.0; 12]);
        assert_eq!(p, [1.0; 12]);
    }
}
