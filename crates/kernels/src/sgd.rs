//! Stochastic gradient descent with momentum (Sutskever et al., "On the importance of initialization
//! and momentum in deep learning", 2013), in PyTorch's form: `v = μ v + g + λ p`, `p = p − lr v`.

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
        if n < parallel::MIN_WORK {
            return update(*self, grad_scale, param, grad, v);
        }
        let values = param.par_chunks_mut(CHUNK).zip(grad.par_chunks(CHUNK));
        values
            .zip(v.par_chunks_mut(CHUNK))
            .for_each(|((p, g), v)| update(*self, grad_scale, p, g, v));
    }
}

for_each_isa!(
    fn update(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32], v: &mut [f32]) => update_body
);

#[inline(always)]
fn update_body(f: Sgd, scale: f32, param: &mut [f32], grad: &[f32], v: &mut [f32]) {
    for ((p, g), v) in param.iter_mut().zip(grad).zip(v) {
        *v = f.momentum * *v + (g * scale + f.weight_decay * *p);
        *p -= f.lr * *v;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_are_those_of_pytorch() {
        // torch.optim.SGD([1, -2], lr=0.1, momentum=0.9, weight_decay=0.01), gradients 1 and p.
        let sgd = Sgd { lr: 0.1, momentum: 0.9, weight_decay: 0.01 };
        let (mut p, mut v) = ([1.0_f32, -2.0], [0.0; 2]);
        let (mut q, mut w) = ([1.0_f64, -2.0], [0.0; 2]);
        for _ in 0..3 {
            let grad = [1.0, p[1]];
            sgd.step(&mut p, &grad.map(|g| 2.0 * g), 0.5, &mut v);
            let grad = [1.0, q[1]];
            for i in 0..2 {
                w[i] = 0.9 * w[i] + grad[i] + 0.01 * q[i];
                q[i] -= 0.1 * w[i];
            }
        }
        for (p, q) in p.iter().zip(q) {
            assert!((f64::from(*p) - q).abs() < 1e-6, "{p} is not {q}");
        }
    }

    #[test]
    fn long_parameters_move_as_short_ones_do() {
        let sgd = Sgd { lr: 0.1, momentum: 0.9, weight_decay: 0.01 };
        let n = 3 * CHUNK + 7;
        let wave: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        let (mut p, mut v) = (wave.clone(), vec![0.5; n]);
        sgd.step(&mut p, &wave, 1.0, &mut v);
        for i in (0..n).step_by(997) {
            let (mut one, mut velocity) = ([wave[i]], [0.5]);
            sgd.step(&mut one, &wave[i..=i], 1.0, &mut velocity);
            assert_eq!((p[i], v[i]), (one[0], velocity[0]));
        }
    }
}
