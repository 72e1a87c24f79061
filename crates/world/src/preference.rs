//! Pairs of answers of which one is better, and why.
//!
//! A pair is a request in a conversation about the village and two answers that differ in one
//! respect, the [`Reason`]. What the village knows decides what is true, so a label can be checked;
//! a share of the labels can be swapped on purpose, to see what wrong labels do. Left out on
//! purpose: degrees of better, and harm beyond what happens among neighbors.
//!
//! Reading order: `cast` (who and what a pair is about), `matter` (requests with honest help),
//! `truer`, `shorter`, `kinder`, `safer` (one reason each).
//!
//! ```
//! use world::Preferences;
//! let pair = Preferences::new(1, 0.0).pair(7);
//! println!("{}", pair.prompt.last().map_or("", |turn| &turn.text));
//! println!("{:?}: {}\nnot: {}", pair.reason, pair.chosen, pair.rejected);
//! assert!(!pair.flipped);
//! ```

mod cast;
mod kinder;
mod matter;
mod safer;
mod shorter;
mod truer;

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::conversation::{Speaker, Turn};
use crate::corpus::{World, numbered};
use crate::render::dialogue::{HELLO, WELCOME};
use crate::render::facts::{answer, question};

/// The respect in which the better answer is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reason {
    /// It says the same, warmly.
    Kinder,
    /// It states a fact of the village; the other states it wrongly.
    Truer,
    /// It says the same without rambling.
    Shorter,
    /// It declines to help with harm and offers something better; the other helps.
    Safer,
}

/// A request with a better and a worse answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The conversation so far; the last turn is the user's request.
    pub prompt: Vec<Turn>,
    /// The answer that the label calls better.
    pub chosen: String,
    /// The answer that the label calls worse.
    pub rejected: String,
    /// Why one is better.
    pub reason: Reason,
    /// Whether the label is wrong on purpose: then the better answer is `rejected`.
    pub flipped: bool,
}

/// A request and two answers, before they are a conversation.
#[derive(Debug, Clone)]
struct Pair {
    request: String,
    better: String,
    worse: String,
}

/// Pairs without end, each addressable by its number.
#[derive(Debug, Clone)]
pub struct Preferences {
    seed: u64,
    noise: f64,
    world: World,
}

impl Preferences {
    /// The pairs about the village of a seed; `noise` is the share of labels that are swapped, from
    /// 0 to 1. The pairs themselves do not depend on it.
    pub fn new(seed: u64, noise: f64) -> Self {
        Self { seed, noise, world: World::new(seed) }
    }

    /// The pairs about a world that there is already.
    pub fn about(world: World, seed: u64, noise: f64) -> Self {
        Self { seed, noise, world }
    }

    /// The `i`-th pair; independent of all others.
    pub fn pair(&self, i: u64) -> Preference {
        let mut rng = numbered(self.seed, "preference", i);
        let reason = *rng.choose(&[Reason::Kinder, Reason::Truer, Reason::Shorter, Reason::Safer]);
        let mut prompt = self.before(&mut rng);
        let pair = match reason {
            Reason::Kinder => kinder::pair(&self.world, &mut rng),
            Reason::Truer => truer::pair(&self.world, &mut rng),
            Reason::Shorter => shorter::pair(&self.world, &mut rng),
            Reason::Safer => safer::pair(&self.world, &mut rng),
        };
        prompt.push(Turn { speaker: Speaker::User, text: pair.request });
        let flipped = numbered(self.seed, "flip", i).chance(self.noise);
        let (chosen, rejected) =
            if flipped { (pair.worse, pair.better) } else { (pair.better, pair.worse) };
        Preference { prompt, chosen, rejected, reason, flipped }
    }

    /// What was said before the request: mostly nothing.
    fn before(&self, rng: &mut Rng) -> Vec<Turn> {
        let (asked, answered) = match rng.index(5) {
            0 => ((*rng.choose(&HELLO)).to_string(), (*rng.choose(&WELCOME)).to_string()),
            1 => {
                let fact = rng.choose(self.world.facts());
                (question(fact, rng), answer(self.world.village(), fact, rng))
            }
            _ => return Vec::new(),
        };
        vec![
            Turn { speaker: Speaker::User, text: asked },
            Turn { speaker: Speaker::Assistant, text: answered },
        ]
    }
}

#[cfg(test)]
mod tests;
