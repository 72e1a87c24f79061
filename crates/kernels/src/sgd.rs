//! Stochastic gradient descent with momentum (Sutskever et al., "On the importance of initialization
//! and momentum in deep learning", 2013), in PyTorch's form: `g' = g + λ p`, `v = μ v + g'`,
//! `p = p − lr v`; with Nesterov's look ahead `p = p − lr (g' + μ v)`. Without momentum there is no v.

use rayon::prelude::*;

use crate::for_each_isa;
use crate::parallel;

/// Elements done together.
const CHUNK: usize = 16 * 1024;

/// The settings of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f32,
    /// μ.
    pub momentum: f32,
    /// Whether the step looks ahead along the momentum.
    pub nesterov: bool,
    /// λ: added to the gradient, not decoupled from it.
    pub weight_decay: f32,
}

impl Sgd {
    /// A step with the gradient `grad_scale * grad`; `v` starts at 0.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn step(&self, param: &mut [f32], grad: &[f32], grad_scale: f32, v: &mut [f32]) {
        let n = param.len();
        assert_eq!((n, n), (grad.len(), v.len()), "sgd: param, grad and v differ in length");
        let update = if self.nesterov { ahead } else { update };
        if n < parallel::MIN_WORK {
            return update(*self, grad_scale, param, grad, v);
        }
        let values = param.par_chunks_mut(CHUNK).zip(grad.par_chunks(CHUNK));
        values
            .zip(v.par_chunks_mut(CHUNK))
            .for_each(|((p, g), v)| update(*self, grad_scale, p, g, v));
    }

    /// A step without momentum.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn step_plain(&self, param: &mut [f32], grad: &[f32], grad_scale: f32) {
        parallel::zip_mut(param, grad, |p, g| descend(*self, grad_scale, p, g));
    }
}

for_each_isa!(
    fn update(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32], v: &mut [f32]) => update_body
);
for_each_isa!(
    fn ahead(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32], v: &mut [f32]) => ahead_body
);
for_each_isa!(fn descend(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32]) => descend_body);

#[inline(always)]
fn update_body(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32], v: &mut [f32]) {
    for ((p, g), v) in param.iter_mut().zip(grad).zip(v) {
        *v = f.momentum * *v + (g * scale + f.weight_decay * *p);
        *p -= f.lr * *v;
    }
}

#[inline(always)]
fn ahead_body(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32], v: &mut [f32]) {
    for ((p, g), v) in param.iter_mut().zip(grad).zip(v) {
        let g = g * scale + f.weight_decay * *p;
        *v = f.momentum * *v + g;
        *p -= f.lr * (g + f.momentum * *v);
    }
}

#[inline(always)]
fn descend_body(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32]) {
    for (p, g) in param.iter_mut().zip(grad) {
        *p -= f.lr * (g * scale + f.weight_decay * *p);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SGD: Sgd = Sgd { lr: 0.1, momentum: 0.9, nesterov: false, weight_decay: 0.01 };

    /// Steps as PyTorch's documentation writes them, in f64, with gradients 1 and p.
    fn naive(rule: Sgd, steps: usize) -> [f64; 2] {
        let (mut p, mut v) = ([1.0_f64, -2.0], [0.0; 2]);
        let momentum = f64::from(rule.momentum);
        for _ in 0..steps {
            let grad = [1.0, p[1]];
            for i in 0..2 {
                let g = grad[i] + 0.01 * p[i];
                v[i] = momentum * v[i] + g;
                p[i] -= 0.1 * if rule.nesterov { g + momentum * v[i] } else { v[i] };
            }
        }
        p
    }

    #[test]
    fn three_steps_are_those_of_pytorch() {
        for rule in [SGD, Sgd { nesterov: true, ..SGD }, Sgd { momentum: 0.0, ..SGD }] {
            let (mut p, mut v) = ([1.0_f32, -2.0], [0.0; 2]);
            for _ in 0..3 {
                let grad = [1.0, p[1]].map(|g| 2.0 * g);
                match rule.momentum {
                    0.0 => rule.step_plain(&mut p, &grad, 0.5),
                    _ => rule.step(&mut p, &grad, 0.5, &mut v),
                }
            }
            for (p, q) in p.iter().zip(naive(rule, 3)) {
                assert!((f64::from(*p) - q).abs() < 1e-6, "{rule:?}: {p} is not {q}");
            }
        }
    }

    #[test]
    fn long_parameters_move_as_short_ones_do() {
        let n = 3 * CHUNK + 7;
        let wave: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        for rule in [SGD, Sgd { nesterov: true, ..SGD }] {
            let (mut p, mut v) = (wave.clone(), vec![0.5; n]);
            rule.step(&mut p, &wave, 1.0, &mut v);
            let mut plain = wave.clone();
            rule.step_plain(&mut plain, &wave, 1.0);
            for i in (0..n).step_by(997) {
                let (mut one, mut velocity) = ([wave[i]], [0.5]);
                rule.step(&mut one, &wave[i..=i], 1.0, &mut velocity);
                assert_eq!((p[i], v[i]), (one[0], velocity[0]));
                let mut one = [wave[i]];
                rule.step_plain(&mut one, &wave[i..=i], 1.0);
                assert_eq!(plain[i], one[0]);
            }
        }
    }
}
