//! The loop: step after step, with a look at held-out text and a checkpoint now and then.
//!
//! A session begins where the newest sound checkpoint stands, or anew. Ctrl-C ends it after the
//! step under way, with a checkpoint; a kill loses what came after the last one, and nothing else.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use data::{Batches, Prefetch, Shard};
use model::Transformer;
use ops::offload::Offload;
use stdx::interrupt::Interrupt;

use crate::checkpoint::{self, Found, Place, State};
use crate::diagnose::diagnose;
use crate::evaluate::{Evaluation, HeldOut, evaluate};
use crate::probe::{Beginning, Probe, Step};
use crate::step::{descend, slope};
use crate::{Config, Error};

/// Held-out tokens that the last look takes at most: more would not change what it finds.
const MOST_AT_THE_END: u64 = 1 << 20;
/// Batches that the data's thread keeps ready.
const AHEAD: usize = 4;

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Every number.
    pub config: &'a Config,
    /// What is trained on.
    pub train: &'a Arc<Shard>,
    /// What is measured with.
    pub held_out: &'a HeldOut,
    /// The folder of a model to begin with; a random one if there is none.
    pub from: Option<&'a Path>,
    /// Where checkpoints lie.
    pub checkpoints: &'a Path,
    /// What to compute on, without a graph.
    pub device: &'a Device,
    /// Asked before each step.
    pub interrupt: &'a Interrupt,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All steps are taken.
    Finished,
    /// Somebody asked it to stop; it can go on from its checkpoint.
    Interrupted,
}

/// What a session leaves.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// Steps taken over all sessions.
    pub step: u64,
    /// Targets trained on.
    pub tokens: u64,
    /// Training time over all sessions.
    pub seconds: f64,
    /// The model, not tracked by autodiff.
    pub model: Transformer,
    /// The same with the running mean of its weights, where one is kept.
    pub average: Option<Transformer>,
    /// The last look at held-out text: at all of it, if finished.
    pub evaluation: Option<Evaluation>,
}

/// Trains until the last step or an interruption.
///
/// # Errors
/// All of [`Error`]. What the last checkpoint holds is kept.
pub fn train(task: Task<'_>, probes: &mut [&mut dyn Probe]) -> Result<Outcome, Error> {
    let mut step = 0;
    let outcome = session(task, probes, &mut step);
    probes.iter_mut().for_each(|probe| probe.on_end(step, outcome.as_ref().err()));
    outcome
}

fn session(task: Task<'_>, probes: &mut [&mut dyn Probe], at: &mut u64) -> Result<Outcome, Error> {
    let config = task.config;
    config.check()?;
    crate::memory::check_on(task.device, config)?;
    let (ids, vocab_size) = (task.train.vocab_size(), config.spec.vocab_size);
    if ids > vocab_size {
        return Err(Error::Vocabulary { ids, vocab_size });
    }
    data::Pass::new(task.held_out.shard.clone(), 1, config.context).map_err(Error::HeldOut)?;
    let offload = config.offload(task.checkpoints)?;
    let (mut state, passed_over) = begin(task, offload.as_ref())?;
    *at = state.place.step;
    // What a resumed session has is on the disk already.
    let mut saved = (state.place.step > 0).then_some(state.place.step);
    let Place { step, seconds, .. } = state.place;
    let beginning = Beginning { config, step, seconds, passed_over: &passed_over };
    each(probes, |probe| probe.on_begin(&beginning))?;
    let stream = Batches::resume(task.train.clone(), config.batches(), state.place.cursor.clone())?;
    let mut feed = Prefetch::new(stream, AHEAD)?;
    let mut evaluation = None;
    while state.place.step < config.steps() {
        if task.interrupt.requested() {
            if saved != Some(state.place.step) {
                save(task, &state, probes)?;
            }
            return Ok(outcome(Ending::Interrupted, state, evaluation));
        }
        let (next, taken) = advance(task, state, &mut feed, offload.as_ref())?;
        state = next;
        *at = state.place.step;
        each(probes, |probe| probe.on_step(&taken))?;
        if due(config.evaluate_every, &state, config) {
            evaluation = Some(look(task, &state, config.evaluate_tokens, probes)?);
        }
        if due(config.checkpoint_every, &state, config) {
            save(task, &state, probes)?;
            saved = Some(state.place.step);
        }
    }
    if saved != Some(state.place.step) {
        save(task, &state, probes)?; // First: the last look may be long.
    }
    let evaluation = look(task, &state, MOST_AT_THE_END, probes)?;
    Ok(outcome(Ending::Finished, state, Some(evaluation)))
}

/// The newest checkpoint, or the first state of a new run.
fn begin(task: Task<'_>, offload: Option<&Offload>) -> Result<(State, Vec<String>), Error> {
    let (config, device) = (task.config, task.device.clone().autodiff());
    let of_moments = offload.filter(|_| config.offload.moments());
    let Found { state, passed_over } =
        checkpoint::latest(task.checkpoints, config, &device, of_moments)?;
    is_offloaded(task, offload)?;
    let state = match state {
        Some(state) => state,
        None => {
            let cursor = Batches::new(task.train.clone(), config.batches())?.cursor().clone();
            let model = match task.from {
                Some(folder) => weights_of(folder, config, &device)?,
                None => model::init::random(&config.spec, config.seed, &device)?,
            };
            let mut optimizer = config.optimizer(&model);
            optimizer.offload = of_moments.cloned();
            State { optimizer, model, place: Place { step: 0, tokens: 0, seconds: 0.0, cursor } }
        }
    };
    let model = config.learning(state.model);
    Ok((State { model, ..state }, passed_over))
}

/// The model of a folder, which must be of this config's shape.
fn weights_of(folder: &Path, config: &Config, device: &Device) -> Result<Transformer, Error> {
    let failed = |reason: String| Error::Start { folder: folder.to_path_buf(), reason };
    let model = model::folder::load(folder, device).map_err(|e| failed(e.to_string()))?;
    if *model.spec() != config.spec {
        let reason = "its shape is not the one that this run was planned with".to_string();
        return Err(failed(reason));
    }
    Ok(model)
}

/// Takes one step.
fn advance(
    task: Task<'_>,
    state: State,
    feed: &mut Prefetch,
    offload: Option<&Offload>,
) -> Result<(State, Step), Error> {
    let (config, start) = (task.config, Instant::now());
    let State { model, mut optimizer, place } = state;
    let lr = config.schedule.at(place.step);
    let batches: Vec<data::Batch> = (0..config.accumulate).map(|_| feed.next_batch()).collect();
    let slope = slope(&model, &batches, config, place.step, offload);
    is_offloaded(task, offload)?;
    if !(slope.loss.is_finite() && slope.norm.norm.is_finite()) {
        let last_lr = config.schedule.at(place.step.saturating_sub(1));
        let found = diagnose(&model, &batches, &slope, config, last_lr);
        let (step, last) = (place.step + 1, last_checkpoint(task));
        return Err(Error::NotFinite {
            step,
            what: found.what,
            at: found.at,
            cause: found.cause,
            last,
        });
    }
    let (loss, grad_norm, n_targets) = (slope.loss, slope.norm.norm, slope.n_targets);
    let model = descend(model, &mut optimizer, slope, lr);
    is_offloaded(task, offload)?;
    let took = start.elapsed().as_secs_f64();
    let place = Place {
        step: place.step + 1,
        tokens: place.tokens + n_targets,
        seconds: place.seconds + took,
        cursor: feed.cursor().clone(),
    };
    let tokens_per_second = config.tokens_per_step() as f64 / took.max(1e-9);
    let Place { step, tokens, seconds, .. } = place;
    let taken = Step { step, tokens, loss, lr, grad_norm, tokens_per_second, seconds };
    Ok((State { model, optimizer, place }, taken))
}

/// Stops where the disk had no room for what the plan has put there: memory would not have it either.
fn is_offloaded(task: Task<'_>, offload: Option<&Offload>) -> Result<(), Error> {
    let io = |source| Error::Io { path: task.checkpoints.to_path_buf(), source };
    offload.map_or(Ok(()), |offload| offload.check().map_err(io))
}

fn last_checkpoint(task: Task<'_>) -> String {
    let newest = checkpoint::list(task.checkpoints).ok().and_then(|paths| paths.into_iter().next());
    newest.map_or(String::new(), |path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        format!(" The last checkpoint, {name}, is sound.")
    })
}

/// Whether this is the moment for what happens every `every` steps; the last step has its own.
fn due(every: u64, state: &State, config: &Config) -> bool {
    let step = state.place.step;
    every > 0 && step.is_multiple_of(every) && step < config.steps()
}

fn look(
    task: Task<'_>,
    state: &State,
    most_tokens: u64,
    probes: &mut [&mut dyn Probe],
) -> Result<Evaluation, Error> {
    let plain = state.model.valid();
    let evaluation = evaluate(&plain, task.held_out, task.config, most_tokens)?;
    let step = state.place.step;
    each(probes, |probe| probe.on_evaluation(step, &evaluation, &plain))?;
    if let Some(average) = averaged(state) {
        let evaluation = evaluate(&average, task.held_out, task.config, most_tokens)?;
        each(probes, |probe| probe.on_average(step, &evaluation, &average))?;
    }
    Ok(evaluation)
}

/// The model with the running mean of its weights, where one is kept.
fn averaged(state: &State) -> Option<Transformer> {
    let average = state.optimizer.average.as_ref()?;
    Some(average.applied(state.model.valid()))
}

fn save(task: Task<'_>, state: &State, probes: &mut [&mut dyn Probe]) -> Result<(), Error> {
    let path = checkpoint::save(task.checkpoints, state, task.config)?;
    each(probes, |probe| probe.on_checkpoint(state.place.step, &path))
}

fn each(
    probes: &mut [&mut dyn Probe],
    mut tell: impl FnMut(&mut dyn Probe) -> Result<(), Error>,
) -> Result<(), Error> {
    probes.iter_mut().try_for_each(|probe| tell(&mut **probe))
}

fn outcome(ending: Ending, state: State, evaluation: Option<Evaluation>) -> Outcome {
    let Place { step, tokens, seconds, .. } = state.place;
    let average = averaged(&state);
    Outcome { ending, step, tokens, seconds, model: state.model.valid(), average, evaluation }
}
