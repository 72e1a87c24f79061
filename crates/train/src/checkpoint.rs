//! All that a run needs to go on, in one safetensors file a checkpoint.
//!
//! | name | what |
//! |---|---|
//! | `model.…` | the weights, under their family's published names |
//! | `adamw.first.…`, `adamw.second.…` and others | what the rule of a parameter remembers, by its path |
//! | `ema.…` | the running mean of the weights, by the parameter's path |
//! | metadata `state` | steps, tokens, seconds and the place in the data, as JSON |
//! | metadata `sum` | a sum over state and values, so that damage is found |
//!
//! A file is written beside its place and renamed into it: a kill leaves the older ones whole. A
//! damaged newest one is passed over for the one before, which leads to the same weights, later.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use data::Cursor;
use formats::safetensors::{Entry, SafeTensors, write};
use formats::{Dtype, Tensors};
use model::Transformer;
use model::folder::{File, from_source, tensors};
use ops::offload::Offload;
use ops::{bytes, storage};
use optim::Optimizer;
use optim::memory::Memory;
use serde::{Deserialize, Serialize};
use stdx::Sum;

use crate::{Config, Error};

const FORMAT: &str = "lyceum-checkpoint-1";
const EXTENSION: &str = ".safetensors";

/// The numbers beside the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Steps taken.
    pub step: u64,
    /// Targets trained on.
    pub tokens: u64,
    /// Training time over all sessions.
    pub seconds: f64,
    /// Where the next batch begins.
    pub cursor: Cursor,
}

/// A run between two steps.
#[derive(Debug)]
pub struct State {
    /// The model, tracked by autodiff.
    pub model: Transformer,
    /// The optimizer with its moments.
    pub optimizer: Optimizer,
    /// The rest.
    pub place: Place,
}

/// The newest checkpoint that is sound, and what was passed over.
#[derive(Debug, Default)]
pub struct Found {
    /// `None` in a folder without checkpoints.
    pub state: Option<State>,
    /// Why newer ones were not taken, one sentence each.
    pub passed_over: Vec<String>,
}

/// Writes a checkpoint and removes all but the newest `config.keep`.
///
/// # Errors
/// [`Error::Checkpoint`] if it cannot be written; all older ones are then as they were.
pub fn save(folder: &Path, state: &State, config: &Config) -> Result<PathBuf, Error> {
    let path = folder.join(format!("step-{:08}{EXTENSION}", state.place.step));
    let failed = |reason: String| Error::Checkpoint { path: path.clone(), reason };
    let full = |e: formats::Error| {
        failed(format!(
            "it cannot be written: {e}. Make room on the disk and resume: earlier checkpoints are whole"
        ))
    };
    let model = tensors(&state.model)?;
    let remembered: Vec<(String, Kept)> =
        state.optimizer.remembered().into_iter().map(kept).collect();
    let mut entries: BTreeMap<String, (Vec<usize>, Values<'_>)> = BTreeMap::new();
    for (name, tensor) in &model {
        let values = Values::Numbers(&tensor.values);
        entries.insert(format!("model.{name}"), (tensor.shape.clone(), values));
    }
    for (name, kept) in &remembered {
        let values = kept.values();
        entries.insert(name.clone(), (vec![values.len()], values));
    }
    if !entries.values().all(|(_, values)| values.are_finite()) {
        let why = "it is not written: a weight is not finite. The learning rate is likely too high: begin anew with a smaller --lr";
        return Err(failed(why.into()));
    }
    let place = serde_json::to_string(&state.place).map_err(|e| failed(e.to_string()))?;
    let mut sum = Sum::default();
    sum.add_bytes(place.as_bytes());
    entries.values().for_each(|(_, values)| values.add_to(&mut sum));
    let metadata = BTreeMap::from([
        ("format".to_string(), FORMAT.to_string()),
        ("state".to_string(), place),
        ("sum".to_string(), format!("{:016x}", sum.finish())),
    ]);
    let entries: Vec<Entry<'_>> = entries
        .iter()
        .map(|(name, (shape, values))| match values {
            Values::Numbers(v) => Entry::f32(name.as_str(), shape, v),
            Values::Bytes(v) => Entry::bytes(name.as_str(), v),
        })
        .collect();
    write(&path, &entries, &metadata).map_err(full)?;
    prune(folder, state.place.step, config.keep)?;
    Ok(path)
}

/// What is remembered, where it lies.
enum Kept {
    Numbers(storage::Held),
    Bytes(bytes::Held),
}

fn kept((name, memory): (String, Memory)) -> (String, Kept) {
    let kept = match memory {
        Memory::Numbers(tensor) => Kept::Numbers(storage::hold(tensor)),
        Memory::Bytes(tensor) => Kept::Bytes(bytes::hold(tensor)),
    };
    (name, kept)
}

impl Kept {
    fn values(&self) -> Values<'_> {
        match self {
            Self::Numbers(held) => Values::Numbers(held),
            Self::Bytes(held) => Values::Bytes(held),
        }
    }
}

/// What goes into a file.
#[derive(Clone, Copy)]
enum Values<'a> {
    Numbers(&'a [f32]),
    Bytes(&'a [u8]),
}

impl Values<'_> {
    fn len(self) -> usize {
        match self {
            Self::Numbers(v) => v.len(),
            Self::Bytes(v) => v.len(),
        }
    }

    fn are_finite(self) -> bool {
        match self {
            Self::Numbers(v) => v.iter().all(|v| v.is_finite()),
            Self::Bytes(_) => true,
        }
    }

    fn add_to(self, sum: &mut Sum) {
        match self {
            Self::Numbers(v) => v.iter().for_each(|v| sum.add(v.to_bits().into())),
            Self::Bytes(v) => sum.add_bytes(v),
        }
    }
}

/// The state to go on from; moments lie where `offload` keeps them, if given.
///
/// # Errors
/// [`Error::NoSoundCheckpoint`] if there are some and none is sound; [`Error::Io`].
pub fn latest(
    folder: &Path,
    config: &Config,
    device: &Device,
    offload: Option<&Offload>,
) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut first_reason = None;
    for path in list(folder)? {
        match load(&path, config, device, offload) {
            Ok(state) => {
                found.state = Some(state);
                return Ok(found);
            }
            Err(error) => {
                found.passed_over.push(format!("passed over: {error}"));
                first_reason.get_or_insert(error.to_string());
            }
        }
    }
    match first_reason {
        Some(reason) => Err(Error::NoSoundCheckpoint { folder: folder.to_path_buf(), reason }),
        None => Ok(found),
    }
}

/// The checkpoints of a folder, newest first.
///
/// # Errors
/// [`Error::Io`].
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut paths = files(folder)?;
    paths.retain(|path| step_of(path).is_some());
    paths.sort_by_key(|path| std::cmp::Reverse(step_of(path)));
    Ok(paths)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let io = |source| Error::Io { path: folder.to_path_buf(), source };
    let entries = std::fs::read_dir(folder).map_err(io)?;
    entries.map(|entry| Ok(entry.map_err(io)?.path())).collect()
}

/// Reads one checkpoint whole; moments lie where `offload` keeps them, if given.
///
/// # Errors
/// [`Error::Checkpoint`] if it is cut short, damaged, or of a run with another model.
pub fn load(
    path: &Path,
    config: &Config,
    device: &Device,
    offload: Option<&Offload>,
) -> Result<State, Error> {
    let wrong = |reason: String| Error::Checkpoint { path: path.to_path_buf(), reason };
    let file = SafeTensors::open(path).map_err(|e| wrong(e.to_string()))?;
    let text = |key: &str| file.metadata().get(key).map_or("", String::as_str);
    if text("format") != FORMAT {
        return Err(wrong(format!("it is no checkpoint of this program ({FORMAT})")));
    }
    let sum = sum(&file).map_err(|e| wrong(e.to_string()))?;
    if text("sum") != format!("{sum:016x}") {
        return Err(wrong("its values are not those that were written".into()));
    }
    let place: Place = serde_json::from_str(text("state"))
        .map_err(|e| wrong(format!("its place in the run cannot be read: {e}")))?;
    let source = File { tensors: &file, prefix: "model." };
    let model = from_source(&config.spec, device, &source)
        .map_err(|e| wrong(format!("it does not hold this run's model: {e}")))?;
    let mut optimizer = config.optimizer(&model);
    (optimizer.steps, optimizer.offload) = (place.step, offload.cloned());
    let plain = device.clone().without_autodiff();
    let found = optimizer
        .restore(|name| remembered(&file, name, &plain))
        .map_err(|e| wrong(format!("it does not hold what this run's optimizer remembers: {e}")))?;
    let is_known = |name: &str| name.starts_with("model.") || found.contains(name);
    if let Some(name) = file.names().find(|name| !is_known(name)) {
        return Err(wrong(format!(
            "it holds {name}, which this run's optimizer does not remember"
        )));
    }
    Ok(State { model, optimizer, place })
}

/// What there is under a name.
fn remembered(
    file: &SafeTensors,
    name: &str,
    device: &Device,
) -> Result<Option<Memory>, optim::Error> {
    if !file.has(name) {
        return Ok(None);
    }
    let read = || -> Result<Memory, formats::Error> {
        if file.dtype(name)? == Dtype::U8 {
            return Ok(Memory::Bytes(bytes::from_vec(file.bytes(name)?.to_vec(), device)));
        }
        let values = file.f32(name)?;
        let n = values.len();
        Ok(Memory::Numbers(Tensor::from_data(TensorData::new(values, [n]), device)))
    };
    let wrong =
        |e: formats::Error| optim::Error::Memory { name: name.to_string(), reason: e.to_string() };
    read().map(Some).map_err(wrong)
}

/// Over the place, then all values, tensor by tensor in the order of names.
fn sum(file: &SafeTensors) -> Result<u64, formats::Error> {
    let mut sum = Sum::default();
    sum.add_bytes(file.metadata().get("state").map_or("", String::as_str).as_bytes());
    for name in file.names() {
        if file.dtype(name)? == Dtype::U8 {
            sum.add_bytes(file.bytes(name)?);
            continue;
        }
        for bytes in file.bytes(name)?.chunks_exact(4) {
            let bits = u32::from_le_bytes(bytes.try_into().expect("chunks of four"));
            sum.add(bits.into());
        }
    }
    Ok(sum.finish())
}

/// Removes all but the newest `keep` up to `step`, those beyond it, which were passed over as
/// damaged, and what killed writes left.
fn prune(folder: &Path, step: u64, keep: usize) -> Result<(), Error> {
    let (sound, beyond): (Vec<PathBuf>, Vec<PathBuf>) =
        list(folder)?.into_iter().partition(|path| step_of(path).is_some_and(|s| s <= step));
    let halves = files(folder)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "partial"));
    for path in sound.into_iter().skip(keep).chain(beyond).chain(halves) {
        std::fs::remove_file(&path).map_err(|source| Error::Io { path, source })?;
    }
    Ok(())
}

/// The step in a checkpoint's name.
fn step_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("step-")?.strip_suffix(EXTENSION)?.parse().ok()
}
