//! Draws questions and orders.

use super::nominals::Role;
use super::{Draw, Frame, among, is_state};
use crate::syntax::meaning::{
    Action, Aspect, Clause, Determiner, Force, Meaning, Nominal, Phrase, Predicate, Tense,
};
use crate::syntax::words::{self, Kind, Shape};

impl Draw<'_> {
    pub(super) fn question(&mut self) -> Meaning {
        self.plain = true;
        let clause = match self.rng.weighted(&[5, 2, 2, 2, 4, 1]) {
            0 => self.short_statement(),
            1 => self.asking_who(),
            2 => self.asking_object(),
            3 => self.asking_whose(),
            4 => self.asking_how(),
            _ => self.existing(),
        };
        Meaning { force: Force::Question, clause, link: None }
    }

    pub(super) fn asking_who(&mut self) -> Clause {
        let mut clause = if self.rng.one_in(4) { self.suffering() } else { self.acting() };
        let passive = matches!(&clause.predicates[0], Predicate::Act(a) if a.passive);
        let person = matches!(&clause.subject, Some(Nominal::Name(_) | Nominal::Pronoun(_)));
        let word = if passive && !person { "what" } else { "who" };
        clause.subject = Some(Nominal::Asked(word));
        clause
    }

    pub(super) fn asking_object(&mut self) -> Clause {
        let frame = self.frame(|f| f.shape == Shape::Object && f.subject == [Kind::Person]);
        let word = if frame.object == [Kind::Person] { "who" } else { "what" };
        self.asking_about(frame, Nominal::Asked(word))
    }

    pub(super) fn asking_whose(&mut self) -> Clause {
        let frame = self.frame(|f| f.object.contains(&Kind::Garment) && f.shape == Shape::Object);
        let noun = self.noun(frame.object);
        let mut phrase = Phrase::new(noun, false, Determiner::Definite);
        phrase.owner = Some(Nominal::Asked("who"));
        self.asking_about(frame, Nominal::Phrase(Box::new(phrase)))
    }

    /// "What did Mara find?": verbs with a preposition would leave it stranded.
    pub(super) fn asking_about(&mut self, frame: &Frame, object: Nominal) -> Clause {
        let subject = self.nominal(frame.subject, Role::Subject);
        let mut action = Action::new(self.verb(frame, |v| v.preposition().is_none()));
        action.object = Some(object);
        self.adjuncts(&mut action);
        self.clause(Some(subject), Predicate::Act(Box::new(action)))
    }

    pub(super) fn asking_how(&mut self) -> Clause {
        let mut clause = self.acting();
        clause.predicates.truncate(1);
        let state = matches!(&clause.predicates[0], Predicate::Act(a) if is_state(a.verb));
        let word = self.word(if state { "when why" } else { "where when why how" });
        clause.ask = Some(word);
        clause.negated = false;
        clause.aspect = Aspect::Simple;
        if let Some(Predicate::Act(action)) = clause.predicates.first_mut() {
            action.frequency = None;
            match word {
                "where" => action.place = None,
                "how" => action.manner = None,
                _ => {}
            }
        }
        if word != "where" {
            clause.time = None;
        }
        clause
    }

    pub(super) fn command(&mut self) -> Meaning {
        self.plain = true;
        let simple =
            |s| matches!(s, Shape::Alone | Shape::Stay | Shape::Go | Shape::Object | Shape::Give);
        let frame = self.frame(|f| simple(f.shape) && f.subject.contains(&Kind::Person));
        let mut action = self.action(frame, |v| !is_state(v) && !among(words::MISHAPS, v));
        action.frequency = None;
        let mut clause = self.clause(None, Predicate::Act(Box::new(action)));
        clause.tense = Tense::Present;
        clause.aspect = Aspect::Simple;
        clause.negated = self.rng.one_in(5);
        clause.time = None;
        Meaning { force: Force::Command, clause, link: None }
    }
}
