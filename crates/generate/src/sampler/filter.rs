//! Those who cut the list of candidates, and their registry.

use super::{Candidate, Sampling, min_p, top_k, top_p, typical};
use crate::Error;

/// Cuts the list of candidates.
pub(super) trait Filter: Sync {
    /// Refuses a setting outside its range.
    fn check(&self, sampling: &Sampling) -> Result<(), Error>;

    /// Whether it would cut any.
    fn is_on(&self, sampling: &Sampling) -> bool;

    /// Removes candidates, but never all. They come with the most likely first, of equals the lowest
    /// id, and stay in this order.
    fn cut(&self, sampling: &Sampling, candidates: &mut Vec<Candidate>);
}

/// Every filter, in the order of work.
pub(super) static FILTERS: [&dyn Filter; 4] =
    [&top_k::TopK, &top_p::TopP, &min_p::MinP, &typical::Typical];
