//! Whether anything of an exam was trained on.
//!
//! A question counts as trained on if a lesson asks it after the same text under the same rules: the
//! rules and the last question, normalised, are looked up among those of all lessons. For questions
//! without a text of their own (facts, sums) that is the question itself.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashSet, FxHasher};
use world::{Exercise, Speaker, Turn};

use crate::judge::normalised;

/// Prompts that were trained on.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    prompts: FxHashSet<u64>,
}

impl Seen {
    /// Takes note of every prompt in a lesson.
    pub fn add(&mut self, lesson: &[Turn]) {
        for (i, turn) in lesson.iter().enumerate() {
            if turn.speaker == Speaker::Assistant {
                self.prompts.insert(prompt(&lesson[..i]));
            }
        }
    }

    /// How many of these exercises were trained on.
    pub fn count<'e>(&self, exercises: impl IntoIterator<Item = &'e Exercise>) -> usize {
        let seen = |e: &&Exercise| self.prompts.contains(&prompt(e.prompt()));
        exercises.into_iter().filter(seen).count()
    }

    /// How many different prompts were trained on.
    pub fn len(&self) -> usize {
        self.prompts.len()
    }

    /// Whether nothing was trained on.
    pub fn is_empty(&self) -> bool {
        self.prompts.is_empty()
    }
}

/// A number for the rules and the last thing said before an answer.
fn prompt(turns: &[Turn]) -> u64 {
    let rules = turns.iter().find(|turn| turn.speaker == Speaker::System);
    let mut hasher = FxHasher::default();
    for turn in [rules, turns.last()] {
        turn.map(|turn| normalised(&turn.text)).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use world::{Split, Task, World};

    use super::*;

    #[test]
    fn what_was_trained_on_is_found_whatever_stood_before_it() {
        let exam = world::exam::exam(&World::new(1), Split::Test, Task::FactQa, 50, 1);
        let mut seen = Seen::default();
        assert_eq!(seen.count(&exam), 0);
        let mut lesson = vec![Turn::user("Hello!"), Turn::assistant("Hello!")];
        lesson.push(Turn::user(exam[7].prompt()[0].text.to_uppercase()));
        lesson.push(Turn::assistant("Who knows?"));
        seen.add(&lesson);
        assert!(seen.count(&exam) >= 1);
        assert_eq!(seen.len(), 2);
    }
}
