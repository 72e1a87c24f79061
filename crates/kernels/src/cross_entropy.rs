//! Softmax and cross-entropy of one row over a vocabulary, loss and gradient in one pass over the logits.
//!
//! `loss = log Σ exp(logits - max) + max - logits[target]`, `dlogits = scale (softmax - onehot)`,
//! written over the logits: they are the largest array of a training step and nobody needs them
//! after this.
//!
//! Two things may be mixed in ([`Regularization`]): label smoothing (Szegedy et al., "Rethinking the
//! Inception Architecture", 2016), where a share ε of each target is spread over all tokens, and the
//! z-loss (Chowdhery et al., "PaLM", 2022), `c log² Z`, which keeps logits from drifting.

use crate::exp::exp;
use crate::for_each_isa;
use crate::lanes::{self, Lanes, WIDTH};

/// What is mixed into the loss; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Regularization {
    /// ε: from 0 to below 1.
    pub label_smoothing: f32,
    /// c: 1e-4 is usual where it is used.
    pub z_loss: f32,
}

/// `-log p(target)`; `logits` become `scale * (softmax - onehot)`.
pub fn row(logits: &mut [f32], target: u32, scale: f32) -> f32 {
    let at = index(target, logits.len());
    let aim = logits[at];
    let (max, sum) = exponentials(logits);
    multiply(logits, scale / sum);
    logits[at] -= scale;
    loss(max, sum, aim)
}

/// `log Z − (1 − ε) logits[target] − ε mean(logits) + c log² Z`; `logits` become `scale` times its
/// gradient, `(1 + 2 c log Z) softmax − (1 − ε) onehot − ε / V`.
pub fn row_with(logits: &mut [f32], target: u32, scale: f32, with: Regularization) -> f32 {
    if with == Regularization::default() {
        return row(logits, target, scale);
    }
    let Regularization { label_smoothing, z_loss } = with;
    let at = index(target, logits.len());
    let (aim, n) = (f64::from(logits[at]), logits.len() as f64);
    let smoothing = f64::from(label_smoothing);
    let mean = if smoothing > 0.0 { f64::from(sum_of(logits)) / n } else { 0.0 };
    let (max, sum) = exponentials(logits);
    let log_z = f64::from(sum).ln() + f64::from(max);
    let slope = 1.0 + 2.0 * f64::from(z_loss) * log_z;
    scale_and_shift(
        logits,
        (f64::from(scale) * slope / f64::from(sum)) as f32,
        (f64::from(scale) * smoothing / n) as f32,
    );
    logits[at] -= ((1.0 - smoothing) * f64::from(scale)) as f32;
    let aim = if smoothing > 0.0 { (1.0 - smoothing) * aim + smoothing * mean } else { aim };
    (log_z - aim + f64::from(z_loss) * log_z * log_z) as f32
}

/// The loss of [`row`], bit for bit, without the gradient.
pub fn row_loss(logits: &[f32], target: u32) -> f32 {
    let at = index(target, logits.len());
    let (max, sum) = max_and_sum(logits);
    loss(max, sum, logits[at])
}

fn index(target: u32, vocab: usize) -> usize {
    let at = target as usize;
    assert!(at < vocab, "cross_entropy: target {at} in a vocabulary of {vocab}");
    at
}

fn loss(max: f32, sum: f32, aim: f32) -> f32 {
    (f64::from(sum).ln() + (f64::from(max) - f64::from(aim))) as f32
}

for_each_isa!(
    /// Leaves `exp(x - max)`; the maximum and the sum of what it leaves.
    fn exponentials(x: &mut [f32]) -> (f32, f32) => exponentials_body
);

#[inline(always)]
fn exponentials_body(x: &mut [f32]) -> (f32, f32) {
    let max = lanes::max(x);
    let mut sums: Lanes = [0.0; WIDTH];
    for chunk in x.chunks_mut(WIDTH) {
        if let Ok(chunk) = <&mut Lanes>::try_from(&mut *chunk) {
            for (v, s) in chunk.iter_mut().zip(&mut sums) {
                *v = exp(*v - max);
                *s += *v;
            }
        } else {
            for (v, s) in chunk.iter_mut().zip(&mut sums) {
                *v = exp(*v - max);
                *s += *v;
            }
        }
    }
    (max, lanes::sum(sums))
}

for_each_isa!(
    /// The same two numbers.
    fn max_and_sum(x: &[f32]) -> (f32, f32) => max_and_sum_body
);

#[inline(always)]
fn max_and_sum_body(x: &[f32]) -> (f32, f32) {
    let max = lanes::max(x);
    (max, lanes::sum_of(x.len(), |i| exp(x[i] - max)))
}

for_each_isa!(fn sum_of(x: &[f32]) -> f32 => sum_of_body);

#[inline(always)]
fn sum_of_body(x: &[f32]) -> f32 {
    lanes::sum_over(x, |v| v)
}

for_each_isa!(fn scale_and_shift(x: &mut [f32], by: f32, down: f32) => scale_and_shift_body);

#[inline(always)]
fn scale_and_shift_body(x: &mut [f32], by: f32, down: f32) {
    x.iter_mut().for_each(|v| *v = *v * by - down);
}

for_each_isa!(fn multiply(x: &mut [f32], by: f32) => multiply_body);

#[inline(always)]
fn multiply_body(x: &mut [f32], by: f32) {
    x.iter_mut().for_each(|v| *v *= by);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 0.7).sin() * 5.0).collect()
    }

    fn naive(logits: &[f32], target: usize) -> f64 {
        let max = logits.iter().fold(f64::MIN, |m, &v| m.max(f64::from(v)));
        let sum: f64 = logits.iter().map(|&v| (f64::from(v) - max).exp()).sum();
        sum.ln() + max - f64::from(logits[target])
    }

    fn check(vocab: usize, target: usize) {
        let logits = wave(vocab);
        let mut gradient = logits.clone();
        let loss = row(&mut gradient, target as u32, 0.5);
        let expected = naive(&logits, target);
        assert!((f64::from(loss) - expected).abs() < 2e-6 * (1.0 + expected), "{loss} {expected}");
        assert_eq!(loss.to_bits(), row_loss(&logits, target as u32).to_bits());
        let mut portable = logits.clone();
        assert_eq!(exponentials_body(&mut portable), max_and_sum(&logits));
        for i in (0..vocab).step_by(1 + vocab / 10).chain([target]) {
            let (mut up, mut down) = (logits.clone(), logits.clone());
            up[i] += 1e-2;
            down[i] -= 1e-2;
            let run = f64::from(up[i]) - f64::from(down[i]);
            let slope = 0.5 * (naive(&up, target) - naive(&down, target)) / run;
            assert!((f64::from(gradient[i]) - slope).abs() < 1e-5, "{vocab} at {i}: {slope}");
        }
    }

    #[test]
    fn loss_and_gradient_are_those_of_the_formula() {
        for (vocab, target) in [(1, 0), (2, 1), (16, 3), (37, 36), (50_257, 77)] {
            check(vocab, target);
        }
    }

    #[test]
    fn what_is_mixed_in_has_the_slopes_of_its_gradient() {
        for (label_smoothing, z_loss) in [(0.1, 0.0), (0.0, 1e-2), (0.2, 1e-2)] {
            let with = Regularization { label_smoothing, z_loss };
            let (vocab, target) = (37, 5);
            let value = |logits: &[f32]| {
                let mean = logits.iter().map(|&v| f64::from(v)).sum::<f64>() / vocab as f64;
                let log_z = naive(logits, target) + f64::from(logits[target]);
                let smoothing = f64::from(label_smoothing);
                log_z - (1.0 - smoothing) * f64::from(logits[target]) - smoothing * mean
                    + f64::from(z_loss) * log_z * log_z
            };
            let logits = wave(vocab);
            let mut gradient = logits.clone();
            let loss = row_with(&mut gradient, target as u32, 0.5, with);
            assert!((f64::from(loss) - value(&logits)).abs() < 1e-5, "{loss}");
            for i in 0..vocab {
                let (mut up, mut down) = (logits.clone(), logits.clone());
                up[i] += 1e-2;
                down[i] -= 1e-2;
                let run = f64::from(up[i]) - f64::from(down[i]);
                let slope = 0.5 * (value(&up) - value(&down)) / run;
                assert!((f64::from(gradient[i]) - slope).abs() < 1e-5, "{i}: {slope}");
            }
        }
    }

    #[test]
    fn huge_logits_stay_finite() {
        let mut logits = [1e30, -1e30, 0.0];
        assert_eq!(row_loss(&logits, 0), 0.0);
        assert!((row_loss(&logits, 2) / 1e30 - 1.0).abs() < 1e-6);
        assert_eq!(row(&mut logits, 0, 1.0), 0.0);
        assert_eq!(logits, [0.0; 3]);
    }
}
