//! Top-p, or nucleus (Holtzman et al., "The Curious Case of Neural Text Degeneration", 2019): the
//! fewest of the likeliest whose shares reach p.

use super::filter::Filter;
use super::{Candidate, Sampling, settings};
use crate::Error;

pub(super) struct TopP;

impl Filter for TopP {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        settings::check_share("top_p", sampling.top_p)
    }

    fn is_on(&self, sampling: &Sampling) -> bool {
        sampling.top_p.is_some_and(|p| p < 1.0)
    }

    fn cut(&self, sampling: &Sampling, candidates: &mut Vec<Candidate>) {
        let p = sampling.top_p.unwrap_or(1.0);
        let total: u64 = candidates.iter().map(|c| c.weight).sum();
        let goal = (f64::from(p) * total as f64) as u64;
        let mut sum = 0;
        let reached = candidates.iter().position(|c| {
            sum += c.weight;
            sum >= goal
        });
        candidates.truncate(reached.map_or(candidates.len(), |i| i + 1));
    }
}
