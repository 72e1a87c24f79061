//! Who and what a pair is about: values for the slots of its phrases, true of the village.
//!
//! - `{name}`, `{other}`: two people; `{dish}` is what `{name}` loves best
//! - `{owner}`: a third one, whose `{thing}` ("red kite", in short `{short}`) `{mender}` can mend, `{mend_at}`
//! - `{pet}`: an animal, a `{kind}`, which belongs to `{keeper}`
//! - `{skill}`: what `{skilled}` can teach, `{skill_at}`
//! - `{goods}`: "basket of apples"; `{at}`, `{to}`: some open place
//! - `{baker}`, `{smith}` and so on: "Mara the baker", for each trade

use stdx::Rng;

use crate::lexicon::{GOODS, OPEN_PLACES, PLACES, TRADES};
use crate::village::Village;
use crate::wording;

/// Slots and their values.
pub(super) struct Cast(Vec<(&'static str, String)>);

impl Cast {
    /// Draws a cast.
    pub(super) fn new(village: &Village, rng: &mut Rng) -> Self {
        let mut people: Vec<usize> = (0..village.people.len()).collect();
        rng.shuffle(&mut people);
        let name = |i: usize| village.people[people[i]].name.clone();
        let worker = |trade: usize| {
            let person = &village.people[village.worker(trade)];
            format!("{} the {}", person.name, TRADES[trade].name)
        };
        let at = |place: usize| format!("{} {}", PLACES[place].at, PLACES[place].name);
        // Nobody carries a broken thing to its own owner.
        let mender_of = |p: usize| village.things[village.people[p].treasure].mender.unwrap_or(0);
        let is_owner = |&i: &usize| village.worker(mender_of(people[i])) != people[i];
        let owner = (2..people.len()).find(is_owner).unwrap_or(2);
        let treasure = &village.things[village.people[people[owner]].treasure];
        let mender = mender_of(people[owner]);
        let pet = rng.choose(&village.pets);
        let trade = rng.index(TRADES.len());
        let open = *rng.choose(&OPEN_PLACES);
        let mut slots = vec![
            ("name", name(0)),
            ("other", name(1)),
            ("dish", village.people[people[0]].dish.to_string()),
            ("owner", name(owner)),
            ("thing", treasure.name.clone()),
            ("short", treasure.short.to_string()),
            ("mender", worker(mender)),
            ("mend_at", at(TRADES[mender].place)),
            ("pet", pet.name.to_string()),
            ("kind", pet.kind.to_string()),
            ("keeper", village.people[pet.owner].name.clone()),
            ("skill", TRADES[trade].skill.to_string()),
            ("skilled", worker(trade)),
            ("skill_at", at(TRADES[trade].place)),
            ("goods", rng.choose(&GOODS).0.to_string()),
            ("at", at(open)),
            ("to", format!("to {}", PLACES[open].name)),
        ];
        slots.extend((0..TRADES.len()).map(|t| (TRADES[t].name, worker(t))));
        Self(slots)
    }

    /// Says a phrase with these values.
    pub(super) fn say(&self, phrase: &str, rng: &mut Rng) -> String {
        let slots: Vec<(&str, &str)> = self.0.iter().map(|(name, v)| (*name, v.as_str())).collect();
        wording::say(phrase, &slots, rng)
    }
    /// Says one of the phrases.
    pub(super) fn say_one(&self, phrases: &[&str], rng: &mut Rng) -> String {
        let phrase = *rng.choose(phrases);
        self.say(phrase, rng)
    }
}
