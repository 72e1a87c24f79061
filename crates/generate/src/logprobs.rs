//! Log probabilities of tokens, as OpenAI's API tells them: of the model's own distribution, before
//! temperature, penalties, filters and constraints.

/// How likely the model held a token that was chosen, and those that it held for likeliest there.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenLogprobs {
    /// The token.
    pub token: u32,
    /// The natural logarithm of its probability.
    pub logprob: f64,
    /// The likeliest tokens with theirs, the best first; of equals the lowest id.
    pub top: Vec<(u32, f64)>,
}

impl TokenLogprobs {
    /// Of a `token` below V and the `n` likeliest, from `logits` `(V)`.
    pub fn of(logits: &[f32], token: u32, n: usize) -> Self {
        let softmax = LogSoftmax::of(logits);
        let logprob = |id: u32| softmax.at(logits[id as usize]);
        let top = likeliest(logits, n, None).into_iter().map(|id| (id, logprob(id))).collect();
        Self { token, logprob: logprob(token), top }
    }
}

/// `l ↦ l − log Σ exp(l)`, in f64 and without overflow.
pub(crate) struct LogSoftmax {
    max: f64,
    /// `log Σ exp(l − max)`.
    rest: f64,
}

impl LogSoftmax {
    pub(crate) fn of(logits: &[f32]) -> Self {
        let max = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let rest = logits.iter().map(|&l| (f64::from(l) - max).exp()).sum::<f64>().ln();
        Self { max, rest }
    }

    /// The log probability of a token with this logit.
    pub(crate) fn at(&self, logit: f32) -> f64 {
        f64::from(logit) - self.max - self.rest
    }
}

/// The `n` permitted ids of the greatest logits, the best first; of equals the lowest id.
pub(crate) fn likeliest(logits: &[f32], n: usize, allowed: Option<&[bool]>) -> Vec<u32> {
    let may = |id: &u32| allowed.is_none_or(|a| a.get(*id as usize).copied().unwrap_or(false));
    let mut ids: Vec<u32> = (0..logits.len() as u32).filter(may).collect();
    let order = |a: &u32, b: &u32| {
        logits[*b as usize].total_cmp(&logits[*a as usize]).then_with(|| a.cmp(b))
    };
    if n < ids.len() {
        ids.select_nth_unstable_by(n, order);
        ids.truncate(n);
    }
    ids.sort_unstable_by(order);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_the_softmax_and_the_best_come_first() {
        let logits = [1.0, 3.0, -2.0, 3.0, 1000.0_f32.ln()];
        let exp: Vec<f64> = logits.iter().map(|&l| f64::from(l).exp()).collect();
        let total: f64 = exp.iter().sum();
        let got = TokenLogprobs::of(&logits, 2, 4);
        assert!((got.logprob - (exp[2] / total).ln()).abs() < 1e-12);
        assert_eq!(got.top.iter().map(|t| t.0).collect::<Vec<_>>(), [4, 1, 3, 0]);
        assert!(got.top.iter().all(|&(id, l)| (l.exp() - exp[id as usize] / total).abs() < 1e-9));
        assert_eq!(TokenLogprobs::of(&logits, 0, 99).top.len(), 5);
        assert_eq!(TokenLogprobs::of(&logits, 0, 0).top.len(), 0);
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let got = TokenLogprobs::of(&[3e38, 3e38, -3e38], 1, 0);
        assert!((got.logprob + 2.0_f64.ln()).abs() < 1e-12, "{got:?}");
    }

    #[test]
    fn what_is_not_allowed_is_not_among_the_likeliest() {
        let allowed = [true, false, true, true];
        assert_eq!(likeliest(&[0.0, 9.0, 1.0, 1.0], 2, Some(&allowed)), [2, 3]);
        assert_eq!(likeliest(&[0.0, 9.0], 5, Some(&[false])), [0; 0]);
    }
}
