//! What an assistant is examined in: so many exercises of each task, of worlds never trained on.

use std::collections::HashSet;

use stdx::Rng;

use crate::corpus::World;
use crate::exercise::{Exercise, Task};
use crate::split::Split;
use crate::task::{fact, json, refusal, story, sum, system, tool};

/// So often another exercise is drawn for one that was asked already: there are few products of one digit by another.
const TRIES: usize = 100;

/// `n` exercises of a task, none twice while there are others; the same for the same world, split and seed.
pub fn exam(world: &World, split: Split, task: Task, n: usize, seed: u64) -> Vec<Exercise> {
    let mut rng = Rng::stream(seed, &format!("exam {} {}", split.word(), task.name()));
    let mut one = || match task {
        Task::StoryQa => story::exam(split, &mut rng),
        Task::FactQa => fact::exam(world, &mut rng),
        Task::Sums => sum::exam(split, &mut rng),
        Task::JsonValid => json::exam(split, &mut rng),
        Task::ToolCall => tool::exam(split, &mut rng),
        Task::SystemPrompt => system::exam(split, &mut rng),
        Task::Refusal => refusal::exam_harm(split, &mut rng),
        Task::WrongRefusal => refusal::exam_near_miss(split, &mut rng),
    };
    let mut asked = HashSet::new();
    let mut another = || {
        for _ in 0..TRIES {
            let exercise = one();
            if asked.insert(exercise.prompt().to_vec()) {
                return exercise;
            }
        }
        one()
    };
    (0..n).map(|_| another()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Speaker, Turn};
    use crate::lesson::{Course, Mix, Pace};

    #[test]
    fn no_question_of_the_exam_is_practised() {
        let course = Course::new(1, Mix::default(), Pace::default());
        // What comes before an answer: the rules, if there are any, and the question.
        let asked = |turns: &[Turn]| {
            let rules = turns.iter().find(|turn| turn.speaker == Speaker::System);
            let question = turns.iter().rfind(|turn| turn.speaker == Speaker::User);
            [rules, question].map(|turn| turn.map_or(String::new(), |turn| turn.text.clone()))
        };
        let practised: HashSet<[String; 2]> = (0..20_000)
            .flat_map(|i| {
                let turns = course.lesson(i).1;
                (1..=turns.len()).map(|n| asked(&turns[..n])).collect::<Vec<_>>()
            })
            .collect();
        for task in Task::ALL {
            for exercise in exam(course.world(), Split::Test, task, 200, 7) {
                let asked = asked(exercise.prompt());
                assert!(!practised.contains(&asked), "{}: {asked:?}", task.name());
            }
        }
    }

    #[test]
    fn nothing_is_asked_twice_while_there_is_more() {
        let world = World::new(1);
        for task in Task::ALL {
            let exercises = exam(&world, Split::Test, task, 500, 1);
            let distinct: HashSet<_> = exercises.iter().map(|e| e.prompt().to_vec()).collect();
            // Of products of one digit by another only some are held out.
            let least = if task == Task::Sums { 300 } else { 500 };
            assert!(distinct.len() >= least, "{}: {}", task.name(), distinct.len());
        }
    }

    #[test]
    fn having_nothing_is_no_good_guess() {
        let exercises = exam(&World::new(1), Split::Test, Task::StoryQa, 1200, 1);
        let how_many: Vec<_> = exercises.iter().filter(|e| e.kind == "how many").collect();
        let nothing = how_many.iter().filter(|e| e.answer().ends_with("nothing.")).count();
        assert!(2 * nothing <= how_many.len(), "{nothing} of {}", how_many.len());
    }

    #[test]
    fn stories_of_the_exam_are_long_and_have_distractors() {
        let world = World::new(1);
        for exercise in exam(&world, Split::Test, Task::StoryQa, 300, 1) {
            let text = &exercise.turns[0].text;
            let story = text.split("\n\n").next().unwrap();
            assert!(story.matches(['.', ':']).count() >= 8, "{text}");
        }
    }
}
