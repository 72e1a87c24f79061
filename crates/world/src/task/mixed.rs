//! A talk that goes from one thing to the next, as people's talks do.
//!
//! Other lessons keep to one matter. A model that knows only those takes the second matter of a talk
//! for the first one still: asked for a sum after a story, it goes on with the story.

use stdx::Rng;

use super::{fact, neighbors, refusal, small_talk, story, sum, unknown};
use crate::conversation::Turn;
use crate::corpus::World;

/// Three to six exchanges, each on its own matter. No two numbers share a talk of the village.
pub fn lesson(world: &World, number: u64, rng: &mut Rng) -> Vec<Turn> {
    let n = 3 + rng.index(4);
    let mut turns = Vec::new();
    for piece in 0..n as u64 {
        let (lesson, exchanges) = match rng.weighted(&[5, 5, 4, 4, 3, 2, 2, 3]) {
            0 => (small_talk::lesson(rng), 1),
            1 => (fact::lesson(world, rng), 2),
            2 => (sum::lesson(rng), 1),
            3 => (unknown::lesson(world, rng), 1),
            4 => (refusal::lesson(rng), 1),
            5 => (story::lesson(0.3 * rng.unit(), rng), 2),
            6 => (world.dialogue(8 * number + piece).turns, 1),
            _ => (neighbors::lesson(world, rng), 2),
        };
        turns.extend(lesson.into_iter().take(2 * exchanges));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Speaker;

    #[test]
    fn the_two_take_turns() {
        let (world, mut rng) = (World::new(1), Rng::new(1));
        for i in 0..300 {
            let turns = lesson(&world, i, &mut rng);
            assert!(turns.len() >= 6, "{turns:?}");
            for (i, turn) in turns.iter().enumerate() {
                let speaker = if i % 2 == 0 { Speaker::User } else { Speaker::Assistant };
                assert_eq!(turn.speaker, speaker, "{turns:?}");
            }
        }
    }
}
