//! Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023): every element moves by
//! the same length, in the direction of a mean of momentum and gradient.
//!
//! `u = sign(β₁ m + (1 - β₁) g)`, `p = (1 - lr λ) p - lr u`, `m = β₂ m + (1 - β₂) g`; sign(0) is 0.

use rayon::prelude::*;

use crate::for_each_isa;
use crate::parallel;

/// Elements done together.
const CHUNK: usize = 16 * 1024;

/// The settings of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lion {
    /// Learning rate.
    pub lr: f32,
    /// Share of the momentum in the direction.
    pub beta1: f32,
    /// Memory of the momentum.
    pub beta2: f32,
    /// λ.
    pub weight_decay: f32,
}

impl Lion {
    /// A step with the gradient `grad_scale * grad`; `m` starts at 0.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn step(&self, param: &mut [f32], grad: &[f32], grad_scale: f32, m: &mut [f32]) {
        let n = param.len();
        assert_eq!((n, n), (grad.len(), m.len()), "lion: param, grad and m differ in length");
        if n < parallel::MIN_WORK {
            return update(*self, grad_scale, param, grad, m);
        }
        let values = param.par_chunks_mut(CHUNK).zip(grad.par_chunks(CHUNK));
        values
            .zip(m.par_chunks_mut(CHUNK))
            .for_each(|((p, g), m)| update(*self, grad_scale, p, g, m));
    }
}

for_each_isa!(
    fn update(f: Lion, scale: f32, param: &mut [f32], grad: &[f32], m: &mut [f32]) => update_body
);

#[inline(always)]
fn update_body(f: Lion, scale: f32, param: &mut [f32], grad: &[f32], m: &mut [f32]) {
    let keep = 1.0 - f.lr * f.weight_decay;
    for ((p, g), m) in param.iter_mut().zip(grad).zip(m) {
        let g = g * scale;
        let u = f.beta1 * *m + (1.0 - f.beta1) * g;
        let sign = f32::from(u > 0.0) - f32::from(u < 0.0);
        *p = *p * keep - f.lr * sign;
        *m = f.beta2 * *m + (1.0 - f.beta2) * g;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LION: Lion = Lion { lr: 0.01, beta1: 0.9, beta2: 0.99, weight_decay: 0.5 };

    #[test]
    fn steps_are_those_of_the_paper() {
        let (mut p, mut m) = ([1.0_f32, -2.0, 0.5], [0.0; 3]);
        let (mut q, mut k) = ([1.0_f64, -2.0, 0.5], [0.0_f64; 3]);
        // The second gradient turns against its momentum but does not win; the third is nothing.
        for grad in [[3.0, -1.0, 0.0], [-0.1, 5.0, 0.0], [-9.0, 0.2, 0.0]] {
            LION.step(&mut p, &grad.map(|g| 4.0 * g), 0.25, &mut m);
            for i in 0..3 {
                let g = f64::from(grad[i]);
                let u = 0.9 * k[i] + 0.1 * g;
                let sign = if u == 0.0 { 0.0 } else { u.signum() };
                q[i] -= 0.01 * (sign + 0.5 * q[i]);
                k[i] = 0.99 * k[i] + 0.01 * g;
            }
        }
        for (p, q) in p.iter().zip(q) {
            assert!((f64::from(*p) - q).abs() < 1e-6, "{p} is not {q}");
        }
    }

    #[test]
    fn long_parameters_move_as_short_ones_do() {
        let n = 2 * CHUNK + 7;
        let wave: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        let (mut p, mut m) = (wave.clone(), vec![-0.01; n]);
        LION.step(&mut p, &wave, 1.0, &mut m);
        let (mut p2, mut m2) = (wave.clone(), vec![-0.01; n]);
        update_body(LION, 1.0, &mut p2, &wave, &mut m2);
        assert_eq!((p, m), (p2, m2), "the bits of the portable body");
    }
}
