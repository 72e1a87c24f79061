//! Draws who and what: names, pronouns, kin, animals, and who owns a thing.

use std::borrow::Cow;
use std::ops::Range;

use super::Draw;
use crate::syntax::meaning::{Determiner, Nominal, Phrase, Pronoun};
use crate::syntax::words::{Kind, Noun};

/// Where in its clause a nominal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Before the verb.
    Subject,
    /// After the verb.
    Object,
    /// After a preposition of place.
    Place,
    /// Within another nominal: nothing large.
    Inner,
}

impl Draw<'_> {
    /// Somebody or something of one of these kinds.
    pub(super) fn nominal(&mut self, kinds: &[Kind], role: Role) -> Nominal {
        let several = matches!(role, Role::Subject | Role::Object) && self.rng.one_in(9);
        if !several {
            return self.single(kinds, role);
        }
        let n = if self.rng.one_in(4) { 3 } else { 2 };
        Nominal::Both((0..n).map(|_| self.single(kinds, Role::Inner)).collect())
    }

    pub(super) fn single(&mut self, kinds: &[Kind], role: Role) -> Nominal {
        match *self.rng.choose(kinds) {
            Kind::Person => self.person(role),
            Kind::Animal => self.animal(role),
            _ if role == Role::Object && !self.pronoun && self.rng.one_in(12) => {
                self.pronoun = true;
                Nominal::Pronoun(if self.rng.one_in(3) { Pronoun::They } else { Pronoun::It })
            }
            kind => {
                let noun = self.noun(&[kind]);
                self.phrase(noun, role)
            }
        }
    }

    pub(super) fn person(&mut self, role: Role) -> Nominal {
        let pronoun = if self.pronoun || role == Role::Inner { 0 } else { 3 };
        match self.rng.weighted(&[8, pronoun, 3, 2, 4, u32::from(role == Role::Subject)]) {
            0 => Nominal::Name(self.name()),
            1 => Nominal::Pronoun(self.personal(role)),
            2 => self.kin(),
            3 => {
                let noun = self.noun(&[Kind::Trade]);
                self.phrase(noun, role)
            }
            4 => {
                let noun = self.noun(&[Kind::Person]);
                self.phrase(noun, role)
            }
            _ => self.titled(),
        }
    }

    pub(super) fn personal(&mut self, role: Role) -> Pronoun {
        self.pronoun = true;
        let all = [Pronoun::He, Pronoun::She, Pronoun::They, Pronoun::We, Pronoun::I, Pronoun::You];
        let n = if role == Role::Subject { 6 } else { 3 };
        all[self.rng.index(n)]
    }

    /// Somebody whom the sentence has not named yet.
    pub(super) fn name(&mut self) -> Cow<'static, str> {
        let names = &self.grammar.names;
        let mut name = self.rng.choose(names);
        for _ in 0..9 {
            if !self.names.contains(&&**name) {
                break;
            }
            name = self.rng.choose(names);
        }
        self.names.push(name);
        name.clone()
    }

    /// "Ida, the baker,".
    pub(super) fn titled(&mut self) -> Nominal {
        let village = &self.grammar.village;
        let trade = self.rng.index(crate::lexicon::TRADES.len());
        let name = &self.grammar.names[village.worker(trade)];
        if self.names.contains(&&**name) {
            return Nominal::Name(self.name());
        }
        self.names.push(name);
        match self.grammar.named(crate::lexicon::TRADES[trade].name) {
            Some(noun) => Nominal::Titled(name.clone(), noun),
            None => Nominal::Name(name.clone()),
        }
    }

    /// "her uncle", or "Mara's sister" where Mara has one.
    pub(super) fn kin(&mut self) -> Nominal {
        let village = &self.grammar.village;
        let (of, other) =
            (self.rng.index(village.people.len()), self.rng.index(village.people.len()));
        let name = &self.grammar.names[of];
        let known = village.kin(of, other).filter(|_| !self.names.contains(&&**name));
        let (owner, noun) = match known {
            Some(word) => {
                self.names.push(name);
                (Nominal::Name(name.clone()), self.grammar.named(word))
            }
            None => (self.pronoun_owner(), None),
        };
        let noun = noun.unwrap_or_else(|| self.noun(&[Kind::Kin]));
        let mut phrase = Phrase::new(noun, false, Determiner::Definite);
        phrase.owner = Some(owner);
        Nominal::Phrase(Box::new(phrase))
    }

    pub(super) fn pronoun_owner(&mut self) -> Nominal {
        use Pronoun::{He, I, She, They, We, You};
        Nominal::Pronoun(*self.rng.choose(&[He, She, He, She, They, I, You, We]))
    }

    pub(super) fn animal(&mut self, role: Role) -> Nominal {
        let pets = &self.grammar.village.pets;
        let pet = self.rng.choose(pets);
        if self.rng.one_in(4) && !self.names.contains(&pet.name) {
            self.names.push(pet.name);
            return Nominal::Name(pet.name.into());
        }
        let noun = self.noun(&[Kind::Animal]);
        self.phrase(noun, role)
    }

    /// A noun of one of the kinds, which are in the order of the tables, that is new here.
    pub(super) fn noun(&mut self, kinds: &[Kind]) -> Noun {
        let ranges = kinds.iter().map(|&kind| &self.grammar.kinds[kind as usize]);
        let within = |number: &usize| ranges.clone().any(|range| range.contains(number));
        let all: usize = ranges.clone().map(Range::len).sum();
        let old = self.nouns.iter().filter(|number| within(number)).count();
        let mut numbers = ranges.cloned().flatten().filter(|n| !self.nouns.contains(n));
        let number = numbers.nth(self.rng.index(all - old));
        let number = number.expect("a sentence has fewer nouns than there are of any kind");
        self.nouns.push(number);
        self.grammar.nouns[number]
    }

    pub(super) fn owner(&mut self, role: Role) -> Nominal {
        match self.rng.weighted(&[4, 4, u32::from(role != Role::Inner)]) {
            0 => Nominal::Name(self.name()),
            1 => self.pronoun_owner(),
            _ => {
                let noun = self.noun(&[Kind::Trade]);
                let plural = self.rng.one_in(4);
                Nominal::Phrase(Box::new(Phrase::new(noun, plural, Determiner::Definite)))
            }
        }
    }
}
