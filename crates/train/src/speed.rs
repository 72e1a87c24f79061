//! How long a step takes on this machine, on random tokens, and what the time goes into. What a config
//! offloads goes to the system's folder for temporary files here.

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use model::Transformer;
use ops::Stored;
use ops::offload::Offload;
use optim::Optimizer;
use stdx::Rng;

use crate::config::Precision;
use crate::step::{descend, slope};
use crate::{Config, Error};

/// Steps that a plan is made from at least.
const STEPS: usize = 9;
/// Seconds of them, and steps at most: nine steps of a small model pass within a moment of other work on
/// the machine, and plans of one run and the next were a third apart.
const SECONDS: f64 = 3.0;
const MOST_STEPS: usize = 60;
/// Tokens of a lesson, about.
const LESSON: usize = 256;
/// Steps before anything is measured: pages are touched, threads wake.
const WARMUP: usize = 2;

/// One whole step of a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taken {
    /// Forward, backward, update.
    pub seconds: f64,
    /// Pages touched for the first time, where the system tells.
    pub page_faults: Option<u64>,
}

/// Seconds that a step of this config takes: the median over some seconds.
///
/// # Errors
/// [`Error::Model`], [`Error::Memory`].
pub fn measure(config: &Config, device: &Device) -> Result<f64, Error> {
    let mut bench = Bench::warm(config, device)?;
    let (mut seconds, mut sum) = (Vec::with_capacity(MOST_STEPS), 0.0);
    while seconds.len() < STEPS || (sum < SECONDS && seconds.len() < MOST_STEPS) {
        let taken = bench.timed().seconds;
        sum += taken;
        seconds.push(taken);
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[seconds.len() / 2])
}

/// Takes `n` whole steps, after a warm-up.
///
/// # Errors
/// [`Error::Model`], [`Error::Memory`].
pub fn steps(config: &Config, device: &Device, n: usize) -> Result<Vec<Taken>, Error> {
    let mut bench = Bench::warm(config, device)?;
    Ok((0..n).map(|_| bench.timed()).collect())
}

/// Seconds of a step by what they went into, the mean of `n` steps; the last part is all that no other
/// part names.
///
/// # Errors
/// [`Error::Model`], [`Error::Memory`].
pub fn parts(config: &Config, device: &Device, n: usize) -> Result<Vec<(String, f64)>, Error> {
    let mut bench = Bench::warm(config, device)?;
    bench.update = 0.0;
    ops::profile::run(true);
    let start = Instant::now();
    (0..n).for_each(|_| bench.step());
    let whole = start.elapsed().as_secs_f64();
    let of_ops = ops::profile::seconds();
    ops::profile::run(false);
    let mut parts = Vec::new();
    for (op, [forward, backward]) in of_ops {
        parts.push((format!("{} forward", op.name()), forward));
        parts.push((format!("{} backward", op.name()), backward));
    }
    parts.push(("update".to_string(), bench.update));
    let known: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
    parts.push(("rest".to_string(), (whole - known).max(0.0)));
    parts.retain(|(_, seconds)| *seconds > 0.0);
    Ok(parts.into_iter().map(|(name, seconds)| (name, seconds / n as f64)).collect())
}

/// Operations a second of a large square product on a device that is not the CPU, in Burn's own
/// operations: the fastest of products that grow until one takes a twentieth of a second.
pub fn peak(precision: Precision, device: &Device) -> f64 {
    let stored = match precision {
        Precision::F32 => Stored::F32,
        Precision::Bf16 => Stored::Bf16,
    };
    let (mut fastest, mut n) = (0.0_f64, 1024);
    loop {
        let random = || stored.cast(Tensor::<2>::random([n, n], Distribution::Default, device));
        let (a, b) = (random(), random());
        let product = || {
            let corner = a.clone().matmul(b.clone()).slice([0..1, 0..1]);
            ops::storage::with_values(&corner, |corner| corner[0])
        };
        (0..3).for_each(|_| _ = product());
        let start = Instant::now();
        product();
        let seconds = start.elapsed().as_secs_f64();
        fastest = fastest.max(2.0 * (n as f64).powi(3) / seconds);
        if seconds > 0.05 || n >= 16384 {
            return fastest;
        }
        n *= 2;
    }
}

/// A model that takes the same step again and again.
struct Bench<'c> {
    config: &'c Config,
    model: Option<Transformer>,
    optimizer: Optimizer,
    batches: Vec<data::Batch>,
    offload: Option<Offload>,
    /// Seconds of all updates.
    update: f64,
}

impl<'c> Bench<'c> {
    fn new(config: &'c Config, device: &Device) -> Result<Self, Error> {
        crate::memory::check_on(device, config)?;
        let device = device.clone().autodiff();
        let model = model::init::random_held(&config.spec, 0, &device, config.held())?;
        let offload = config.offload(&std::env::temp_dir())?;
        let mut optimizer = config.optimizer(&model);
        optimizer.offload = offload.clone().filter(|_| config.offload.moments());
        let (model, batches) = (Some(config.learning(model)), random_batches(config));
        Ok(Self { config, model, optimizer, batches, offload, update: 0.0 })
    }

    /// After the steps that nobody measures.
    fn warm(config: &'c Config, device: &Device) -> Result<Self, Error> {
        let mut bench = Self::new(config, device)?;
        (0..WARMUP).for_each(|_| bench.step());
        Ok(bench)
    }

    fn timed(&mut self) -> Taken {
        let (faults, start) = (stdx::memory::page_faults(), Instant::now());
        self.step();
        let seconds = start.elapsed().as_secs_f64();
        let after = stdx::memory::page_faults();
        Taken { seconds, page_faults: after.zip(faults).map(|(after, before)| after - before) }
    }

    fn step(&mut self) {
        let model = self.model.take().expect("every step gives it back");
        let slope = slope(&model, &self.batches, self.config, 0, self.offload.as_ref());
        let start = Instant::now();
        self.model = Some(descend(model, &mut self.optimizer, slope, 1e-4));
        self.update += start.elapsed().as_secs_f64();
    }
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
