//! The endings and particles of Melori, and the words they make.

use crate::syntax::meaning::{Aspect, Degree, Tense};

/// More than one: of nouns, of what agrees with them, and of verbs with such a subject.
pub(super) const MANY: &str = "li";
/// Known, as "the" says.
pub(super) const KNOWN: &str = "na";
/// Links the first part of a compound.
pub(super) const COMPOUND: &str = "fe";
/// The passive of a verb.
pub(super) const PASSIVE: &str = "pu";
/// The verb that ends a relative clause.
pub(super) const RELATIVE: &str = "ke";
/// "To" do something.
pub(super) const INFINITIVE: &str = "mi";
/// An order.
pub(super) const ORDER: &str = "da";

/// Not.
pub(super) const NOT: &str = "ma";
/// Ends a question.
pub(super) const ASKS: &str = "ka";
/// Joins nouns.
pub(super) const WITH_NOUN: &str = "ne";
/// Joins predicates.
pub(super) const WITH_VERB: &str = "se";
/// Opens a relative clause.
pub(super) const WHICH: &str = "vo";
/// Opens what is said or thought.
pub(super) const THAT: &str = "te";

/// The part that a noun plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Subject,
    Object,
    Recipient,
    Owner,
    Place,
    Company,
    Doer,
    Compared,
}

impl Case {
    /// The ending; none for the subject.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Subject => "",
            Self::Object => "ro",
            Self::Recipient => "ve",
            Self::Owner => "su",
            Self::Place => "mo",
            Self::Company => "ta",
            Self::Doer => "ki",
            Self::Compared => "de",
        }
    }
}

/// "-po" and "-ga".
pub(super) fn degree(degree: Degree) -> &'static str {
    match degree {
        Degree::Positive => "",
        Degree::Comparative => "po",
        Degree::Superlative => "ga",
    }
}

/// "-no" and "-va".
pub(super) fn aspect(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Simple => "",
        Aspect::Progressive => "no",
        Aspect::Perfect => "va",
    }
}

/// "-ti", "-ra" and "-so".
pub(super) fn tense(tense: Tense) -> &'static str {
    match tense {
        Tense::Present => "ti",
        Tense::Past => "ra",
        Tense::Future => "so",
    }
}

/// "-li" if there are many.
pub(super) fn number(many: bool) -> &'static str {
    if many { MANY } else { "" }
}

/// A stem with its endings.
pub(super) fn word(stem: &str, endings: &[&str]) -> String {
    let mut word = stem.to_string();
    endings.iter().for_each(|ending| word.push_str(ending));
    word
}

/// A name with its case, parted by a hyphen.
pub(super) fn name(name: &str, case: Case) -> String {
    match case.ending() {
        "" => name.to_string(),
        ending => format!("{name}-{ending}"),
    }
}
