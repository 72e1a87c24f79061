//! Calls of two tools: a calculator and the village's almanac.
//!
//! The system prompt names the tools; the assistant answers with one call in the form that Hermes 2
//! Pro (Nous Research, 2024) and Qwen 2.5 use, reads the result, and answers with it. What needs no
//! tool is answered without.

use stdx::Rng;

use crate::conversation::Turn;
use crate::exercise::{Check, Exercise, Task};
use crate::split::Split;
use crate::task::sum::{Operation, Sum};

/// What the system prompt says of the tools.
pub const TOOLS: &str = "You can use tools: calculator (expression) and almanac (day, about). To \
call one, answer with <tool_call>{\"name\": ..., \"arguments\": {...}}</tool_call>.";

/// What the almanac knows of a day.
const ABOUT: [(&str, [&str; 3]); 6] = [
    (
        "sunrise",
        [
            "When does the sun rise on day {d}?",
            "At what time is sunrise on day {d}?",
            "Sunrise on day {d}, please.",
        ],
    ),
    (
        "sunset",
        [
            "When does the sun set on day {d}?",
            "At what time is sunset on day {d}?",
            "Sunset on day {d}, please.",
        ],
    ),
    (
        "weather",
        [
            "What will the weather be on day {d}?",
            "How is the weather on day {d}?",
            "The weather of day {d}, please.",
        ],
    ),
    (
        "moon",
        [
            "How is the moon on day {d}?",
            "What does the moon look like on day {d}?",
            "The moon of day {d}, please.",
        ],
    ),
    (
        "market",
        [
            "Is there a market on day {d}?",
            "Can I go to the market on day {d}?",
            "Will the market be open on day {d}?",
        ],
    ),
    (
        "tide",
        [
            "How is the tide on day {d}?",
            "What does the sea do on day {d}?",
            "The tide of day {d}, please.",
        ],
    ),
];

const SUMS: [&str; 5] = [
    "What is {}?",
    "How much is {}?",
    "Please work out {}.",
    "I need to know what {} is.",
    "Use the calculator for {}.",
];

/// Requests that need no tool, with an answer.
const PLAIN: [(&str, &str); 8] = [
    ("Hello!", "Hello! What can I look up or work out for you?"),
    ("Thank you!", "You are welcome!"),
    ("What can you do?", "I can work out sums and look things up in the almanac."),
    ("Who are you?", "I am the helper of this village."),
    ("Good morning!", "Good morning! How can I help?"),
    ("Which tools do you have?", "I have a calculator and an almanac."),
    ("That is all for today.", "Then have a good day!"),
    ("How are you?", "I am well, thank you. What would you like to know?"),
];

/// A call, what it returns, and what is then said.
struct Call {
    question: String,
    name: &'static str,
    arguments: String,
    result: String,
    answer: String,
}

impl Call {
    fn written(&self) -> String {
        format!(
            "<tool_call>{{\"name\": \"{}\", \"arguments\": {}}}</tool_call>",
            self.name, self.arguments
        )
    }
}

/// The almanac's entry; one can ask it as often as one likes.
pub fn almanac(day: u32, about: &str) -> Option<String> {
    let mut rng = Rng::stream(u64::from(day), about);
    let clock =
        |rng: &mut Rng, from: usize| format!("{}:{:02}", from + rng.index(3), rng.index(60));
    Some(match about {
        "sunrise" => clock(&mut rng, 5),
        "sunset" => clock(&mut rng, 18),
        "weather" => (*rng.choose(&["rain", "sun", "wind", "fog", "snow", "clouds"])).to_string(),
        "moon" => (*rng.choose(&["full", "new", "half", "thin"])).to_string(),
        "market" => (*rng.choose(&["open", "closed"])).to_string(),
        "tide" => (*rng.choose(&["high", "low", "rising", "falling"])).to_string(),
        _ => return None,
    })
}

/// A conversation in which tools are called twice or thrice, or not where none is needed.
pub fn lesson(rng: &mut Rng) -> Vec<Turn> {
    let mut turns = vec![Turn::system(TOOLS)];
    for _ in 0..2 + rng.index(2) {
        if rng.one_in(5) {
            let (question, answer) = *rng.choose(&PLAIN);
            turns.extend([Turn::user(question), Turn::assistant(answer)]);
            continue;
        }
        let call = draw(Split::Train, rng);
        turns.extend([
            Turn::user(&call.question),
            Turn::assistant(call.written()),
            Turn::tool(&call.result),
            Turn::assistant(&call.answer),
        ]);
    }
    turns
}

/// One question whose answer is a call.
pub fn exam(split: Split, rng: &mut Rng) -> Exercise {
    let call = draw(split, rng);
    let turns =
        vec![Turn::system(TOOLS), Turn::user(&call.question), Turn::assistant(call.written())];
    let check = Check::Call { name: call.name.to_string(), arguments: call.arguments };
    Exercise { task: Task::ToolCall, kind: call.name.to_string(), turns, check }
}

fn draw(split: Split, rng: &mut Rng) -> Call {
    if rng.one_in(2) { calculation(split, rng) } else { look_up(split, rng) }
}

fn calculation(split: Split, rng: &mut Rng) -> Call {
    let operation = *rng.choose(&[Operation::Multiply, Operation::Add, Operation::Subtract]);
    // Kept apart as sums are: one that the exam asks for is in no lesson, whoever works it out.
    let sum = loop {
        let (a, b) = (10 + rng.index(990) as u32, 2 + rng.index(98) as u32);
        let (a, b) = if operation == Operation::Subtract { (a.max(b), a.min(b)) } else { (a, b) };
        let sum = Sum { a, b, operation };
        if sum.split() == split {
            break sum;
        }
    };
    let (expression, value) = (sum.written(), sum.value());
    Call {
        question: rng.choose(&SUMS).replace("{}", &expression),
        name: "calculator",
        arguments: format!("{{\"expression\": \"{expression}\"}}"),
        result: value.to_string(),
        answer: format!("{expression} is {value}."),
    }
}

fn look_up(split: Split, rng: &mut Rng) -> Call {
    let (what, day) = loop {
        let pair = (rng.index(ABOUT.len()), 1 + rng.index(365));
        if Split::of(60_000 + pair.0, pair.1) == split {
            break pair;
        }
    };
    let (about, questions) = ABOUT[what];
    let result = almanac(day as u32, about).unwrap_or_default();
    Call {
        question: rng.choose(&questions).replace("{d}", &day.to_string()),
        name: "almanac",
        arguments: format!("{{\"day\": {day}, \"about\": \"{about}\"}}"),
        answer: format!("The almanac says of the {about} on day {day}: {result}."),
        result,
    }
}
