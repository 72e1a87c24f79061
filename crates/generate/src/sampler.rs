//! From logits to one id, such that the same logits and seed give the same id on every machine.
//!
//! Probabilities are integers: the weight of a token is `⌊2³² · exp((l − max l) / temperature)⌋`
//! ([`weight()`]), computed with plain IEEE additions and multiplications only; filters cut the list
//! of candidates; the draw is one uniform integer below the sum of the weights. A token less than
//! 2⁻³² times as likely as the best is never drawn. Temperature 0 takes the best token, of equals
//! the lowest id.
//!
//! ```text
//! settings   what can be asked for, with defaults and ranges
//! adjust     what moves logits before they are weighed: logit_bias, penalties, dry
//! filter     what cuts the candidates afterwards: top_k, top_p, min_p, typical
//! history    the ids so far, for those who look back
//! ```
//!
//! One more of either kind is one file here, one line in its registry, and its setting in
//! [`Sampling`]. They work in the order of their registries, greedy choice included; without one that
//! moves logits these are read where they lie. Left out: what draws more than once a token (XTC,
//! Mirostat), which would tie a seed's stream to settings.

mod adjust;
mod dry;
mod filter;
mod history;
mod logarithm;
mod logit_bias;
mod min_p;
mod penalties;
mod settings;
mod top_k;
mod top_p;
mod typical;
mod weight;

use std::borrow::Cow;
use std::sync::Arc;

use stdx::Rng;

use crate::Error;
use adjust::ADJUSTERS;
use filter::FILTERS;
use history::History;

pub use settings::{Dry, Sampling};
pub use weight::{ONE, weight};

/// A token that may be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The token.
    pub id: u32,
    /// Its weight, above 0 and at most [`ONE`].
    pub weight: u64,
}

/// Draws tokens. Holds the state of its random stream, and what was said, if a setting looks back. A
/// clone goes on exactly as this one would.
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Arc<Sampling>,
    rng: Rng,
    /// `None` if no setting looks back.
    history: Option<History>,
}

impl Sampler {
    /// A sampler at the start of its seed's stream, before a text of which nothing is known.
    ///
    /// # Errors
    /// [`Error::Setting`].
    pub fn new(sampling: &Sampling) -> Result<Self, Error> {
        sampling.check()?;
        let rng = Rng::stream(sampling.seed, "sampling");
        let looks_back = ADJUSTERS.iter().any(|a| a.is_on(sampling) && a.looks_back());
        let history = looks_back.then(|| History::new(sampling.penalty_last_n));
        Ok(Self { sampling: Arc::new(sampling.clone()), rng, history })
    }

    /// Says what the text begins with, in place of all that was said before. The random stream goes on.
    pub fn begin(&mut self, prompt: &[u32]) {
        if let Some(history) = &mut self.history {
            history.begin(prompt);
        }
    }

    /// Says that a token of the answer came which was not picked here.
    pub fn record(&mut self, token: u32) {
        if let Some(history) = &mut self.history {
            history.push(token);
        }
    }

    /// The next token, of those that `allowed` (one entry a token) permits. It is part of the text
    /// from then on.
    ///
    /// # Errors
    /// [`Error::NotANumber`], [`Error::NothingAllowed`]; [`Error::Setting`] for a bias of a token
    /// that has no logit. Then nothing has changed.
    pub fn pick(&mut self, logits: &[f32], allowed: Option<&[bool]>) -> Result<u32, Error> {
        let token = if self.sampling.temperature == 0.0 {
            best(&self.adjusted(logits)?, allowed)?.0
        } else {
            let candidates = self.candidates(logits, allowed)?;
            self.draw(&candidates).ok_or(Error::NothingAllowed { vocab_size: logits.len() })?
        };
        self.record(token);
        Ok(token)
    }

    fn draw(&mut self, candidates: &[Candidate]) -> Option<u32> {
        let mut ticket = self.rng.below(candidates.iter().map(|c| c.weight).sum());
        for candidate in candidates {
            if ticket < candidate.weight {
                return Some(candidate.id);
            }
            ticket -= candidate.weight;
        }
        None
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
        let logits = &*self.adjusted(logits)?;
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

    /// The logits after everything that moves them; where nothing does, those given.
    ///
    /// # Errors
    /// [`Error::Setting`] for a bias of a token that has no logit.
    pub fn adjusted<'a>(&self, logits: &'a [f32]) -> Result<Cow<'a, [f32]>, Error> {
        let (mut logits, none) = (Cow::Borrowed(logits), History::default());
        let history = self.history.as_ref().unwrap_or(&none);
        for adjuster in ADJUSTERS.iter().filter(|adjuster| adjuster.is_on(&self.sampling)) {
            adjuster.adjust(&self.sampling, history, logits.to_mut())?;
        }
        Ok(logits)
    }

    fn filter(&self, candidates: &mut Vec<Candidate>) {
        if !FILTERS.iter().any(|filter| filter.is_on(&self.sampling)) {
            return; // Sorting a large vocabulary costs more than drawing from it.
        }
        candidates.sort_unstable_by_key(|c| (std::cmp::Reverse(c.weight), c.id));
        for filter in FILTERS.iter().filter(|filter| filter.is_on(&self.sampling)) {
            filter.cut(&self.sampling, candidates);
        }
    }
}

/// The likeliest permitted token; of equals the lowest id.
pub(crate) fn best(logits: &[f32], allowed: Option<&[bool]>) -> Result<(u32, f32), Error> {
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

#[cfg(test)]
mod tests;
