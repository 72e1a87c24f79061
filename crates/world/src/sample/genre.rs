//! The kinds of texts that a world has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Genre {
    /// A day in the village, told by nobody in particular.
    Story,
    /// A day as the one who had it wrote it down.
    Diary,
    /// A day in a letter to somebody else of the village.
    Letter,
    /// A talk with an assistant about the village.
    Dialogue,
    /// A fact of the village, asked and answered.
    Fact,
    /// A story of people who are met once.
    Tale,
    /// What an assistant is taught.
    Lesson,
    /// What an assistant is examined in.
    Exam,
    /// A request with a better and a worse answer.
    Preference,
    /// A sentence with its tree.
    Sentence,
    /// A sentence in two languages.
    Parallel,
    /// The caption of a picture.
    Picture,
    /// A small program with its task.
    Program,
}

impl Genre {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Story,
        Self::Diary,
        Self::Letter,
        Self::Dialogue,
        Self::Fact,
        Self::Tale,
        Self::Lesson,
        Self::Exam,
        Self::Preference,
        Self::Sentence,
        Self::Parallel,
        Self::Picture,
        Self::Program,
    ];

    /// One lower-case word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::Diary => "diary",
            Self::Letter => "letter",
            Self::Dialogue => "dialogue",
            Self::Fact => "fact",
            Self::Tale => "tale",
            Self::Lesson => "lesson",
            Self::Exam => "exam",
            Self::Preference => "preference",
            Self::Sentence => "sentence",
            Self::Parallel => "parallel",
            Self::Picture => "picture",
            Self::Program => "program",
        }
    }

    /// What it is, in a line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Story => "a day in the village as a short story",
            Self::Diary => "a day as the one who had it wrote it down",
            Self::Letter => "a day in a letter to somebody of the village",
            Self::Dialogue => "a talk with an assistant about the village",
            Self::Fact => "a fact of the village, asked and answered",
            Self::Tale => "a story of people who are met once, with questions",
            Self::Lesson => "what an assistant is taught",
            Self::Exam => "what an assistant is examined in",
            Self::Preference => "a request with a better and a worse answer",
            Self::Sentence => "a sentence with its dependency tree",
            Self::Parallel => "a sentence in English and in Melori",
            Self::Picture => "a small picture with its caption and questions",
            Self::Program => "a small program with its task and output",
        }
    }

    /// Whether the text may be changed, what is true being true of it before: slips of the pen and poison stay
    /// out of exams, trees, translations, pictures and programs, where every letter counts.
    pub fn is_free(self) -> bool {
        !matches!(
            self,
            Self::Exam | Self::Sentence | Self::Parallel | Self::Picture | Self::Program
        )
    }
}

impl fmt::Display for Genre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Genre {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|genre| genre.name() == name);
        found.ok_or_else(|| Error::UnknownGenre(name.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_genre_is_found_by_its_name() {
        for genre in Genre::ALL {
            assert_eq!(genre.name().parse(), Ok(genre));
        }
        let error = "novel".parse::<Genre>().unwrap_err().to_string();
        assert!(error.contains("novel") && error.contains("program"), "{error}");
    }
}
