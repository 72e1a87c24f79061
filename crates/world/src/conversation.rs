//! Who says what: the form that questions, lessons and exams have.

use serde::{Deserialize, Serialize};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Speaker {
    /// Sets the rules.
    System,
    /// Asks.
    User,
    /// Answers.
    Assistant,
    /// Returns what the assistant called for.
    Tool,
}

/// One thing said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Turn {
    /// Who says it.
    pub speaker: Speaker,
    /// What is said.
    pub text: String,
}

impl Turn {
    /// The rules.
    pub fn system(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::System, text: text.into() }
    }

    /// A question.
    pub fn user(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::User, text: text.into() }
    }

    /// An answer.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::Assistant, text: text.into() }
    }

    /// A result.
    pub fn tool(text: impl Into<String>) -> Self {
        Self { speaker: Speaker::Tool, text: text.into() }
    }
}
