//! Top-k (Fan et al., "Hierarchical Neural Story Generation", 2018): the k likeliest; of equals
//! the lower ids.

use super::{Candidate, Filter, Sampling};
use crate::Error;

pub(super) struct TopK;

impl Filter for TopK {
    fn check(&self, sampling: &Sampling) -> Result<(), Error> {
        match sampling.top_k {
            Some(0) => Err(Error::Setting {
                setting: "top_k",
                expected: "at least 1 (or absent, for no limit)",
                got: "0".to_string(),
            }),
            _ => Ok(()),
        }
    }

    fn keep(&self, sampling: &Sampling, _: &[Candidate]) -> Option<usize> {
        sampling.top_k
    }
}
