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
use crate::wording::capitals;

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
    Buyer,
}

/// What a roll may ask for.
const ALL: [About; 7] = [
    About::Place,
    About::Thing,
    About::Holder,
    About::Time,
    About::Reason,
    About::Number,
    About::Buyer,
];

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
        About::Buyer => format!("Who bought {keys}?"),
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
    let words = Words { names, places, things, times, reasons, goods };
    (0..n).map(|i| words.entry(about, i, rng)).collect()
}

/// Shuffled, so that those of different numbers differ.
struct Words {
    names: Vec<&'static str>,
    places: Vec<&'static str>,
    things: Vec<&'static str>,
    times: Vec<&'static str>,
    reasons: Vec<&'static str>,
    goods: Vec<&'static str>,
}

impl Words {
    fn entry(&self, about: About, i: usize, rng: &mut Rng) -> Entry {
        let (name, place, thing) = (self.names[i], self.places[i], self.things[i]);
        let verbs = verbs();
        match about {
            About::Place => {
                let all: Vec<&str> = others(&self.places, i, rng).chain([place]).collect();
                let told = all
                    .into_iter()
                    .map(|place| format!("{name} {} the {place}.", rng.choose::<&str>(verbs.go)));
                Entry {
                    told: told.collect(),
                    key: name.to_string(),
                    answer: format!("{name} is at the {place}."),
                    short: format!("{name} {place}"),
                }
            }
            About::Thing => Entry {
                key: name.to_string(),
                told: vec![format!("{name} {} the {thing}.", rng.choose::<&str>(verbs.take))],
                answer: format!("{name} has the {thing}."),
                short: format!("{name} {thing}"),
            },
            About::Holder => Entry {
                key: format!("the {thing}"),
                told: self.holders(i, rng),
                answer: format!("The {thing} is with {name}."),
                short: format!("{thing} {name}"),
            },
            About::Time | About::Reason => self.journey(about, i, rng),
            About::Number | About::Buyer => self.purchase(about, i, rng),
        }
    }

    /// How a thing came to `i`: it is given on, or taken from where it was left.
    fn holders(&self, i: usize, rng: &mut Rng) -> Vec<String> {
        let (thing, verbs) = (self.things[i], verbs());
        let holders: Vec<&str> = others(&self.names, i, rng).chain([self.names[i]]).collect();
        let take = |who: &str, rng: &mut Rng| {
            format!("{who} {} the {thing}.", rng.choose::<&str>(verbs.take))
        };
        let mut told = vec![take(holders[0], rng)];
        told.extend(holders.windows(2).map(|pair| match rng.one_in(2) {
            true => {
                let gave = rng.choose::<&str>(verbs.give);
                format!("{} {gave} the {thing} to {}.", pair[0], pair[1])
            }
            false => take(pair[1], rng),
        }));
        told
    }

    /// Somebody went somewhere, at some time or for some reason.
    fn journey(&self, about: About, i: usize, rng: &mut Rng) -> Entry {
        let (name, place) = (self.names[i], self.places[i]);
        let what = if about == About::Time { self.times[i] } else { self.reasons[i] };
        let go = format!("{name} {} the {place}", rng.choose::<&str>(verbs().go));
        // As in tales, a time stands in front as often as at the end.
        let told = match about == About::Time && rng.one_in(2) {
            true => format!("{} {go}.", capitals(what)),
            false => format!("{go} {what}."),
        };
        Entry {
            key: format!("the {place}"),
            told: vec![told],
            answer: format!("{name} visited the {place} {what}."),
            short: format!("{place} {what}"),
        }
    }

    /// Somebody bought so many of something: how many, or who?
    fn purchase(&self, about: About, i: usize, rng: &mut Rng) -> Entry {
        let (name, goods) = (self.names[i], self.goods[i]);
        let number = NUMBERS[2 + rng.index(NUMBERS.len() - 2)];
        let said = format!("{name} {} {number} {goods}.", rng.choose::<&str>(verbs().buy));
        let (key, answer, short) = match about {
            About::Number => (name, said.clone(), format!("{name} {number}")),
            _ => (goods, format!("The {goods} were bought by {name}."), format!("{goods} {name}")),
        };
        Entry { key: key.to_string(), told: vec![said], answer, short }
    }
}

/// None, one or two words of those behind the `i`-th: where somebody was before, who had it before.
fn others<'w>(
    words: &'w [&'static str],
    i: usize,
    rng: &mut Rng,
) -> impl Iterator<Item = &'static str> + use<'w> {
    let n = rng.weighted(&[5, 3, 2]);
    let before: Vec<&'static str> = (0..n).map(|_| *rng.choose(&words[i + 1..])).collect();
    before.into_iter()
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
