//! How the time of a whole life is divided, and what teaching does.
//!
//! A wish for minutes is for all of them. Reading gets a quarter of what is left after the exam, being
//! taught the rest: it is in the lessons that most of what the exam asks is learnt
//! (docs/log.md). Teaching goes on with the model and the batch of reading, its steps in the order of
//! the village's lessons, with a learning rate that ends at a hundredth.

use data::Sampling;
use optim::schedule::{Schedule, Shape};
use train::Config;
use train::plan::{Choice, Dials};

use crate::{Error, Recipe};

/// Room for a story of the village with all its questions.
const CONTEXT: usize = 1024;
/// Muon's updates are of one size whatever the gradients, so that one rate does for small models.
const LEARNING_RATE: f64 = 6e-3;
/// Minutes from which on a larger model pays.
const LONG: f64 = 25.0;
/// Minutes of a life that nobody said the length of.
const DEFAULT_MINUTES: f64 = 10.0;
/// Minutes that go into tokens, looks, the exam and the report.
const OTHER_MINUTES: f64 = 1.0;
/// The share of the rest that reading gets.
const READING: f64 = 0.25;
/// The share of teaching that goes into steps.
const SHARE_OF_STEPS: f64 = 0.95;
/// Steps of teaching for each one of reading, where the length was given in steps or tokens.
const TEACHING_TO_READING: f64 = 3.0;

/// Minutes of reading and teaching together, if that is what was wished for.
fn minutes(recipe: &Recipe) -> Option<f64> {
    let dials = &recipe.train;
    let other_length = dials.steps.is_some() || dials.tokens.is_some();
    let all = dials.minutes.or((!other_length).then_some(DEFAULT_MINUTES))?;
    let other = if recipe.is_examined() { OTHER_MINUTES.min(all / 3.0) } else { 0.0 };
    Some(all - other)
}

/// The dials of reading.
pub fn reading(recipe: &Recipe) -> Dials {
    let dials = recipe.train.clone();
    if !recipe.life {
        return dials;
    }
    let minutes = minutes(recipe).map(|minutes| minutes * READING);
    let optimizer = dials.optimizer.or(Some(Choice::Muon));
    let context = dials.context.or(Some(CONTEXT));
    // Its biases let heads look back from the start.
    let arch = dials.arch.clone().or_else(|| Some("qwen2".to_string()));
    let lr = dials.lr.or(Some(LEARNING_RATE));
    let (mut layers, mut width) = (dials.layers, dials.width);
    if dials.size.is_none() && width.is_none() && recipe.village().is_some() {
        let long = minutes.is_some_and(|minutes| minutes > LONG * READING);
        (layers, width) = if long { (Some(5), Some(256)) } else { (Some(4), Some(192)) };
    }
    Dials { minutes, optimizer, context, arch, lr, layers, width, ..dials }
}

/// The config of teaching after reading with `base`.
///
/// # Errors
/// [`Error::Train`] from what is measured.
pub fn plan(
    recipe: &Recipe,
    base: &Config,
    measure: &mut dyn FnMut(&Config) -> Result<f64, train::Error>,
) -> Result<Config, Error> {
    let steps = match minutes(recipe) {
        Some(minutes) => {
            let seconds = minutes * 60.0 * (1.0 - READING) * SHARE_OF_STEPS;
            let lessons = Config { sampling: Sampling::Ordered, ..base.clone() };
            (seconds / measure(&lessons)?).max(1.0) as u64
        }
        None => (base.steps() as f64 * TEACHING_TO_READING) as u64,
    };
    let peak = base.schedule.peak;
    let shape = Shape::Wsd { decay_share: 0.6 };
    let warmup = (steps / 50).clamp(1, 100).min(steps);
    let schedule = Schedule { peak, floor: peak / 100.0, warmup, steps, shape };
    // The village's lessons get harder; the talks of a file come in any order.
    let sampling = match recipe.instructions {
        Some(_) => Sampling::Documents,
        None => Sampling::Ordered,
    };
    let config = Config {
        sampling,
        schedule,
        evaluate_every: (steps / 20).max(1),
        checkpoint_every: (steps / 10).max(1),
        ..base.clone()
    };
    config.check()?;
    Ok(config)
}
