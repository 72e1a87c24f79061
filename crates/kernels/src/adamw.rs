//! AdamW: Adam (Kingma & Ba 2014) with decoupled weight decay (Loshchilov & Hutter 2019).
//!
//! `m = β₁ m + (1 - β₁) g`, `v = β₂ v + (1 - β₂) g²`,
//! `p = (1 - lr λ) p - lr m̂ / (sqrt(v̂) + eps)` with `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`.
//! The decay is multiplied by the learning rate, as PyTorch does.
//!
//! Adam's own decay is a part of the gradient instead, `g + λ₂ p`, and goes through both moments.

use rayon::prelude::*;

use crate::for_each_isa;
use crate::parallel;

/// Elements done together.
const CHUNK: usize = 16 * 1024;

/// The settings of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Learning rate.
    pub lr: f32,
    /// Memory of the mean.
    pub beta1: f32,
    /// Memory of the square.
    pub beta2: f32,
    /// Added to the root.
    pub eps: f32,
    /// λ.
    pub weight_decay: f32,
    /// λ₂: Adam's; 0 for AdamW.
    pub l2: f32,
}

/// What the inner loop multiplies by.
#[derive(Clone, Copy)]
pub(crate) struct Factors {
    grad: f32,
    beta1: f32,
    beta2: f32,
    keep: f32,
    step: f32,
    root: f32,
    eps: f32,
    l2: f32,
}

impl AdamW {
    /// Step `t` (the first is 1) with the gradient `grad_scale * grad`; `m` and `v` start at 0.
    pub fn step(
        &self,
        t: u64,
        param: &mut [f32],
        grad: &[f32],
        grad_scale: f32,
        m: &mut [f32],
        v: &mut [f32],
    ) {
        let n = param.len();
        assert!(t >= 1, "adamw: the first step is 1");
        assert_eq!(n, grad.len(), "adamw: param and grad differ in length");
        assert_eq!((n, n), (m.len(), v.len()), "adamw: param and its moments differ in length");
        let (factors, update) = (self.factors(t, grad_scale), self.update());
        if n < parallel::MIN_WORK {
            return update(factors, param, grad, m, v);
        }
        let moments = m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK));
        let values = param.par_chunks_mut(CHUNK).zip(grad.par_chunks(CHUNK));
        values.zip(moments).for_each(|((p, g), (m, v))| update(factors, p, g, m, v));
    }

    /// The inner loop.
    pub(crate) fn update(&self) -> Update {
        if self.l2 == 0.0 { update } else { update_l2 }
    }

    pub(crate) fn factors(&self, t: u64, grad_scale: f32) -> Factors {
        let rest = |beta: f32| 1.0 - f64::from(beta).powf(t as f64);
        Factors {
            grad: grad_scale,
            beta1: self.beta1,
            beta2: self.beta2,
            keep: (1.0 - f64::from(self.lr) * f64::from(self.weight_decay)) as f32,
            step: (f64::from(self.lr) / rest(self.beta1)) as f32,
            root: (1.0 / rest(self.beta2).sqrt()) as f32,
            eps: self.eps,
            l2: self.l2,
        }
    }
}

/// Moves param by grad, and both moments.
pub(crate) type Update = fn(Factors, &mut [f32], &[f32], &mut [f32], &mut [f32]);

for_each_isa!(
    fn update(f: Factors, param: &mut [f32], grad: &[f32], m: &mut [f32], v: &mut [f32])
        => update_body
);
for_each_isa!(
    fn update_l2(f: Factors, param: &mut [f32], grad: &[f32], m: &mut [f32], v: &mut [f32])
        => update_l2_body
);

#[inline(always)]
fn update_body(f: Factors, param: &mut [f32], grad: &[f32], m: &mut [f32], v: &mut [f32]) {
    for (((p, g), m), v) in param.iter_mut().zip(grad).zip(m).zip(v) {
        move_one(f, p, g * f.grad, m, v);
    }
}

#[inline(always)]
fn update_l2_body(f: Factors, param: &mut [f32], grad: &[f32], m: &mut [f32], v: &mut [f32]) {
    for (((p, g), m), v) in param.iter_mut().zip(grad).zip(m).zip(v) {
        let g = g * f.grad + f.l2 * *p;
        move_one(f, p, g, m, v);
    }
}

#[inline(always)]
fn move_one(f: Factors, p: &mut f32, g: f32, m: &mut f32, v: &mut f32) {
    *m = f.beta1 * *m + (1.0 - f.beta1) * g;
    *v = f.beta2 * *v + (1.0 - f.beta2) * g * g;
    *p = *p * f.keep - f.step * *m / (v.sqrt() * f.root + f.eps);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAMW: AdamW =
        AdamW { lr: 1e-2, beta1: 0.9, beta2: 0.99, eps: 1e-8, weight_decay: 0.1, l2: 0.0 };
    const ADAM: AdamW = AdamW { weight_decay: 0.0, l2: 0.1, ..ADAMW };

    /// One number in f64, by the papers' lines.
    fn naive(rule: AdamW, p: f64, grads: &[f64]) -> f64 {
        let (mut p, mut m, mut v) = (p, 0.0, 0.0);
        for (g, t) in grads.iter().zip(1..) {
            let g = g + f64::from(rule.l2) * p;
            p -= 0.01 * f64::from(rule.weight_decay) * p;
            m = 0.9 * m + 0.1 * g;
            v = 0.99 * v + 0.01 * g * g;
            let (mean, square) = (m / (1.0 - 0.9_f64.powi(t)), v / (1.0 - 0.99_f64.powi(t)));
            p -= 0.01 * mean / (square.sqrt() + 1e-8);
        }
        p
    }

    #[test]
    fn five_steps_are_those_of_the_papers() {
        let cases = [ADAMW, ADAM].into_iter().flat_map(|rule| [1, 17, 40_000].map(|n| (rule, n)));
        for (rule, n) in cases {
            let mut p: Vec<f32> = (0..n).map(|i| (i as f32 * 0.3).sin()).collect();
            let start = p.clone();
            let (mut m, mut v) = (vec![0.0; n], vec![0.0; n]);
            let grad = |t: u64, i: usize| ((i as u64 + 3 * t) as f32 * 0.7).cos();
            for t in 1..=5 {
                let g: Vec<f32> = (0..n).map(|i| grad(t, i) * 4.0).collect();
                rule.step(t, &mut p, &g, 0.25, &mut m, &mut v);
            }
            for i in (0..n).step_by(1 + n / 50) {
                let grads: Vec<f64> = (1..=5).map(|t| f64::from(grad(t, i))).collect();
                let expected = naive(rule, f64::from(start[i]), &grads);
                assert!((f64::from(p[i]) - expected).abs() < 2e-6, "{} is not {expected}", p[i]);
            }
        }
    }

    #[test]
    fn every_isa_gives_the_bits_of_the_portable_one() {
        let g: Vec<f32> = (0..20_001).map(|i| (i as f32 * 0.7).cos()).collect();
        for (rule, body) in [(ADAMW, update_body as Update), (ADAM, update_l2_body)] {
            let (mut p, mut m, mut v) = (g.clone(), vec![0.1; g.len()], vec![0.2; g.len()]);
            let (mut p2, mut m2, mut v2) = (p.clone(), m.clone(), v.clone());
            rule.step(3, &mut p, &g, 0.5, &mut m, &mut v);
            body(rule.factors(3, 0.5), &mut p2, &g, &mut m2, &mut v2);
            assert_eq!((p, m, v), (p2, m2, v2));
        }
    }
}
