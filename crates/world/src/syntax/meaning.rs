//! What a sentence says, before it has words in an order: the abstract syntax of both languages.
//!
//! A [`Meaning`] names lexemes by their plain English form and says who does what to whom, when
//! and where. [`super::english`] and [`crate::language`] each render it; neither word order nor
//! inflection is decided here. Scope of quantifiers and reference of pronouns are left out.

use std::borrow::Cow;

use super::words::{Noun, Verb};
use crate::village::Gender;

/// A whole sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meaning {
    /// Told, asked or ordered.
    pub force: Force,
    /// The main clause.
    pub clause: Clause,
    /// A second clause, joined by a conjunction.
    pub link: Option<Link>,
}

/// What is done with a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// "Mara sang."
    Statement,
    /// "Did Mara sing?", "Who sang?"
    Question,
    /// "Sing!" The clause has no subject.
    Command,
}

/// A clause that belongs to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// "because", "when", "and".
    pub word: &'static str,
    /// What follows it.
    pub clause: Clause,
}

/// One or more predicates about one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Who or what it is about; `None` for weather, for orders and for "there is".
    pub subject: Option<Nominal>,
    /// What is said; more than one are joined by "and".
    pub predicates: Vec<Predicate>,
    /// When, as the speaker sees it.
    pub tense: Tense,
    /// Whole, going on, or done.
    pub aspect: Aspect,
    /// Whether it is denied.
    pub negated: bool,
    /// "yesterday", "before supper".
    pub time: Option<Time>,
    /// "where", "when", "why", "how": asked for, or the head of a relative clause.
    pub ask: Option<&'static str>,
}

/// The three times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Tense {
    Present,
    Past,
    Future,
}

/// How an action lies in its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// "sings"
    Simple,
    /// "is singing"
    Progressive,
    /// "has sung"
    Perfect,
}

/// What is said of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// "mended the kite".
    Act(Box<Action>),
    /// "was very happy".
    Quality(Quality),
    /// "is a baker".
    Kind(Nominal),
    /// "is in the garden".
    At(Place),
    /// "there is a cat in the garden".
    Exists(Nominal, Place),
}

/// A verb with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The verb.
    pub verb: Verb,
    /// Whether the subject suffers it.
    pub passive: bool,
    /// What it is done to.
    pub object: Option<Nominal>,
    /// Who gets the object.
    pub recipient: Option<Nominal>,
    /// By whom a passive is done.
    pub agent: Option<Nominal>,
    /// Where, or where to.
    pub place: Option<Place>,
    /// "with Ben".
    pub companion: Option<Nominal>,
    /// "slowly".
    pub manner: Option<&'static str>,
    /// "often".
    pub frequency: Option<&'static str>,
    /// "to sing" after "want".
    pub to_do: Option<Box<Action>>,
    /// "that Ben sang" after "say".
    pub that: Option<Box<Clause>>,
}

impl Action {
    /// A verb alone.
    pub fn new(verb: Verb) -> Self {
        Self {
            verb,
            passive: false,
            object: None,
            recipient: None,
            agent: None,
            place: None,
            companion: None,
            manner: None,
            frequency: None,
            to_do: None,
            that: None,
        }
    }
}

/// An adjective as a predicate or beside a noun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// "tall".
    pub adjective: &'static str,
    /// "tall", "taller", "tallest".
    pub degree: Degree,
    /// "very".
    pub very: bool,
    /// What a comparison is with.
    pub than: Option<Nominal>,
}

/// Degrees of comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Degree {
    Positive,
    Comparative,
    Superlative,
}

/// Where something is or where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// "in the barn".
    Of(&'static str, Nominal),
    /// "outside".
    Adverb(&'static str),
}

/// When something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Time {
    /// "yesterday", "soon".
    Word(&'static str),
    /// "every morning": a determiner or adjective and a noun, without a preposition.
    Span(&'static str, Noun),
    /// "in the evening", "before lunch".
    Of(&'static str, Nominal),
}

/// Whoever or whatever takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nominal {
    /// A person or a pet by name.
    Name(Cow<'static, str>),
    /// A name with what its bearer is: "Ida, the baker,".
    Titled(Cow<'static, str>, Noun),
    /// A personal pronoun.
    Pronoun(Pronoun),
    /// "who" or "what", asked for.
    Asked(&'static str),
    /// "who" or "that" in a relative clause; the agreement is its noun's.
    Relative(&'static str, Agreement),
    /// A noun with what stands around it.
    Phrase(Box<Phrase>),
    /// "Mara and Ben".
    Both(Vec<Nominal>),
}

/// The personal pronouns, named by their nominative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Pronoun {
    I,
    You,
    He,
    She,
    It,
    We,
    They,
}

impl Pronoun {
    /// The pronoun for a person.
    pub fn of(gender: Gender) -> Self {
        if gender == Gender::Female { Self::She } else { Self::He }
    }
}

/// A noun phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The head.
    pub noun: Noun,
    /// More than one.
    pub plural: bool,
    /// Article or other determiner; ignored beside an owner.
    pub determiner: Determiner,
    /// "three".
    pub number: Option<&'static str>,
    /// In the order in which English has them.
    pub qualities: Vec<Quality>,
    /// "apple" in "apple pie".
    pub compound: Option<Noun>,
    /// "Mara's", "her", "whose".
    pub owner: Option<Nominal>,
    /// "of the mill", "of apples".
    pub of: Option<Nominal>,
    /// "by the river".
    pub place: Option<Place>,
    /// "who lives by the mill".
    pub relative: Option<Clause>,
}

impl Phrase {
    /// A noun with a determiner.
    pub fn new(noun: Noun, plural: bool, determiner: Determiner) -> Self {
        Self {
            noun,
            plural,
            determiner,
            number: None,
            qualities: vec![],
            compound: None,
            owner: None,
            of: None,
            place: None,
            relative: None,
        }
    }
}

/// What determines a noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Determiner {
    /// "the"
    Definite,
    /// "a", "an", or nothing before plurals and masses.
    Indefinite,
    /// "this", "that", "every", "some", "no".
    Word(&'static str),
}

/// What a verb agrees with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// First, second or third.
    pub person: u8,
    /// More than one.
    pub plural: bool,
}

/// The agreement of clauses without a subject.
pub const THIRD: Agreement = Agreement { person: 3, plural: false };

impl Nominal {
    /// What a verb with this subject agrees with.
    pub fn agreement(&self) -> Agreement {
        let (person, plural) = match self {
            Self::Name(_) | Self::Titled(..) | Self::Asked(_) => (3, false),
            Self::Relative(_, agreement) => return *agreement,
            Self::Phrase(phrase) => (3, phrase.plural),
            Self::Both(_) => (3, true),
            Self::Pronoun(pronoun) => match pronoun {
                Pronoun::I => (1, false),
                Pronoun::You => (2, false),
                Pronoun::We => (1, true),
                Pronoun::They => (3, true),
                Pronoun::He | Pronoun::She | Pronoun::It => (3, false),
            },
        };
        Agreement { person, plural }
    }

    /// Whether it asks or opens a relative clause, so that English moves it to the front.
    pub fn leads(&self) -> bool {
        match self {
            Self::Asked(_) | Self::Relative(..) => true,
            Self::Phrase(phrase) => phrase.owner.as_ref().is_some_and(Self::leads),
            _ => false,
        }
    }
}
