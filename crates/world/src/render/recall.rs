//! Questions about a story that was just told, answered from its log.

use stdx::Rng;

use crate::event::{Event, Kind};
use crate::village::Village;

/// A question and its true answer about one of the events; `None` if none lends itself.
pub fn ask(village: &Village, events: &[Event], rng: &mut Rng) -> Option<(String, String)> {
    let hero = events.first()?.actor;
    let mut pairs = Vec::new();
    for event in events.iter().filter(|e| e.actor == hero || e.other == Some(hero)) {
        pairs.extend(about(village, event));
        if let Some(what) = summary(village, event).filter(|_| alone_there(village, events, event))
        {
            pairs.push((format!("What happened {}?", village.places[event.place].at), what));
        }
    }
    (!pairs.is_empty()).then(|| pairs.swap_remove(rng.index(pairs.len())))
}

/// Whether this is the only event at its place that a summary tells, so the question has one answer.
fn alone_there(village: &Village, events: &[Event], event: &Event) -> bool {
    let place = &village.places[event.place];
    let told = |e: &&Event| e.place == event.place && summary(village, e).is_some();
    !place.is_home && events.iter().filter(told).count() == 1
}

fn about(village: &Village, e: &Event) -> Option<(String, String)> {
    let name = |id: usize| village.people[id].name.as_str();
    let a = name(e.actor);
    let b = name(e.other.unwrap_or(e.actor));
    let at = &village.places[e.place].at;
    let thing = e.thing.map_or("", |t| village.things[t].name.as_str());
    let short = e.thing.map_or("", |t| village.things[t].short);
    let pet = e.pet.map_or("", |p| village.pets[p].name);
    Some(match e.kind {
        Kind::Lose => (format!("What did {a} lose?"), format!("{a} lost the {thing}.")),
        Kind::Find => (format!("Where was the {short}?"), format!("The {short} was {at}.")),
        Kind::FindPet => (format!("Where did {a} find {pet}?"), format!("{a} found {pet} {at}.")),
        Kind::Hint => (format!("Who had seen the {short}?"), format!("{a} had seen it.")),
        Kind::BringPet => (format!("Whose pet was {pet}?"), format!("{pet} was the pet of {b}.")),
        Kind::Mend => (format!("Who mended the {thing}?"), format!("{a} mended it.")),
        Kind::Give => (format!("Who got the {thing}?"), format!("{a} gave it to {b}.")),
        Kind::Share => {
            (format!("What did {a} share?"), format!("{a} shared the {thing} with {b}."))
        }
        Kind::Invite => (format!("Who helped {b} in the rain?"), format!("{a} helped {b}.")),
        Kind::Make => (format!("What did {a} bake?"), format!("{a} baked a cake.")),
        Kind::Encourage => (format!("Who taught {b}?"), format!("{a} did. {a} was very patient.")),
        Kind::Carry => {
            (format!("Whom did {a} help?"), format!("{a} helped {b} with a heavy load."))
        }
        Kind::Quarrel => {
            (format!("Why were {a} and {b} angry?"), format!("They both wanted the {thing}."))
        }
        Kind::Comfort => (format!("Who helped {b} to be brave?"), format!("{a} helped {b}.")),
        _ => return None,
    })
}

fn summary(village: &Village, e: &Event) -> Option<String> {
    let name = |id: usize| village.people[id].name.as_str();
    let (a, b) = (name(e.actor), name(e.other.unwrap_or(e.actor)));
    let thing = e.thing.map_or("", |t| village.things[t].name.as_str());
    let pet = e.pet.map_or("", |p| village.pets[p].name);
    Some(match e.kind {
        Kind::Break => format!("There {a} broke the {thing}."),
        Kind::Mend => format!("{a} mended the {thing} for {b}."),
        Kind::FindPet => format!("{a} found {pet} there."),
        Kind::Search => format!("{a} looked for the {thing} there."),
        Kind::Share => format!("{a} shared the {thing} with {b}."),
        Kind::Rain => format!("It began to rain, and {a} got wet."),
        Kind::Give => format!("{a} gave {b} the {thing}."),
        Kind::Succeed => format!("{a} learned something new from {b}."),
        Kind::MakeUp => format!("{a} and {b} had a quarrel and became friends again."),
        Kind::Brave => format!("{a} was afraid at first, and then very brave."),
        _ => return None,
    })
}
