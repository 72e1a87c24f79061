//! What a row of logits says, one number a row, with its gradient: the log-probability of a token,
//! the entropy, the Kullback–Leibler divergence from another row.
//!
//! With `p = softmax(z)` and an upstream `g`: `d log p[t] = g (onehot − p)`,
//! `d H = −g p (log p + H)`, `d KL(p‖q) = g p (log p − log q − KL)` to the logits of p and
//! `g (q − p)` to those of q. A token of probability 0 adds nothing to any of them.

use crate::exp::exp;
use crate::for_each_isa;
use crate::lanes;

/// `log softmax(logits)[target]`.
pub fn log_prob(logits: &[f32], target: u32) -> f32 {
    -crate::cross_entropy::row_loss(logits, target)
}

/// `logits` become the gradient of `upstream` times [`log_prob`].
pub fn log_prob_gradient(logits: &mut [f32], target: u32, upstream: f32) {
    crate::cross_entropy::row(logits, target, -upstream);
}

/// `−Σ p log p` in nats.
pub fn entropy(logits: &[f32]) -> f32 {
    let lse = log_sum_exp(logits);
    -expectation(logits, lse, logits, lse, 1.0, 0.0)
}

/// `logits` become the gradient of `upstream` times [`entropy`].
pub fn entropy_gradient(logits: &mut [f32], upstream: f32) {
    let (lse, entropy) = (log_sum_exp(logits), entropy(logits));
    around(logits, lse, entropy, -upstream);
}

/// `KL(p‖q) = Σ p (log p − log q)` in nats, of the distributions that two rows of logits stand for.
/// Infinite if q gives 0 to what p does not.
pub fn kl(p: &[f32], q: &[f32]) -> f32 {
    assert_eq!(p.len(), q.len(), "kl: two rows of one vocabulary are needed");
    expectation(p, log_sum_exp(p), q, log_sum_exp(q), 1.0, -1.0)
}

/// `p` becomes the gradient of `upstream` times [`kl`] to it.
pub fn kl_gradient_to_p(p: &mut [f32], q: &[f32], upstream: f32) {
    let kl = kl(p, q);
    let (lse_p, lse_q) = (log_sum_exp(p), log_sum_exp(q));
    difference(p, lse_p, q, lse_q, kl, upstream);
}

/// `q` becomes the gradient of `upstream` times [`kl`] to it.
pub fn kl_gradient_to_q(p: &[f32], q: &mut [f32], upstream: f32) {
    assert_eq!(p.len(), q.len(), "kl: two rows of one vocabulary are needed");
    let (lse_p, lse_q) = (log_sum_exp(p), log_sum_exp(q));
    probabilities(p, lse_p, q, lse_q, upstream);
}

for_each_isa!(
    /// `log Σ e^z`.
    fn log_sum_exp(logits: &[f32]) -> f32 => log_sum_exp_body
);

#[inline(always)]
fn log_sum_exp_body(logits: &[f32]) -> f32 {
    let max = lanes::max(logits);
    let sum = lanes::sum_over(logits, |z| exp(z - max));
    (f64::from(sum).ln() + f64::from(max)) as f32
}

for_each_isa!(
    /// `Σ p (a log p + b log q)`.
    fn expectation(p: &[f32], lse_p: f32, q: &[f32], lse_q: f32, a: f32, b: f32) -> f32
        => expectation_body
);

#[inline(always)]
fn expectation_body(p: &[f32], lse_p: f32, q: &[f32], lse_q: f32, a: f32, b: f32) -> f32 {
    let q = &q[..p.len()];
    lanes::sum_of(p.len(), |i| {
        let log_p = p[i] - lse_p;
        let likely = exp(log_p);
        let both = if b == 0.0 { a * log_p } else { a * log_p + b * (q[i] - lse_q) };
        if likely == 0.0 { 0.0 } else { likely * both }
    })
}

for_each_isa!(
    /// `z = by p (log p + shift)`.
    fn around(z: &mut [f32], lse: f32, shift: f32, by: f32) => around_body
);

#[inline(always)]
fn around_body(z: &mut [f32], lse: f32, shift: f32, by: f32) {
    for z in z {
        let log_p = *z - lse;
        let p = exp(log_p);
        *z = if p == 0.0 { 0.0 } else { by * p * (log_p + shift) };
    }
}

for_each_isa!(
    /// `p = by p (log p − log q − kl)`.
    fn difference(p: &mut [f32], lse_p: f32, q: &[f32], lse_q: f32, kl: f32, by: f32)
        => difference_body
);

#[inline(always)]
fn difference_body(p: &mut [f32], lse_p: f32, q: &[f32], lse_q: f32, kl: f32, by: f32) {
    for (p, q) in p.iter_mut().zip(q) {
        let log_p = *p - lse_p;
        let likely = exp(log_p);
        let gradient = by * likely * (log_p - (q - lse_q) - kl);
        *p = if likely == 0.0 { 0.0 } else { gradient };
    }
}

for_each_isa!(
    /// `q = by (q − p)`, of probabilities.
    fn probabilities(p: &[f32], lse_p: f32, q: &mut [f32], lse_q: f32, by: f32)
        => probabilities_body
);

#[inline(always)]
fn probabilities_body(p: &[f32], lse_p: f32, q: &mut [f32], lse_q: f32, by: f32) {
    for (q, p) in q.iter_mut().zip(p) {
        *q = by * (exp(*q - lse_q) - exp(p - lse_p));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(n: usize, phase: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 0.7 + phase).sin() * 3.0).collect()
    }

    fn log_softmax(z: &[f32]) -> Vec<f64> {
        let max = z.iter().fold(f64::MIN, |m, &v| m.max(f64::from(v)));
        let sum: f64 = z.iter().map(|&v| (f64::from(v) - max).exp()).sum();
        z.iter().map(|&v| f64::from(v) - max - sum.ln()).collect()
    }

    fn naive_entropy(z: &[f32]) -> f64 {
        -log_softmax(z).iter().map(|l| l.exp() * l).sum::<f64>()
    }

    fn naive_kl(p: &[f32], q: &[f32]) -> f64 {
        log_softmax(p).iter().zip(log_softmax(q)).map(|(p, q)| p.exp() * (p - q)).sum()
    }

    /// The gradient of `value` at `z`, by differences, against `gradient` at `by`.
    fn slopes(z: &[f32], gradient: &[f32], by: f64, value: impl Fn(&[f32]) -> f64) {
        for i in 0..z.len() {
            let (mut up, mut down) = (z.to_vec(), z.to_vec());
            up[i] += 1e-2;
            down[i] -= 1e-2;
            let run = f64::from(up[i]) - f64::from(down[i]);
            let slope = by * (value(&up) - value(&down)) / run;
            assert!((f64::from(gradient[i]) - slope).abs() < 3e-5, "{i}: {} {slope}", gradient[i]);
        }
    }

    #[test]
    fn values_and_gradients_are_those_of_the_formulas() {
        for n in [1, 2, 15, 37, 100] {
            let (p, q) = (wave(n, 0.0), wave(n, 1.3));
            let target = n as u32 / 2;
            let expected = log_softmax(&p)[n / 2];
            assert!((f64::from(log_prob(&p, target)) - expected).abs() < 1e-5);
            assert!((f64::from(entropy(&p)) - naive_entropy(&p)).abs() < 1e-5);
            assert!((f64::from(kl(&p, &q)) - naive_kl(&p, &q)).abs() < 1e-5);

            let mut gradient = p.clone();
            log_prob_gradient(&mut gradient, target, 0.7);
            slopes(&p, &gradient, 0.7, |z| log_softmax(z)[n / 2]);
            let mut gradient = p.clone();
            entropy_gradient(&mut gradient, 0.7);
            slopes(&p, &gradient, 0.7, naive_entropy);
            let mut gradient = p.clone();
            kl_gradient_to_p(&mut gradient, &q, 0.7);
            slopes(&p, &gradient, 0.7, |z| naive_kl(z, &q));
            let mut gradient = q.clone();
            kl_gradient_to_q(&p, &mut gradient, 0.7);
            slopes(&q, &gradient, 0.7, |z| naive_kl(&p, z));
        }
    }

    #[test]
    fn what_cannot_happen_counts_for_nothing() {
        let masked = [1.0, f32::NEG_INFINITY, 2.0];
        let open = [1.0, 2.0];
        assert!((entropy(&masked) - entropy(&open)).abs() < 1e-6);
        assert!(kl(&masked, &masked).abs() < 1e-6);
        assert!(kl(&[0.0, 0.0, 0.0], &masked).is_infinite());
        let mut gradient = masked;
        entropy_gradient(&mut gradient, 1.0);
        assert!(gradient.iter().all(|g| g.is_finite()) && gradient[1] == 0.0, "{gradient:?}");
        let mut gradient = masked;
        kl_gradient_to_p(&mut gradient, &[0.0; 3], 1.0);
        assert!(gradient.iter().all(|g| g.is_finite()) && gradient[1] == 0.0, "{gradient:?}");
    }
}
