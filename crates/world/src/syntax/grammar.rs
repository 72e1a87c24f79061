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

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use stdx::Rng;

use super::meaning::{Action, Aspect, Clause, Force, Link, Meaning, Place, Predicate, Tense};
use super::words::{self, FRAMES, Kind, Noun, Shape, Verb, is_state};
use crate::names;
use crate::village::{Person, Village};

/// The words and the village that sentences are drawn from.
#[derive(Debug, Clone)]
pub(crate) struct Grammar {
    village: Village,
    /// What the people are called, by their number.
    names: Vec<Cow<'static, str>>,
    nouns: Vec<Noun>,
    /// Where in `nouns` those of each kind are.
    kinds: Vec<Range<usize>>,
    /// Every noun by its singular.
    nouns_by_word: HashMap<&'static str, Noun>,
    frames: Vec<Frame>,
}

/// Verbs that are used alike: a [`words::Frame`] whose verbs have been read.
#[derive(Debug, Clone)]
struct Frame {
    subject: &'static [Kind],
    object: &'static [Kind],
    shape: Shape,
    verbs: Vec<Verb>,
}

impl Frame {
    fn new(frame: &words::Frame) -> Self {
        let &words::Frame { subject, object, shape, verbs } = frame;
        let verbs = verbs.split_whitespace().map(|name| Verb { name }).collect();
        Self { subject, object, shape, verbs }
    }
}

impl Grammar {
    /// The grammar of sentences about a village.
    pub(crate) fn new(village: Village) -> Self {
        let name = |person: &Person| match names::fixed(village.split, &person.name) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(person.name.clone()),
        };
        let names = village.people.iter().map(name).collect();
        let nouns = words::nouns();
        let mut kinds = vec![0..0; words::NOUNS.len()];
        for (number, noun) in nouns.iter().enumerate() {
            let within = &mut kinds[noun.kind as usize];
            if within.end == 0 {
                within.start = number;
            }
            within.end = number + 1;
        }
        Self {
            names,
            kinds,
            nouns_by_word: nouns.iter().map(|noun| (noun.word, *noun)).collect(),
            frames: FRAMES.iter().map(Frame::new).collect(),
            nouns,
            village,
        }
    }

    /// Draws one sentence.
    pub(crate) fn draw(&self, rng: Rng) -> Meaning {
        Draw {
            grammar: self,
            rng,
            names: vec![],
            nouns: Vec::with_capacity(8),
            adjectives: vec![],
            pronoun: false,
            closed: false,
            plain: false,
        }
        .sentence()
    }

    /// A noun by its singular.
    fn named(&self, word: &str) -> Option<Noun> {
        self.nouns_by_word.get(word).copied()
    }
}

/// One sentence being drawn.
struct Draw<'a> {
    grammar: &'a Grammar,
    rng: Rng,
    /// Names that the sentence has already.
    names: Vec<&'a str>,
    /// Nouns that it has, by their number.
    nouns: Vec<usize>,
    /// Adjectives that it has.
    adjectives: Vec<&'static str>,
    /// Whether it has a personal pronoun already.
    pronoun: bool,
    /// Whether a relative clause was the last thing said, so that nothing may follow.
    closed: bool,
    /// Whether relative clauses are not wanted.
    plain: bool,
}

impl<'a> Draw<'a> {
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

    fn frame(&mut self, wanted: impl Fn(&Frame) -> bool) -> &'a Frame {
        self.one_of(&self.grammar.frames, wanted)
    }

    fn verb(&mut self, frame: &Frame, wanted: impl Fn(Verb) -> bool) -> Verb {
        *self.one_of(&frame.verbs, |&verb| wanted(verb))
    }

    /// One of those that are wanted, of which there must be one, and 32 at most.
    fn one_of<'t, T>(&mut self, all: &'t [T], wanted: impl Fn(&T) -> bool) -> &'t T {
        let mut numbers = [0; 32];
        let mut count = 0;
        for (number, _) in all.iter().enumerate().filter(|(_, one)| wanted(one)) {
            numbers[count] = number;
            count += 1;
        }
        &all[numbers[self.rng.index(count)]]
    }

    fn word(&mut self, table: &'static str) -> &'static str {
        words::nth(table, self.rng.index(words::count(table)))
    }
}

fn told(clause: Clause, link: Option<Link>) -> Meaning {
    Meaning { force: Force::Statement, clause, link }
}

fn among(table: &str, verb: Verb) -> bool {
    table.split_whitespace().any(|name| name == verb.name)
}
