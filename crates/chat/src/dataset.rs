//! Instruction data, in the forms that people have it, to conversations: what a model is taught to
//! answer with.
//!
//! | form | keys | one file each in `dataset/` |
//! |---|---|---|
//! | OpenAI, Hugging Face | `messages`: turns of `role`, `content` | `messages` |
//! | ShareGPT | `conversations`: turns of `from`, `value`; `system` | `sharegpt` |
//! | Alpaca, Dolly | `instruction`, `output` or `response`; `input` or `context`, `system`, `history` | `alpaca` |
//! | Self-Instruct | `instruction`, `instances`: one of `input`, `output` | `instances` |
//! | pairs | `prompt`, `completion` or `response`; `question`, `answer` | `pair` |
//!
//! A record's form is the first in this table whose keys it has; other keys are passed over. One of
//! no form, or one that breaks its form, is an error. One of a known form that teaches nothing is
//! left out and counted ([`Skip`]). What is kept has an order: perhaps a system turn, then questions
//! and answers in turn, with what tools said before an answer; it ends with an answer.
//!
//! Leaves out calls of tools (an error: their words are not text), pictures, and pairs of a chosen
//! and a rejected answer. Where records come from, it never knows.

mod alpaca;
mod fields;
mod instances;
mod messages;
mod order;
mod pair;
mod sharegpt;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use crate::{Error, Message};

/// No honest conversation is longer.
const MOST_TURNS: usize = 1024;

/// A record's fields.
type Fields = Map<String, Value>;

/// A form of records.
struct Form {
    /// Whether a record has the form's keys.
    has_keys: fn(&Fields) -> bool,
    /// The turns, or what is wrong with them.
    turns: fn(&Fields) -> Result<Vec<Message>, String>,
}

/// All forms, the most telling keys first.
const FORMS: [Form; 5] =
    [messages::FORM, sharegpt::FORM, alpaca::FORM, instances::FORM, pair::FORM];

/// The keys of all forms, for messages.
const EXPECTED: &str = "expected \"messages\", or \"conversations\", or \"instruction\" and \
                        \"output\" (or \"response\"), or \"prompt\" and \"completion\" (or \
                        \"response\"), or \"question\" and \"answer\"; rename the keys";

/// Why a conversation teaches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// No turn of the assistant.
    NoAnswer,
    /// An answer of nothing but white space.
    EmptyAnswer,
    /// A question of nothing but white space.
    EmptyQuestion,
    /// It does not begin with a question, or a system turn stands in its middle, or a tool speaks
    /// without an answer before it.
    Order,
}

impl Skip {
    fn words(self) -> &'static str {
        match self {
            Self::NoAnswer => "without an answer",
            Self::EmptyAnswer => "with an empty answer",
            Self::EmptyQuestion => "with an empty question",
            Self::Order => "with turns out of order",
        }
    }
}

/// What became of all records so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Conversations kept.
    pub conversations: u64,
    /// Records left out, and why.
    pub skipped: BTreeMap<Skip, u64>,
    /// Where the first of them stands, to be looked at.
    pub first_skipped: Option<String>,
    /// Turns that were joined to the one before, of the same speaker.
    pub merged_turns: u64,
    /// Turns after the last answer, which nobody answered: dropped.
    pub unanswered_turns: u64,
}

/// In a line: `97 conversations; 3 records left out (1 without an answer, …; the first: a.json:4)`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} conversations", self.conversations)?;
        if let Some(first) = &self.first_skipped {
            let why: Vec<String> =
                self.skipped.iter().map(|(skip, n)| format!("{n} {}", skip.words())).collect();
            let n: u64 = self.skipped.values().sum();
            write!(f, "; {n} records left out ({}; the first: {first})", why.join(", "))?;
        }
        if self.merged_turns > 0 {
            write!(f, "; {} turns joined to the one before", self.merged_turns)?;
        }
        if self.unanswered_turns > 0 {
            write!(f, "; {} turns after the last answer dropped", self.unanswered_turns)?;
        }
        Ok(())
    }
}

/// Records to conversations, counted.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    counts: Counts,
}

impl Dataset {
    /// The conversation of one record; none if it is left out. `origin` says in messages where the
    /// record stands.
    ///
    /// # Errors
    /// [`Error::Record`] for a record of no known form, or one that breaks its form.
    pub fn read(&mut self, fields: &Fields, origin: &str) -> Result<Option<Vec<Message>>, Error> {
        let wrong = |reason| Error::Record { origin: origin.to_string(), reason };
        let turns = turns(fields).map_err(wrong)?;
        let (merged, n_merged) = order::merge(turns);
        match order::check(merged) {
            Ok((conversation, unanswered)) => {
                self.counts.conversations += 1;
                self.counts.merged_turns += n_merged;
                self.counts.unanswered_turns += unanswered;
                Ok(Some(conversation))
            }
            Err(skip) => {
                *self.counts.skipped.entry(skip).or_default() += 1;
                self.counts.first_skipped.get_or_insert_with(|| origin.to_string());
                Ok(None)
            }
        }
    }

    /// What became of all records so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
}

fn turns(record: &Fields) -> Result<Vec<Message>, String> {
    let form = FORMS.iter().find(|form| (form.has_keys)(record)).ok_or_else(|| {
        let keys = fields::listed(record.keys());
        format!("a record with the keys {keys} is of no form that is read; {EXPECTED}")
    })?;
    let turns = (form.turns)(record)?;
    if turns.len() > MOST_TURNS {
        let n = turns.len();
        return Err(format!("{n} turns; expected at most {MOST_TURNS}: cut the conversation"));
    }
    Ok(turns)
}

#[cfg(test)]
mod tests;
