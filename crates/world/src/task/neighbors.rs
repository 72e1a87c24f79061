//! Who there is, asked by somebody who knows nobody yet: in general, and by trade.
//!
//! Practised and not examined. Other questions on facts name the person they are about; a newcomer asks
//! where the baker lives. The answer says who that is, and then what was asked.

use stdx::Rng;

use crate::conversation::Turn;
use crate::corpus::World;
use crate::lexicon::TRADES;
use crate::render::facts::{Fact, Relation, statement};
use crate::village::{Gender, Person};

const WHO: [&str; 8] = [
    "Who lives in the village?",
    "Who lives here?",
    "Who is there in the village?",
    "Whom do you know?",
    "Tell me about the village.",
    "Tell me about the people here.",
    "Name some people of the village.",
    "What do you know about the village?",
];

/// Questions on a trade, and what they ask of who has it.
const BY_TRADE: [(&str, Relation); 9] = [
    ("Who is the {}?", Relation::Trade),
    ("What is the {} called?", Relation::Trade),
    ("Is there a {} in the village?", Relation::Trade),
    ("Where does the {} live?", Relation::Home),
    ("Where is the {}'s house?", Relation::Home),
    ("Where does the {} work?", Relation::Work),
    ("What does the {} like to eat?", Relation::Dish),
    ("What does the {} own?", Relation::Treasure),
    ("Does the {} have a pet?", Relation::Pet),
];

/// What is asked next of the same person, who is only "he" or "she" then.
const NEXT: [(&str, Relation); 7] = [
    ("Where does {} live?", Relation::Home),
    ("Where does {} work?", Relation::Work),
    ("What does {} like to eat?", Relation::Dish),
    ("What food does {} love?", Relation::Dish),
    ("What does {} own?", Relation::Treasure),
    ("Does {} have a pet?", Relation::Pet),
    ("Has {} a pet?", Relation::Pet),
];

/// Two or three such questions, some with what is asked next.
pub fn lesson(world: &World, rng: &mut Rng) -> Vec<Turn> {
    let n = 2 + rng.index(2);
    (0..n)
        .flat_map(|_| if rng.one_in(4) { whom(world, rng) } else { by_trade(world, rng) })
        .collect()
}

/// Those with a trade, each with its name.
fn working(world: &World) -> impl Iterator<Item = (&Person, &'static str)> {
    world.people().iter().filter_map(|p| Some((p, TRADES[p.trade?].name)))
}

fn whom(world: &World, rng: &mut Rng) -> Vec<Turn> {
    if rng.one_in(5) {
        let answer = format!("There are {} people in our village.", world.people().len());
        return vec![Turn::user("How many people live here?"), Turn::assistant(answer)];
    }
    let mut all: Vec<String> = working(world).map(|(p, t)| format!("{} the {t}", p.name)).collect();
    rng.shuffle(&mut all);
    let answer = match &all[..] {
        [a, b, c, ..] => format!("There are {a}, {b} and {c}, to name three. Ask me about them!"),
        few => format!("There are {}.", few.join(" and ")),
    };
    vec![Turn::user(*rng.choose(&WHO)), Turn::assistant(answer)]
}

fn by_trade(world: &World, rng: &mut Rng) -> Vec<Turn> {
    let all: Vec<(&Person, &str)> = working(world).collect();
    let &(person, trade) = rng.choose(&all);
    let &(question, relation) = rng.choose(&BY_TRADE);
    let told = match relation {
        Relation::Trade => String::new(),
        relation => format!(" {}", told_of(world, person, relation)),
    };
    let answer = format!("The {trade} is {}.{told}", person.name);
    let mut turns = vec![Turn::user(question.replace("{}", trade)), Turn::assistant(answer)];
    if rng.one_in(2) {
        let &(question, relation) = rng.choose(&NEXT);
        let pronoun = if person.gender == Gender::Female { "she" } else { "he" };
        let question = question.replace("{}", pronoun);
        let question = match rng.one_in(2) {
            true => format!("And {}{}", question[..1].to_lowercase(), &question[1..]),
            false => question,
        };
        turns.extend([Turn::user(question), Turn::assistant(told_of(world, person, relation))]);
    }
    turns
}

/// What there is to say.
fn told_of(world: &World, person: &Person, relation: Relation) -> String {
    let asked = |fact: &&Fact| fact.subject == person.name && fact.relation == relation;
    let none = || format!("{} has none.", person.name);
    world.facts().iter().find(asked).map_or_else(none, statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_trade_is_true_of_who_has_it() {
        for seed in 0..10 {
            let (world, mut rng) = (World::new(seed), Rng::new(seed));
            for _ in 0..100 {
                let turns = by_trade(&world, &mut rng);
                let [asked, said, next @ ..] = &turns[..] else { panic!("{turns:?}") };
                let (trade, name) = working(&world)
                    .map(|(p, t)| (t, &p.name))
                    .find(|(t, name)| said.text.starts_with(&format!("The {t} is {name}.")))
                    .unwrap_or_else(|| panic!("{}", said.text));
                assert!(asked.text.contains(trade), "{}", asked.text);
                let fits = |told: &str| {
                    let of_them = |fact: &Fact| fact.subject == *name && told == statement(fact);
                    told == format!("{name} has none.") || world.facts().iter().any(of_them)
                };
                let first = said.text.split_once(". ").map(|(_, told)| told);
                assert!(first.is_none_or(fits), "{}", said.text);
                assert!(next.get(1).is_none_or(|turn| fits(&turn.text)), "{turns:?}");
            }
        }
    }

    #[test]
    fn no_trade_is_had_by_two() {
        for seed in 0..20 {
            let world = World::new(seed);
            let mut trades: Vec<&str> = working(&world).map(|(_, t)| t).collect();
            let n = trades.len();
            trades.sort_unstable();
            trades.dedup();
            assert_eq!(trades.len(), n, "seed {seed}");
        }
    }
}
