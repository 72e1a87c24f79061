//! Rules that a system prompt sets: a persona, a form, a length.
//!
//! The user then asks about a line or two of text, or who the assistant is; the answer keeps the rule
//! and is right. The exam uses people that no lesson has.

use stdx::Rng;

use crate::conversation::Turn;
use crate::exercise::{Check, Exercise, Rule, Task};
use crate::split::Split;
use crate::tale::cast::{Name, village};
use crate::tale::words::{GOODS, NUMBERS, PLACES};

const OPENINGS: [&str; 6] =
    ["Well,", "My friend,", "Listen:", "Of course:", "As you wish:", "Certainly,"];
const ENDINGS: [&str; 6] =
    ["Ahoy!", "Bless you.", "At your service.", "So it is.", "Good luck!", "That is all."];
const TRADES: [&str; 12] = [
    "ferryman",
    "innkeeper",
    "night watch",
    "cook",
    "gardener",
    "librarian",
    "pilot",
    "barber",
    "guide",
    "judge",
    "porter",
    "healer",
];
const WHO: [&str; 5] = [
    "Who are you?",
    "What is your name?",
    "Hello, who is there?",
    "Tell me who you are.",
    "And you are?",
];

/// A question on a line of text, with a whole answer and a short one.
struct Question {
    text: String,
    whole: String,
    short: String,
}

/// A rule for two or three answers.
pub fn lesson(rng: &mut Rng) -> Vec<Turn> {
    ask(Split::Train, 2 + rng.index(2), rng).1
}

/// One answer under a rule.
pub fn exam(split: Split, rng: &mut Rng) -> Exercise {
    let (rule, turns, kind) = ask(split, 1, rng);
    Exercise { task: Task::SystemPrompt, kind: kind.to_string(), turns, check: Check::Obeys(rule) }
}

fn ask(split: Split, n: usize, rng: &mut Rng) -> (Rule, Vec<Turn>, &'static str) {
    if rng.one_in(4) {
        return persona(split, rng);
    }
    let (system, rule, kind) = rule(rng);
    let mut turns = vec![Turn::system(system)];
    for _ in 0..n {
        let question = question(split, rng);
        let answer = match &rule {
            Rule::StartsWith(words) => {
                // People's names keep their capital behind a comma; so does everything here.
                format!("{words} {}", question.whole)
            }
            Rule::EndsWith(words) => format!("{} {words}", question.whole),
            Rule::Capitals => question.whole.to_uppercase(),
            Rule::SmallLetters => question.whole.to_lowercase(),
            Rule::Words(_) => question.short,
            Rule::Names(_) => question.whole,
        };
        turns.extend([Turn::user(question.text), Turn::assistant(answer)]);
    }
    (rule, turns, kind)
}

fn rule(rng: &mut Rng) -> (String, Rule, &'static str) {
    let opening = (*rng.choose(&OPENINGS)).to_string();
    let ending = (*rng.choose(&ENDINGS)).to_string();
    let say = |rng: &mut Rng, ways: &[String]| rng.choose::<String>(ways).clone();
    match rng.index(5) {
        0 => {
            let ways = [
                format!("Begin every answer with \"{opening}\""),
                format!("All your answers start with \"{opening}\""),
            ];
            (say(rng, &ways), Rule::StartsWith(opening), "opening")
        }
        1 => {
            let ways = [
                format!("End every answer with \"{ending}\""),
                format!("Always finish with \"{ending}\""),
            ];
            (say(rng, &ways), Rule::EndsWith(ending), "ending")
        }
        2 => {
            let ways = ["Answer in capital letters.", "Write everything in capitals."];
            (say(rng, &ways.map(String::from)), Rule::Capitals, "capitals")
        }
        3 => {
            let ways = ["Answer in small letters only.", "Never use a capital letter."];
            (say(rng, &ways.map(String::from)), Rule::SmallLetters, "small letters")
        }
        _ => {
            let ways =
                ["Answer in one word.", "Use one word only.", "Your answers have a single word."];
            (say(rng, &ways.map(String::from)), Rule::Words(1), "one word")
        }
    }
}

/// Somebody whom the assistant is to be.
fn persona(split: Split, rng: &mut Rng) -> (Rule, Vec<Turn>, &'static str) {
    let (name, home) = (Name::draw(split, rng).full(), village(split, rng));
    let trade = *rng.choose(&TRADES);
    let system = match rng.index(3) {
        0 => format!("You are {name}, the {trade} of {home}."),
        1 => format!("Your name is {name}. You are the {trade} of {home}."),
        _ => format!("Play the part of {name}, the {trade} of {home}."),
    };
    let answer = format!("I am {name}, the {trade} of {home}.");
    let turns = vec![Turn::system(system), Turn::user(*rng.choose(&WHO)), Turn::assistant(answer)];
    (Rule::Names(name), turns, "persona")
}

fn question(split: Split, rng: &mut Rng) -> Question {
    let (one, two) = (Name::draw(split, rng).first(), Name::draw(split, rng).first());
    let (place, other) = (rng.choose(&PLACES), rng.choose(&PLACES));
    let (goods, number) = (*rng.choose(&GOODS), NUMBERS[2 + rng.index(11)]);
    let told =
        format!("{one} is at the {place}. {two} is at the {other}. {one} has {number} {goods}.");
    match rng.index(if one == two { 1 } else { 3 }) {
        0 => Question {
            text: format!("{told} How many {goods} does {one} have?"),
            whole: format!("{one} has {number} {goods}."),
            short: capital(number),
        },
        1 => Question {
            text: format!("{told} Where is {two}?"),
            whole: format!("{two} is at the {other}."),
            short: capital(other),
        },
        _ => Question {
            text: format!("{told} Who has {goods}?"),
            whole: format!("{one} has {goods}."),
            short: format!("{one}."),
        },
    }
}

/// One word as an answer.
fn capital(word: &str) -> String {
    let mut out = format!("{word}.");
    out[..1].make_ascii_uppercase();
    out
}
