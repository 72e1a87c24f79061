//! Lines of words to say again in another order: practice in copying from the context.
//!
//! What stands after a word in a line is said after it again: to find that out a model must grow heads
//! that look for an earlier occurrence of the present word and copy what followed (Olsson et al.,
//! "In-context Learning and Induction Heads", 2022). Nearly every word of an answer can be foreseen
//! by that alone and by nothing else, so it is learnt in about two million tokens; without it, stories
//! with questions taught nothing of the kind in eight million (docs/log.md). Said backwards, a word is
//! followed by what stands before it: who has a thing is found that way.

use stdx::Rng;

use crate::conversation::Turn;
use crate::tale::names::{MEN, WOMEN};
use crate::tale::words::{GOODS, NUMBERS, PLACES, THINGS};

/// Lines at most, words in a line at most.
const MOST_LINES: usize = 7;
const MOST_WORDS: usize = 7;
/// Times that the lines are asked for.
const ROUNDS: usize = 3;

const ASK: [&str; 3] = [
    "Say the lines again, beginning with {}.",
    "Repeat them in this order: {}.",
    "Now the lines that begin with {}.",
];

const ASK_BACK: [&str; 3] = [
    "Say the lines backwards, beginning with {}.",
    "Repeat them from their ends, in this order: {}.",
    "Now backwards the lines that end with {}.",
];
/// One round in so many is said backwards …
const BACK: u64 = 2;
/// … from this difficulty on: copying forwards is learnt first (docs/log.md).
const FORWARDS_FIRST: f64 = 0.4;

/// Lines of different words, asked for by their first words, or backwards by their last.
pub fn lesson(difficulty: f64, rng: &mut Rng) -> Vec<Turn> {
    let most = |most: usize| 2 + (difficulty.clamp(0.0, 1.0) * (most - 2) as f64).round() as usize;
    let (most_lines, most_words) = (most(MOST_LINES), most(MOST_WORDS));
    let mut words: Vec<&str> = [&WOMEN[..], &MEN, &GOODS, &NUMBERS, &PLACES, &THINGS].concat();
    rng.shuffle(&mut words);
    let mut words = words.into_iter();
    let n = 2 + rng.index(most_lines - 1);
    let mut lines: Vec<Vec<&str>> =
        (0..n).map(|_| words.by_ref().take(2 + rng.index(most_words - 1)).collect()).collect();
    let text: Vec<String> = lines.iter().map(|line| line.join(" ")).collect();
    let mut turns = Vec::with_capacity(2 * ROUNDS);
    for round in 0..ROUNDS {
        rng.shuffle(&mut lines);
        let back = difficulty >= FORWARDS_FIRST && rng.one_in(BACK);
        let mut said = lines.clone();
        if back {
            said.iter_mut().for_each(|line| line.reverse());
        }
        let firsts: Vec<&str> = said.iter().map(|line| line[0]).collect();
        let asked = rng.choose(if back { &ASK_BACK } else { &ASK });
        let asked = asked.replace("{}", &firsts.join(", "));
        let answer: Vec<String> = said.iter().map(|line| line.join(" ")).collect();
        turns.push(Turn::user(match round {
            0 => format!("{}\n\n{asked}", text.join("\n")),
            _ => asked,
        }));
        turns.push(Turn::assistant(answer.join("\n")));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_same_lines_in_the_order_asked_for() {
        let (mut rng, mut n_back) = (Rng::new(1), 0);
        for _ in 0..200 {
            let turns = lesson(1.0, &mut rng);
            let (given, asked) = turns[0].text.split_once("\n\n").unwrap();
            let mut given: Vec<String> = given.lines().map(str::to_owned).collect();
            let mut said: Vec<String> = turns[1].text.lines().map(str::to_owned).collect();
            let firsts: Vec<&str> = said.iter().map(|l| l.split(' ').next().unwrap()).collect();
            assert!(asked.contains(&firsts.join(", ")), "{asked}");
            if ASK_BACK.iter().any(|ask| asked.starts_with(ask.split('{').next().unwrap())) {
                let back = |line: &String| line.rsplit(' ').collect::<Vec<_>>().join(" ");
                said = said.iter().map(back).collect();
                n_back += 1;
            }
            given.sort_unstable();
            said.sort_unstable();
            assert_eq!(given, said);
        }
        assert!((70..130).contains(&n_back), "{n_back}");
    }
}
