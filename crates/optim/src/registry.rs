//! All rules: a name to choose one by, and one with its choices made.
//!
//! A rule's name, in recipes, on the command line and in a run's config, is that of its file.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::rule::{Listed, Parameter, Rule, adafactor, adam, adam8bit, adamw, lion, muon, sgd};

/// Both enums of the rules, and what is asked of one whichever it is.
macro_rules! registry {
    ($($(#[$about:meta])* $name:ident => $file:ident;)*) => {
        /// A rule by its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Choice { $($(#[$about])* $name,)* }

        /// A rule with its choices.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Chosen { $($(#[$about])* $name($file::Options),)* }

        impl Choice {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($file),)* }
            }

            /// What it is, in a line.
            pub fn about(self) -> &'static str {
                match self { $(Self::$name => <$file::Options as Listed>::ABOUT,)* }
            }

            /// The learning rate if nobody says another, where AdamW's would be `adamw`.
            pub fn rate(self, adamw: f64) -> f64 {
                match self { $(Self::$name => <$file::Options as Listed>::rate(adamw),)* }
            }

            /// The pull of matrices towards zero, if nobody says another.
            pub fn weight_decay(self) -> f32 {
                match self { $(Self::$name => <$file::Options as Listed>::WEIGHT_DECAY,)* }
            }

            fn take(self, knobs: &mut Knobs) -> Chosen {
                match self { $(Self::$name => Chosen::$name(Listed::take(knobs)),)* }
            }
        }

        impl Chosen {
            /// Its name.
            pub fn choice(&self) -> Choice {
                match self { $(Self::$name(_) => Choice::$name,)* }
            }

            /// The rule of a parameter.
            pub(crate) fn of(&self, parameter: &Parameter) -> &dyn Rule {
                match self { $(Self::$name(options) => options.of(parameter),)* }
            }

            pub(crate) fn check(&self) -> Result<(), Error> {
                match self { $(Self::$name(options) => options.check(),)* }
            }
        }
    };
}

registry! {
    /// AdamW for everything.
    AdamW => adamw;
    /// Muon for the matrices of the blocks, AdamW for the rest.
    Muon => muon;
    /// Adam, whose weight decay is in the gradient, for everything.
    Adam => adam;
    /// SGD for everything.
    Sgd => sgd;
    /// Lion for everything.
    Lion => lion;
    /// Adafactor for everything.
    Adafactor => adafactor;
    /// AdamW with moments of eight bits.
    Adam8bit => adam8bit;
}

impl Default for Chosen {
    fn default() -> Self {
        Self::AdamW(adamw::Options::default())
    }
}

/// What can be said of a rule by hand; each takes what is its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Knobs {
    /// Decay of the first moment.
    pub beta1: Option<f32>,
    /// Decay of the second moment.
    pub beta2: Option<f32>,
    /// How much of the last direction is kept.
    pub momentum: Option<f32>,
    /// Whether a step looks ahead along its momentum.
    pub nesterov: Option<bool>,
}

impl Knobs {
    /// The first that is set.
    fn first(&self) -> Option<&'static str> {
        let set = [
            ("beta1", self.beta1.is_some()),
            ("beta2", self.beta2.is_some()),
            ("momentum", self.momentum.is_some()),
            ("nesterov", self.nesterov.is_some()),
        ];
        set.into_iter().find(|(_, set)| *set).map(|(name, _)| name)
    }
}

impl Choice {
    /// The rule with what was said of it, and its defaults.
    ///
    /// # Errors
    /// [`Error::Knob`] for what it does not have.
    pub fn with(self, mut knobs: Knobs) -> Result<Chosen, Error> {
        let chosen = self.take(&mut knobs);
        let Some(knob) = knobs.first() else { return Ok(chosen) };
        let has = |choice: &Self| {
            let (mut left, some) = (Knobs::default(), Some(0.5));
            (left.beta1, left.beta2, left.momentum, left.nesterov) = (some, some, some, Some(true));
            choice.take(&mut left);
            let left = match knob {
                "beta1" => left.beta1.is_some(),
                "beta2" => left.beta2.is_some(),
                "momentum" => left.momentum.is_some(),
                _ => left.nesterov.is_some(),
            };
            !left
        };
        let rules = Self::ALL.iter().copied().filter(has).map(Self::name).collect::<Vec<_>>();
        Err(Error::Knob { knob, rule: self.name(), rules: rules.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_serde_and_every_default_is_possible() {
        for &choice in Choice::ALL {
            let json = serde_json::to_value(choice).unwrap();
            assert_eq!(json, choice.name());
            let chosen = choice.with(Knobs::default()).unwrap();
            chosen.check().unwrap();
            assert_eq!(chosen.choice(), choice);
            let json = serde_json::to_value(chosen).unwrap();
            assert!(json.get(choice.name()).is_some(), "{json}");
            assert_eq!(serde_json::from_value::<Chosen>(json).unwrap(), chosen);
            assert!(choice.rate(1e-3) > 0.0 && !choice.about().is_empty());
        }
    }

    #[test]
    fn what_a_rule_does_not_have_is_refused_with_those_that_have_it() {
        let check = |choice: Choice, knobs: Knobs, words: &str| {
            let message = choice.with(knobs).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        };
        let none = Knobs::default;
        check(Choice::AdamW, Knobs { momentum: Some(0.9), ..none() }, "muon, sgd");
        check(Choice::Sgd, Knobs { beta2: Some(0.9), ..none() }, "adamw, muon, adam, lion");
        check(Choice::Muon, Knobs { nesterov: Some(true), ..none() }, "--optimizer sgd");
        check(Choice::Adafactor, Knobs { beta1: Some(0.9), ..none() }, "--beta1");
        let nesterov = Knobs { momentum: Some(0.0), nesterov: Some(true), ..none() };
        let message = Choice::Sgd.with(nesterov).unwrap().check().unwrap_err().to_string();
        assert!(message.contains("--nesterov"), "{message}");
    }
}
