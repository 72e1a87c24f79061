//! Questions on the lasting village: its facts are the same in every text of a seed.
//!
//! Three wordings of each question are never practised; the exam uses those.

use stdx::Rng;

use crate::conversation::Turn;
use crate::corpus::World;
use crate::exercise::{Check, Exercise, Task};
use crate::render::facts::{Fact, Relation, exam_question, lesson_question, statement};

/// Several questions on a few people.
pub fn lesson(world: &World, rng: &mut Rng) -> Vec<Turn> {
    let facts = world.facts();
    let n = 4 + rng.index(6);
    let turns = (0..n).flat_map(|_| {
        let fact = rng.choose(facts);
        [Turn::user(lesson_question(fact, rng)), Turn::assistant(statement(fact))]
    });
    turns.collect()
}

/// One question in a wording that no lesson has.
pub fn exam(world: &World, rng: &mut Rng) -> Exercise {
    let fact = rng.choose(world.facts());
    let turns = vec![Turn::user(exam_question(fact, rng)), Turn::assistant(statement(fact))];
    let check = Check::Exact(right(world.facts(), fact));
    Exercise { task: Task::FactQa, kind: kind(fact), turns, check }
}

/// All true answers to what this fact answers: one may have two sisters.
fn right(facts: &[Fact], fact: &Fact) -> Vec<String> {
    let same = |f: &&Fact| (&f.subject, f.relation) == (&fact.subject, fact.relation);
    facts.iter().filter(same).map(statement).collect()
}

fn kind(fact: &Fact) -> String {
    match fact.relation {
        Relation::Mother
        | Relation::Father
        | Relation::Sister
        | Relation::Brother
        | Relation::Wife
        | Relation::Husband => "kin".to_string(),
        other => format!("{other:?}").to_lowercase(),
    }
}
