//! How long a step takes on this machine, on random tokens.

use std::time::Instant;

use burn::tensor::Device;
use stdx::Rng;

use crate::step::{descend, slope};
use crate::{Config, Error};

/// Steps that a plan is made from.
const STEPS: usize = 9;
/// Tokens of a lesson, about.
const LESSON: usize = 256;
/// Steps before anything is measured: pages are touched, threads wake.
const WARMUP: usize = 2;

/// Seconds that a step of this config takes: the median of a few.
///
/// # Errors
/// [`Error::Model`].
pub fn measure(config: &Config) -> Result<f64, Error> {
    let mut seconds = seconds_of_steps(config, STEPS)?;
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[STEPS / 2])
}

/// The seconds of each of `steps` whole steps, after a warm-up: forward, backward, update.
///
/// # Errors
/// [`Error::Model`].
pub fn seconds_of_steps(config: &Config, steps: usize) -> Result<Vec<f64>, Error> {
    let mut model = model::init::random(&config.spec, 0, &Device::flex().autodiff())?;
    let mut optimizer = config.optimizer(&model);
    let batches = random_batches(config);
    let mut seconds = Vec::with_capacity(steps);
    for step in 0..WARMUP + steps {
        let start = Instant::now();
        let slope = slope(&model, &batches, config.precision);
        model = descend(model, &mut optimizer, slope, 1e-4);
        if step >= WARMUP {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    Ok(seconds)
}

fn random_batches(config: &Config) -> Vec<data::Batch> {
    let n = config.rows * config.context;
    let mut rng = Rng::new(0);
    // Lessons come in order: talks of which some two fifths are learnt. Texts are long and learnt whole.
    let lessons = config.sampling == data::Sampling::Ordered;
    let piece = if lessons { LESSON.min(config.context) } else { config.context };
    let is_learnt = |i: usize| !lessons || i % piece * 5 >= piece * 3;
    let mut ids = || (0..n).map(|_| rng.below(config.spec.vocab_size as u64) as u32).collect();
    let batch = data::Batch {
        rows: config.rows,
        context: config.context,
        inputs: ids(),
        targets: ids(),
        weights: (0..n).map(|i| if is_learnt(i) { data::WHOLE } else { 0 }).collect(),
        starts: (0..n).map(|i| (i % config.context / piece * piece) as u32).collect(),
    };
    vec![batch; config.accumulate]
}
