//! Draws relative clauses: "who sang", "that Ben mended", "where Ida lives", "whose aunt danced".

use super::nominals::Role;
use super::{Draw, Frame, is_state};
use crate::syntax::meaning::{
    Action, Agreement, Aspect, Clause, Determiner, Nominal, Phrase, Predicate, Tense,
};
use crate::syntax::words::{self, Kind, Shape};

impl Draw<'_> {
    /// Gives a noun a relative clause. After the verb it closes the sentence.
    pub(super) fn relate(&mut self, phrase: &mut Phrase, role: Role) {
        let noun = phrase.noun;
        let agreement = Agreement { person: 3, plural: phrase.plural };
        let person = matches!(noun.kind, Kind::Person | Kind::Trade | Kind::Kin);
        let relative = Nominal::Relative(if person { "who" } else { "that" }, agreement);
        let plain = std::mem::replace(&mut self.plain, true);
        let clause = match noun.kind {
            Kind::Indoors | Kind::Outdoors | Kind::Site => Some(self.where_somebody_stays()),
            _ if (person || noun.kind == Kind::Animal) && !self.rng.one_in(3) => {
                Some(self.who_does(relative, noun.kind))
            }
            kind => self.that_somebody_does(relative, kind),
        };
        self.plain = plain;
        self.closed |= clause.is_some() && role != Role::Subject;
        phrase.relative = clause;
    }

    pub(super) fn where_somebody_stays(&mut self) -> Clause {
        let subject = self.single(&[Kind::Person], Role::Inner);
        let verb = words::Verb { name: self.word("live work play sleep sing") };
        let mut clause = within(Some(subject), Action::new(verb), Tense::Present);
        clause.ask = Some("where");
        clause
    }

    pub(super) fn who_does(&mut self, relative: Nominal, kind: Kind) -> Clause {
        let doer = if kind == Kind::Animal { Kind::Animal } else { Kind::Person };
        let simple = |s| matches!(s, Shape::Alone | Shape::Go | Shape::Stay | Shape::Object);
        let frame = self.frame(|f| simple(f.shape) && f.subject.contains(&doer));
        let mut action = self.action(frame, |v| !is_state(v));
        action.frequency = None;
        let subject = match (doer, frame.shape) {
            (Kind::Person, Shape::Alone) if self.rng.one_in(2) => self.whose(relative),
            _ => relative,
        };
        within(Some(subject), action, Tense::Past)
    }

    /// "whose goat".
    pub(super) fn whose(&mut self, relative: Nominal) -> Nominal {
        let noun = self.noun(&[Kind::Kin]);
        let mut phrase = Phrase::new(noun, false, Determiner::Definite);
        phrase.owner = Some(relative);
        Nominal::Phrase(Box::new(phrase))
    }

    pub(super) fn that_somebody_does(&mut self, relative: Nominal, kind: Kind) -> Option<Clause> {
        let kind = if matches!(kind, Kind::Trade | Kind::Kin) { Kind::Person } else { kind };
        let fits = |f: &Frame| f.shape == Shape::Object && f.object.contains(&kind);
        if !self.grammar.frames.iter().any(fits) {
            return None;
        }
        let frame = self.frame(fits);
        let verb = self.verb(frame, |v| v.preposition().is_none());
        let other = self.single(frame.subject, Role::Inner);
        let mut action = Action::new(verb);
        if !is_state(verb) && self.rng.one_in(4) {
            action.passive = true;
            action.agent = Some(other);
            return Some(within(Some(relative), action, Tense::Past));
        }
        action.object = Some(relative);
        Some(within(Some(other), action, Tense::Past))
    }
}

fn within(subject: Option<Nominal>, action: Action, tense: Tense) -> Clause {
    Clause {
        subject,
        predicates: vec![Predicate::Act(Box::new(action))],
        tense,
        aspect: Aspect::Simple,
        negated: false,
        time: None,
        ask: None,
    }
}
