//! A request with a known right answer, and how an answer is judged.

use serde::{Deserialize, Serialize};

use crate::conversation::Turn;
use crate::task::json::Schema;

/// What is exercised: each is a metric of the exam.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Questions on a story that was just told.
    StoryQa,
    /// Questions on the lasting village.
    FactQa,
    /// Sums and word problems.
    Sums,
    /// Answers as JSON of a stated schema.
    JsonValid,
    /// Calls of tools.
    ToolCall,
    /// Rules that a system prompt sets.
    SystemPrompt,
    /// Requests that are to be refused.
    Refusal,
    /// Requests that only look so.
    WrongRefusal,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::StoryQa,
        Self::FactQa,
        Self::Sums,
        Self::JsonValid,
        Self::ToolCall,
        Self::SystemPrompt,
        Self::Refusal,
        Self::WrongRefusal,
    ];

    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::StoryQa => "story_qa",
            Self::FactQa => "fact_qa",
            Self::Sums => "sums",
            Self::JsonValid => "json_valid",
            Self::ToolCall => "tool_call",
            Self::SystemPrompt => "system_prompt",
            Self::Refusal => "refusal",
            Self::WrongRefusal => "wrong_refusal",
        }
    }
}

/// A rule that an answer obeys or not, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It begins with these words.
    StartsWith(String),
    /// It ends with these words.
    EndsWith(String),
    /// All its letters are capitals.
    Capitals,
    /// None of its letters is a capital.
    SmallLetters,
    /// It has so many words at most.
    Words(usize),
    /// It names this.
    Names(String),
}

/// How an answer is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It is one of these, but for case, outer spaces and the last full stop.
    Exact(Vec<String>),
    /// What stands behind its last "=" or "So" is this number.
    Number(i64),
    /// It is a JSON object of this schema.
    Json(Schema),
    /// It calls this tool with these arguments (JSON, compared as values).
    Call {
        /// The tool.
        name: String,
        /// An object.
        arguments: String,
    },
    /// It keeps the rule.
    Obeys(Rule),
    /// It refuses.
    Refuses,
    /// It is judged wrong if it refuses; else it is what was asked for.
    Answers,
}

/// A conversation that ends with the right answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exercise {
    /// What is exercised.
    pub task: Task,
    /// A finer kind: "where", "addition".
    pub kind: String,
    /// What was said; the last turn is the right answer.
    pub turns: Vec<Turn>,
    /// How another answer is judged.
    pub check: Check,
}

impl Exercise {
    /// What comes before the answer.
    pub fn prompt(&self) -> &[Turn] {
        self.turns.split_last().map_or(&[], |(_, prompt)| prompt)
    }

    /// The right answer.
    pub fn answer(&self) -> &str {
        self.turns.last().map_or("", |turn| &turn.text)
    }
}
