//! Draws places and times that suit what happens there and then.

use super::nominals::Role;
use super::{Draw, Frame};
use crate::syntax::meaning::{Aspect, Determiner, Nominal, Phrase, Place, Tense, Time};
use crate::syntax::words::{self, Kind, Noun, Verb};

const GROUNDS: [Kind; 4] = [Kind::Indoors, Kind::Outdoors, Kind::Site, Kind::Waterside];

impl Draw<'_> {
    /// Where something is done.
    pub(super) fn scene(&mut self) -> Place {
        let kind = *self.rng.choose(&GROUNDS);
        self.place_of(kind)
    }

    /// Where somebody is; things may also be in vessels.
    pub(super) fn place(&mut self, thing: bool) -> Place {
        match self.rng.weighted(&[4, 2, 2, if thing { 2 } else { 0 }, 2, 1, 3]) {
            0 => self.place_of(Kind::Indoors),
            6 => self.place_of(Kind::Outdoors),
            1 => self.place_of(Kind::Site),
            2 => self.place_of(Kind::Waterside),
            3 => self.place_of(Kind::Vessel),
            4 => self.place_of(Kind::Furniture),
            _ => Place::Adverb(self.word(words::PLACE_WORDS)),
        }
    }

    /// The place that a verb of staying asks for.
    pub(super) fn place_for(&mut self, verb: Verb, frame: &Frame) -> Place {
        match verb.name {
            "live" => self.scene(),
            _ => self.place(!frame.subject.contains(&Kind::Person)),
        }
    }

    /// Where somebody goes, or comes from.
    pub(super) fn goal(&mut self) -> Place {
        if self.rng.one_in(8) {
            return Place::Adverb(self.word("outside inside"));
        }
        let preposition = if self.rng.one_in(5) { "from" } else { "to" };
        let ground = *self.rng.choose(&GROUNDS);
        Place::Of(preposition, self.nominal(&[ground], Role::Place))
    }

    fn place_of(&mut self, kind: Kind) -> Place {
        let preposition = self.word(match kind {
            Kind::Indoors => "in in in behind near",
            Kind::Outdoors => "in in near",
            Kind::Site => "at at near behind",
            Kind::Waterside => "by by near",
            Kind::Vessel => "in in under behind",
            _ => "on under behind",
        });
        Place::Of(preposition, self.nominal(&[kind], Role::Place))
    }

    /// A time that goes with the tense, or none.
    pub(super) fn time(&mut self, tense: Tense, aspect: Aspect) -> Option<Time> {
        if !self.rng.one_in(4) {
            return None;
        }
        if aspect == Aspect::Perfect {
            return (tense == Tense::Present).then_some(Time::Word("today"));
        }
        if aspect == Aspect::Simple && self.rng.one_in(3) {
            return Some(self.time_of_day());
        }
        let (words, determiner, nouns) = match (tense, aspect) {
            (Tense::Past, _) => (words::PAST_WORDS, "last", "night week summer winter spring"),
            (Tense::Future, _) => (words::FUTURE_WORDS, "next", "week summer winter autumn"),
            (_, Aspect::Simple) => ("today", "every", "morning evening night day week winter"),
            _ => (words::PRESENT_WORDS, "this", "morning evening afternoon week summer"),
        };
        if self.rng.one_in(2) {
            return Some(Time::Word(self.word(words)));
        }
        let word = self.word(nouns);
        self.grammar.named(word).map(|noun| Time::Span(determiner, noun))
    }

    /// "in the evening", "before supper".
    fn time_of_day(&mut self) -> Time {
        if self.rng.one_in(2) {
            let word = self.word("morning evening afternoon winter summer spring autumn");
            if let Some(noun) = self.grammar.named(word) {
                return Time::Of("in", whole(noun, Determiner::Definite));
            }
        }
        let meal = self.noun(&[Kind::Meal]);
        Time::Of(self.word("before after"), whole(meal, Determiner::Indefinite))
    }
}

fn whole(noun: Noun, determiner: Determiner) -> Nominal {
    Nominal::Phrase(Box::new(Phrase::new(noun, false, determiner)))
}
