//! Model folders as Hugging Face has them: `config.json` and `model.safetensors`.
//!
//! What is written loads in transformers with equal logits, and here bit for bit. Tokenizer files
//! are others' business. Leaves out sharded weights.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arch::{Error as Arch, Spec, Tensor as Weights, WeightSource, family};
use burn::tensor::Device;
use formats::safetensors::{Entry, SafeTensors, write};

use crate::Transformer;

/// What can go wrong with a model folder.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `config.json` is no JSON.
    #[error("{} is no JSON: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The config or the tensors do not make a model.
    #[error(transparent)]
    Arch(#[from] Arch),
    /// The weight file is damaged.
    #[error(transparent)]
    Weights(#[from] formats::safetensors::Error),
}

/// Reads the folder's spec.
///
/// # Errors
/// [`Error::Io`], [`Error::Json`], [`Error::Arch`].
pub fn spec(folder: &Path) -> Result<Spec, Error> {
    let path = folder.join("config.json");
    let text = std::fs::read_to_string(&path)
        .map_err(|source| Error::Io { path: path.clone(), source })?;
    let config = serde_json::from_str(&text).map_err(|source| Error::Json { path, source })?;
    Ok(family::from_config(&config)?)
}

/// Loads the folder's model.
///
/// # Errors
/// All of [`Error`].
pub fn load(folder: &Path, device: &Device) -> Result<Transformer, Error> {
    let spec = spec(folder)?;
    let file = File(SafeTensors::open(&folder.join("model.safetensors"))?);
    let model = Transformer::build(&spec, device, |slot, shape| {
        family::read_slot(&spec, slot, shape, &file)
    });
    Ok(model?)
}

/// Writes the model into the folder, each file in one step.
///
/// # Errors
/// [`Error::Io`], [`Error::Weights`]; [`Error::Arch`] for a family that has no files.
pub fn save(model: &Transformer, folder: &Path) -> Result<(), Error> {
    let (spec, path) = (model.spec(), folder.join("config.json"));
    let published = family::named(&spec.family)?;
    let config = format!("{:#}\n", family::to_config(spec));
    stdx::atomic_file::write(&path, config.as_bytes())
        .map_err(|source| Error::Io { path, source })?;
    let slots = model.slots().into_iter();
    let tensors: Vec<(String, Weights)> =
        slots.flat_map(|(slot, tensor)| published.write(spec, slot, tensor)).collect();
    let entries: Vec<Entry<'_>> =
        tensors.iter().map(|(name, t)| Entry::f32(name, &t.shape, &t.values)).collect();
    let metadata = BTreeMap::from([("format".to_string(), "pt".to_string())]);
    Ok(write(&folder.join("model.safetensors"), &entries, &metadata)?)
}

/// A weight file as a source of named tensors.
struct File(SafeTensors);

impl WeightSource for File {
    fn tensor(&self, name: &str) -> Result<Weights, Arch> {
        if !self.0.has(name) {
            return Err(Arch::MissingTensor { name: name.to_string() });
        }
        let read = |e: formats::safetensors::Error| Arch::Read {
            name: name.to_string(),
            reason: e.to_string(),
        };
        Weights::new(self.0.shape(name).map_err(read)?.to_vec(), self.0.f32(name).map_err(read)?)
    }

    fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }
}
