//! Draws clauses: somebody acts, something is done, something is so, or is somewhere.

use super::nominals::Role;
use super::{Draw, Frame, is_state};
use crate::syntax::meaning::{
    Action, Aspect, Clause, Determiner, Nominal, Phrase, Predicate, Tense,
};
use crate::syntax::words::{self, Kind, Shape, Verb};

impl Draw<'_> {
    /// Somebody does something, or two things.
    pub(super) fn acting(&mut self) -> Clause {
        let plain = self.plain;
        let wordy = self.rng.one_in(9);
        let opens = |s| matches!(s, Shape::ToDo | Shape::That);
        let frame =
            self.frame(|f| if wordy && !plain { opens(f.shape) } else { f.shape != Shape::That });
        let living = frame.subject.iter().any(|k| matches!(k, Kind::Person | Kind::Animal));
        let twice = living && !plain && frame.shape != Shape::That && self.rng.one_in(6);
        self.plain |= twice;
        let subject = self.nominal(frame.subject, Role::Subject);
        let action = self.action(frame, |_| true);
        let last_says = frame.shape == Shape::That || action.to_do.is_some();
        let mut clause = self.clause(Some(subject), Predicate::Act(Box::new(action)));
        if last_says || self.closed {
            clause.time = None;
        }
        agree_in_time(&mut clause);
        if twice && !clause.negated {
            let simple = |s| matches!(s, Shape::Alone | Shape::Go | Shape::Object);
            let next = self.frame(|f| simple(f.shape) && f.subject == frame.subject);
            let mut second = self.action(next, |v| !is_state(v));
            second.frequency = None;
            if !matches!(&clause.predicates[0], Predicate::Act(a) if a.verb == second.verb) {
                clause.predicates.push(Predicate::Act(Box::new(second)));
            }
            clause.time = None;
        }
        self.plain = plain;
        clause
    }

    /// Something is done to somebody or something.
    pub(super) fn suffering(&mut self) -> Clause {
        let frame = self.frame(|f| f.shape == Shape::Object);
        let verb = self.verb(frame, |v| v.preposition().is_none() && !is_state(v));
        let subject = self.nominal(frame.object, Role::Subject);
        let mut action = Action { passive: true, ..Action::new(verb) };
        if self.rng.one_in(2) {
            action.agent = Some(self.nominal(frame.subject, Role::Object));
        }
        if !self.closed {
            self.adjuncts(&mut action);
            action.companion = None;
            action.manner = action.manner.filter(|_| action.agent.is_none());
        }
        let mut clause = self.clause(Some(subject), Predicate::Act(Box::new(action)));
        if clause.aspect == Aspect::Progressive && clause.tense == Tense::Future {
            clause.aspect = Aspect::Simple;
        }
        clause
    }

    /// Somebody or something is so.
    pub(super) fn describing(&mut self) -> Clause {
        let kind =
            *self.rng.choose(&[Kind::Person, Kind::Animal, Kind::Food, Kind::Thing, Kind::Garment]);
        let subject = self.nominal(&[kind], Role::Subject);
        let quality = self.predicate_quality(kind);
        let clause = self.clause(Some(subject), Predicate::Quality(quality));
        Clause { aspect: Aspect::Simple, ..clause }
    }

    pub(super) fn placing(&mut self) -> Clause {
        let kinds: &[Kind] = if self.rng.one_in(2) {
            &[Kind::Person, Kind::Animal]
        } else {
            &[Kind::Thing, Kind::Garment]
        };
        let subject = self.nominal(kinds, Role::Subject);
        let place = self.place(kinds.contains(&Kind::Thing));
        let clause = self.clause(Some(subject), Predicate::At(place));
        Clause { aspect: Aspect::Simple, ..clause }
    }

    pub(super) fn existing(&mut self) -> Clause {
        let kind =
            *self.rng.choose(&[Kind::Animal, Kind::Thing, Kind::Vessel, Kind::Person, Kind::Plant]);
        let what = self.newcomer(kind);
        let place = self.place(true);
        let mut clause = self.clause(None, Predicate::Exists(what, place));
        clause.negated = false;
        clause.aspect = Aspect::Simple;
        clause
    }

    /// What is true of the village: trades, kin and pets.
    pub(super) fn fact(&mut self) -> Clause {
        let village = &self.grammar.village;
        let (subject, noun, owner) = match self.rng.weighted(&[1, 1, 1]) {
            0 => {
                let trade = self.rng.index(crate::lexicon::TRADES.len());
                let name = self.grammar.names[village.worker(trade)].clone();
                (name, crate::lexicon::TRADES[trade].name, None)
            }
            1 => {
                let pet = self.rng.choose(&village.pets);
                (pet.name.into(), pet.kind, Some(self.grammar.names[pet.owner].clone()))
            }
            _ => {
                let of = self.rng.index(village.people.len());
                let child = &village.people[of];
                let parent = child.mother.or(child.father).or(child.spouse);
                let Some(other) = parent else { return self.describing() };
                let Some(word) = village.kin(of, other) else { return self.describing() };
                (self.grammar.names[other].clone(), word, Some(self.grammar.names[of].clone()))
            }
        };
        let Some(noun) = self.grammar.named(noun) else { return self.describing() };
        let mut phrase = Phrase::new(noun, false, Determiner::Indefinite);
        phrase.owner = owner.map(Nominal::Name);
        let mut clause = self.clause(
            Some(Nominal::Name(subject)),
            Predicate::Kind(Nominal::Phrase(Box::new(phrase))),
        );
        clause.tense = Tense::Present;
        clause.aspect = Aspect::Simple;
        clause.negated = false;
        clause.time = None;
        clause
    }

    /// A clause in some tense, with the time that it allows.
    pub(super) fn clause(&mut self, subject: Option<Nominal>, predicate: Predicate) -> Clause {
        let tense = [Tense::Past, Tense::Present, Tense::Future][self.rng.weighted(&[12, 6, 3])];
        let state = matches!(&predicate, Predicate::Act(a) if is_state(a.verb));
        let often = matches!(&predicate, Predicate::Act(a) if a.frequency.is_some());
        let aspect = match self.rng.weighted(&[8, 1, 1]) {
            1 if tense != Tense::Future && !state && !often => Aspect::Progressive,
            2 if tense != Tense::Future => Aspect::Perfect,
            _ => Aspect::Simple,
        };
        let negated = !often && !subject.as_ref().is_some_and(counts) && self.rng.one_in(7);
        let time = self.time(tense, aspect).filter(|_| !self.closed && !often);
        Clause { subject, predicates: vec![predicate], tense, aspect, negated, time, ask: None }
    }

    pub(super) fn action(&mut self, frame: &Frame, wanted: fn(Verb) -> bool) -> Action {
        let mut action = Action::new(self.verb(frame, wanted));
        match frame.shape {
            Shape::Stay => action.place = Some(self.place_for(action.verb, frame)),
            Shape::Go => action.place = Some(self.goal()),
            Shape::Object => action.object = Some(self.nominal(frame.object, Role::Object)),
            Shape::Give => {
                let plain = std::mem::replace(&mut self.plain, true);
                action.object = Some(self.nominal(frame.object, Role::Object));
                action.recipient = Some(self.nominal(&[Kind::Person], Role::Object));
                self.plain = plain;
            }
            Shape::ToDo => action.to_do = Some(Box::new(self.intention())),
            Shape::That => {
                let plain = std::mem::replace(&mut self.plain, true);
                action.that = Some(Box::new(self.short_statement()));
                self.plain = plain;
            }
            Shape::Alone | Shape::Weather => {}
        }
        let living = frame.subject.iter().any(|k| matches!(k, Kind::Person | Kind::Animal));
        if living && !matches!(frame.shape, Shape::ToDo | Shape::That) && !self.closed {
            self.adjuncts(&mut action);
        }
        if self.rng.one_in(9) && !action.passive {
            action.frequency = Some(self.word(words::FREQUENCIES));
        }
        action
    }

    pub(super) fn intention(&mut self) -> Action {
        let simple = |s| matches!(s, Shape::Alone | Shape::Go | Shape::Object | Shape::Give);
        let frame = self.frame(|f| simple(f.shape) && f.subject.contains(&Kind::Person));
        Action { frequency: None, ..self.action(frame, |v| !is_state(v)) }
    }

    pub(super) fn adjuncts(&mut self, action: &mut Action) {
        let state = is_state(action.verb);
        if !state && self.rng.one_in(7) {
            action.manner = Some(self.word(words::MANNERS));
        }
        if !state && action.place.is_none() && self.rng.one_in(5) {
            action.place = Some(self.scene());
        }
        if !state && !self.closed && self.rng.one_in(10) {
            action.companion = Some(self.nominal(&[Kind::Person], Role::Object));
        }
    }
}

/// "She said that it was", not "that it is".
fn agree_in_time(clause: &mut Clause) {
    if clause.tense != Tense::Past {
        return;
    }
    for predicate in &mut clause.predicates {
        let Predicate::Act(action) = predicate else { continue };
        if let Some(that) = action.that.as_deref_mut().filter(|c| c.tense != Tense::Past) {
            that.tense = Tense::Past;
            that.time = None;
        }
    }
}

/// "Every cup is not red" could mean two things.
fn counts(subject: &Nominal) -> bool {
    match subject {
        Nominal::Phrase(phrase) => {
            matches!(phrase.determiner, Determiner::Word("every" | "some"))
        }
        Nominal::Both(all) => all.iter().any(counts),
        _ => false,
    }
}
