//! Draws who and what: names, pronouns, kin, animals, and who owns a thing.

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
    pub(super) fn name(&mut self) -> String {
        let people = &self.grammar.village.people;
        let mut name = self.rng.choose(people).name.clone();
        for _ in 0..9 {
            if !self.used.contains(&name) {
                break;
            }
            name.clone_from(&self.rng.choose(people).name);
        }
        self.used.push(name.clone());
        name
    }

    /// "Ida, the baker,".
    pub(super) fn titled(&mut self) -> Nominal {
        let village = &self.grammar.village;
        let trade = self.rng.index(crate::lexicon::TRADES.len());
        let name = village.people[village.worker(trade)].name.clone();
        if self.used.contains(&name) {
            return Nominal::Name(self.name());
        }
        self.used.push(name.clone());
        match self.trade_noun(trade) {
            Some(noun) => Nominal::Titled(name, noun),
            None => Nominal::Name(name),
        }
    }

    pub(super) fn trade_noun(&self, trade: usize) -> Option<Noun> {
        let name = crate::lexicon::TRADES[trade].name;
        self.grammar.nouns.iter().find(|n| n.word == name).copied()
    }

    /// "her uncle", or "Mara's sister" where Mara has one.
    pub(super) fn kin(&mut self) -> Nominal {
        let village = &self.grammar.village;
        let (of, other) =
            (self.rng.index(village.people.len()), self.rng.index(village.people.len()));
        let known =
            village.kin(of, other).filter(|_| !self.used.contains(&village.people[of].name));
        let (owner, noun) = match known {
            Some(word) => {
                let name = village.people[of].name.clone();
                self.used.push(name.clone());
                (Nominal::Name(name), self.grammar.nouns.iter().find(|n| n.word == word).copied())
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
        if self.rng.one_in(4) && !self.used.iter().any(|u| u == pet.name) {
            self.used.push(pet.name.to_string());
            return Nominal::Name(pet.name.to_string());
        }
        let noun = self.noun(&[Kind::Animal]);
        self.phrase(noun, role)
    }

    /// A noun of one of the kinds, not used yet if that can be helped.
    pub(super) fn noun(&mut self, kinds: &[Kind]) -> Noun {
        let nouns: Vec<Noun> = self
            .grammar
            .nouns
            .iter()
            .filter(|n| kinds.contains(&n.kind) && !self.used.iter().any(|u| u == n.word))
            .copied()
            .collect();
        let noun = *self.rng.choose(&nouns);
        self.used.push(noun.word.to_string());
        noun
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
