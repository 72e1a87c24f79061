//! The exam: `exam.json`, with every question, answer and verdict, and what one gets without skill.

use std::path::PathBuf;

use chat::{Flow, LocalModel, Respond};
use eval::baseline::closed_book::closed_book;
use eval::baseline::majority::majority;
use eval::baseline::ngram::Ngrams;
use eval::contamination::Seen;
use eval::{Answered, Scores, sit};
use journal::Run;
use serde::{Deserialize, Serialize};
use stats::Proportion;
use world::{Course, Exercise, Split, Task};

use crate::frozen::write_json;
use crate::{Error, Loaded, Session};

/// Exercises of each task, if nobody says how many: the intervals are then at most 9 points wide.
pub const N_EXERCISES: usize = 500;
/// Exercises of another seed that the majority's answers are learnt from.
const N_MAJORITY: usize = 4000;
/// Lessons on stories that the 5-gram model reads.
const N_NGRAM_LESSONS: usize = 4000;
/// The seed of the exam: the same for all runs of a village.
const SEED: u64 = 1;

/// What is kept of an exam.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exam {
    /// Shares of right answers.
    pub scores: Scores,
    /// The shares on story questions without the skill: by name.
    pub baselines: Vec<(String, Proportion)>,
    /// Exercises whose prompt was among the lessons.
    pub seen: usize,
    /// Different prompts among the lessons.
    pub lessons: usize,
    /// All answers.
    pub answers: Vec<Answered>,
}

/// Where an exam is kept.
pub fn path(run: &Run) -> PathBuf {
    run.folder().join("exam.json")
}

/// The exam that a run has sat, if it has.
///
/// # Errors
/// [`Error::Io`], [`Error::File`] for one that was changed.
pub fn open(run: &Run) -> Result<Option<Exam>, Error> {
    let path = path(run);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
    let exam = serde_json::from_str(&text).map_err(|e| Error::File {
        reason: format!("{e}; remove the file, and the exam is sat again"),
        path,
    })?;
    Ok(Some(exam))
}

/// Sits the exam of a course of which `n_lessons` were taught, with `n` exercises of each task.
///
/// # Errors
/// [`Error::Chat`], [`Error::Io`], [`Error::Interrupted`].
pub fn exam(
    run: &Run,
    loaded: Loaded,
    (course, n_lessons): (&Course, u64),
    n: usize,
    session: &Session,
) -> Result<Exam, Error> {
    let asked = |task, n, seed| world::exam::exam(course.world(), Split::Test, task, n, seed);
    let exercises: Vec<Exercise> =
        Task::ALL.into_iter().flat_map(|task| asked(task, n, SEED)).collect();
    let stories = asked(Task::StoryQa, n, SEED);
    let Loaded { decoding, tokenizer, options, .. } = loaded;
    let model = LocalModel::new(decoding, tokenizer, options)?;
    let answers = answers(&model, exercises, "exam", session)?;
    let closed: Vec<Exercise> = stories.iter().cloned().map(closed_book).collect();
    let closed = self::answers(&model, closed, "closed book", session)?;
    let n_right = closed.iter().filter(|a| a.right).count() as u64;
    let mut ngrams = Ngrams::default();
    let (mut seen, mut n_read) = (Seen::default(), 0);
    for i in 0..n_lessons {
        if i % 64 == 0 {
            session.go_on("exam")?;
        }
        let (task, turns) = course.lesson(i);
        seen.add(&turns);
        if n_read < N_NGRAM_LESSONS && task == Some(Task::StoryQa) {
            ngrams.add(&turns);
            n_read += 1;
        }
    }
    let learnt = world::exam::exam(course.world(), Split::Train, Task::StoryQa, N_MAJORITY, 2);
    let baselines = vec![
        ("majority".to_string(), majority(&learnt, &stories)),
        ("closed_book".to_string(), Proportion::new(n_right, closed.len() as u64)),
        ("5-gram".to_string(), ngrams.score(&stories)),
    ];
    let exam = Exam {
        scores: Scores::of(&answers),
        baselines,
        seen: seen.count(answers.iter().map(|a| &a.exercise)),
        lessons: seen.len(),
        answers,
    };
    write_json(&path(run), &exam)?;
    Ok(exam)
}

fn answers(
    model: &dyn Respond,
    exercises: Vec<Exercise>,
    name: &'static str,
    session: &Session,
) -> Result<Vec<Answered>, Error> {
    let n = exercises.len();
    let mut progress = session.progress(name, n as u64);
    let (mut done, mut right) = (0, 0);
    let answers = sit(model, exercises, &mut |answered| {
        done += 1;
        right += u64::from(answered.right);
        progress.set(done, format!("{right} of {done} right"));
        if session.interrupt.requested() { Flow::Stop } else { Flow::Continue }
    })?;
    if answers.len() < n {
        return Err(Error::Interrupted { stage: "exam" });
    }
    progress.finish(format!("{right} of {n} right"));
    Ok(answers)
}
