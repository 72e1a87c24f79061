//! Locally typical sampling (Meister et al., "Locally Typical Sampling", 2022): people say what is
//! about as surprising as the distribution makes one expect. The tokens whose surprise `−ln p` is
//! nearest to the entropy `−Σ p ln p`, as few as hold the asked share of the probability; the best
//! token may be among those that go.
//!
//! `|−ln pᵢ − H| = |Σ p ln w − ln wᵢ|` for weights `w`, so that no sum of weights has to be divided by.

use super::filter::Filter;
use super::logarithm::ln;
use super::{Candidate, Sampling, settings};
use crate::Error;

pub(super) struct Typical;

impl Filter for Typical {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        settings::check_share("typical_p", sampling.typical_p)
    }

    fn is_on(&self, sampling: &Sampling) -> bool {
        sampling.typical_p.is_some_and(|p| p < 1.0)
    }

    fn cut(&self, sampling: &Sampling, candidates: &mut Vec<Candidate>) {
        let p = sampling.typical_p.unwrap_or(1.0);
        let total: u64 = candidates.iter().map(|c| c.weight).sum();
        let logs: Vec<f64> = candidates.iter().map(|c| ln(c.weight)).collect();
        let weighted = candidates.iter().zip(&logs).map(|(c, ln)| c.weight as f64 * ln);
        let expected = weighted.sum::<f64>() / total as f64;
        // Of equals the likelier, then the lower id comes first: the order that they are in.
        let mut order: Vec<usize> = (0..candidates.len()).collect();
        let apart = |i: usize| (expected - logs[i]).abs();
        order.sort_by(|&a, &b| apart(a).total_cmp(&apart(b)));
        let goal = (f64::from(p) * total as f64) as u64;
        let (mut sum, mut stays) = (0, vec![false; candidates.len()]);
        for i in order {
            stays[i] = true;
            sum += candidates[i].weight;
            if sum >= goal {
                break;
            }
        }
        let mut stays = stays.into_iter();
        candidates.retain(|_| stays.next().unwrap_or(true));
    }
}
