//! Questions on a tale: several in a lesson, one in the exam.

use std::collections::BTreeSet;

use stdx::Rng;

use crate::conversation::Turn;
use crate::exercise::{Check, Exercise, Task};
use crate::split::Split;
use crate::tale::{Asked, Kind, Shape, Tale};

/// Questions in a lesson at most.
const MOST_QUESTIONS: usize = 12;
/// Of each kind at most, by [`Kind::ALL`]. Who has a thing, and where it is, is learnt last: the
/// answer stands before what is asked for, as far away as the words between are long.
const MOST_OF_A_KIND: [usize; Kind::ALL.len()] = [6, 6, 2, 3, 4, 3];
/// People of whom everything is told again.
const RECALLS: usize = 5;
/// Sentences of a story of the exam at least.
const EXAM_SENTENCES: usize = 8;
/// One question in so many stays whose answer is that somebody has nothing.
const NOTHING: u64 = 3;
/// Other answers of the same kind in it at least.
const EXAM_DISTRACTORS: usize = 3;

/// A tale, up to a dozen questions on it, and what one or two of its people did.
pub fn lesson(difficulty: f64, rng: &mut Rng) -> Vec<Turn> {
    let tale = Tale::new(Split::Train, Shape::draw(difficulty, rng), rng);
    let mut questions = tale.questions();
    rng.shuffle(&mut questions);
    let mut counts = [0; Kind::ALL.len()];
    questions.retain(|asked| {
        counts[asked.kind as usize] += 1;
        counts[asked.kind as usize] <= MOST_OF_A_KIND[asked.kind as usize]
    });
    questions.truncate(MOST_QUESTIONS);
    let mut pairs: Vec<(String, String)> =
        questions.into_iter().map(|asked| (asked.question, asked.answer)).collect();
    let mut recalls = tale.recalls();
    rng.shuffle(&mut recalls);
    pairs.extend(recalls.into_iter().take(RECALLS));
    rng.shuffle(&mut pairs);
    if let Some((first, _)) = pairs.first_mut() {
        // Not everybody who tells something introduces people, or leaves a line before the question.
        let story = if rng.one_in(6) { tale.happenings() } else { &tale.text };
        let between = *rng.choose(&["\n\n", "\n\n", "\n\n", "\n", " "]);
        *first = format!("{story}{between}{first}");
    }
    let turns = pairs.into_iter().flat_map(|(q, a)| [Turn::user(q), Turn::assistant(a)]);
    turns.collect()
}

/// A question on a tale of this split that is as hard as the exam wants it, its kind drawn evenly, and
/// within its kind what is right.
pub fn exam(split: Split, rng: &mut Rng) -> Exercise {
    let kind = *rng.choose(&Kind::ALL);
    loop {
        let tale = Tale::new(split, Shape::exam(rng), rng);
        if tale.n_sentences < EXAM_SENTENCES {
            continue;
        }
        let mut questions = tale.questions();
        questions.retain(|q| q.kind == kind && q.distractors >= EXAM_DISTRACTORS);
        if questions.is_empty() {
            continue;
        }
        let asked = evenly(&questions, rng).clone();
        // Of most tales there is no other how many that is as hard.
        if asked.key == "nothing" && !rng.one_in(NOTHING) {
            continue;
        }
        let turns = vec![Turn::user(after(&tale, &asked)), Turn::assistant(&asked.answer)];
        let check = Check::Exact(vec![asked.answer]);
        return Exercise { task: Task::StoryQa, kind: kind.name().to_string(), turns, check };
    }
}

/// One of these: what is right is drawn first, then who or what is asked about.
fn evenly<'q>(questions: &'q [Asked], rng: &mut Rng) -> &'q Asked {
    let keys: BTreeSet<&str> = questions.iter().map(|asked| &*asked.key).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    let key = *rng.choose(&keys);
    let same: Vec<&Asked> = questions.iter().filter(|asked| asked.key == key).collect();
    rng.choose::<&Asked>(&same)
}

/// The story, then the question.
fn after(tale: &Tale, asked: &Asked) -> String {
    format!("{}\n\n{}", tale.text, asked.question)
}
