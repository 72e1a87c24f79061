//! How the time of a whole life is divided, and what teaching does.
//!
//! A wish for minutes is for all of them. Reading gets a quarter of what the exam leaves, being
//! taught whatever is left then: it is in the lessons that most of what the exam asks is learnt
//! (docs/log.md). Teaching goes on with the model and the batch of reading, its steps in the order of
//! the village's lessons, with a learning rate that ends at a hundredth.
//!
//! A model that was there already is trained as [`train::plan::plan_of_model`] says. Where it reads
//! nothing, all of the time is for teaching. What is taught from files is seen so many times at most
//! ([`most_passes`]) unless steps or tokens say otherwise: more would be learnt by heart.

use std::path::Path;

use data::Sampling;
use optim::schedule::{Schedule, Shape};
use train::Config;
use train::plan::{Choice, Dials, plan_of_model};

use crate::{Error, Recipe};

/// More often than this a model that was there already is not taught the same.
const MOST_PASSES: f64 = 4.0;
/// Nor one that began with random weights, which takes longer to learn it by heart.
const MOST_PASSES_OF_NEW: f64 = 12.0;
/// The share of teaching in which the learning rate falls.
const DECAY: f64 = 0.6;

/// Room for a story of the village with all its questions.
const CONTEXT: usize = 1024;
/// Width of a head.
const HEAD: usize = 32;
/// Muon's updates are of one size whatever the gradients, so that one rate does for small models.
const LEARNING_RATE: f64 = 6e-3;
/// Blocks and width of the village's models.
const SMALL: (usize, usize) = (4, 192);
const LARGE: (usize, usize) = (5, 256);
/// Minutes from which on the larger model may be the better one.
const LONG: f64 = 25.0;
/// Positions that the larger model must read to be taken. (After 4.3M, which is what a slow machine
/// does in an hour, it answered no more questions than the small one after about as many:
/// docs/log.md.)
const MANY_POSITIONS: u64 = 1 << 23;
/// Minutes of a life that nobody said the length of.
const DEFAULT_MINUTES: f64 = 10.0;
/// Minutes kept for the exam and the report. (They took 57 seconds on the slowest machine tried; what
/// the looks leave of [`SHARE_OF_STEPS`] was enough for the rest.)
const OTHER_MINUTES: f64 = 0.75;
/// The share of the rest that reading gets.
const READING: f64 = 0.25;
/// Minutes more of it where it begins with practice, which a short life needs as much of as a long one …
const PRACTICE_MINUTES: f64 = 1.0;
/// … but at most this share of all.
const MOST_OF_SHORT: f64 = 0.1;
/// The share of all that teaching gets however long the rest took.
const LEAST_TEACHING: f64 = 0.5;
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

/// How often the talks of files are taught at most.
pub fn most_passes(recipe: &Recipe) -> f64 {
    if recipe.from.is_some() { MOST_PASSES } else { MOST_PASSES_OF_NEW }
}

/// The village's lessons get harder; the talks of files come in any order.
fn order(recipe: &Recipe) -> Sampling {
    if recipe.instructions.is_empty() { Sampling::Ordered } else { Sampling::Documents }
}

/// The dials of reading.
pub fn reading(recipe: &Recipe) -> Dials {
    let long = minutes(recipe).is_some_and(|minutes| minutes > LONG);
    reading_as(recipe, if long { LARGE } else { SMALL })
}

/// The dials of reading for another model, where `config`, made from [`reading`]'s, is too large for
/// what this machine does in the time.
pub fn reading_less(recipe: &Recipe, config: &Config) -> Option<Dials> {
    let dials = reading_as(recipe, SMALL);
    let is_other = dials != reading(recipe);
    let positions = config.steps() * config.tokens_per_step() as u64;
    (is_other && positions < MANY_POSITIONS).then_some(dials)
}

fn reading_as(recipe: &Recipe, (n, d): (usize, usize)) -> Dials {
    let dials = recipe.train.clone();
    if !recipe.life {
        return dials;
    }
    let all = minutes(recipe);
    if recipe.from.is_some() {
        return Dials { minutes: all.map(|all| all * READING), ..dials };
    }
    let most = if recipe.village().is_some() { PRACTICE_MINUTES } else { 0.0 };
    let minutes = all.map(|all| all * READING + most.min(all * MOST_OF_SHORT));
    let optimizer = dials.optimizer.or(Some(Choice::Muon));
    let context = dials.context.or(Some(CONTEXT));
    // Its biases let heads look back from the start.
    let arch = dials.arch.clone().or_else(|| Some("qwen2".to_string()));
    let lr = dials.lr.or(Some(LEARNING_RATE));
    let (mut layers, mut width, mut heads) = (dials.layers, dials.width, dials.heads);
    if dials.size.is_none() && width.is_none() && recipe.village().is_some() {
        // Three of the first block's heads look back: narrow ones leave some for everything else.
        (layers, width, heads) = (Some(n), Some(d), heads.or(Some(d / HEAD)));
    }
    Dials { minutes, optimizer, context, arch, lr, layers, width, heads, ..dials }
}

/// Seconds that a step of a config takes.
pub type Measure<'a> = &'a mut dyn FnMut(&Config) -> Result<f64, train::Error>;

/// The config of teaching after reading with `base`, when `spent` seconds of the life are over; where
/// time bounds it, of at most `most_tokens`.
///
/// # Errors
/// [`Error::Train`] from what is measured.
pub fn plan(
    recipe: &Recipe,
    base: &Config,
    spent: f64,
    most_tokens: Option<f64>,
    measure: Measure<'_>,
) -> Result<Config, Error> {
    let steps = match minutes(recipe) {
        Some(minutes) => {
            let all = minutes * 60.0;
            // Reading may have been faster or slower than its plan.
            let seconds = (all - spent).max(all * LEAST_TEACHING) * SHARE_OF_STEPS;
            let lessons = Config { sampling: Sampling::Ordered, ..base.clone() };
            let most = most_tokens.map_or(f64::INFINITY, |n| n / base.tokens_per_step() as f64);
            (seconds / measure(&lessons)?).min(most.ceil()).max(1.0) as u64
        }
        None => (base.steps() as f64 * TEACHING_TO_READING) as u64,
    };
    let peak = base.schedule.peak;
    let shape = Shape::Wsd { decay_share: DECAY };
    let warmup = (steps / 50).clamp(1, 100).min(steps);
    let schedule = Schedule { peak, floor: peak / 100.0, warmup, steps, shape };
    let config = Config {
        sampling: order(recipe),
        schedule,
        evaluate_every: (steps / 20).max(1),
        checkpoint_every: (steps / 10).max(1),
        ..base.clone()
    };
    config.check()?;
    Ok(config)
}

/// The config of teaching the model of a folder, which reads nothing before; where time bounds it, of at
/// most `most_tokens`.
///
/// # Errors
/// [`Error::Folder`]; [`Error::Train`] for dials that do not go with the model, and from what is measured.
pub fn plan_alone(
    recipe: &Recipe,
    folder: &Path,
    most_tokens: Option<f64>,
    measure: Measure<'_>,
) -> Result<Config, Error> {
    let dials = Dials { minutes: minutes(recipe), ..recipe.train.clone() };
    let config = plan_of_model(&dials, &model::folder::spec(folder)?, most_tokens, measure)?;
    let mut schedule = config.schedule;
    if dials.schedule.is_none() {
        schedule.shape = Shape::Wsd { decay_share: DECAY };
    }
    schedule.floor = dials.min_lr.unwrap_or(schedule.peak / 100.0);
    let config = Config { sampling: order(recipe), schedule, ..config };
    config.check()?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate::tests::checkpoint;

    fn recipe(minutes: f64) -> Recipe {
        let train = Dials { minutes: Some(minutes), ..Dials::default() };
        let (from, instructions) = (Some("m".into()), vec!["talks.jsonl".parse().unwrap()]);
        Recipe { from, instructions, life: true, train, ..Recipe::default() }
    }

    /// The plan of teaching a tiny model alone, where a step takes a tenth of a second.
    fn alone(recipe: &Recipe, most_tokens: Option<f64>) -> Config {
        let folder = tempfile::tempdir().unwrap();
        checkpoint(folder.path(), &["<|endoftext|>"]);
        plan_alone(recipe, folder.path(), most_tokens, &mut |_| Ok(0.1)).unwrap()
    }

    #[test]
    fn a_model_that_reads_nothing_is_taught_all_the_time() {
        let config = alone(&recipe(1.0), None);
        assert!((550..600).contains(&config.steps()), "{}", config.steps());
        assert_eq!(config.sampling, Sampling::Documents);
        assert_eq!(config.schedule.shape, Shape::Wsd { decay_share: DECAY });
        assert!((config.schedule.floor * 100.0 - config.schedule.peak).abs() < 1e-12);
        assert_eq!(config.optimizer.rule.choice(), Choice::AdamW);
        assert_eq!(alone(&recipe(1.0), Some(10_240.0)).steps(), 5, "it would learn by heart");
        let village = Recipe { instructions: Vec::new(), ..recipe(1.0) };
        let examined = alone(&village, None);
        assert_eq!(examined.sampling, Sampling::Ordered, "lessons get harder");
        assert!(examined.steps() < 2 * config.steps() / 3 + 10, "the exam takes its time");
    }

    #[test]
    fn a_long_life_has_the_larger_model_where_there_is_time_for_it() {
        let width = |dials: Dials| dials.width.unwrap();
        let new = |minutes| Recipe { from: None, instructions: vec![], ..recipe(minutes) };
        let (short, long) = (new(10.0), new(60.0));
        assert_eq!((width(reading(&short)), width(reading(&long))), (SMALL.1, LARGE.1));
        let mut config = alone(&recipe(1.0), None);
        config.schedule.steps = MANY_POSITIONS.div_ceil(config.tokens_per_step() as u64);
        assert!(reading_less(&long, &config).is_none());
        config.schedule.steps -= 1;
        assert_eq!(reading_less(&long, &config).map(width), Some(SMALL.1));
        assert!(reading_less(&short, &config).is_none(), "it is small already");
        let wished = Dials { width: Some(256), ..long.train.clone() };
        assert!(reading_less(&Recipe { train: wished, ..long }, &config).is_none());
    }

    #[test]
    fn a_model_that_was_there_reads_by_its_own_dials() {
        let dials = reading(&recipe(10.0));
        assert_eq!((dials.optimizer, dials.lr, dials.arch, dials.layers), (None, None, None, None));
        assert_eq!(dials.minutes, Some(10.0 * READING));
        let new = reading(&Recipe { from: None, ..recipe(10.0) });
        assert_eq!(new.optimizer, Some(Choice::Muon));
    }

    #[test]
    fn practice_has_time_of_its_own() {
        let village = |minutes| Recipe { from: None, instructions: vec![], ..recipe(minutes) };
        for (minutes, more) in [(1.0, 0.2 / 3.0), (10.0, 0.925), (60.0, PRACTICE_MINUTES)] {
            let read = reading(&village(minutes)).minutes.unwrap();
            let all = super::minutes(&village(minutes)).unwrap();
            assert!((read - all * READING - more).abs() < 1e-9, "{minutes}: {read} of {all}");
        }
    }

    #[test]
    fn teaching_after_reading_ends_with_what_there_is_to_teach() {
        let base = alone(&recipe(1.0), None);
        let steps = |spent, most| {
            plan(&recipe(10.0), &base, spent, most, &mut |_| Ok(0.1)).unwrap().steps()
        };
        assert_eq!(steps(100.0, None), (500.0 * SHARE_OF_STEPS / 0.1) as u64);
        assert_eq!(steps(500.0, None), (300.0 * SHARE_OF_STEPS / 0.1) as u64, "half at least");
        assert_eq!(steps(100.0, Some(20_480.0)), 10);
    }
}
