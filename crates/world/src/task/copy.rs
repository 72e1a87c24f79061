//! Lines of words to say again in another order: practice in copying from the context.
//!
//! What stands after a word in a line is said after it again: to find that out a model must grow heads
//! that look for an earlier occurrence of the present word and copy what followed (Olsson et al.,
//! "In-context Learning and Induction Heads", 2022). Nearly every word of an answer can be foreseen
//! by that alone and by nothing else, so it is learnt in about two million tokens; without it, stories
//! with questions taught nothing of the kind in eight million (docs/log.md).

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

/// Lines of different words, asked for by their first words.
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
        let firsts: Vec<&str> = lines.iter().map(|line| line[0]).collect();
        let asked = rng.choose(&ASK).replace("{}", &firsts.join(", "));
        let answer: Vec<String> = lines.iter().map(|line| line.join(" ")).collect();
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
        let mut rng = Rng::new(1);
        for _ in 0..200 {
            let turns = lesson(1.0, &mut rng);
            let (given, asked) = turns[0].text.split_once("\n\n").unwrap();
            let mut given: Vec<&str> = given.lines().collect();
            let mut said: Vec<&str> = turns[1].text.lines().collect();
            for line in &said {
                assert!(asked.contains(line.split(' ').next().unwrap()));
            }
            given.sort_unstable();
            said.sort_unstable();
            assert_eq!(given, said);
        }
    }
}
