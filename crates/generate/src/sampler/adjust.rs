//! Those who move logits before they are weighed, and their registry.

use super::history::History;
use super::{Sampling, dry, logit_bias, penalties};
use crate::Error;

/// Moves logits.
pub(super) trait Adjust: Sync {
    /// Refuses a setting outside its range.
    fn check(&self, sampling: &Sampling) -> Result<(), Error>;

    /// Whether it would move any.
    fn is_on(&self, sampling: &Sampling) -> bool;

    /// Whether it looks at what was said before.
    fn looks_back(&self) -> bool;

    /// Moves the logits of the next token, `(V)`.
    fn adjust(
        &self,
        sampling: &Sampling,
        history: &History,
        logits: &mut [f32],
    ) -> Result<(), Error>;
}

/// Every one, in the order of work.
pub(super) static ADJUSTERS: [&dyn Adjust; 3] =
    [&logit_bias::LogitBias, &penalties::Penalties, &dry::DontRepeat];
