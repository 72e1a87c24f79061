//! The commonest answer of each kind of question, learnt from other exercises of the same task.

use std::collections::BTreeMap;

use stats::Proportion;
use world::Exercise;

use crate::judge;

/// How often the commonest answer of `learnt` to the same kind of question is right in `asked`.
pub fn majority(learnt: &[Exercise], asked: &[Exercise]) -> Proportion {
    let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for exercise in learnt {
        *counts.entry(&exercise.kind).or_default().entry(exercise.answer()).or_default() += 1;
    }
    let commonest = |kind: &str| {
        let answers = counts.get(kind)?.iter();
        answers.max_by_key(|(_, count)| **count).map(|(answer, _)| *answer)
    };
    let right =
        |e: &&Exercise| commonest(&e.kind).is_some_and(|answer| judge::is_right(&e.check, answer));
    Proportion::new(asked.iter().filter(right).count() as u64, asked.len() as u64)
}
