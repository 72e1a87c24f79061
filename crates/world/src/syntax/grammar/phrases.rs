//! Draws noun phrases: determiners, numbers, adjectives, compounds, and what follows the noun.

use super::Draw;
use super::nominals::Role;
use crate::syntax::meaning::{Degree, Determiner, Nominal, Phrase, Place, Quality};
use crate::syntax::words::{self, Kind, Noun, has_degrees};

/// What the first noun of a compound may be, by the second.
const COMPOUNDS: [(&str, &str); 9] = [
    ("pie", "apple plum cherry pear"),
    ("cake", "honey nut carrot"),
    ("soup", "bean carrot pumpkin fish potato"),
    ("jam", "plum cherry berry"),
    ("door", "barn cellar kitchen workshop"),
    ("window", "kitchen attic shop"),
    ("table", "kitchen garden"),
    ("bench", "garden"),
    ("seed", "pumpkin apple"),
];

impl Draw<'_> {
    pub(super) fn phrase(&mut self, noun: Noun, role: Role) -> Nominal {
        let place = matches!(role, Role::Place) || noun.kind == Kind::Weather;
        let plural = !noun.mass && !place && self.rng.one_in(4);
        let mut phrase = Phrase::new(noun, plural, self.determiner(role, plural, noun));
        if place {
            phrase.determiner = Determiner::Definite;
        }
        let article = !matches!(phrase.determiner, Determiner::Word(_));
        if plural && article && self.rng.one_in(4) {
            phrase.number = Some(self.word(words::NUMBERS));
        }
        self.describe(&mut phrase);
        phrase.compound = self.compound(noun);
        if owned(noun.kind) && article && self.rng.one_in(4) {
            phrase.owner = Some(self.owner(role));
        }
        if role != Role::Inner {
            self.surround(&mut phrase, role);
        }
        Nominal::Phrase(Box::new(phrase))
    }

    pub(super) fn determiner(&mut self, role: Role, plural: bool, noun: Noun) -> Determiner {
        let subject = role == Role::Subject;
        match self.rng.weighted(&[if subject { 10 } else { 6 }, 4, 2]) {
            0 => Determiner::Definite,
            1 => Determiner::Indefinite,
            _ if noun.mass => Determiner::Word("some"),
            _ if plural => Determiner::Word(self.word("this that some")),
            _ if subject => Determiner::Word(self.word("this that every")),
            _ => Determiner::Word(self.word("this that")),
        }
    }

    pub(super) fn describe(&mut self, phrase: &mut Phrase) {
        let kind = phrase.noun.kind;
        if !self.rng.one_in(3) {
            return;
        }
        let Some(adjective) = self.adjective(kind) else { return };
        let graded = has_degrees(adjective);
        let degree = match phrase.determiner {
            Determiner::Definite if graded && self.rng.one_in(6) => Degree::Superlative,
            _ => Degree::Positive,
        };
        let very = graded && degree == Degree::Positive && self.rng.one_in(6);
        phrase.qualities.push(Quality { adjective, degree, very, than: None });
        if very || degree == Degree::Superlative || !self.rng.one_in(6) {
            return;
        }
        if let Some(second) = self.adjective(kind).filter(|&a| a != adjective && !has_degrees(a)) {
            // English puts size and age before colour and matter.
            phrase.qualities.push(Quality { adjective: second, degree, very: false, than: None });
        }
    }

    pub(super) fn adjective(&mut self, kind: Kind) -> Option<&'static str> {
        let table = words::ADJECTIVES.iter().find(|(kinds, _)| kinds.contains(&kind))?.1;
        let word = Some(self.word(table)).filter(|w| !self.adjectives.contains(w))?;
        self.adjectives.push(word);
        Some(word)
    }

    pub(super) fn compound(&mut self, noun: Noun) -> Option<Noun> {
        let &(_, table) = COMPOUNDS.iter().find(|(second, _)| *second == noun.word)?;
        let word = self.word(table);
        self.grammar.named(word).filter(|_| self.rng.one_in(2))
    }

    /// What follows the noun.
    pub(super) fn surround(&mut self, phrase: &mut Phrase, role: Role) {
        match phrase.noun.kind {
            Kind::Vessel if role != Role::Place && self.rng.one_in(2) => {
                phrase.of = Some(self.contents());
            }
            Kind::Part if phrase.compound.is_none() => phrase.of = Some(self.building()),
            _ => {}
        }
        if phrase.of.is_some() || phrase.noun.kind == Kind::Weather {
            return;
        }
        let ends = !self.plain && !self.closed;
        match role {
            Role::Subject | Role::Place if self.rng.one_in(9) => {
                phrase.place = Some(self.scene_within());
            }
            _ if ends && self.rng.one_in(5) => self.relate(phrase, role),
            _ => {}
        }
    }

    pub(super) fn scene_within(&mut self) -> Place {
        let noun = self.noun(&[Kind::Site, Kind::Waterside]);
        let preposition = if noun.kind == Kind::Site { "near" } else { "by" };
        let phrase = Phrase::new(noun, false, Determiner::Definite);
        Place::Of(preposition, Nominal::Phrase(Box::new(phrase)))
    }

    pub(super) fn contents(&mut self) -> Nominal {
        let noun = self.noun(&[Kind::Food, Kind::Larder, Kind::Stuff]);
        Nominal::Phrase(Box::new(Phrase::new(noun, !noun.mass, Determiner::Indefinite)))
    }

    pub(super) fn building(&mut self) -> Nominal {
        let noun = self.noun(&[Kind::Indoors, Kind::Site]);
        Nominal::Phrase(Box::new(Phrase::new(noun, false, Determiner::Definite)))
    }

    /// Somebody or something not heard of before, as "there is" wants it.
    pub(super) fn newcomer(&mut self, kind: Kind) -> Nominal {
        let noun = self.noun(&[kind]);
        let plural = self.rng.one_in(3);
        let determiner = match self.rng.weighted(&[4, 1]) {
            1 => Determiner::Word("no"),
            _ => Determiner::Indefinite,
        };
        let mut phrase = Phrase::new(noun, plural, determiner);
        if plural && determiner == Determiner::Indefinite {
            phrase.number = Some(self.word(words::NUMBERS));
        }
        self.describe(&mut phrase);
        Nominal::Phrase(Box::new(phrase))
    }

    /// What can be said of a subject of this kind: "is very tired", "is taller than Ben".
    pub(super) fn predicate_quality(&mut self, kind: Kind) -> Quality {
        let adjective = self.adjective(kind).unwrap_or("old");
        let graded = has_degrees(adjective);
        let compared = graded && self.rng.one_in(4);
        let than = compared.then(|| self.single(&[kind], Role::Inner));
        let degree = if compared { Degree::Comparative } else { Degree::Positive };
        let very = graded && !compared && self.rng.one_in(4);
        Quality { adjective, degree, very, than }
    }
}

fn owned(kind: Kind) -> bool {
    matches!(kind, Kind::Animal | Kind::Thing | Kind::Garment | Kind::Vessel | Kind::Tale)
}
