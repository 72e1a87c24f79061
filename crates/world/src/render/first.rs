//! A day in the first person: what diaries and letters have in common.
//!
//! The one who writes is the hero of the day and says "I"; whoever reads a letter is "you", also
//! where they took part. Like a story, a page tells what the log holds and nothing else that
//! happened; what is added is how one felt, what one always thinks, and facts of the village, which
//! are given back as stated.
//!
//! Reading order: [`events`] (what happened), [`thoughts`] (what one thinks of it, by age and
//! trade), then [`crate::render::diary`] and [`crate::render::letter`].

pub mod events;
pub mod thoughts;

use crate::event::{Event, Kind};
use crate::render::facts::{Fact, Relation};
use crate::render::prose::Prose;
use crate::simulate::Log;
use crate::village::Village;

/// Something to say that rests on a fact of the village: none rests on nothing.
pub(crate) type Stated = (Option<Relation>, &'static str);

/// A page in the making.
pub(crate) struct Page<'v> {
    pub(crate) village: &'v Village,
    pub(crate) facts: &'v [Fact],
    pub(crate) prose: Prose<'v>,
    pub(crate) stated: Vec<Fact>,
}

/// How a day is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// With what does not matter to what happened.
    pub(crate) asides: bool,
    /// Whether the morning and the evening belong to it.
    pub(crate) whole_day: bool,
}

/// Whether one's thoughts may wander after it.
fn is_calm(kind: Kind) -> bool {
    matches!(kind, Kind::Morning | Kind::Own | Kind::HavePet | Kind::Amuse | Kind::Go)
}

impl Page<'_> {
    /// Tells what happened to the hero, and in between a thought or none.
    pub(crate) fn day(&mut self, log: &Log, manner: Manner) {
        let me = log.hero;
        let mut thought = !manner.asides;
        for event in &log.events {
            let frame = matches!(event.kind, Kind::Morning | Kind::Evening);
            let involved = event.actor == me || event.other == Some(me);
            if !involved || (frame && !manner.whole_day) {
                continue;
            }
            if event.kind == Kind::Amuse && !manner.asides {
                continue;
            }
            self.prose.say(event, events::of(event.kind, event.actor == me));
            if !thought && is_calm(event.kind) && self.prose.one_in(3) {
                self.thought(event);
                thought = true;
            }
        }
    }

    /// What one of this age and trade may think at any time.
    pub(crate) fn thought(&mut self, event: &Event) {
        let village = self.village;
        let person = &village.people[self.prose.hero()];
        let about_work = person.trade.filter(|_| self.prose.one_in(2));
        let phrases = about_work.map_or_else(|| thoughts::any(person.age), thoughts::of_trade);
        self.prose.say(event, phrases);
    }

    /// Says one of `all` whose fact is true of `subject`, with that fact.
    pub(crate) fn state(&mut self, event: &Event, subject: usize, all: &[Stated]) {
        let (village, facts) = (self.village, self.facts);
        let name = &village.people[subject].name;
        let fact = |relation: Relation| {
            facts.iter().find(|f| f.relation == relation && f.subject == *name)
        };
        let possible = |&&(relation, _): &&Stated| relation.is_none_or(|r| fact(r).is_some());
        let n = all.iter().filter(possible).count();
        let chosen = all.iter().filter(possible).nth(self.prose.index(n));
        let Some(&(relation, phrase)) = chosen else { return };
        self.prose.say(event, &[phrase]);
        self.stated.extend(relation.and_then(fact).cloned());
    }
}
