//! A day told from morning to evening.
//!
//! The log gives what is told and in which order; this file adds who the hero is, how a place
//! looks, and where a paragraph ends. Nothing is said that the log or the village does not hold.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::event::{Event, Kind};
use crate::knobs::Knobs;
use crate::render::phrases;
use crate::render::prose::Prose;
use crate::simulate::Log;
use crate::village::{Age, Village};

/// A short story and the events it tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// A title, such as "Mara and the Red Kite".
    pub title: String,
    /// The story: two or three paragraphs, parted by a line break.
    pub text: String,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// From this many events on, a day is told without asides, so that stories stay short.
const LONG_DAY: usize = 12;

/// Tells a day.
pub(crate) fn tell(village: &Village, log: Log, mut rng: Rng, knobs: &Knobs) -> Story {
    let title = title(village, &log, &mut rng);
    let mut prose = Prose::new(village, log.hero, rng);
    let home = village.people[log.hero].home;
    let long = log.events.len() >= LONG_DAY || !knobs.has_asides();
    let crowded = log.events.len() >= LONG_DAY + 2 || !knobs.has_asides();
    let mut place = None;
    for (i, event) in log.events.iter().enumerate() {
        if starts_paragraph(event.kind) && i > 0 {
            prose.paragraph();
        }
        if event.kind == Kind::Evening && crowded {
            continue; // the last words say that the day is over
        }
        if event.kind == Kind::Evening && place == Some(event.place) {
            prose.say(event, phrases::EVENING_AT_HOME);
        } else if event.kind == Kind::Go && event.actor == log.hero && place == Some(home) {
            prose.say(event, phrases::SET_OUT);
        } else if tells(&log, event) && !(long && event.kind == Kind::Amuse) {
            prose.say(event, phrases::of(event.kind));
        }
        if event.kind == Kind::Morning && !crowded {
            introduce(village, event, &mut prose);
        }
        let arrives = event.kind == Kind::Go && event.actor == log.hero;
        if arrives && !long && !village.places[event.place].is_home && prose.one_in(2) {
            prose.say(event, &["{p:scene}"]);
        }
        if event.actor == log.hero {
            place = Some(event.place);
        }
    }
    prose.say(&gist(&log), phrases::closing(log.plot));
    Story { title, text: prose.finish(), events: log.events }
}

impl Story {
    /// Goes on with another day of the same hero.
    pub(crate) fn append(&mut self, next: Self) {
        self.text.push('\n');
        self.text += &next.text;
        let before = self.events.len();
        self.events.extend(next.events.into_iter().map(|event| event.after(before)));
    }
}

/// What another person does before the hero comes into it happens, but is not told.
fn tells(log: &Log, event: &Event) -> bool {
    event.actor == log.hero || event.other == Some(log.hero)
}

fn starts_paragraph(kind: Kind) -> bool {
    matches!(kind, Kind::Come | Kind::AskMend | Kind::HearPet | Kind::Fail | Kind::Make)
}

fn introduce(village: &Village, event: &Event, prose: &mut Prose) {
    let table = match village.people[event.actor].age {
        Age::Child => phrases::CHILD,
        Age::Adult => phrases::ADULT,
        Age::Elder => phrases::ELDER,
    };
    prose.say(event, table);
}

fn title(village: &Village, log: &Log, rng: &mut Rng) -> String {
    let mut prose = Prose::new(village, log.hero, Rng::new(rng.next_u64()));
    prose.say(&gist(log), phrases::titles(log.plot));
    title_case(&prose.finish())
}

/// The hero with the thing and the pet of the day, for phrases about the day as a whole.
pub(crate) fn gist(log: &Log) -> Event {
    let thing = log.events.iter().find_map(|e| e.thing);
    let pet = log.events.iter().find_map(|e| e.pet);
    Event { thing, pet, ..log.events[0] }
}

fn title_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(' ') {
        let small = matches!(word, "and" | "the" | "a" | "an" | "of" | "in" | "to" | "for");
        let first = &word[..word.len().min(1)];
        let space = if out.is_empty() { "" } else { " " };
        let first = if small && !out.is_empty() { first.to_string() } else { first.to_uppercase() };
        out.extend([space, &first, &word[word.len().min(1)..]]);
    }
    out
}
