//! Answers as JSON of a stated schema.
//!
//! A short text about somebody, the keys that are wanted with their types, and the object.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::conversation::Turn;
use crate::exercise::{Check, Exercise, Task};
use crate::split::Split;
use crate::tale::cast::{Name, village};
use crate::tale::words::{GOODS, PLACES, THINGS};

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// true or false.
    Boolean,
    /// A list of texts.
    Strings,
}

impl Type {
    /// As it is stated in a request.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Strings => "list of strings",
        }
    }
}

/// An object's keys with their types; all are required and no others allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema(pub Vec<(String, Type)>);

/// Something known of somebody: its key, type, JSON value and sentence.
struct Known {
    key: &'static str,
    kind: Type,
    value: String,
    told: String,
}

const TRADES: [&str; 16] = [
    "baker",
    "carpenter",
    "doctor",
    "farmer",
    "fisher",
    "gardener",
    "judge",
    "miller",
    "painter",
    "pilot",
    "sailor",
    "singer",
    "smith",
    "tailor",
    "teacher",
    "weaver",
];

const REQUESTS: [&str; 5] = [
    "Answer as JSON with the keys {k}.",
    "Give this as JSON with {k}.",
    "Write a JSON object with the keys {k}.",
    "Turn this into JSON: {k}.",
    "As JSON, please, with {k}.",
];

/// How much a request holds.
struct Load {
    /// How often two, three and four keys are asked for, of those that are told.
    keys: [u32; 3],
    /// What is told at least; five things at most.
    told: usize,
}

const EXAM: Load = Load { keys: [1, 1, 1], told: 3 };
/// More keys than the exam: what is failed when all else is learnt is the last of three or four, left out or
/// said twice (docs/log.md).
const LESSON: Load = Load { keys: [2, 4, 4], told: 4 };

/// Two or three requests.
pub fn lesson(rng: &mut Rng) -> Vec<Turn> {
    let n = 2 + rng.index(2);
    (0..n).flat_map(|_| ask(Split::Train, &LESSON, rng).1).collect()
}

/// One request about somebody of this split.
pub fn exam(split: Split, rng: &mut Rng) -> Exercise {
    let (schema, turns) = ask(split, &EXAM, rng);
    let kind = format!("{} keys", schema.0.len());
    Exercise { task: Task::JsonValid, kind, turns: turns.into(), check: Check::Json(schema) }
}

fn ask(split: Split, load: &Load, rng: &mut Rng) -> (Schema, [Turn; 2]) {
    let name = Name::draw(split, rng);
    let mut known = all(name, split, rng);
    rng.shuffle(&mut known[1..]);
    known.truncate(load.told + rng.index(6 - load.told));
    let text: Vec<&str> = known.iter().map(|k| k.told.as_str()).collect();
    let text = text.join(" ");
    rng.shuffle(&mut known);
    known.truncate(2 + rng.weighted(&load.keys));
    let keys: Vec<String> =
        known.iter().map(|k| format!("\"{}\" ({})", k.key, k.kind.name())).collect();
    let request = rng.choose(&REQUESTS).replace("{k}", &crate::tale::tell::list(&keys));
    let pairs: Vec<String> = known.iter().map(|k| format!("\"{}\": {}", k.key, k.value)).collect();
    let schema = Schema(known.iter().map(|k| (k.key.to_string(), k.kind)).collect());
    let turns = [
        Turn::user(format!("{text} {request}")),
        Turn::assistant(format!("{{{}}}", pairs.join(", "))),
    ];
    (schema, turns)
}

/// What is known of somebody; the name comes first.
fn all(name: Name, split: Split, rng: &mut Rng) -> Vec<Known> {
    let quoted = |text: &str| format!("\"{text}\"");
    let first = name.first();
    let he = name.pronoun();
    let he = if he == "she" { "She" } else { "He" };
    let trade = *rng.choose(&TRADES);
    let home = village(split, rng);
    let age = 8 + rng.index(80);
    let place = rng.choose(&PLACES);
    let (number, goods) = (2 + rng.index(40), *rng.choose(&GOODS));
    let mut things = [*rng.choose(&THINGS), *rng.choose(&THINGS)];
    if things[0] == things[1] {
        things[1] = "map";
    }
    let is_home = rng.one_in(2);
    let article = if trade.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    vec![
        Known {
            key: "name",
            kind: Type::String,
            value: quoted(&name.full()),
            told: format!("This is {}.", name.full()),
        },
        Known {
            key: "trade",
            kind: Type::String,
            value: quoted(trade),
            told: format!("{first} is {article} {trade}."),
        },
        Known {
            key: "village",
            kind: Type::String,
            value: quoted(&home),
            told: format!("{he} lives in {home}."),
        },
        Known {
            key: "age",
            kind: Type::Integer,
            value: age.to_string(),
            told: format!("{he} is {age} years old."),
        },
        Known {
            key: "place",
            kind: Type::String,
            value: quoted(place),
            told: format!("{first} is at the {place} now."),
        },
        Known {
            key: goods,
            kind: Type::Integer,
            value: number.to_string(),
            told: format!("{he} has {number} {goods}."),
        },
        Known {
            key: "things",
            kind: Type::Strings,
            value: format!("[{}, {}]", quoted(things[0]), quoted(things[1])),
            told: format!("{first} owns the {} and the {}.", things[0], things[1]),
        },
        Known {
            key: "married",
            kind: Type::Boolean,
            value: is_home.to_string(),
            told: format!("{he} is {}.", if is_home { "married" } else { "not married" }),
        },
    ]
}
