//! Draws meanings about a village: which sentences there are, and how often.
//!
//! Two rules keep every sentence readable in one way. What follows a verb's object belongs to the
//! verb, and what follows a place belongs to the place; and nothing follows a relative clause but
//! the end. Who is what to whom is true of the village; what happens is made up.

mod clauses;
mod nominals;
mod phrases;
mod questions;
mod relatives;
mod settings;

use stdx::Rng;

use super::meaning::{Action, Aspect, Clause, Force, Link, Meaning, Place, Predicate, Tense};
use super::words::{self, FRAMES, Frame, Noun, Verb};
use crate::village::Village;

/// The words and the village that sentences are drawn from.
#[derive(Debug, Clone)]
pub(crate) struct Grammar {
    village: Village,
    nouns: Vec<Noun>,
}

impl Grammar {
    /// The grammar of sentences about a village.
    pub(crate) fn new(village: Village) -> Self {
        Self { village, nouns: words::nouns() }
    }

    /// Draws one sentence.
    pub(crate) fn draw(&self, rng: Rng) -> Meaning {
        Draw { grammar: self, rng, used: vec![], pronoun: false, closed: false, plain: false }
            .sentence()
    }
}

/// One sentence being drawn.
struct Draw<'a> {
    grammar: &'a Grammar,
    rng: Rng,
    /// Names and nouns that the sentence has already.
    used: Vec<String>,
    /// Whether it has a personal pronoun already.
    pronoun: bool,
    /// Whether a relative clause was the last thing said, so that nothing may follow.
    closed: bool,
    /// Whether relative clauses are not wanted.
    plain: bool,
}

impl Draw<'_> {
    fn sentence(&mut self) -> Meaning {
        match self.rng.weighted(&[40, 26, 22, 8, 4]) {
            0 => told(self.statement(), None),
            1 => self.linked(),
            2 => self.question(),
            3 => self.command(),
            _ => told(self.weather(), None),
        }
    }

    fn statement(&mut self) -> Clause {
        match self.rng.weighted(&[58, 12, 12, 6, 6, 6]) {
            0 => self.acting(),
            1 => self.suffering(),
            2 => self.describing(),
            3 => self.fact(),
            4 => self.placing(),
            _ => self.existing(),
        }
    }

    /// A clause that may stand beside another: nothing in it opens a clause of its own.
    fn short_statement(&mut self) -> Clause {
        match self.rng.weighted(&[6, 1, 2, 1]) {
            0 => self.acting(),
            1 => self.suffering(),
            2 => self.describing(),
            _ => self.placing(),
        }
    }

    fn linked(&mut self) -> Meaning {
        self.plain = true;
        let coordinated = self.rng.one_in(3);
        let table = if coordinated { words::COORDINATORS } else { words::SUBORDINATORS };
        let word = self.word(table);
        let mut clause = self.short_statement();
        self.pronoun = false;
        let mut other = self.short_statement();
        other.time = None;
        other.aspect = Aspect::Simple;
        other.tense = clause.tense;
        if !coordinated {
            let past = self.rng.one_in(2);
            let (main, side) = match word {
                "if" => (Tense::Future, Tense::Present),
                _ if past => (Tense::Past, Tense::Past),
                _ => (Tense::Present, Tense::Present),
            };
            clause = Clause { tense: main, time: None, aspect: Aspect::Simple, ..clause };
            other.tense = side;
        }
        for predicate in clause.predicates.iter_mut().chain(&mut other.predicates) {
            if let Predicate::Act(action) = predicate {
                action.frequency = None;
            }
        }
        told(clause, Some(Link { word, clause: other }))
    }

    fn weather(&mut self) -> Clause {
        let mut action = Action::new(Verb { name: self.word(words::WEATHER) });
        action.place = self.rng.one_in(4).then_some(Place::Adverb("outside"));
        self.clause(None, Predicate::Act(Box::new(action)))
    }

    fn frame(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        let frames: Vec<&Frame> = FRAMES.iter().filter(|f| wanted(f)).collect();
        **self.rng.choose(&frames)
    }

    fn verb(&mut self, frame: &Frame, wanted: impl Fn(Verb) -> bool) -> Verb {
        let verbs = frame.verbs.split_whitespace().map(|name| Verb { name });
        let wanted: Vec<Verb> = verbs.filter(|&v| wanted(v)).collect();
        *self.rng.choose(&wanted)
    }

    fn word(&mut self, table: &'static str) -> &'static str {
        let words: Vec<&'static str> = table.split_whitespace().collect();
        words[self.rng.index(words.len())]
    }
}

fn told(clause: Clause, link: Option<Link>) -> Meaning {
    Meaning { force: Force::Statement, clause, link }
}

fn is_state(verb: Verb) -> bool {
    among(words::STATES, verb)
}

fn among(table: &str, verb: Verb) -> bool {
    table.split_whitespace().any(|name| name == verb.name)
}
