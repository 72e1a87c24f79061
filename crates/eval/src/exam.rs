//! A model sits an exam: every exercise is put to it, every answer judged.
//!
//! Answers are the likeliest tokens, so that the same model gives the same answers.

use std::collections::BTreeMap;

use chat::{Flow, Message, Request, Respond, Role, Sampling};
use serde::{Deserialize, Serialize};
use stats::Proportion;
use world::{Exercise, Speaker, Task, Turn};

use crate::judge;

/// Tokens of an answer at most: the longest right ones have about eighty.
const LONGEST_ANSWER: usize = 120;

/// An exercise with what the model said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// What was asked.
    pub exercise: Exercise,
    /// What was answered.
    pub answer: String,
    /// Whether that is right.
    pub right: bool,
}

/// Shares of right answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// By task. Of near misses the share that is wrongly refused: less is better.
    pub tasks: BTreeMap<Task, Proportion>,
    /// By task and finer kind.
    pub kinds: BTreeMap<Task, BTreeMap<String, Proportion>>,
}

impl Scores {
    /// The shares in these answers.
    pub fn of(answers: &[Answered]) -> Self {
        let mut counts: BTreeMap<Task, BTreeMap<&str, [u64; 2]>> = BTreeMap::new();
        for Answered { exercise, right, .. } in answers {
            // What is counted for near misses is the failure.
            let counted = *right != (exercise.task == Task::WrongRefusal);
            let kinds = counts.entry(exercise.task).or_default();
            let [yes, all] = kinds.entry(&exercise.kind).or_default();
            *yes += u64::from(counted);
            *all += 1;
        }
        let mut scores = Self::default();
        for (task, kinds) in counts {
            let yes = kinds.values().map(|[yes, _]| yes).sum();
            let all = kinds.values().map(|[_, all]| all).sum();
            scores.tasks.insert(task, Proportion::new(yes, all));
            let kinds = kinds.into_iter();
            let kinds = kinds.map(|(kind, [yes, all])| (kind.into(), Proportion::new(yes, all)));
            scores.kinds.insert(task, kinds.collect());
        }
        scores
    }
}

/// Puts the exercises to a model. `on_answer` hears each answer and may end the exam, which then
/// gives what it has.
///
/// # Errors
/// What the model says, but for a prompt that it has no room for: that is a wrong answer.
pub fn sit(
    model: &dyn Respond,
    exercises: Vec<Exercise>,
    on_answer: &mut dyn FnMut(&Answered) -> Flow,
) -> Result<Vec<Answered>, chat::Error> {
    let mut answers = Vec::with_capacity(exercises.len());
    for exercise in exercises {
        let (answer, was_asked) = match answer(model, exercise.prompt()) {
            Err(chat::Error::TooLong { .. }) => (String::new(), false),
            answer => (answer?, true),
        };
        let right = was_asked && judge::is_right(&exercise.check, &answer);
        let answered = Answered { exercise, answer, right };
        let flow = on_answer(&answered);
        answers.push(answered);
        if flow == Flow::Stop {
            break;
        }
    }
    Ok(answers)
}

/// The likeliest answer to a prompt.
fn answer(model: &dyn Respond, prompt: &[Turn]) -> Result<String, chat::Error> {
    let request = Request {
        messages: messages(prompt),
        sampling: Sampling::greedy(),
        max_tokens: Some(LONGEST_ANSWER),
        ..Request::default()
    };
    Ok(model.respond(&request, &mut |_| Flow::Continue)?.text)
}

/// Turns of the village as a chat's messages.
pub fn messages(turns: &[Turn]) -> Vec<Message> {
    let role = |speaker| match speaker {
        Speaker::System => Role::System,
        Speaker::User => Role::User,
        Speaker::Assistant => Role::Assistant,
        Speaker::Tool => Role::Tool,
    };
    turns.iter().map(|turn| Message::new(role(turn.speaker), &turn.text)).collect()
}

#[cfg(test)]
mod tests {
    use chat::{Error, Finish, Reply};
    use world::{Split, World};

    use super::*;

    /// Knows everything, or nothing.
    struct Oracle(Vec<Exercise>, bool);

    impl Respond for Oracle {
        fn model_name(&self) -> &str {
            "oracle"
        }

        fn respond(
            &self,
            request: &Request,
            _: &mut dyn FnMut(&str) -> Flow,
        ) -> Result<Reply, Error> {
            let asked = |e: &&Exercise| messages(e.prompt()) == request.messages;
            let known = self.0.iter().find(asked).filter(|_| self.1);
            let text = known.map_or("no idea".to_string(), |e| e.answer().to_string());
            Ok(Reply { text, finish: Finish::Stop, ..Reply::default() })
        }
    }

    fn exam() -> Vec<Exercise> {
        let world = World::new(1);
        let all = Task::ALL.into_iter();
        all.flat_map(|task| world::exam::exam(&world, Split::Test, task, 30, 1)).collect()
    }

    fn scores(knows: bool) -> Scores {
        let oracle = Oracle(exam(), knows);
        Scores::of(&sit(&oracle, exam(), &mut |_| Flow::Continue).unwrap())
    }

    #[test]
    fn who_knows_everything_has_full_marks_and_who_knows_nothing_none() {
        let (all, none) = (scores(true), scores(false));
        for task in Task::ALL {
            let best = if task == Task::WrongRefusal { 0.0 } else { 1.0 };
            assert_eq!(all.tasks[&task].value, best, "{task:?}");
            assert_eq!(all.tasks[&task].n, 30);
        }
        for task in [Task::StoryQa, Task::FactQa, Task::Sums, Task::JsonValid, Task::ToolCall] {
            assert_eq!(none.tasks[&task].value, 0.0, "{task:?}");
        }
        assert_eq!(none.tasks[&Task::Refusal].value, 0.0);
        assert!(none.tasks[&Task::SystemPrompt].value < 0.5);
    }

    #[test]
    fn an_exam_can_be_ended() {
        let mut heard = 0;
        let mut listen = |_: &Answered| {
            heard += 1;
            if heard == 3 { Flow::Stop } else { Flow::Continue }
        };
        assert_eq!(sit(&Oracle(exam(), true), exam(), &mut listen).unwrap().len(), 3);
    }
}
