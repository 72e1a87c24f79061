//! Questions on a story without the story: what the wording of a question gives away.

use world::Exercise;

/// The exercise with nothing but the question: what stands behind the last empty line.
pub fn closed_book(mut exercise: Exercise) -> Exercise {
    let n = exercise.turns.len().saturating_sub(1);
    for turn in &mut exercise.turns[..n] {
        if let Some((_, question)) = turn.text.rsplit_once("\n\n") {
            turn.text = question.to_string();
        }
    }
    exercise
}

#[cfg(test)]
mod tests {
    use world::{Split, Task, World};

    use super::*;

    #[test]
    fn the_question_is_left() {
        let exam = world::exam::exam(&World::new(1), Split::Test, Task::StoryQa, 5, 1);
        for exercise in exam {
            let closed = closed_book(exercise.clone());
            let question = &closed.turns[0].text;
            assert!(exercise.turns[0].text.ends_with(question.as_str()));
            assert!(question.len() < 80 && question.ends_with('?'), "{question}");
        }
    }
}
