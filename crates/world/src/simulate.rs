//! One day in the village: from a seeded choice of hero and plot to a log of events.
//!
//! Every event passes through [`Now::apply`] as it is logged. A plot ([`plot`]) that broke the
//! rules of the village would be a bug in this crate, so `Day::happen` panics then; the tests
//! run thousands of days.

pub mod plot;

use stdx::Rng;

use crate::event::{Event, Kind, Now};
use crate::village::{PersonId, PetId, PlaceId, ThingId, Village};

pub use plot::Plot;

/// A finished day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// What kind of day it was.
    pub plot: Plot,
    /// Whom it was about.
    pub hero: PersonId,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// How things stood in the evening.
    pub evening: Now,
}

/// Simulates a day whose hero is `hero`, or anyone if `None`, of one of the `plots` with the fewest
/// events.
pub fn simulate(village: &Village, rng: Rng, hero: Option<PersonId>, plots: usize) -> Log {
    let mut day = Day { village, rng, now: Now::morning(village), events: Vec::with_capacity(20) };
    let (plot, hero) = plot::choose(&mut day, hero, plots);
    plot.run(&mut day, hero);
    Log { plot, hero, events: day.events, evening: day.now }
}

/// A day that is still going on.
#[derive(Debug)]
pub struct Day<'v> {
    village: &'v Village,
    rng: Rng,
    now: Now,
    events: Vec<Event>,
}

impl Day<'_> {
    /// Logs an event and lets it take effect; gives its index, for later events to name as cause.
    fn happen(&mut self, event: Event) -> usize {
        if let Err(lack) = self.now.apply(&event) {
            panic!(
                "a plot broke the rules of the village: {lack}: {event:?} after {:?}",
                self.events
            );
        }
        self.events.push(event);
        self.events.len() - 1
    }

    /// An event of `actor` alone, where they are.
    fn by(&self, kind: Kind, actor: PersonId) -> Event {
        Event {
            kind,
            actor,
            other: None,
            thing: None,
            pet: None,
            place: self.now.people[actor],
            about: None,
            cause: None,
        }
    }

    fn home(&self, person: PersonId) -> PlaceId {
        self.village.people[person].home
    }
}

impl Event {
    fn with(self, other: PersonId) -> Self {
        Self { other: Some(other), ..self }
    }
    fn thing(self, thing: ThingId) -> Self {
        Self { thing: Some(thing), ..self }
    }
    fn pet(self, pet: PetId) -> Self {
        Self { pet: Some(pet), ..self }
    }
    fn at(self, place: PlaceId) -> Self {
        Self { place, ..self }
    }
    fn about(self, place: PlaceId) -> Self {
        Self { about: Some(place), ..self }
    }
    fn since(self, cause: usize) -> Self {
        Self { cause: Some(cause), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Whereabouts;

    #[test]
    fn logs_replay_to_the_same_evening_and_treasures_come_home() {
        let village = Village::new(5);
        for i in 0..5000 {
            let log = simulate(&village, Rng::new(i), None, Plot::ALL.len());
            let mut now = Now::morning(&village);
            for event in &log.events {
                now.apply(event).unwrap();
                assert!(event.cause.is_none_or(|c| c < log.events.len()));
            }
            assert_eq!(now, log.evening);
            for (id, thing) in village.things.iter().enumerate() {
                if let Some(owner) = thing.owner {
                    assert_eq!(now.things[id], Whereabouts::With(owner), "{:?}", log.plot);
                }
            }
            assert_eq!(now.broken, None);
            assert!(log.events.iter().all(|e| now.pets.len() > e.pet.unwrap_or(0)));
            let pets_home = village.pets.iter().zip(&now.pets);
            assert!(pets_home.into_iter().all(|(p, w)| *w == Whereabouts::With(p.owner)));
        }
    }

    #[test]
    fn easy_days_have_few_events() {
        let village = Village::new(5);
        let most_events = |difficulty| {
            let plots = Plot::most(difficulty);
            let days = (0..2000).map(|i| simulate(&village, Rng::new(i), None, plots));
            days.map(|log| log.events.len()).max().unwrap_or(0)
        };
        let most = [0.0, 0.3, 0.6, 1.0].map(most_events);
        assert!(most.is_sorted() && most[0] <= 8 && most[3] > 12, "{most:?}");
    }

    #[test]
    fn every_plot_is_played() {
        let village = Village::new(6);
        for plot in Plot::ALL {
            let played = |i| simulate(&village, Rng::new(i), None, Plot::ALL.len()).plot == plot;
            assert!((0..2000).any(played), "{plot:?}");
        }
    }
}
