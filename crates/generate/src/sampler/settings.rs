//! What can be asked of a sampler, with its defaults and ranges.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::adjust::ADJUSTERS;
use super::filter::FILTERS;
use super::logit_bias;
use crate::Error;

/// How to choose the next token. Moves of logits come first, in the order of `logit_bias`, penalties,
/// `dry`; then the temperature; then `top_k`, `top_p`, `min_p`, `typical_p`.
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
    /// Only those that are about as surprising as the next token is on average, which together hold
    /// this share of the probability (Meister et al., "Locally Typical Sampling", 2022).
    pub typical_p: Option<f32>,
    /// Makes what stands in the text less likely: divides positive logits and multiplies negative
    /// ones (Keskar et al., "CTRL", 2019). 1 changes nothing, below 1 makes it likelier; from 0.01
    /// to 100.
    pub repetition_penalty: f32,
    /// Taken off the logit of every token that stands in the answer; from −100 to 100.
    pub presence_penalty: f32,
    /// Taken off the logit of a token for every time that it stands in the answer; from −100 to 100.
    pub frequency_penalty: f32,
    /// How many of the newest ids the three penalties look at; all, if absent.
    pub penalty_last_n: Option<usize>,
    /// Makes the continuation of what was said before less likely; off, if absent.
    pub dry: Option<Dry>,
    /// Added to logits, by token: from −10⁶ to 10⁶, or −∞, which forbids the token (`null` in JSON).
    #[serde(with = "logit_bias::json")]
    pub logit_bias: BTreeMap<u32, f32>,
    /// Equal seeds make equal choices.
    pub seed: u64,
}

/// The penalty for repeating sequences (p-e-w, "DRY: a modern repetition penalty", 2024).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dry {
    /// What the shortest sequence costs, in logits; from 0, which is off, to 100.
    pub multiplier: f32,
    /// Times as much for every token more; from 1 to 100.
    pub base: f32,
    /// Tokens of the shortest sequence that costs anything; at least 1.
    pub allowed_length: usize,
    /// Tokens across which no sequence goes, such as line breaks. They are never penalized.
    pub breakers: BTreeSet<u32>,
    /// How many of the newest ids are looked at; all, if absent.
    pub last_n: Option<usize>,
}

impl Default for Dry {
    fn default() -> Self {
        Self {
            multiplier: 0.8,
            base: 1.75,
            allowed_length: 2,
            breakers: BTreeSet::new(),
            last_n: None,
        }
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 1.0,
            top_k: None,
            top_p: None,
            min_p: None,
            typical_p: None,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            penalty_last_n: None,
            dry: None,
            logit_bias: BTreeMap::new(),
            seed: 0,
        }
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
        within("temperature", self.temperature, 0.0, 100.0, "from 0 to 100")?;
        ADJUSTERS.iter().try_for_each(|adjuster| adjuster.check(self))?;
        FILTERS.iter().try_for_each(|filter| filter.check(self))
    }
}

/// A share must lie in `(0, 1]`.
pub(super) fn check_share(setting: &'static str, value: Option<f32>) -> Result<(), Error> {
    match value {
        Some(p) if !(p > 0.0 && p <= 1.0) => {
            Err(Error::Setting { setting, expected: "above 0 and at most 1", got: p.to_string() })
        }
        _ => Ok(()),
    }
}

/// A number must lie in `low..=high`, which `expected` says in words.
pub(super) fn within(
    setting: &'static str,
    value: f32,
    low: f32,
    high: f32,
    expected: &'static str,
) -> Result<(), Error> {
    match (low..=high).contains(&value) {
        true => Ok(()),
        false => Err(Error::Setting { setting, expected, got: value.to_string() }),
    }
}

/// A count, where there is one, must not be 0.
pub(super) fn check_count(setting: &'static str, value: Option<usize>) -> Result<(), Error> {
    match value {
        Some(0) => {
            let expected = "at least 1 (or absent, for no limit)";
            Err(Error::Setting { setting, expected, got: "0".to_string() })
        }
        _ => Ok(()),
    }
}
