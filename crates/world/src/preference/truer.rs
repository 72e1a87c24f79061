//! A fact of the village, and the same words with another of its people, places or things.

use stdx::Rng;

use super::Pair;
use super::cast::Cast;
use crate::corpus::World;
use crate::render::facts::{Fact, Relation, answer, kin_word, question};

pub(super) fn pair(world: &World, rng: &mut Rng) -> Pair {
    let fact = rng.choose(world.facts());
    let wrong = wrong(world, fact, rng);
    let is_note = rng.one_in(4);
    let cast = Cast::new(world.village(), rng);
    let request = if is_note {
        let ask = "[Write|Please write] a short note to tell {other} ";
        cast.say(ask, rng) + " " + &indirect(fact) + "."
    } else {
        question(fact, rng)
    };
    let opening = cast.say("[||Of course. |I know that one. |Let me tell you. ]", rng);
    let rest = Rng::new(rng.next_u64());
    // The same chance twice, so that the answers differ by the fact alone.
    let say = |fact: &Fact| {
        let mut rng = rest.clone();
        let said = answer(world.village(), fact, &mut rng);
        match is_note {
            true => {
                let said = full(&said, fact);
                cast.say(
                    "\"[Dear|Hello] {other}, [you wanted to know this|here is what you asked]: ",
                    &mut rng,
                ) + " "
                    + &said
                    + " Yours, "
                    + &cast.say("{name}", &mut rng)
                    + ".\""
            }
            false if opening.is_empty() => said,
            false => format!("{opening} {said}"),
        }
    };
    Pair { request, better: say(fact), worse: say(&wrong) }
}

/// The fact with an object that is another's.
fn wrong(world: &World, fact: &Fact, rng: &mut Rng) -> Fact {
    let others = world.facts().iter().filter(|f| f.relation == fact.relation);
    let wrong: Vec<Fact> = others
        .map(|f| Fact { object: f.object.clone(), ..fact.clone() })
        .filter(|f| f.object != fact.subject && !world.facts().contains(f))
        .collect();
    rng.choose(&wrong).clone()
}

/// The answer with the subject's name where it says only "she", "he" or "that".
fn full(said: &str, fact: &Fact) -> String {
    let (subject, whose) = (fact.subject.as_str(), format!("{}'s", fact.subject));
    if said.contains(subject) {
        return said.to_string();
    }
    let (first, rest) = said.split_once(' ').unwrap_or((said, ""));
    match first {
        "She" | "He" => format!("{subject} {rest}"),
        "Her" | "His" => format!("{whose} {rest}"),
        _ => format!("{whose} {} {rest}", kin(fact.relation)),
    }
}

/// What is asked for, inside of a sentence.
fn indirect(fact: &Fact) -> String {
    let s = &fact.subject;
    match fact.relation {
        Relation::Trade => format!("what {s} does"),
        Relation::Work => format!("where {s} works"),
        Relation::Home => format!("where {s} lives"),
        Relation::Friend => format!("who {s}'s best friend is"),
        Relation::Pet => format!("what pet {s} has"),
        Relation::Dish => format!("what {s} likes to eat"),
        Relation::Treasure => format!("what {s}'s favorite thing is"),
        relation => format!("who {s}'s {} is", kin(relation)),
    }
}

fn kin(relation: Relation) -> &'static str {
    if relation == Relation::Friend { "best friend" } else { kin_word(relation) }
}
