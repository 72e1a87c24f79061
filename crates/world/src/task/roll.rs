//! Roll calls: sentences about several people or things, and a question about all of them at once.
//!
//! Each word of the answer that matters is looked up under a name, in an order that the question sets:
//! practice in finding who is meant, with many lookups in few words. People move on and things change
//! hands while it is told; what was told last counts. "In short" leaves out all but name and answer.

use stdx::Rng;

use crate::conversation::Turn;
use crate::tale::names::{MEN, WOMEN};
use crate::tale::tell::{list, verbs};
use crate::tale::words::{GOODS, NUMBERS, PLACES, REASONS, THINGS, TIMES};

/// People at most.
const MOST: usize = 8;

/// What is told of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Place,
    Thing,
    Holder,
    Time,
    Reason,
    Number,
}

const ALL: [About; 6] =
    [About::Place, About::Thing, About::Holder, About::Time, About::Reason, About::Number];

/// A roll call, asked for twice.
pub fn lesson(rng: &mut Rng) -> Vec<Turn> {
    let about = *rng.choose(&ALL);
    let n = 2 + rng.index(MOST - 1);
    let mut entries = entries(about, n, rng);
    let text = told(&entries, rng);
    let mut turns = Vec::with_capacity(4);
    for round in 0..2 {
        rng.shuffle(&mut entries);
        let short = rng.one_in(2);
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let asked = question(about, &list(&keys), short);
        let answers: Vec<&str> = entries
            .iter()
            .map(|entry| if short { entry.short.as_str() } else { entry.answer.as_str() })
            .collect();
        let (between, end) = if short { (", ", ".") } else { (" ", "") };
        turns.push(Turn::user(match round {
            0 => format!("{}\n\n{asked}", text.join(" ")),
            _ => asked,
        }));
        turns.push(Turn::assistant(format!("{}{end}", answers.join(between))));
    }
    turns
}

/// The sentences about all, each entry's in their order.
fn told(entries: &[Entry], rng: &mut Rng) -> Vec<String> {
    let mut order: Vec<usize> =
        entries.iter().enumerate().flat_map(|(i, entry)| vec![i; entry.told.len()]).collect();
    rng.shuffle(&mut order);
    let mut next = vec![0; entries.len()];
    let sentence = |i: usize| {
        next[i] += 1;
        entries[i].told[next[i] - 1].clone()
    };
    order.into_iter().map(sentence).collect()
}

/// One of those called.
struct Entry {
    key: String,
    /// What was told of it, the last of which counts.
    told: Vec<String>,
    answer: String,
    short: String,
}

fn question(about: About, keys: &str, short: bool) -> String {
    let asked = match about {
        About::Place => format!("Where are {keys}?"),
        About::Thing => format!("What do {keys} have?"),
        About::Holder => format!("Who has {keys}?"),
        About::Time => format!("When did somebody visit {keys}?"),
        About::Reason => format!("Why did somebody visit {keys}?"),
        About::Number => format!("How much did {keys} buy?"),
    };
    if short { format!("{asked} In short.") } else { asked }
}

fn entries(about: About, n: usize, rng: &mut Rng) -> Vec<Entry> {
    let mut names = [&WOMEN[..], &MEN].concat();
    let (mut places, mut things) = (PLACES.to_vec(), THINGS.to_vec());
    let (mut times, mut reasons, mut goods) = (TIMES.to_vec(), REASONS.to_vec(), GOODS.to_vec());
    rng.shuffle(&mut names);
    for words in [&mut places[..], &mut things, &mut times, &mut reasons, &mut goods] {
        rng.shuffle(words);
    }
    let verbs = verbs();
    // Most stay; some move once or twice.
    let times_told = |rng: &mut Rng| 1 + rng.weighted(&[5, 3, 2]);
    let one = |i: usize, rng: &mut Rng| {
        let (name, place, thing) = (names[i], places[i], things[i]);
        let go = format!("{name} {} the {place}", rng.choose::<&str>(verbs.go));
        let entry = |key: &str, told: Vec<String>, answer: String, short: String| Entry {
            key: key.to_string(),
            told,
            answer,
            short,
        };
        match about {
            About::Place => {
                let mut told: Vec<String> = (1..times_told(rng))
                    .map(|_| {
                        let before = rng.choose(&places[i + 1..]);
                        format!("{name} {} the {before}.", rng.choose::<&str>(verbs.go))
                    })
                    .collect();
                told.push(format!("{go}."));
                let answer = format!("{name} is at the {place}.");
                entry(name, told, answer, format!("{name} {place}"))
            }
            About::Thing => {
                let told = vec![format!("{name} {} the {thing}.", rng.choose::<&str>(verbs.take))];
                let answer = format!("{name} has the {thing}.");
                entry(name, told, answer, format!("{name} {thing}"))
            }
            About::Holder => {
                let mut holders: Vec<&str> =
                    (1..times_told(rng)).map(|_| *rng.choose(&names[i + 1..])).collect();
                holders.push(name);
                let told = holders.into_iter().map(|holder| {
                    format!("{holder} {} the {thing}.", rng.choose::<&str>(verbs.take))
                });
                let key = format!("the {thing}");
                let answer = format!("The {thing} is with {name}.");
                entry(&key, told.collect(), answer, format!("{thing} {name}"))
            }
            About::Time | About::Reason => {
                let what = if about == About::Time { times[i] } else { reasons[i] };
                entry(
                    &format!("the {place}"),
                    vec![format!("{go} {what}.")],
                    format!("{name} visited the {place} {what}."),
                    format!("{place} {what}"),
                )
            }
            About::Number => {
                let number = NUMBERS[2 + rng.index(NUMBERS.len() - 2)];
                let bought = rng.choose::<&str>(verbs.buy);
                let said = format!("{name} {bought} {number} {}.", goods[i]);
                entry(name, vec![said.clone()], said, format!("{name} {number}"))
            }
        }
    };
    (0..n).map(|i| one(i, rng)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_called_is_answered_for_in_order() {
        let mut rng = Rng::new(2);
        for _ in 0..500 {
            let turns = lesson(&mut rng);
            let words = |text: &str| -> Vec<String> {
                let word = |w: &str| w.trim_matches(|c: char| !c.is_alphabetic()).to_string();
                text.split_whitespace().map(word).collect()
            };
            let (asked, answer) = (words(&turns[2].text), words(&turns[3].text));
            let called: Vec<&String> =
                asked.iter().filter(|w| WOMEN.iter().chain(&MEN).any(|name| name == w)).collect();
            assert!(called.len() <= MOST);
            let mut from = 0;
            for name in called {
                let at = answer[from..].iter().position(|w| w == name);
                from += at.unwrap_or_else(|| panic!("{name}: {asked:?} {answer:?}")) + 1;
            }
        }
    }
}
