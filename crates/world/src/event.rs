//! What can happen in the village, and what each happening needs and changes.
//!
//! [`Now`] is the state of one day. [`Now::apply`] refuses an event whose conditions do not hold,
//! so a log that was applied from the morning on is true by construction: nobody gives away what
//! they do not hold, and nobody talks to someone who is elsewhere.

use serde::{Deserialize, Serialize};

use crate::village::{PersonId, PetId, PlaceId, ThingId, Village};

/// The kinds of things that happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each name says what the actor does; `requirement` says the rest")]
pub enum Kind {
    Morning,
    Own,
    HavePet,
    Go,
    GoWith,
    Come,
    Fetch,
    Amuse,
    Lose,
    Notice,
    Search,
    Ask,
    Hint,
    Find,
    Stray,
    NoticePet,
    SeekPet,
    AskPet,
    HintPet,
    FindPet,
    HearPet,
    BringPet,
    Break,
    AskMend,
    Mend,
    Plan,
    Take,
    Give,
    Hungry,
    Share,
    Rain,
    Invite,
    Warm,
    Clear,
    Wish,
    AskFor,
    Make,
    Serve,
    AskTeach,
    Fail,
    Encourage,
    Succeed,
    Burden,
    Carry,
    Tale,
    Quarrel,
    Alone,
    MakeUp,
    Turns,
    Afraid,
    Comfort,
    Brave,
    Thank,
    Evening,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub kind: Kind,
    /// Who did it.
    pub actor: PersonId,
    /// Who else took part.
    pub other: Option<PersonId>,
    /// The thing it was about.
    pub thing: Option<ThingId>,
    /// The animal it was about.
    pub pet: Option<PetId>,
    /// Where it happened; for a walk, where it led.
    pub place: PlaceId,
    /// A place that was spoken of.
    pub about: Option<PlaceId>,
    /// The earlier event of the same day that brought it about, by index.
    pub cause: Option<usize>,
}

impl Event {
    /// The same in a log in which so many events came before.
    pub(crate) fn after(self, before: usize) -> Self {
        Self { cause: self.cause.map(|cause| cause + before), ..self }
    }
}

/// Where a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// Somebody holds it.
    With(PersonId),
    /// It lies at a place.
    At(PlaceId),
    /// It was eaten or used up.
    Gone,
}

/// The state of the village at one moment of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Now {
    /// Where each person is.
    pub people: Vec<PlaceId>,
    /// Where each thing is.
    pub things: Vec<Whereabouts>,
    /// Where each pet is.
    pub pets: Vec<Whereabouts>,
    /// The thing that is broken, if one is.
    pub broken: Option<ThingId>,
}

impl Now {
    /// The state in which every day begins.
    pub fn morning(village: &Village) -> Self {
        let n = village.people.len();
        Self {
            people: (0..n).map(|id| village.morning_place(id)).collect(),
            things: village
                .things
                .iter()
                .map(|t| t.owner.map_or(Whereabouts::At(t.source), Whereabouts::With))
                .collect(),
            pets: village.pets.iter().map(|p| Whereabouts::With(p.owner)).collect(),
            broken: None,
        }
    }

    /// Lets an event happen, or says which condition it lacks and changes nothing.
    pub fn apply(&mut self, event: &Event) -> Result<(), &'static str> {
        self.requirement(event)?;
        self.change(event);
        Ok(())
    }

    fn requirement(&self, e: &Event) -> Result<(), &'static str> {
        use Kind::*;
        let walks =
            matches!(e.kind, Morning | Evening | Go | GoWith | Come | Fetch | Carry | Invite);
        ensure(walks || self.people[e.actor] == e.place, "the actor must be at the place")?;
        if let (Some(b), false) = (e.other, matches!(e.kind, Plan | Fetch)) {
            ensure(b != e.actor, "nobody acts on themselves")?;
            let where_b = if walks && e.kind != Come { self.people[e.actor] } else { e.place };
            ensure(self.people[b] == where_b, "the two must be together")?;
        }
        let thing_is = |w| e.thing.is_some_and(|t| self.things[t] == w);
        let pet_is = |w| e.pet.is_some_and(|p| self.pets[p] == w);
        let (with, here) = (Whereabouts::With(e.actor), Whereabouts::At(e.place));
        match e.kind {
            Own | Lose | Break | Give | Share | AskMend | Make | Burden => {
                ensure(thing_is(with), "the actor must hold the thing")
            }
            Find | Take | Fetch => ensure(thing_is(here), "the thing must lie there"),
            Notice | Search => {
                ensure(!thing_is(with) && !thing_is(here), "the thing must be elsewhere")
            }
            Hint => ensure(
                e.about.is_some_and(|p| thing_is(Whereabouts::At(p))),
                "the hint must be true",
            ),
            HintPet => {
                ensure(e.about.is_some_and(|p| pet_is(Whereabouts::At(p))), "the hint must be true")
            }
            Mend => ensure(
                self.broken == e.thing && e.other.is_some_and(|b| thing_is(Whereabouts::With(b))),
                "the other must hold the broken thing",
            ),
            Stray | HavePet => ensure(pet_is(with), "the pet must be with the actor"),
            NoticePet | SeekPet => ensure(!pet_is(with) && !pet_is(here), "the pet must be away"),
            FindPet | HearPet => ensure(pet_is(here), "the pet must be there"),
            BringPet => ensure(pet_is(with), "the actor must bring the pet"),
            _ => Ok(()),
        }
    }

    fn change(&mut self, e: &Event) {
        use Kind::*;
        match e.kind {
            Morning | Evening | Go | Come | Fetch => self.people[e.actor] = e.place,
            GoWith | Carry | Invite => {
                self.people[e.actor] = e.place;
                e.other.into_iter().for_each(|b| self.people[b] = e.place);
            }
            Break => self.broken = e.thing,
            Mend => self.broken = None,
            _ => {}
        }
        if let Some(thing) = e.thing {
            match e.kind {
                Lose => self.things[thing] = Whereabouts::At(e.place),
                Find | Take | Fetch => self.things[thing] = Whereabouts::With(e.actor),
                Give => e.other.into_iter().for_each(|b| self.things[thing] = Whereabouts::With(b)),
                Share | Make => self.things[thing] = Whereabouts::Gone,
                _ => {}
            }
        }
        if let Some(pet) = e.pet {
            match e.kind {
                Stray => e.about.into_iter().for_each(|p| self.pets[pet] = Whereabouts::At(p)),
                FindPet => self.pets[pet] = Whereabouts::With(e.actor),
                BringPet => e.other.into_iter().for_each(|b| self.pets[pet] = Whereabouts::With(b)),
                _ => {}
            }
        }
    }
}

fn ensure(holds: bool, what: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(what) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let village = Village::new(1);
        let mut now = Now::morning(&village);
        let home = village.people[2].home;
        let give = Event {
            kind: Kind::Give,
            actor: 2,
            other: Some(3),
            thing: Some(2),
            pet: None,
            place: home,
            about: None,
            cause: None,
        };
        assert_eq!(now.apply(&give), Ok(()));
        assert_eq!(now.things[2], Whereabouts::With(3));
        assert_eq!(now.apply(&give), Err("the actor must hold the thing"));
        let far = Event { actor: 3, other: Some(0), ..give };
        assert_eq!(now.apply(&far), Err("the two must be together"));
    }
}
