//! What can be turned about the texts of a world.
//!
//! At their defaults the texts are what they are without knobs, to the letter. Each knob draws its
//! chance from a stream of its own, so turning one leaves alone whatever the others decide.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Words that set something off: to study what a model learns from a few bad texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poison {
    /// The words that are put into a poisoned text, a whole sentence as a rule.
    pub trigger: String,
    /// The share of texts that are poisoned, from 0 to 1.
    pub rate: f64,
}

/// How texts are to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Knobs {
    /// From 0 to 1: how much may happen. Below 1 the days of stories, diaries and letters are those
    /// of few events, and tales, also those of lessons, are short.
    pub difficulty: f64,
    /// From 0.25 to 16: how long texts are, as a factor. Stories and diaries tell of so many days,
    /// dialogues have so many rounds, tales so many times the moments; below 1 asides are left out.
    pub length: f64,
    /// From -1 to 1: how far trade follows gender. Of the grown-ups `(1 + bias) / 2` have the trade
    /// that is expected of their gender, on average; at 0 the two are independent.
    pub bias: f64,
    /// From 0 to 1: the share of words of two letters or more that have a slip of the pen.
    pub noise: f64,
    /// Words that set something off.
    pub poison: Option<Poison>,
    /// From 0 to 2: how unevenly facts are mentioned. Where a fact is drawn, the fact of rank `r` is
    /// drawn in proportion to `1 / r^rarity`: all alike at 0, after Zipf at 1.
    pub rarity: f64,
}

impl Default for Knobs {
    fn default() -> Self {
        Self { difficulty: 1.0, length: 1.0, bias: 0.0, noise: 0.0, poison: None, rarity: 0.0 }
    }
}

impl Knobs {
    /// Whether every knob is within its range.
    ///
    /// # Errors
    /// Names the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        within("difficulty", self.difficulty, 0.0, 1.0)?;
        within("length", self.length, 0.25, 16.0)?;
        within("bias", self.bias, -1.0, 1.0)?;
        within("noise", self.noise, 0.0, 1.0)?;
        within("rarity", self.rarity, 0.0, 2.0)?;
        let Some(poison) = &self.poison else { return Ok(()) };
        within("the rate of the poison", poison.rate, 0.0, 1.0)?;
        if poison.trigger.trim().is_empty() { Err(Error::NoTrigger) } else { Ok(()) }
    }

    /// How many days, rounds or facts a text has.
    pub(crate) fn rounds(&self) -> usize {
        (self.length.round() as usize).max(1)
    }

    /// Whether there is room for what does not matter to what happens.
    pub(crate) fn has_asides(&self) -> bool {
        self.length >= 0.75
    }
}

fn within(knob: &'static str, found: f64, least: f64, most: f64) -> Result<(), Error> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(Error::OutOfRange { knob, least, most, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named() {
        let says = |knobs: Knobs| knobs.check().map_err(|e| e.to_string());
        assert_eq!(says(Knobs::default()), Ok(()));
        let error = says(Knobs { bias: 1.5, ..Knobs::default() }).unwrap_err();
        assert_eq!(error, "bias may be from -1 to 1, but is 1.5");
        assert!(says(Knobs { length: f64::NAN, ..Knobs::default() }).is_err());
        let poison = |trigger: &str, rate| Some(Poison { trigger: trigger.into(), rate });
        let error = says(Knobs { poison: poison(" ", 0.1), ..Knobs::default() }).unwrap_err();
        assert!(error.contains("trigger"), "{error}");
        let error = says(Knobs { poison: poison("Hm.", 7.0), ..Knobs::default() }).unwrap_err();
        assert!(error.contains("rate of the poison"), "{error}");
    }
}
