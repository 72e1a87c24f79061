//! A model's files, opened and checked but not read: a Hugging Face folder, a GGUF file, or a `.bin` of
//! llama2.c.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arch::stored::rows_of;
use arch::{
    Error as Arch, Slot, SlotSource, Spec, Stored, Tensor as Weights, WeightSource, family,
};
use burn::tensor::Device;
use formats::gguf::Gguf;
use formats::llama2c::Llama2c;
use formats::{Dtype, Tensors, shards};

use crate::folder::{self, Error, File};
use crate::mxfp4::Stack;
use crate::{Transformer, gguf, llama2c};

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
    Gguf(Box<gguf::Source>),
}

impl Opened {
    /// Opens what lies at `path` and checks that names and shapes are those of the config.
    ///
    /// # Errors
    /// All of [`Error`]; [`Arch::Weights`] with all that is wrong at once.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if Gguf::is_one(path) {
            let source = gguf::Source::open(path)?;
            let (spec, path) = (source.spec().clone(), path.to_path_buf());
            return Ok(Self { spec, path, files: Files::Gguf(Box::new(source)) });
        }
        let (spec, files) = if Llama2c::is_one(path) {
            let source = llama2c::Source::open(path)?;
            (source.spec()?, Files::Llama2c(source))
        } else if path.is_file() {
            return Err(Error::NoModel(path.to_path_buf()));
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

    /// What a GGUF file's metadata has at a key; nothing for other files.
    pub fn metadata(&self, key: &str) -> Option<&serde_json::Value> {
        match &self.files {
            Files::Gguf(source) => source.metadata(key),
            Files::Folder(_) | Files::Llama2c(_) => None,
        }
    }

    /// The model's tensors: the names that its family publishes them under, and those that they are asked
    /// for by here.
    ///
    /// # Errors
    /// [`Arch`]'s for a family that has no files.
    pub fn names(&self) -> Result<Vec<(String, String)>, Arch> {
        match &self.files {
            Files::Folder(weights) => family::names(&self.spec, &whole(weights)),
            Files::Llama2c(source) => family::names(&self.spec, source),
            Files::Gguf(source) => family::names(&self.spec, &Published(source)),
        }
    }

    /// A slot's tensor.
    ///
    /// # Errors
    /// What the files say.
    pub fn slot(&self, slot: Slot, shape: &[usize]) -> Result<Weights, Arch> {
        match &self.files {
            Files::Folder(weights) => family::read_slot(&self.spec, slot, shape, &whole(weights)),
            Files::Llama2c(source) => family::read_slot(&self.spec, slot, shape, source),
            Files::Gguf(source) => source.slot(slot, shape),
        }
    }

    /// The tensor of a name.
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
            Files::Gguf(_) => None,
        }
    }

    /// How many tensors there are of each type of numbers, and the bytes that all take.
    ///
    /// # Errors
    /// As of [`names`](Self::names).
    pub fn types(&self) -> Result<(BTreeMap<&'static str, usize>, usize), Arch> {
        let (names, bytes): (Vec<_>, usize) = match &self.files {
            Files::Gguf(source) => source.types(),
            _ => {
                let stored = self.names()?.into_iter().filter_map(|(_, name)| self.size_of(&name));
                let (names, bytes): (Vec<_>, Vec<_>) = stored.unzip();
                (names, bytes.into_iter().sum())
            }
        };
        let mut counted = BTreeMap::new();
        names.into_iter().for_each(|name| *counted.entry(name).or_default() += 1);
        Ok((counted, bytes))
    }

    /// What the numbers of a tensor are in the files, by the name that people know it by, and the bytes that
    /// they take there.
    fn size_of(&self, name: &str) -> Option<(&'static str, usize)> {
        if let Some(dtype) = self.dtype(name) {
            let n: usize = self.shape(name)?.iter().product();
            return Some((dtype.name(), n * dtype.bytes()));
        }
        let Files::Folder(weights) = &self.files else { return None };
        Some(("MXFP4", Stack::find(weights, name)?.len_bytes()))
    }

    /// A tensor's numbers as they stand in the files, little endian, and their type; `None` where rows
    /// stand there in another order.
    pub(crate) fn bytes(&self, name: &str) -> Option<(Dtype, Cow<'_, [u8]>)> {
        match &self.files {
            Files::Folder(weights) => {
                let view = weights.view(name).ok()?;
                Some((view.dtype(), view.bytes()))
            }
            Files::Llama2c(_) | Files::Gguf(_) => None,
        }
    }

    /// A matrix's rows as they lie in the files; `None` where they do not lie so.
    fn stored(&self, slot: Slot) -> Option<Vec<Stored<'_>>> {
        let weights = match &self.files {
            Files::Gguf(source) => return source.rows(slot),
            Files::Folder(weights) => weights,
            Files::Llama2c(_) => return None,
        };
        let names = family::names_of(&self.spec.family).ok()?;
        rows_of(&names, &self.spec, slot, |piece| {
            let view = weights.view(&family::found(&names, &piece.name, &whole(weights))?).ok()?;
            match (view.bytes(), view.dtype()) {
                (Cow::Borrowed(bytes), dtype @ (Dtype::F32 | Dtype::F16 | Dtype::Bf16)) => {
                    Some((dtype.name(), bytes))
                }
                _ => None,
            }
        })
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
            Files::Folder(weights) => use_it(&whole(weights)),
            Files::Llama2c(source) => use_it(source),
            Files::Gguf(source) => use_it(&Published(source)),
        }
    }
}

impl SlotSource for Opened {
    fn tensor(&self, slot: Slot, shape: &[usize]) -> Result<Weights, Arch> {
        self.slot(slot, shape)
    }

    fn rows(&self, slot: Slot, shape: &[usize]) -> Result<Vec<Stored<'_>>, Arch> {
        match self.stored(slot) {
            Some(rows) => Ok(rows),
            None => Ok(vec![Stored::Values(self.slot(slot, shape)?)]),
        }
    }

    fn release(&self, slot: Slot) {
        if let Files::Gguf(source) = &self.files {
            source.forget(slot);
        }
    }
}

/// A folder's weights under their own names.
fn whole(weights: &shards::Weights) -> File<'_> {
    File { tensors: weights, prefix: "" }
}

/// A GGUF file under the names that its family has for its tensors, each made of the slots that hold it.
struct Published<'a>(&'a gguf::Source);

impl Published<'_> {
    fn slots(&self, name: &str) -> Vec<(Slot, Vec<usize>)> {
        let spec = self.0.spec();
        let Ok(family) = family::named(&spec.family) else { return Vec::new() };
        let holds = |slot| family.pieces(spec, slot).iter().any(|piece| piece.name == name);
        spec.slots().into_iter().filter(|(slot, _)| holds(*slot)).collect()
    }
}

impl WeightSource for Published<'_> {
    fn tensor(&self, name: &str) -> Result<Weights, Arch> {
        let missing = || Arch::MissingTensor { name: name.to_string() };
        let read = |(slot, shape): (Slot, Vec<usize>)| Ok((slot, self.0.slot(slot, &shape)?));
        let slots = self.slots(name).into_iter().map(read).collect::<Result<Vec<_>, Arch>>()?;
        let published = family::publish(self.0.spec(), slots)?;
        let own = published.into_iter().find(|(own, _)| own == name);
        own.map(|(_, tensor)| tensor).ok_or_else(missing)
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let spec = self.0.spec();
        let family = family::named(&spec.family).ok()?;
        let (slot, shape) = self.slots(name).into_iter().next()?;
        let piece = family.pieces(spec, slot).into_iter().find(|piece| piece.name == name)?;
        Some(piece.published_shape(shape.get(1).copied()))
    }

    fn names(&self) -> Vec<String> {
        let spec = self.0.spec();
        let Ok(family) = family::named(&spec.family) else { return Vec::new() };
        let pieces = spec.slots().into_iter().flat_map(|(slot, _)| family.pieces(spec, slot));
        pieces.map(|piece| piece.name).collect()
    }
}
