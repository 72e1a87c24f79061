//! Tales: short stories of worlds that are met once, told with all that can be asked about them.
//!
//! Each tale has a village and a cast of its own, drawn from one [`Split`]: nobody of a test tale is
//! ever met in training. What happens is simulated ([`simulate`]), told sentence by sentence
//! ([`tell`]), and every question that the log answers is asked ([`ask`]): who has it, where, when,
//! why, how many, what next. Answers quote the story where they can, so that there is one right
//! wording, and a model learns to find rather than to guess.
//!
//! Related to the twenty bAbI tasks (Weston et al., "Towards AI-Complete Question Answering", 2015);
//! names, places and wordings are drawn from far larger sets, and the six kinds are asked of one
//! text.

pub mod ask;
pub mod cast;
pub mod names;
pub mod simulate;
pub mod tell;
pub mod words;

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::split::Split;
pub use ask::{Asked, Kind};
pub use cast::Cast;
pub use simulate::{Moment, Standing};
use tell::Told;

/// What a tale has much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Focus {
    /// Comings and goings, and things that change hands on the way.
    Whereabouts,
    /// Who holds what.
    Hands,
    /// When and why somebody went somewhere.
    Journeys,
    /// How many of what.
    Numbers,
}

impl Focus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Whereabouts, Self::Hands, Self::Journeys, Self::Numbers];
}

/// How long a tale is, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// People.
    pub people: usize,
    /// Things that happen, each told in a clause.
    pub moments: usize,
    /// What it has much of.
    pub focus: Focus,
}

impl Shape {
    /// A shape of a difficulty from 0 to 1, drawn so that easy ones never die out.
    pub fn draw(difficulty: f64, rng: &mut Rng) -> Self {
        let most = 3 + (difficulty.clamp(0.0, 1.0) * 11.0).round() as usize;
        let moments = 2 + rng.index(most - 1);
        let people = (*rng.choose(&[2, 3, 4, 4, 5])).min(moments.div_ceil(2));
        Self { people, moments, focus: *rng.choose(&Focus::ALL) }
    }

    /// The exam's: four or five people, nine to thirteen moments.
    pub fn exam(rng: &mut Rng) -> Self {
        let people = 4 + rng.index(2);
        Self { people, moments: 9 + rng.index(5), focus: *rng.choose(&Focus::ALL) }
    }
}

/// A story and all that is true of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tale {
    /// Who and where.
    pub cast: Cast,
    /// What happened, in order.
    pub moments: Vec<Moment>,
    /// How things stand at the end.
    pub standing: Standing,
    /// The story.
    pub text: String,
    /// Bytes of it before anything happens: the day and the cast.
    pub opening: usize,
    /// Each moment in the story's words, without who, when and why.
    pub clauses: Vec<String>,
    /// Sentences in the story.
    pub n_sentences: usize,
}

impl Tale {
    /// A tale of this split and shape.
    pub fn new(split: Split, shape: Shape, rng: &mut Rng) -> Self {
        let cast = Cast::draw(split, shape.people, rng);
        let (moments, standing) = simulate::simulate(&cast, shape, rng);
        let Told { text, opening, clauses, n_sentences } = tell::tell(&cast, &moments, rng);
        Self { cast, moments, standing, text, opening, clauses, n_sentences }
    }

    /// The story without its opening: only what happens.
    pub fn happenings(&self) -> &str {
        self.text[self.opening..].trim_start()
    }

    /// Everything that can be asked, in the order of the kinds.
    pub fn questions(&self) -> Vec<Asked> {
        ask::questions(self)
    }

    /// What everybody did, as questions with answers of several sentences.
    pub fn recalls(&self) -> Vec<(String, String)> {
        ask::recalls(self)
    }
}

#[cfg(test)]
mod tests;
