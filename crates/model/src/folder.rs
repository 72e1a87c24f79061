//! Model folders as Hugging Face has them: `config.json` and weights, which are read from
//! `model.safetensors`, from shards or from pickles ([`formats::shards`]) and written as the first.
//! In other numbers or in shards [`convert`](crate::convert) writes them.
//!
//! What is written loads in transformers with equal logits, and here bit for bit. Tokenizer files
//! are others' business.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arch::{Error as Arch, Spec, Tensor as Weights, WeightSource, family};
use burn::tensor::Device;
use formats::Tensors;
use formats::safetensors::{Entry, write};

use crate::mxfp4::Stack;
use crate::{Opened, Transformer};

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
    /// The weights are absent or damaged.
    #[error(transparent)]
    Weights(#[from] formats::Error),
    /// A model that llama2.c cannot run.
    #[error("a llama2.c file has no place for {0}; write a folder instead")]
    Llama2c(String),
    /// A model that a GGUF file cannot describe.
    #[error("a GGUF file has no words for {0}; write a folder instead")]
    Gguf(String),
    /// An importance matrix that goes with no model, or not with this one.
    #[error("the importance matrix cannot be used: {0}")]
    Importance(String),
    /// A file that holds no whole model.
    #[error(
        "{} is neither a GGUF file nor one of llama2.c; name the folder that a model lies in",
        .0.display()
    )]
    NoModel(PathBuf),
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
}

/// Whether there are weights in a folder that are read here.
pub fn has_weights(folder: &Path) -> bool {
    formats::shards::Weights::find(folder).is_some()
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

/// Loads the folder's model, or that of any file that [`Opened`] knows.
///
/// # Errors
/// All of [`Error`].
pub fn load(folder: &Path, device: &Device) -> Result<Transformer, Error> {
    Opened::open(folder)?.load(device)
}

/// A model whose tensors a source has under its family's names.
///
/// # Errors
/// What the source says, and [`Arch`]'s for tensors that do not make this model.
pub fn from_source(
    spec: &Spec,
    device: &Device,
    source: &dyn WeightSource,
) -> Result<Transformer, Arch> {
    family::check_weights(spec, source)?;
    Transformer::build(spec, device, |slot, shape| family::read_slot(spec, slot, shape, source))
}

/// The model's tensors under its family's names.
///
/// # Errors
/// [`Arch`]'s for a family that has no files.
pub fn tensors(model: &Transformer) -> Result<Vec<(String, Weights)>, Arch> {
    family::publish(model.spec(), model.slots())
}

/// Writes the model into the folder, each file in one step.
///
/// # Errors
/// [`Error::Io`], [`Error::Weights`]; [`Error::Arch`] for a family that has no files.
pub fn save(model: &Transformer, folder: &Path) -> Result<(), Error> {
    let (spec, path) = (model.spec(), folder.join("config.json"));
    let tensors = tensors(model)?;
    let config = format!("{:#}\n", family::to_config(spec)?);
    stdx::atomic_file::write(&path, config.as_bytes())
        .map_err(|source| Error::Io { path, source })?;
    let entries: Vec<Entry<'_>> =
        tensors.iter().map(|(name, t)| Entry::f32(name, &t.shape, &t.values)).collect();
    let metadata = BTreeMap::from([("format".to_string(), "pt".to_string())]);
    Ok(write(&folder.join("model.safetensors"), &entries, &metadata)?)
}

/// A weight file, or several, as a source of named tensors.
#[derive(Debug)]
pub struct File<'a> {
    /// What is in it.
    pub tensors: &'a dyn Tensors,
    /// What stands before each name in it.
    pub prefix: &'a str,
}

impl WeightSource for File<'_> {
    fn tensor(&self, name: &str) -> Result<Weights, Arch> {
        let name = &format!("{}{name}", self.prefix);
        if !self.tensors.has(name) {
            let stack = Stack::find(self.tensors, name);
            return stack.ok_or_else(|| Arch::MissingTensor { name: name.clone() })?.whole();
        }
        let read = |e: formats::Error| Arch::Read { name: name.clone(), reason: e.to_string() };
        let shape = self.tensors.shape(name).map_err(read)?.to_vec();
        Weights::new(shape, self.tensors.f32(name).map_err(read)?)
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let name = format!("{}{name}", self.prefix);
        match self.tensors.shape(&name) {
            Ok(shape) => Some(shape.to_vec()),
            Err(_) => Some(Stack::find(self.tensors, &name)?.shape()),
        }
    }

    fn names(&self) -> Vec<String> {
        let known = self.tensors.names().filter_map(|name| {
            let whole = Stack::of_part(self.tensors, name);
            whole.unwrap_or_else(|| Some(name.to_string()))
        });
        let own = known.filter_map(|name| Some(name.strip_prefix(self.prefix)?.to_string()));
        own.collect()
    }

    fn place(&self, name: &str, index: usize) -> Result<Weights, Arch> {
        let full = format!("{}{name}", self.prefix);
        if let Some(stack) = Stack::find(self.tensors, &full).filter(|_| !self.tensors.has(&full)) {
            return stack.place(index);
        }
        let read = |e: formats::Error| Arch::Read { name: full.clone(), reason: e.to_string() };
        let missing = || Arch::MissingTensor { name: full.clone() };
        let shape = self.shape(name).filter(|shape| shape.len() > 1).ok_or_else(missing)?;
        let rows = self.tensors.f32_rows(&full, index, index + 1).map_err(read)?;
        Weights::new(shape[1..].to_vec(), rows)
    }
}
