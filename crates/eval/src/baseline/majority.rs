//! The commonest answer to each kind of question, learnt from other exercises of the same task.
//!
//! What an answer takes over from its question is a place to be filled: "Where is Ada?" and "Ada is at
//! the mill." make "· is at the mill", with the third word of whatever is asked. So it guesses places
//! and reasons, and never fails for a name that it could have read in the question.

use std::collections::BTreeMap;

use stats::Proportion;
use world::Exercise;

use crate::judge;

/// How often the commonest answer of `learnt` to the same kind of question is right in `asked`.
pub fn majority(learnt: &[Exercise], asked: &[Exercise]) -> Proportion {
    let mut counts: BTreeMap<Asking<'_>, BTreeMap<Vec<Word>, u64>> = BTreeMap::new();
    for exercise in learnt {
        let question = question(exercise);
        let form = form(&question, exercise.answer());
        *counts.entry(asking(exercise, &question)).or_default().entry(form).or_default() += 1;
    }
    let is_right = |exercise: &&Exercise| {
        let question = question(exercise);
        let forms = counts.get(&asking(exercise, &question));
        let commonest = forms.and_then(|forms| forms.iter().max_by_key(|(_, count)| **count));
        commonest.is_some_and(|(form, _)| judge::is_right(&exercise.check, &fill(form, &question)))
    };
    Proportion::new(asked.iter().filter(is_right).count() as u64, asked.len() as u64)
}

/// Questions that are asked in the same way: their kind, first word and length.
type Asking<'e> = (&'e str, String, usize);

fn asking<'e>(exercise: &'e Exercise, question: &[&str]) -> Asking<'e> {
    let first = question.first().copied().unwrap_or_default();
    (&exercise.kind, first.to_lowercase(), question.len())
}

/// A word of an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    /// As it was said.
    Said(String),
    /// The question's word of this number, and the signs behind it.
    Asked(usize, String),
}

/// The words of what was asked last, without signs: the last sentence of what stands before the answer.
fn question(exercise: &Exercise) -> Vec<&str> {
    let text = exercise.prompt().last().map_or("", |turn| turn.text.trim());
    let last = text.rsplit(['\n', '.', '!']).next().unwrap_or_default();
    last.split_whitespace().map(bare).collect()
}

fn bare(word: &str) -> &str {
    word.trim_matches(|sign: char| !sign.is_alphanumeric())
}

fn form(question: &[&str], answer: &str) -> Vec<Word> {
    let place = |word: &str| {
        let same = |asked: &&str| asked.to_lowercase() == bare(word).to_lowercase();
        let at = question.iter().position(same).filter(|_| !bare(word).is_empty())?;
        word.strip_prefix(bare(word)).map(|signs| Word::Asked(at, signs.to_string()))
    };
    let words = answer.split_whitespace();
    words.map(|word| place(word).unwrap_or_else(|| Word::Said(word.to_string()))).collect()
}

fn fill(form: &[Word], question: &[&str]) -> String {
    let words = form.iter().map(|word| match word {
        Word::Said(word) => word.clone(),
        Word::Asked(at, signs) => format!("{}{signs}", question.get(*at).copied().unwrap_or("")),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use world::Turn;
    use world::exercise::{Check, Task};

    use super::*;

    fn exercise(question: &str, answer: &str) -> Exercise {
        let turns = vec![Turn::user(question), Turn::assistant(answer)];
        let check = Check::Exact(vec![answer.to_string()]);
        Exercise { task: Task::StoryQa, kind: "where".to_string(), turns, check }
    }

    #[test]
    fn names_are_taken_from_the_question() {
        let learnt = [
            exercise("Ada went off.\n\nWhere is Ada?", "Ada is at the mill."),
            exercise("Bert went off. Where is Bert?", "Bert is at the mill."),
            exercise("Cora went off.\nWhere is Cora?", "Cora is at the inn."),
        ];
        let asked = [
            exercise("Dan went off.\n\nWhere is Dan?", "Dan is at the mill."),
            exercise("Eve went off.\n\nWhere is Eve?", "Eve is at the inn."),
            exercise("Where in the world is Eve?", "Eve is at the mill."),
        ];
        assert_eq!(majority(&learnt, &asked), Proportion::new(1, 3));
    }

    #[test]
    fn signs_behind_a_name_are_kept() {
        let form = form(&["Where", "is", "the", "lamp"], "The lamp is with Ada. Ada is here.");
        let filled = fill(&form, &["Where", "is", "the", "cup"]);
        assert_eq!(filled, "the cup is with Ada. Ada is here.");
    }
}
