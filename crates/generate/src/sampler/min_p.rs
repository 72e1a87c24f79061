//! Min-p (Nguyen et al., "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM
//! Outputs", 2024): those at least p times as likely as the best. Cuts little where the model is
//! unsure and much where it is sure.

use super::{Candidate, Filter, Sampling, check_share};
use crate::Error;

pub(super) struct MinP;

impl Filter for MinP {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        check_share("min_p", sampling.min_p)
    }

    fn keep(&self, sampling: &Sampling, candidates: &[Candidate]) -> Option<usize> {
        let p = sampling.min_p?;
        let best = candidates.first().map_or(0, |c| c.weight);
        let least = (f64::from(p) * best as f64) as u64;
        Some(candidates.partition_point(|c| c.weight >= least))
    }
}
