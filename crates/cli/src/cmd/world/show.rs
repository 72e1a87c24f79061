//! A text of the world as a person likes to see it: talk as turns, a picture as a picture, a tree
//! as a tree, two languages side by side; what can be asked, with its answers.

mod beside;
mod picture;
mod tree;

use serde_json::Value;
use world::{Genre, Sample, Sampler, Speaker, Turn};

/// Questions shown.
const QUESTIONS: usize = 8;

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Characters only.
    Plain,
    /// The few colours that every terminal has.
    Colour,
    /// Any colour, so that a picture can be shown.
    TrueColour,
}

impl Look {
    fn painted(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_string(),
            Self::Colour | Self::TrueColour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        }
    }

    fn strong(self, text: &str) -> String {
        self.painted("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.painted("2", text)
    }
}

/// The whole sample, with a heading.
pub(super) fn show(sampler: &Sampler, sample: &Sample, look: Look) -> String {
    let body = match sample.genre {
        Genre::Preference => preference(sample, look),
        _ if !sample.turns.is_empty() => turns(&sample.turns, look),
        Genre::Tale => told(&sample.text) + &questions(sample, look),
        Genre::Sentence => told(&sample.text) + "\n" + &tree::drawn(&sample.truth["tokens"], look),
        Genre::Parallel => {
            beside::columns([word(&sample.truth, "english"), word(&sample.truth, "melori")])
        }
        Genre::Picture => {
            let picture = sampler.picture(sample.id);
            let drawn = picture::drawn(&picture.pixels, look);
            drawn + &told(&sample.text) + &questions(sample, look)
        }
        Genre::Program => program(sample, look),
        _ => told(&sample.text),
    };
    format!("{}\n{body}", heading(sample, look))
}

fn heading(sample: &Sample, look: Look) -> String {
    let of = match ["title", "task", "reason"].map(|key| word(&sample.truth, key)) {
        [title, ..] if !title.is_empty() => format!(": {title}"),
        [_, task, _] if !task.is_empty() && sample.genre != Genre::Program => format!(": {task}"),
        [.., reason] if !reason.is_empty() => format!(": {}", reason.to_lowercase()),
        _ => String::new(),
    };
    look.strong(&format!("# {} {}{of}", sample.genre, sample.id))
}

fn turns(turns: &[Turn], look: Look) -> String {
    let shown = |turn: &Turn| {
        let (who, code) = match turn.speaker {
            Speaker::System => ("System", "35"),
            Speaker::User => ("User", "36"),
            Speaker::Assistant => ("Assistant", "32"),
            Speaker::Tool => ("Tool", "33"),
        };
        format!("{}: {}\n", look.painted(code, who), turn.text)
    };
    turns.iter().map(shown).collect()
}

/// The talk, then both answers.
fn preference(sample: &Sample, look: Look) -> String {
    let (better, worse) = (look.painted("32", "Better"), look.painted("31", "Worse"));
    let note = match sample.truth["flipped"].as_bool() {
        Some(true) => look.faint(" (the label is wrong on purpose)"),
        _ => String::new(),
    };
    let (prompt, chosen) = match sample.turns.split_last() {
        Some((last, prompt)) => (prompt, last.text.as_str()),
        None => (&[][..], word(&sample.truth, "chosen")),
    };
    let rejected = word(&sample.truth, "rejected");
    format!("{}{better}: {chosen}{note}\n{worse}: {rejected}\n", turns(prompt, look))
}

fn program(sample: &Sample, look: Look) -> String {
    let output = word(&sample.truth, "output");
    let tests = sample.truth["tests"].as_array().map_or(0, Vec::len);
    let mut shown = told(&sample.text);
    if !output.is_empty() {
        let lines = output.lines().map(|line| format!("  {line}\n"));
        shown += &format!("\n{}\n{}", look.faint("prints"), lines.collect::<String>());
    }
    if tests > 0 {
        shown += &format!("\n{}\n", look.faint(&format!("passes {tests} tests")));
    }
    shown
}

/// What can be asked about it.
fn questions(sample: &Sample, look: Look) -> String {
    let asked = sample.truth["questions"].as_array().map_or(&[][..], Vec::as_slice);
    let line = |asked: &Value| {
        let (question, answer) = (word(asked, "question"), word(asked, "answer"));
        format!("{} {question} {} {answer}\n", look.faint("?"), look.faint("→"))
    };
    let mut lines: String = asked.iter().take(QUESTIONS).map(line).collect();
    if asked.len() > QUESTIONS {
        lines += &look.faint(&format!("  and {} more\n", asked.len() - QUESTIONS));
    }
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// The text with one line's end.
fn told(text: &str) -> String {
    text.trim_end().to_string() + "\n"
}

fn word<'a>(truth: &'a Value, key: &str) -> &'a str {
    truth[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests;
