//! From logits to one id, such that the same logits and seed give the same id on every machine.
//!
//! Probabilities are integers: the weight of a token is `⌊2³² · exp((l − max l) / temperature)⌋`
//! ([`weight()`]), computed with plain IEEE additions and multiplications only; filters cut the list
//! of candidates; the draw is one uniform integer below the sum of the weights. A token less than
//! 2⁻³² times as likely as the best is never drawn. Temperature 0 takes the best token, of equals
//! the lowest id.
//!
//! A filter is one file in `sampler/`, one line in `FILTERS`, and its setting in [`Sampling`].
//! They work in that order, after the temperature. Left out: penalties for repetition, which hide
//! what a model has learnt.

mod min_p;
mod top_k;
mod top_p;
mod weight;

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::Error;
pub use weight::{ONE, weight};

/// How to choose the next token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// Divides the logits: 0 is greedy, 1 the model's own distribution; at most 100.
    pub temperature: f32,
    /// Only this many of the most likely.
    pub top_k: Option<usize>,
    /// Only the most likely that together hold this share of the probability (Holtzman et al.,
    /// "The Curious Case of Neural Text Degeneration", 2019).
    pub top_p: Option<f32>,
    /// Only those at least this share as likely as the best (Nguyen et al., "Turning Up the Heat:
    /// Min-p Sampling", 2024).
    pub min_p: Option<f32>,
    /// Equal seeds make equal choices.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: None, min_p: None, seed: 0 }
    }
}

impl Sampling {
    /// Always the best token.
    pub fn greedy() -> Self {
        Self { temperature: 0.0, ..Self::default() }
    }

    /// Checks every setting's range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is outside.
    pub fn check(&self) -> Result<(), Error> {
        if !(0.0..=100.0).contains(&self.temperature) {
            return Err(Error::Setting {
                setting: "temperature",
                expected: "from 0 to 100",
                got: self.temperature.to_string(),
            });
        }
        FILTERS.iter().try_for_each(|filter| filter.check(self))
    }
}

/// A token that may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The token.
    pub id: u32,
    /// Its weight, above 0 and at most [`ONE`].
    pub weight: u64,
}

/// Cuts the list of candidates.
trait Filter: Sync {
    /// Refuses a setting outside its range.
    fn check(&self, sampling: &Sampling) -> Result<(), Error>;

    /// How many of the candidates stay; they come with the most likely first. `None` if this
    /// filter is off.
    fn keep(&self, sampling: &Sampling, candidates: &[Candidate]) -> Option<usize>;
}

/// Every filter, in the order of work.
static FILTERS: [&dyn Filter; 3] = [&top_k::TopK, &top_p::TopP, &min_p::MinP];

/// Draws tokens. Holds the state of its random stream.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    rng: Rng,
}

impl Sampler {
    /// A sampler at the start of its seed's stream.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn new(sampling: &Sampling) -> Result<Self, Error> {
        sampling.check()?;
        let rng = Rng::stream(sampling.seed, "sampling");
        Ok(Self { sampling: sampling.clone(), rng })
    }

    /// The next token, of those that `allowed` (one entry a token) permits.
    ///
    /// # Errors
    /// [`Error::NotANumber`], [`Error::NothingAllowed`].
    pub fn pick(&mut self, logits: &[f32], allowed: Option<&[bool]>) -> Result<u32, Error> {
        if self.sampling.temperature == 0.0 {
            return Ok(best(logits, allowed)?.0);
        }
        let candidates = self.candidates(logits, allowed)?;
        let mut ticket = self.rng.below(candidates.iter().map(|c| c.weight).sum());
        for candidate in &candidates {
            if ticket < candidate.weight {
                return Ok(candidate.id);
            }
            ticket -= candidate.weight;
        }
        Err(Error::NothingAllowed { vocab_size: logits.len() })
    }

    /// What [`Sampler::pick`] draws from, in proportion to the weights.
    ///
    /// # Errors
    /// As [`Sampler::pick`].
    pub fn candidates(
        &self,
        logits: &[f32],
        allowed: Option<&[bool]>,
    ) -> Result<Vec<Candidate>, Error> {
        let (id, max) = best(logits, allowed)?;
        if self.sampling.temperature == 0.0 {
            return Ok(vec![Candidate { id, weight: ONE }]);
        }
        let temperature = f64::from(self.sampling.temperature);
        let mut candidates: Vec<Candidate> = permitted(logits, allowed)
            .map(|(id, logit)| Candidate {
                id,
                weight: weight((f64::from(logit) - f64::from(max)) / temperature),
            })
            .filter(|candidate| candidate.weight > 0)
            .collect();
        self.filter(&mut candidates);
        Ok(candidates)
    }

    fn filter(&self, candidates: &mut Vec<Candidate>) {
        if FILTERS.iter().all(|filter| filter.keep(&self.sampling, &[]).is_none()) {
            return; // Sorting a large vocabulary costs more than drawing from it.
        }
        candidates.sort_unstable_by_key(|c| (std::cmp::Reverse(c.weight), c.id));
        for filter in FILTERS {
            if let Some(n) = filter.keep(&self.sampling, candidates) {
                candidates.truncate(n.max(1));
            }
        }
    }
}

/// The likeliest permitted token; of equals the lowest id.
fn best(logits: &[f32], allowed: Option<&[bool]>) -> Result<(u32, f32), Error> {
    let mut best = None;
    for (id, logit) in permitted(logits, allowed) {
        if logit.is_nan() || logit == f32::INFINITY {
            return Err(Error::NotANumber { id: id as usize, value: logit });
        }
        if logit > best.map_or(f32::NEG_INFINITY, |(_, max)| max) {
            best = Some((id, logit));
        }
    }
    best.ok_or(Error::NothingAllowed { vocab_size: logits.len() })
}

fn permitted<'a>(
    logits: &'a [f32],
    allowed: Option<&'a [bool]>,
) -> impl Iterator<Item = (u32, f32)> + 'a {
    let may = move |id: usize| allowed.is_none_or(|a| a.get(id).copied().unwrap_or(false));
    let each = logits.iter().enumerate().filter(move |(id, _)| may(*id));
    each.map(|(id, &logit)| (id as u32, logit))
}

/// A share must lie in `(0, 1]`.
fn check_share(setting: &'static str, value: Option<f32>) -> Result<(), Error> {
    match value {
        Some(p) if !(p > 0.0 && p <= 1.0) => {
            Err(Error::Setting { setting, expected: "above 0 and at most 1", got: p.to_string() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
