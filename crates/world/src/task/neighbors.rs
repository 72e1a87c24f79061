//! Who there is, asked by somebody who knows nobody yet: in general, and by trade.
//!
//! Practised and not examined. Other questions on facts name the person they are about; a newcomer asks
//! where the baker lives. The answer says who that is, and then what was asked.

use stdx::Rng;

use crate::conversation::Turn;
use crate::corpus::World;
use crate::lexicon::TRADES;
use crate::render::facts::{Fact, Relation, statement};
use crate::village::Person;

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

/// Two or three such questions.
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
    let asked = |fact: &&Fact| fact.subject == person.name && fact.relation == relation;
    let told = match world.facts().iter().find(asked) {
        Some(_) if relation == Relation::Trade => String::new(),
        Some(fact) => format!(" {}", statement(fact)),
        None => format!(" {} has none.", person.name),
    };
    let answer = format!("The {trade} is {}.{told}", person.name);
    vec![Turn::user(question.replace("{}", trade)), Turn::assistant(answer)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_trade_is_true_of_who_has_it() {
        for seed in 0..10 {
            let (world, mut rng) = (World::new(seed), Rng::new(seed));
            for _ in 0..100 {
                let [asked, said] = &by_trade(&world, &mut rng)[..] else { panic!("two turns") };
                let (trade, name) = working(&world)
                    .map(|(p, t)| (t, &p.name))
                    .find(|(t, name)| said.text.starts_with(&format!("The {t} is {name}.")))
                    .unwrap_or_else(|| panic!("{}", said.text));
                assert!(asked.text.contains(trade), "{}", asked.text);
                let rest = said.text.splitn(2, ". ").nth(1);
                let true_of_them =
                    |fact: &Fact| fact.subject == *name && rest == Some(&statement(fact));
                let fits = rest.is_none_or(|rest| {
                    rest == format!("{name} has none.") || world.facts().iter().any(true_of_them)
                });
                assert!(fits, "{}", said.text);
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
