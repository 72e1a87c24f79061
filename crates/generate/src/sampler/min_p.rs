//! Min-p (Nguyen et al., "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM
//! Outputs", 2024): those at least p times as likely as the best. Cuts little where the model is
//! unsure and much where it is sure.

use super::filter::Filter;
use super::{Candidate, Sampling, settings};
use crate::Error;

pub(super) struct MinP;

impl Filter for MinP {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        settings::check_share("min_p", sampling.min_p)
    }

    fn is_on(&self, sampling: &Sampling) -> bool {
        sampling.min_p.is_some()
    }

    fn cut(&self, sampling: &Sampling, candidates: &mut Vec<Candidate>) {
        let p = sampling.min_p.unwrap_or(0.0);
        let best = candidates.first().map_or(0, |c| c.weight);
        let least = (f64::from(p) * best as f64) as u64;
        candidates.truncate(candidates.partition_point(|c| c.weight >= least));
    }
}
