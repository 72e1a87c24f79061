//! Top-k (Fan et al., "Hierarchical Neural Story Generation", 2018): the k likeliest; of equals
//! the lower ids.

use super::filter::Filter;
use super::{Candidate, Sampling, settings};
use crate::Error;

pub(super) struct TopK;

impl Filter for TopK {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        settings::check_count("top_k", sampling.top_k)
    }

    fn is_on(&self, sampling: &Sampling) -> bool {
        sampling.top_k.is_some()
    }

    fn cut(&self, sampling: &Sampling, candidates: &mut Vec<Candidate>) {
        candidates.truncate(sampling.top_k.unwrap_or(usize::MAX));
    }
}
