//! Questions on a tale with their answers.
//!
//! An answer has one wording, so that it can be compared word by word. Where it can it quotes the
//! story; a thing that somebody carries is where they are: "The lamp is with Ada. Ada is at the mill."

use serde::{Deserialize, Serialize};

use super::Tale;
use super::simulate::{Moment, Who};
use super::tell::list;
use super::words::{GOODS, NUMBERS, PLACES, REASONS, THINGS, TIMES};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Who has, bought or gave.
    Who,
    /// Where somebody or something is.
    Where,
    /// At what time.
    When,
    /// For what reason.
    Why,
    /// How many.
    HowMany,
    /// What somebody did after that.
    WhatNext,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Who, Self::Where, Self::When, Self::Why, Self::HowMany, Self::WhatNext];

    /// "where".
    pub fn name(self) -> &'static str {
        match self {
            Self::Who => "who",
            Self::Where => "where",
            Self::When => "when",
            Self::Why => "why",
            Self::HowMany => "how many",
            Self::WhatNext => "what next",
        }
    }
}

/// A question and the one right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is asked for.
    pub kind: Kind,
    /// "Where is Ada?"
    pub question: String,
    /// "Ada is at the mill."
    pub answer: String,
    /// What was asked for: "at the mill".
    pub key: String,
    /// Other things of the same kind that the tale names, and that are wrong.
    pub distractors: usize,
}

/// Everything that can be asked of `tale`.
pub(super) fn questions(tale: &Tale) -> Vec<Asked> {
    let mut asked = Asking { tale, out: Vec::new() };
    asked.people();
    asked.things();
    asked.belongings();
    asked.journeys();
    asked.goods();
    asked.out
}

/// All that each person did, in the story's words and order: long answers, each word of which
/// follows from the story. They are practised and not examined.
pub(super) fn recalls(tale: &Tale) -> Vec<(String, String)> {
    let asking = Asking { tale, out: Vec::new() };
    let all = (0..tale.cast.people.len()).filter_map(|who| {
        let name = asking.name(who);
        let mine = (0..tale.moments.len()).filter(|&i| tale.moments[i].who() == who);
        let deeds: Vec<String> = mine.map(|i| asking.quote(i)).collect();
        (!deeds.is_empty()).then(|| (format!("What did {name} do?"), deeds.join(" ")))
    });
    all.collect()
}

struct Asking<'t> {
    tale: &'t Tale,
    out: Vec<Asked>,
}

impl Asking<'_> {
    fn add(&mut self, kind: Kind, question: String, answer: String, key: &str, named: usize) {
        let distractors = named.saturating_sub(1);
        self.out.push(Asked { kind, question, answer, key: key.to_string(), distractors });
    }

    fn name(&self, who: Who) -> &'static str {
        self.tale.cast.people[who].first()
    }

    /// How many different values of something the moments name.
    fn named(&self, value: impl Fn(&Moment) -> Option<usize>) -> usize {
        let mut values: Vec<usize> = self.tale.moments.iter().filter_map(value).collect();
        values.sort_unstable();
        values.dedup();
        values.len()
    }

    fn places(&self) -> usize {
        self.named(|m| match m {
            Moment::Go { place, .. } => Some(*place),
            _ => None,
        })
    }

    /// A moment in the story's words: "Ada visited the mill."
    fn quote(&self, moment: usize) -> String {
        let name = self.name(self.tale.moments[moment].who());
        format!("{name} {}.", self.tale.clauses[moment])
    }

    /// Where is Ada?
    fn people(&mut self) {
        let named = self.places();
        for (who, place) in self.tale.standing.people.iter().enumerate() {
            if let &Some(place) = place {
                let (name, place) = (self.name(who), PLACES[place]);
                let answer = format!("{name} is at the {place}.");
                self.add(Kind::Where, format!("Where is {name}?"), answer, place, named);
            }
        }
    }

    /// Who has the lamp? Where is it?
    fn things(&mut self) {
        let people = self.tale.cast.people.len();
        let named = self.places();
        for &(thing, holder) in &self.tale.standing.things {
            let thing = THINGS[thing];
            let ask_where = format!("Where is the {thing}?");
            match holder {
                Ok(who) => {
                    let name = self.name(who);
                    let answer = format!("The {thing} is with {name}.");
                    let place = self.tale.standing.people[who].unwrap_or_default();
                    let place = PLACES[place];
                    let whereabouts = format!("{answer} {name} is at the {place}.");
                    self.add(Kind::Who, format!("Who has the {thing}?"), answer, name, people);
                    self.add(Kind::Where, ask_where, whereabouts, place, named);
                }
                Err(place) => {
                    let answer = format!("The {thing} is at the {}.", PLACES[place]);
                    self.add(Kind::Where, ask_where, answer, PLACES[place], named);
                }
            }
        }
    }

    /// How many things does Ada have?
    fn belongings(&mut self) {
        let standing = &self.tale.standing;
        let counts: Vec<usize> =
            (0..standing.people.len()).map(|who| standing.belongings(who).len()).collect();
        let held: usize = counts.iter().sum();
        for (who, &count) in counts.iter().enumerate() {
            let name = self.name(who);
            let mine = self.tale.standing.belongings(who);
            let things: Vec<String> = mine.iter().map(|&t| format!("the {}", THINGS[t])).collect();
            let number = NUMBERS[count.min(NUMBERS.len() - 1)];
            let noun = if count == 1 { "thing" } else { "things" };
            let answer = match count {
                0 => format!("{name} has nothing."),
                _ => format!("{name} has {}: {number} {noun}.", list(&things)),
            };
            let question = format!("How many things does {name} have?");
            let key = if count == 0 { "nothing" } else { number };
            self.add(Kind::HowMany, question, answer, key, held + 1 - count);
        }
    }

    /// When and why did Ada visit the mill, and what did she do then?
    fn journeys(&mut self) {
        let times = self.named(|m| match m {
            Moment::Go { when, .. } => *when,
            _ => None,
        });
        let reasons = self.named(|m| match m {
            Moment::Go { why, .. } => *why,
            _ => None,
        });
        let moments = &self.tale.moments;
        for (i, &moment) in moments.iter().enumerate() {
            let Moment::Go { who, place, when, why } = moment else { continue };
            let same = |m: &&Moment| matches!(m, Moment::Go { who: w, place: p, .. } if (*w, *p) == (who, place));
            if moments.iter().filter(same).count() > 1 {
                continue; // It would not be clear which time is meant.
            }
            let (name, place) = (self.name(who), PLACES[place]);
            if let Some(when) = when.map(|t| TIMES[t]) {
                let question = format!("When did {name} visit the {place}?");
                let answer = format!("{name} visited the {place} {when}.");
                self.add(Kind::When, question, answer, when, times);
            }
            if let Some(why) = why.map(|r| REASONS[r]) {
                let question = format!("Why did {name} visit the {place}?");
                let answer = format!("{name} visited the {place} {why}.");
                self.add(Kind::Why, question, answer, why, reasons);
            }
            if let Some(next) = (i + 1..moments.len()).find(|&next| moments[next].who() == who) {
                let question = format!("What did {name} do after visiting the {place}?");
                let key = self.tale.clauses[next].clone();
                self.add(Kind::WhatNext, question, self.quote(next), &key, moments.len());
            }
        }
    }

    /// How many eggs did Ada buy, and who bought them?
    fn goods(&mut self) {
        let numbers = self.named(|m| match m {
            Moment::Buy { number, .. } => Some(*number),
            _ => None,
        });
        let buyers = self.tale.cast.people.len();
        for (i, &moment) in self.tale.moments.iter().enumerate() {
            let Moment::Buy { who, number, goods } = moment else { continue };
            let (name, number, goods) = (self.name(who), NUMBERS[number], GOODS[goods]);
            let question = format!("How many {goods} did {name} buy?");
            self.add(Kind::HowMany, question, self.quote(i), number, numbers);
            let question = format!("Who bought {goods}?");
            let answer = format!("The {goods} were bought by {name}.");
            self.add(Kind::Who, question, answer, name, buyers);
        }
    }
}
