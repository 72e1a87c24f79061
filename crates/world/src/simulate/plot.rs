//! The kinds of days: each plot is a chain of causes, played by whoever the seed casts in it.
//!
//! A plot decides who does what and why; it holds no words. All days end well.

use super::Day;
use crate::event::Kind::*;
use crate::lexicon::{GOODS, OPEN_PLACES};
use crate::village::{Age, PersonId, PlaceId, ThingId};

/// What a day is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the functions below, one a plot, say it")]
pub enum Plot {
    LostThing,
    LostPet,
    FoundPet,
    Broken,
    Gift,
    Storm,
    Share,
    Bake,
    Lesson,
    Load,
    Quarrel,
    Afraid,
}

impl Plot {
    /// All plots.
    pub const ALL: [Plot; 12] = [
        Plot::LostThing,
        Plot::LostPet,
        Plot::FoundPet,
        Plot::Broken,
        Plot::Gift,
        Plot::Storm,
        Plot::Share,
        Plot::Bake,
        Plot::Lesson,
        Plot::Load,
        Plot::Quarrel,
        Plot::Afraid,
    ];

    /// How many plots there are of days no harder than this, from 0 to 1; one at least.
    pub fn most(difficulty: f64) -> usize {
        ((difficulty * Self::ALL.len() as f64).ceil() as usize).clamp(1, Self::ALL.len())
    }

    /// How many plots have fewer events, or as many and come first here. What anybody can do is
    /// easiest, so that there is a plot for everybody.
    fn rank(self) -> usize {
        match self {
            Plot::Gift => 0,
            Plot::Afraid => 1,
            Plot::Lesson => 2,
            Plot::Share => 3,
            Plot::Quarrel => 4,
            Plot::Broken => 5,
            Plot::FoundPet => 6,
            Plot::Storm => 7,
            Plot::Load => 8,
            Plot::Bake => 9,
            Plot::LostPet => 10,
            Plot::LostThing => 11,
        }
    }

    /// Whether this day can happen to that person.
    fn suits(self, day: &Day, hero: PersonId) -> bool {
        let person = &day.village.people[hero];
        match self {
            Plot::LostPet => person.pet.is_some(),
            Plot::Lesson | Plot::Quarrel | Plot::Afraid => person.age == Age::Child,
            Plot::Load => person.age != Age::Elder,
            Plot::Broken => day.village.things[person.treasure].mender != person.trade,
            _ => true,
        }
    }

    pub(super) fn run(self, day: &mut Day, hero: PersonId) {
        let home = day.home(hero);
        day.happen(day.by(Morning, hero).at(home));
        match self {
            Plot::LostThing => lost_thing(day, hero),
            Plot::LostPet => lost_pet(day, hero),
            Plot::FoundPet => found_pet(day, hero),
            Plot::Broken => broken(day, hero),
            Plot::Gift => gift(day, hero),
            Plot::Storm => storm(day, hero),
            Plot::Share => share(day, hero),
            Plot::Bake => bake(day, hero),
            Plot::Lesson => lesson(day, hero),
            Plot::Load => load(day, hero),
            Plot::Quarrel => quarrel(day, hero),
            Plot::Afraid => afraid(day, hero),
        }
        day.happen(day.by(Evening, hero).at(home));
    }
}

/// Casts a day: half of the heroes are children, and the plot suits the hero.
pub(super) fn choose(day: &mut Day, hero: Option<PersonId>, plots: usize) -> (Plot, PersonId) {
    let hero = hero.unwrap_or_else(|| {
        let age = [Age::Child, Age::Adult, Age::Elder][day.rng.weighted(&[5, 3, 1])];
        *day.rng.choose(&day.village.of_age(age))
    });
    loop {
        let plot = *day.rng.choose(&Plot::ALL);
        if plot.rank() < plots && plot.suits(day, hero) {
            return (plot, hero);
        }
    }
}

/// The hero loses a treasure, and somebody has seen where it lies.
fn lost_thing(day: &mut Day, hero: PersonId) {
    let thing = day.village.people[hero].treasure;
    let helper = anyone_but(day, &[hero]);
    let (lost_at, searched) = (open_place(day, &[]), open_place(day, &[]));
    let searched = if searched == lost_at { day.home(hero) } else { searched };
    day.happen(day.by(Own, hero).thing(thing));
    day.happen(day.by(Go, hero).at(lost_at));
    day.happen(day.by(Amuse, hero));
    let lost = day.happen(day.by(Lose, hero).thing(thing));
    day.happen(day.by(Go, hero).at(searched));
    let noticed = day.happen(day.by(Notice, hero).thing(thing).since(lost));
    day.happen(day.by(Search, hero).thing(thing).since(noticed));
    day.happen(day.by(Come, helper).at(searched).with(hero));
    day.happen(day.by(Ask, hero).with(helper).thing(thing).since(noticed));
    day.happen(day.by(Hint, helper).with(hero).thing(thing).about(lost_at).since(lost));
    day.happen(day.by(GoWith, hero).with(helper).at(lost_at));
    day.happen(day.by(Find, hero).with(helper).thing(thing).since(lost));
    day.happen(day.by(Thank, hero).with(helper));
}

/// The hero's pet runs off, and somebody has seen it.
fn lost_pet(day: &mut Day, hero: PersonId) {
    let pet = day.village.people[hero].pet.expect("the plot suits only owners of pets");
    let helper = anyone_but(day, &[hero]);
    let hiding = open_place(day, &[]);
    let searched = open_place(day, &[hiding]);
    day.happen(day.by(HavePet, hero).pet(pet));
    let away = day.happen(day.by(Stray, hero).pet(pet).about(hiding));
    day.happen(day.by(NoticePet, hero).pet(pet).since(away));
    day.happen(day.by(Go, hero).at(searched));
    day.happen(day.by(SeekPet, hero).pet(pet).since(away));
    day.happen(day.by(Come, helper).at(searched).with(hero));
    day.happen(day.by(AskPet, hero).with(helper).pet(pet));
    day.happen(day.by(HintPet, helper).with(hero).pet(pet).about(hiding).since(away));
    day.happen(day.by(GoWith, hero).with(helper).at(hiding));
    day.happen(day.by(FindPet, hero).with(helper).pet(pet).since(away));
    day.happen(day.by(Thank, hero).with(helper));
}

/// The hero finds somebody else's pet and brings it home.
fn found_pet(day: &mut Day, hero: PersonId) {
    let others: Vec<_> =
        (0..day.village.pets.len()).filter(|&p| day.village.pets[p].owner != hero).collect();
    let pet = *day.rng.choose(&others);
    let owner = day.village.pets[pet].owner;
    let (hiding, home) = (open_place(day, &[]), day.home(owner));
    let away = day.happen(day.by(Stray, owner).pet(pet).about(hiding));
    if day.now.people[owner] != home {
        day.happen(day.by(Go, owner).at(home));
    }
    day.happen(day.by(Go, hero).at(hiding));
    day.happen(day.by(Amuse, hero));
    day.happen(day.by(HearPet, hero).pet(pet).since(away));
    day.happen(day.by(FindPet, hero).pet(pet).since(away));
    day.happen(day.by(Go, hero).at(home));
    day.happen(day.by(BringPet, hero).with(owner).pet(pet));
    day.happen(day.by(Thank, owner).with(hero));
}

/// The hero's treasure breaks, and the one whose trade it is mends it.
fn broken(day: &mut Day, hero: PersonId) {
    let thing = day.village.people[hero].treasure;
    let trade = day.village.things[thing].mender.expect("treasures can be mended");
    let mender = day.village.worker(trade);
    let place = open_place(day, &[]);
    day.happen(day.by(Own, hero).thing(thing));
    day.happen(day.by(Go, hero).at(place));
    day.happen(day.by(Amuse, hero));
    let broke = day.happen(day.by(Break, hero).thing(thing));
    day.happen(day.by(Go, hero).at(day.now.people[mender]));
    day.happen(day.by(AskMend, hero).with(mender).thing(thing).since(broke));
    day.happen(day.by(Mend, mender).with(hero).thing(thing).since(broke));
    day.happen(day.by(Thank, hero).with(mender));
}

/// The hero wants to make somebody glad.
fn gift(day: &mut Day, hero: PersonId) {
    let other = anyone_but(day, &[hero]);
    let (thing, source) = goods(day);
    let plan = day.happen(day.by(Plan, hero).with(other));
    day.happen(day.by(Go, hero).at(source));
    day.happen(day.by(Take, hero).thing(thing).since(plan));
    let there = day.now.people[other];
    if there != source {
        day.happen(day.by(Go, hero).at(there));
    }
    let given = day.happen(day.by(Give, hero).with(other).thing(thing).since(plan));
    day.happen(day.by(Thank, other).with(hero).since(given));
}

/// Rain surprises the hero, and somebody gives shelter.
fn storm(day: &mut Day, hero: PersonId) {
    let host = stranger_to_house(day, hero);
    let place = open_place(day, &[]);
    day.happen(day.by(Go, hero).at(place));
    day.happen(day.by(Amuse, hero));
    let rain = day.happen(day.by(Rain, hero));
    day.happen(day.by(Come, host).at(place).with(hero));
    day.happen(day.by(Invite, host).with(hero).at(day.home(host)).since(rain));
    day.happen(day.by(Warm, host).with(hero).since(rain));
    day.happen(day.by(Clear, hero));
    day.happen(day.by(Thank, hero).with(host));
}

/// The hero has food, and meets somebody who has none.
fn share(day: &mut Day, hero: PersonId) {
    let (thing, source) = food(day);
    let other = anyone_but(day, &[hero]);
    let place = open_place(day, &[source]);
    day.happen(day.by(Go, hero).at(source));
    day.happen(day.by(Take, hero).thing(thing));
    day.happen(day.by(Go, hero).at(place));
    day.happen(day.by(Come, other).at(place).with(hero));
    let hungry = day.happen(day.by(Hungry, other).with(hero));
    day.happen(day.by(Share, hero).with(other).thing(thing).since(hungry));
    day.happen(day.by(Thank, other).with(hero));
}

/// The hero wants to bake, and needs one thing more.
fn bake(day: &mut Day, hero: PersonId) {
    const WHERE_INGREDIENTS_ARE: [usize; 3] = [1, 4, 6]; // flour, honey, eggs
    let thing = day.village.people.len() + *day.rng.choose(&WHERE_INGREDIENTS_ARE);
    let source = day.village.things[thing].source;
    let seller = (0..day.village.people.len())
        .find(|&p| day.now.people[p] == source && p != hero)
        .unwrap_or_else(|| anyone_but(day, &[hero]));
    let guest = anyone_but(day, &[hero, seller]);
    let wish = day.happen(day.by(Wish, hero).thing(thing));
    day.happen(day.by(Fetch, seller).thing(thing).at(source));
    day.happen(day.by(Go, hero).at(source));
    day.happen(day.by(AskFor, hero).with(seller).thing(thing).since(wish));
    day.happen(day.by(Give, seller).with(hero).thing(thing).since(wish));
    day.happen(day.by(Thank, hero).with(seller));
    day.happen(day.by(Go, hero).at(day.home(hero)));
    let made = day.happen(day.by(Make, hero).thing(thing).since(wish));
    if day.now.people[guest] != day.home(hero) {
        day.happen(day.by(Come, guest).at(day.home(hero)).with(hero));
    }
    day.happen(day.by(Serve, hero).with(guest).since(made));
}

/// A child learns something from somebody's trade.
fn lesson(day: &mut Day, hero: PersonId) {
    let teacher = *day.rng.choose(&day.village.of_age(Age::Adult));
    day.happen(day.by(Go, hero).at(day.now.people[teacher]));
    let asked = day.happen(day.by(AskTeach, hero).with(teacher));
    let failed = day.happen(day.by(Fail, hero).with(teacher).since(asked));
    day.happen(day.by(Encourage, teacher).with(hero).since(failed));
    day.happen(day.by(Succeed, hero).with(teacher).since(asked));
    day.happen(day.by(Thank, hero).with(teacher));
}

/// The hero helps somebody old with a heavy load, and hears a tale.
fn load(day: &mut Day, hero: PersonId) {
    let elders: Vec<_> = day.village.of_age(Age::Elder);
    let elder = *day.rng.choose(&elders);
    let (thing, source) = food(day);
    let place = open_place(day, &[]);
    day.happen(day.by(Fetch, elder).thing(thing).at(source));
    day.happen(day.by(Go, hero).at(place));
    day.happen(day.by(Amuse, hero));
    day.happen(day.by(Come, elder).at(place).with(hero));
    let heavy = day.happen(day.by(Burden, elder).with(hero).thing(thing));
    day.happen(day.by(Carry, hero).with(elder).at(day.home(elder)).thing(thing).since(heavy));
    day.happen(day.by(Thank, elder).with(hero));
    day.happen(day.by(Tale, elder).with(hero));
}

/// Two children want the same toy.
fn quarrel(day: &mut Day, hero: PersonId) {
    let friend = day.village.people[hero].friend.expect("every child has a friend");
    let thing = day.village.people[hero].treasure;
    let place = open_place(day, &[]);
    day.happen(day.by(Own, hero).thing(thing));
    day.happen(day.by(Go, hero).at(place));
    day.happen(day.by(Come, friend).at(place).with(hero));
    let quarrel = day.happen(day.by(Quarrel, hero).with(friend).thing(thing));
    day.happen(day.by(Alone, hero).with(friend).thing(thing).since(quarrel));
    day.happen(day.by(MakeUp, hero).with(friend).thing(thing).since(quarrel));
    day.happen(day.by(Turns, hero).with(friend).thing(thing));
}

/// A child is afraid, and somebody of the house helps.
fn afraid(day: &mut Day, hero: PersonId) {
    let me = &day.village.people[hero];
    let parents = [me.mother, me.father];
    let parent = parents[day.rng.index(2)].expect("every child has both parents");
    let place = *day.rng.choose(&[16, 17]);
    let go = day.happen(day.by(Go, hero).at(place));
    day.happen(day.by(Afraid, hero).since(go));
    day.happen(day.by(Come, parent).at(place).with(hero));
    day.happen(day.by(Comfort, parent).with(hero));
    day.happen(day.by(Brave, hero).with(parent));
    day.happen(day.by(Thank, hero).with(parent));
}

fn anyone_but(day: &mut Day, not: &[PersonId]) -> PersonId {
    loop {
        let id = day.rng.index(day.village.people.len());
        if !not.contains(&id) {
            return id;
        }
    }
}

fn stranger_to_house(day: &mut Day, hero: PersonId) -> PersonId {
    loop {
        let id = anyone_but(day, &[hero]);
        let person = &day.village.people[id];
        if person.home != day.home(hero) && person.age != Age::Child {
            return id;
        }
    }
}

fn open_place(day: &mut Day, not: &[PlaceId]) -> PlaceId {
    loop {
        let place = *day.rng.choose(&OPEN_PLACES);
        if !not.contains(&place) {
            return place;
        }
    }
}

fn goods(day: &mut Day) -> (ThingId, PlaceId) {
    let thing = day.village.people.len() + day.rng.index(GOODS.len());
    (thing, day.village.things[thing].source)
}

/// Goods that two people can eat on the spot.
fn food(day: &mut Day) -> (ThingId, PlaceId) {
    const EDIBLE: [usize; 9] = [0, 2, 3, 9, 10, 11, 12, 13, 15];
    let thing = day.village.people.len() + *day.rng.choose(&EDIBLE);
    (thing, day.village.things[thing].source)
}
