//! How one parameter moves: by our kernels in place on the CPU, by Burn's operations elsewhere.

use burn::tensor::{DType, Tensor};
use kernels::adamw::AdamW;
use kernels::muon::{self, Muon};
use kernels::newton_schulz;
use kernels::sgd::Sgd;
use ops::storage::{update_in_place, with_values};

use crate::Moments;

/// A rule with the settings of one step.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    AdamW { kernel: AdamW, step: u64 },
    Sgd(Sgd),
    Muon { kernel: Muon, rows: Vec<usize>, columns: usize },
}

/// A stack of matrices whose update is not orthogonal yet: all of a model become so at once.
#[derive(Debug)]
pub(crate) struct Waiting {
    kernel: Muon,
    rows: Vec<usize>,
    columns: usize,
    update: Vec<f32>,
}

impl Waiting {
    /// Makes the updates orthogonal.
    pub(crate) fn orthogonalize<'w>(all: impl Iterator<Item = &'w mut Self>) {
        let matrices = all
            .flat_map(|Self { rows, columns, update, .. }| muon::stacked(update, rows, *columns));
        newton_schulz::orthogonalize_each(matrices.collect());
    }

    /// Moves what waited.
    pub(crate) fn apply<const D: usize>(&self, values: Tensor<D>) -> Tensor<D> {
        let Self { kernel, rows, columns, update } = self;
        update_in_place(values, |p| kernel.apply(p, update, rows, *columns))
    }
}

impl Rule {
    /// Moves `values` by `gradient` times `scale`, in the memory that both and the moments lie in;
    /// or says what they wait for, if that is made for all parameters together.
    pub(crate) fn in_place<const D: usize>(
        &self,
        values: Tensor<D>,
        gradient: &Tensor<D>,
        scale: f32,
        moments: Moments,
    ) -> (Tensor<D>, Moments, Option<Waiting>) {
        let Moments { first, second } = moments;
        let (mut moved, mut squares, mut waiting) = (None, None, None);
        let first = update_in_place(first, |m| {
            with_values(gradient, |g| match (self, second) {
                (Self::AdamW { kernel, step }, Some(second)) => {
                    squares = Some(update_in_place(second, |v| {
                        let go = |p: &mut [f32]| kernel.step(*step, p, g, scale, m, v);
                        moved = Some(update_in_place(values, go));
                    }));
                }
                (Self::AdamW { .. }, None) => unreachable!("AdamW is given a second moment"),
                (Self::Sgd(kernel), _) => {
                    moved = Some(update_in_place(values, |p| kernel.step(p, g, scale, m)));
                }
                (Self::Muon { kernel, rows, columns }, _) => {
                    let (kernel, rows, columns) = (*kernel, rows.clone(), *columns);
                    let update = kernel.direction(g, m);
                    waiting = Some(Waiting { kernel, rows, columns, update });
                    moved = Some(values);
                }
            });
        });
        let values = moved.expect("every rule moves or lets wait");
        (values, Moments { first, second: squares }, waiting)
    }

    /// The same in Burn's own operations.
    pub(crate) fn plain<const D: usize>(
        &self,
        values: Tensor<D>,
        gradient: Tensor<D>,
        scale: f32,
        moments: Moments,
    ) -> (Tensor<D>, Moments) {
        let (shape, n) = (values.shape(), values.shape().num_elements());
        let (p, g) = (values.reshape([n]), gradient.reshape([n]).cast(DType::F32));
        let Moments { first: m, second } = moments;
        let (p, first, second) = match (self, second) {
            (Self::AdamW { kernel, step }, Some(v)) => {
                let AdamW { lr, beta1, beta2, eps, weight_decay } = *kernel;
                let g = g * scale;
                let m = m * beta1 + g.clone() * (1.0 - beta1);
                let v = v * beta2 + g.square() * (1.0 - beta2);
                let rest = |beta: f32| 1.0 - f64::from(beta).powf(*step as f64);
                let root = v.clone().sqrt() * (1.0 / rest(beta2).sqrt()) + eps;
                let keep = 1.0 - f64::from(lr) * f64::from(weight_decay);
                let step = f64::from(lr) / rest(beta1);
                (p * keep - m.clone() / root * step, m, Some(v))
            }
            (Self::AdamW { .. }, None) => unreachable!("AdamW is given a second moment"),
            (Self::Sgd(Sgd { lr, momentum, weight_decay }), _) => {
                let v = m * *momentum + g * scale + p.clone() * *weight_decay;
                (p - v.clone() * *lr, v, None)
            }
            (Self::Muon { kernel, rows, columns }, _) => {
                let Muon { lr, momentum, weight_decay } = *kernel;
                let m = m.clone() + (g.clone() - m) * (1.0 - momentum);
                let u = g.clone() + (m.clone() - g) * momentum;
                let u = u.reshape([n / columns, *columns]);
                let mut from = 0;
                let parts = rows.iter().map(|&r| {
                    let part = u.clone().narrow(0, from, r);
                    from += r;
                    orthogonalize(part) * (kernel.size(r, *columns))
                });
                let u = Tensor::cat(parts.collect(), 0).reshape([n]);
                (p * (1.0 - lr * weight_decay) - u, m, None)
            }
        };
        (p.reshape(shape), Moments { first, second })
    }
}

/// `kernels::newton_schulz` in Burn's own operations.
fn orthogonalize(x: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = x.dims();
    let norm = x.clone().square().sum().sqrt() + newton_schulz::EPS;
    let x = x / norm.unsqueeze();
    let mut x = if rows > columns { x.transpose() } else { x };
    let [a, b, c] = newton_schulz::COEFFICIENTS;
    for _ in 0..newton_schulz::STEPS {
        let gram = x.clone().matmul(x.clone().transpose());
        let mixed = gram.clone() * b + gram.clone().matmul(gram) * c;
        x = x.clone() * a + mixed.matmul(x);
    }
    if rows > columns { x.transpose() } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn values(seed: usize, n: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 31 + seed * 17) % 23) as f32 / 11.0 - 1.0).collect()
    }

    #[test]
    fn both_bodies_move_alike() {
        let rules = [
            Rule::AdamW {
                kernel: AdamW { lr: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1 },
                step: 3,
            },
            Rule::Sgd(Sgd { lr: 0.1, momentum: 0.9, weight_decay: 0.1 }),
            Rule::Muon {
                kernel: Muon { lr: 0.1, momentum: 0.95, weight_decay: 0.1 },
                rows: vec![2, 5],
                columns: 4,
            },
        ];
        let device = Device::flex();
        let matrix =
            |seed| Tensor::<2>::from_data(TensorData::new(values(seed, 28), [7, 4]), &device);
        let vector = |seed, by: f32| {
            let squares = values(seed, 28).into_iter().map(|v| if by > 0.0 { v * v } else { v });
            Tensor::<1>::from_data(TensorData::new(squares.collect::<Vec<f32>>(), [28]), &device)
        };
        for rule in rules {
            let second = || matches!(rule, Rule::AdamW { .. }).then(|| vector(4, 1.0));
            let moments = || Moments { first: vector(3, 0.0), second: second() };
            let (mut one, kept, mut waiting) = rule.in_place(matrix(1), &matrix(2), 0.5, moments());
            Waiting::orthogonalize(waiting.iter_mut());
            if let Some(waiting) = waiting {
                one = waiting.apply(one);
            }
            let (other, kept_too) = rule.plain(matrix(1), matrix(2), 0.5, moments());
            let near = |a: Vec<f32>, b: Vec<f32>, tolerance: f32| {
                for (a, b) in a.iter().zip(&b) {
                    assert!((a - b).abs() < tolerance, "{rule:?}: {a} and {b}");
                }
            };
            // The kernel's Newton–Schulz rounds its products to bf16.
            let tolerance = if matches!(rule, Rule::Muon { .. }) { 3e-3 } else { 1e-5 };
            let vec = |t: Tensor<2>| with_values(&t, <[f32]>::to_vec);
            near(vec(one), vec(other), tolerance);
            let vec = |t: Tensor<1>| with_values(&t, <[f32]>::to_vec);
            near(vec(kept.first), vec(kept_too.first), 1e-5);
            assert_eq!(kept.second.is_some(), kept_too.second.is_some());
            if let (Some(a), Some(b)) = (kept.second, kept_too.second) {
                near(vec(a), vec(b), 1e-5);
            }
        }
    }
}
