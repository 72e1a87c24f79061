//! What an assistant is taught: conversations without end, each addressable by its number.
//!
//! A course mixes the kinds of lesson by weight and gets harder: stories grow from two moments to
//! fourteen over its first `ramp` lessons. Short ones never die out.

use stdx::Rng;

use crate::conversation::Turn;
use crate::corpus::World;
use crate::exercise::Task;
use crate::task::{fact, json, refusal, story, sum, system, tool};

/// How often each kind of lesson comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// By [`Task::ALL`]; the two kinds of refusal share their lessons.
    pub weights: [u32; 8],
    /// Talk about the village: stories on demand, portraits, greetings.
    pub talk: u32,
}

impl Default for Mix {
    fn default() -> Self {
        // Story, fact, sums, JSON, tool, system, refusal, wrong refusal.
        Self { weights: [52, 12, 12, 6, 5, 6, 3, 0], talk: 4 }
    }
}

/// A seed's lessons.
#[derive(Clone, Debug)]
pub struct Course {
    world: World,
    seed: u64,
    mix: Mix,
    ramp: u64,
}

impl Course {
    /// Lessons of this world that reach full difficulty with number `ramp`.
    pub fn new(seed: u64, mix: Mix, ramp: u64) -> Self {
        Self { world: World::new(seed), seed, mix, ramp }
    }

    /// The lasting village.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The `i`-th lesson; independent of all others. `None` for its task is talk.
    pub fn lesson(&self, i: u64) -> (Option<Task>, Vec<Turn>) {
        let start = Rng::stream(self.seed, "lesson").next_u64();
        let mut rng = Rng::new(start ^ i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let Mix { weights, talk } = self.mix;
        let mut all = [0; 9];
        all[..8].copy_from_slice(&weights);
        all[8] = talk;
        let Some(&task) = Task::ALL.get(rng.weighted(&all)) else {
            return (None, self.world.dialogue(i).turns);
        };
        let difficulty = (i + 1) as f64 / self.ramp.max(1) as f64;
        let turns = match task {
            Task::StoryQa => story::lesson(difficulty.min(1.0), &mut rng),
            Task::FactQa => fact::lesson(&self.world, &mut rng),
            Task::Sums => sum::lesson(&mut rng),
            Task::JsonValid => json::lesson(&mut rng),
            Task::ToolCall => tool::lesson(&mut rng),
            Task::SystemPrompt => system::lesson(&mut rng),
            Task::Refusal | Task::WrongRefusal => refusal::lesson(&mut rng),
        };
        (Some(task), turns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Speaker;

    #[test]
    fn any_lesson_is_the_same_in_any_order_and_ends_with_an_answer() {
        let course = Course::new(3, Mix::default(), 1000);
        for i in (0..2000).rev() {
            let (task, turns) = course.lesson(i);
            assert_eq!((task, turns.clone()), course.lesson(i));
            assert_eq!(turns.last().unwrap().speaker, Speaker::Assistant, "{turns:?}");
            for pair in turns.windows(2) {
                assert_ne!(pair[0].speaker, pair[1].speaker, "{turns:?}");
            }
        }
    }
}
