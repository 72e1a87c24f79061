//! A model's files, opened and checked but not read: a Hugging Face folder, or a `.bin` of llama2.c.

use std::path::{Path, PathBuf};

use arch::{Error as Arch, Slot, Spec, Tensor as Weights, WeightSource, family};
use burn::tensor::Device;
use formats::llama2c::Llama2c;
use formats::{Dtype, Tensors, shards};

use crate::folder::{self, Error, File};
use crate::{Transformer, llama2c};

/// A model that can be read tensor by tensor.
#[derive(Debug)]
pub struct Opened {
    spec: Spec,
    path: PathBuf,
    files: Files,
}

#[derive(Debug)]
enum Files {
    Folder(shards::Weights),
    Llama2c(llama2c::Source),
}

impl Opened {
    /// Opens what lies at `path` and checks that names and shapes are those of the config.
    ///
    /// # Errors
    /// All of [`Error`]; [`Arch::Weights`] with all that is wrong at once.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let (spec, files) = if Llama2c::is_one(path) {
            let source = llama2c::Source::open(path)?;
            (source.spec()?, Files::Llama2c(source))
        } else {
            (folder::spec(path)?, Files::Folder(shards::Weights::open(path)?))
        };
        let opened = Self { spec, path: path.to_path_buf(), files };
        opened.with_source(|source| family::check_weights(&opened.spec, source))?;
        Ok(opened)
    }

    /// What the config says.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The model's tensors: the names that its family publishes them under, and those that they have
    /// in these files.
    ///
    /// # Errors
    /// [`Arch`]'s for a family that has no files.
    pub fn names(&self) -> Result<Vec<(String, String)>, Arch> {
        self.with_source(|source| family::names(&self.spec, source))
    }

    /// A slot's tensor.
    ///
    /// # Errors
    /// What the files say.
    pub fn slot(&self, slot: Slot, shape: &[usize]) -> Result<Weights, Arch> {
        self.with_source(|source| family::read_slot(&self.spec, slot, shape, source))
    }

    /// The tensor that the files have under a name.
    ///
    /// # Errors
    /// What the files say.
    pub fn tensor(&self, name: &str) -> Result<Weights, Arch> {
        self.with_source(|source| source.tensor(name))
    }

    /// Its shape; `None` if there is no such tensor.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.with_source(|source| source.shape(name))
    }

    /// The type of the numbers of the tensor that the files have under a name.
    pub fn dtype(&self, name: &str) -> Option<Dtype> {
        match &self.files {
            Files::Folder(weights) => weights.dtype(name).ok(),
            Files::Llama2c(_) => Some(Dtype::F32),
        }
    }

    /// A tensor's numbers as they stand in the files, little endian, and their type; `None` where rows
    /// stand there in another order.
    pub(crate) fn bytes(&self, name: &str) -> Option<(Dtype, std::borrow::Cow<'_, [u8]>)> {
        match &self.files {
            Files::Folder(weights) => {
                let view = weights.view(name).ok()?;
                Some((view.dtype(), view.bytes()))
            }
            Files::Llama2c(_) => None,
        }
    }

    /// The model.
    ///
    /// # Errors
    /// What the files say.
    pub fn load(&self, device: &Device) -> Result<Transformer, Error> {
        let read = |slot, shape: &[usize]| self.slot(slot, shape);
        Ok(Transformer::build(&self.spec, device, read)?)
    }

    fn with_source<T>(&self, use_it: impl FnOnce(&dyn WeightSource) -> T) -> T {
        match &self.files {
            Files::Folder(weights) => use_it(&File { tensors: weights, prefix: "" }),
            Files::Llama2c(source) => use_it(source),
        }
    }
}
