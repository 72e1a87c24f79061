//! The village as a source of documents without end, each addressable by its number.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::event::Kind;
use crate::knobs::Knobs;
use crate::rarity::Rarity;
use crate::render::date::{Date, Season};
use crate::render::dialogue::{Dialogue, Scene, converse};
use crate::render::diary::{self, Diary};
use crate::render::facts::{Fact, facts};
use crate::render::letter::{self, Letter};
use crate::render::story::{Story, tell};
use crate::simulate::{Log, Plot, simulate};
use crate::split::Split;
use crate::village::{Person, PersonId, Village};

/// A village, what is true of it, and every story and dialogue about it.
#[derive(Debug, Clone)]
pub struct World {
    seed: u64,
    village: Village,
    facts: Vec<Fact>,
    knobs: Knobs,
    rarity: Option<Rarity>,
}

impl World {
    /// The world of a seed.
    pub fn new(seed: u64) -> Self {
        Self::with(Split::Train, seed, &Knobs::default())
    }

    /// The world of a split and a seed, told as the knobs want it. Nobody of one split is met in
    /// another. With the knobs at their defaults, the one learnt from is [`World::new`].
    pub fn with(split: Split, seed: u64, knobs: &Knobs) -> Self {
        let village = Village::of(split, seed, knobs.bias);
        let facts = facts(&village);
        let seed = split.seed(seed);
        let rarity = (knobs.rarity > 0.0).then(|| Rarity::new(facts.len(), knobs.rarity, seed));
        Self { seed, village, facts, knobs: knobs.clone(), rarity }
    }

    /// How it is told.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// Which of the splits it belongs to.
    pub fn split(&self) -> Split {
        self.village.split
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
        self.story_from(&mut self.stream(i, "story"), None, self.knobs.rounds())
    }

    /// The `i`-th diary entry; independent of all others.
    pub fn diary(&self, i: u64) -> Diary {
        let mut rng = self.stream(i, "diary");
        let log = self.day(Rng::new(rng.next_u64()), None);
        let (writer, mut date) = (log.hero, date(&log, &mut rng));
        let mut diary = diary::write(self, log, date, Rng::new(rng.next_u64()));
        for _ in 1..self.knobs.rounds() {
            date = date.next();
            let log = self.day(Rng::new(rng.next_u64()), Some(writer));
            diary.append(diary::write(self, log, date, Rng::new(rng.next_u64())));
        }
        diary
    }

    /// The `i`-th letter; independent of all others.
    pub fn letter(&self, i: u64) -> Letter {
        let mut rng = self.stream(i, "letter");
        let mut logs = vec![self.day(Rng::new(rng.next_u64()), None)];
        let (writer, date) = (logs[0].hero, date(&logs[0], &mut rng));
        for _ in 1..self.knobs.rounds() {
            logs.push(self.day(Rng::new(rng.next_u64()), Some(writer)));
        }
        letter::write(self, logs, date, Rng::new(rng.next_u64()))
    }

    /// The `i`-th dialogue; independent of all others.
    pub fn dialogue(&self, i: u64) -> Dialogue {
        let mut rng = self.stream(i, "dialogue");
        let telling = RefCell::new(Rng::new(rng.next_u64()));
        let story = |hero: Option<PersonId>| self.story_from(&mut telling.borrow_mut(), hero, 1);
        let scene = Scene {
            village: &self.village,
            facts: &self.facts,
            rarity: self.rarity.as_ref(),
            rounds: self.knobs.rounds(),
            story: &story,
        };
        converse(&scene, &mut rng)
    }

    /// The index of the `i`-th fact that is mentioned for its own sake.
    pub fn mentioned(&self, i: u64) -> usize {
        self.draw_fact(&mut self.stream(i, "mention"))
    }

    /// How often each of the [`World::facts`] is among the first `n` that are mentioned for their
    /// own sake.
    pub fn mentions(&self, n: u64) -> Vec<u64> {
        let mut mentions = vec![0; self.facts.len()];
        (0..n).for_each(|i| mentions[self.mentioned(i)] += 1);
        mentions
    }

    /// The probability with which each of the [`World::facts`] is the one that is mentioned.
    pub fn frequencies(&self) -> Vec<f64> {
        let alike = || vec![1.0 / self.facts.len() as f64; self.facts.len()];
        self.rarity.as_ref().map_or_else(alike, Rarity::frequencies)
    }

    fn draw_fact(&self, rng: &mut Rng) -> usize {
        match &self.rarity {
            Some(rarity) => rarity.draw(rng),
            None => rng.index(self.facts.len()),
        }
    }

    fn story_from(&self, rng: &mut Rng, hero: Option<PersonId>, days: usize) -> Story {
        let day = Rng::new(rng.next_u64());
        let first = self.day(day, hero);
        let hero = first.hero;
        let mut story = tell(&self.village, first, Rng::new(rng.next_u64()), &self.knobs);
        for _ in 1..days {
            let log = self.day(Rng::new(rng.next_u64()), Some(hero));
            let next = tell(&self.village, log, Rng::new(rng.next_u64()), &self.knobs);
            story.append(next);
        }
        story
    }

    /// A day of somebody's, or of anybody's.
    fn day(&self, rng: Rng, hero: Option<PersonId>) -> Log {
        simulate(&self.village, rng, hero, Plot::most(self.knobs.difficulty))
    }

    fn stream(&self, i: u64, purpose: &str) -> Rng {
        numbered(self.seed, purpose, i)
    }
}

/// A date for a day; nobody lies in the grass in winter.
fn date(log: &Log, rng: &mut Rng) -> Date {
    let outdoors = log.events.iter().any(|e| e.kind == Kind::Amuse);
    loop {
        let date = Date::draw(rng);
        if !outdoors || date.season() != Season::Winter {
            return date;
        }
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
