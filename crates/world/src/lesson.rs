//! What an assistant is taught: conversations without end, each addressable by its number.
//!
//! A course begins with practice: copying, which is what all finding in a text rests on, then calling
//! rolls. Then it mixes the kinds of lesson by weight while stories grow from two moments to fourteen.
//! Short stories never die out.

use stdx::Rng;

use crate::careless::roughen;
use crate::conversation::Turn;
use crate::corpus::World;
use crate::exercise::Task;
use crate::task::{copy, fact, json, mixed, own_words, refusal, roll, story, sum, system, tool};

/// How many lessons a course has of each phase but the last, which never ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Copying of longer and longer lines, and some roll calls.
    pub copying: u64,
    /// Roll calls mostly, and a little of everything.
    pub calling: u64,
    /// All kinds, while stories grow.
    pub growing: u64,
}

/// How often each kind of lesson comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// By [`Task::ALL`]; the two kinds of refusal share their lessons.
    pub weights: [u32; 8],
    /// Talk about the village: stories on demand, portraits, greetings.
    pub talk: u32,
    /// Lines to say again.
    pub copy: u32,
    /// Roll calls.
    pub roll: u32,
    /// Talks from one thing to the next, small talk and what nobody in the village knows among it.
    pub mixed: u32,
}

impl Pace {
    /// Lessons before those of all kinds.
    pub fn practice(&self) -> u64 {
        self.copying + self.calling
    }
}

impl Default for Mix {
    fn default() -> Self {
        // Story, fact, sums, JSON, tool, system, refusal, wrong refusal.
        Self { weights: [39, 8, 17, 8, 4, 5, 17, 0], talk: 5, copy: 5, roll: 4, mixed: 8 }
    }
}

/// One story in so many is told in other words, from when stories are grown.
const RETOLD_STORIES: u64 = 4;

/// Dialogues from here on are told in lessons; those before are text to read.
const FIRST_DIALOGUE: u64 = 1 << 41;

/// A seed's lessons.
#[derive(Clone, Debug)]
pub struct Course {
    world: World,
    seed: u64,
    mix: Mix,
    pace: Pace,
}

impl Course {
    /// Lessons of this world, so many of each phase.
    pub fn new(seed: u64, mix: Mix, pace: Pace) -> Self {
        Self::about(World::new(seed), seed, mix, pace)
    }

    /// Lessons of a world that there is already.
    pub fn about(world: World, seed: u64, mix: Mix, pace: Pace) -> Self {
        Self { world, seed, mix, pace }
    }

    /// How many lessons there are of each phase.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// The lasting village.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The `i`-th lesson; independent of all others. `None` for its task is talk.
    pub fn lesson(&self, i: u64) -> (Option<Task>, Vec<Turn>) {
        let start = Rng::stream(self.seed, "lesson").next_u64();
        let mut rng = Rng::new(start ^ i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let Pace { copying, calling, growing } = self.pace;
        let Mix { weights, talk, copy, roll, mixed } = self.mix;
        let mut all = [0; 12];
        all[..8].copy_from_slice(&weights);
        all[8..].copy_from_slice(&[talk, copy, roll, mixed]);
        if i < copying {
            all = [0; 12];
            (all[9], all[10]) = (4, 1);
        } else if i < copying + calling {
            all = [4, 1, 1, 1, 1, 1, 1, 0, 0, 1, 20, 0];
        }
        let kind = rng.weighted(&all);
        let Some(&task) = Task::ALL.get(kind) else {
            let mut turns = match kind {
                8 => self.world.dialogue(FIRST_DIALOGUE + i).turns,
                9 => copy::lesson((i + 1) as f64 / copying.max(1) as f64, &mut rng),
                10 => roll::lesson(&mut rng),
                _ => mixed::lesson(&self.world, FIRST_DIALOGUE + i, &mut rng),
            };
            if kind != 9 && kind != 10 {
                roughen(&mut turns, &mut rng);
            }
            return (None, turns);
        };
        let grown = (i + 1).saturating_sub(copying + calling);
        let difficulty = grown as f64 / growing.max(1) as f64;
        let mut turns = match task {
            Task::StoryQa => story::lesson(difficulty.min(1.0), &mut rng),
            Task::FactQa => fact::lesson(&self.world, &mut rng),
            Task::Sums => sum::lesson(&mut rng),
            Task::JsonValid => json::lesson(&mut rng),
            Task::ToolCall => tool::lesson(&mut rng),
            Task::SystemPrompt => system::lesson(&mut rng),
            Task::Refusal | Task::WrongRefusal => refusal::lesson(&mut rng),
        };
        match task {
            Task::StoryQa if difficulty >= 1.0 => {
                own_words::retell(&mut turns, RETOLD_STORIES, &mut rng);
            }
            Task::StoryQa => {}
            Task::FactQa | Task::Sums | Task::Refusal | Task::WrongRefusal => {
                roughen(&mut turns, &mut rng);
            }
            Task::JsonValid | Task::ToolCall | Task::SystemPrompt => {}
        }
        (Some(task), turns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Speaker;

    #[test]
    fn any_lesson_is_the_same_in_any_order_and_ends_with_an_answer() {
        let pace = Pace { copying: 300, calling: 300, growing: 1000 };
        let course = Course::new(3, Mix::default(), pace);
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
