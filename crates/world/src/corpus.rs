//! The village as a source of documents without end, each addressable by its number.

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::render::dialogue::{Dialogue, Scene, converse};
use crate::render::facts::{Fact, facts};
use crate::render::story::{Story, tell};
use crate::simulate::simulate;
use crate::village::{Person, PersonId, Village};

/// A village, what is true of it, and every story and dialogue about it.
#[derive(Debug, Clone)]
pub struct World {
    seed: u64,
    village: Village,
    facts: Vec<Fact>,
}

impl World {
    /// The world of a seed.
    pub fn new(seed: u64) -> Self {
        let village = Village::new(seed);
        let facts = facts(&village);
        Self { seed, village, facts }
    }

    /// Everybody who lives in the village.
    pub fn people(&self) -> &[Person] {
        &self.village.people
    }

    /// The village as it is every morning.
    pub fn village(&self) -> &Village {
        &self.village
    }

    /// What is true on every day.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The `i`-th story; independent of all others.
    pub fn story(&self, i: u64) -> Story {
        self.story_from(&mut self.stream(i, "story"), None)
    }

    /// The `i`-th dialogue; independent of all others.
    pub fn dialogue(&self, i: u64) -> Dialogue {
        let mut rng = self.stream(i, "dialogue");
        let telling = Rng::new(rng.next_u64());
        let story = |hero: Option<PersonId>| self.story_from(&mut telling.clone(), hero);
        converse(&Scene { village: &self.village, facts: &self.facts, story: &story }, &mut rng)
    }

    fn story_from(&self, rng: &mut Rng, hero: Option<PersonId>) -> Story {
        let day = Rng::new(rng.next_u64());
        tell(&self.village, simulate(&self.village, day, hero), Rng::new(rng.next_u64()))
    }

    fn stream(&self, i: u64, purpose: &str) -> Rng {
        numbered(self.seed, purpose, i)
    }
}

/// The generator of the `i`-th of a purpose's items; independent of all others.
pub(crate) fn numbered(seed: u64, purpose: &str, i: u64) -> Rng {
    let start = Rng::stream(seed, purpose).next_u64();
    Rng::new(start ^ i.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// One text of the corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Document {
    /// A short story.
    Story(Story),
    /// A conversation.
    Dialogue(Dialogue),
}

/// An endless stream of documents about one world.
#[derive(Debug, Clone)]
pub struct Corpus {
    world: World,
    weights: [u32; 2],
}

impl Corpus {
    /// Three stories to two dialogues.
    pub fn new(seed: u64) -> Self {
        Self::with_weights(seed, 3, 2)
    }

    /// Another mix of stories and dialogues. Two zeros give stories.
    pub fn with_weights(seed: u64, stories: u32, dialogues: u32) -> Self {
        Self { world: World::new(seed), weights: [stories, dialogues] }
    }

    /// The world that the documents are about.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The `i`-th document; independent of all others.
    pub fn document(&self, i: u64) -> Document {
        match self.world.stream(i, "mix").weighted(&self.weights) {
            0 => Document::Story(self.world.story(i)),
            _ => Document::Dialogue(self.world.dialogue(i)),
        }
    }
}

#[cfg(test)]
mod tests;
