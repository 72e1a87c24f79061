//! Models in GGUF files: tensors of any of ggml's types, widened to f32 or as they lie, in the places of a model.

mod importance;
mod mixture;

use std::path::Path;

use arch::family::{Names, check_weights_of, publish_of, read_slot_of};
use arch::gguf::{Tensors, factors, metadata, sayable, spec, to_ours, to_theirs};
use arch::spec::differences;
use arch::stored::rows_of;
use arch::{
    Error as Arch, Part, Slot, SlotSource as _, Spec, Stored, Tensor as Weights, WeightSource,
};
use formats::ggml::Kind;
use formats::gguf::{Gguf, Pair, Planned, write_weighed};
use formats::imatrix::Imatrix;
use serde_json::Value;

use crate::Opened;
use crate::folder::Error;

pub use importance::{imatrix, told_of, untold};
pub use mixture::Mixture;

/// A file as a source of a model's slots.
#[derive(Debug)]
pub struct Source {
    file: Gguf,
    spec: Spec,
}

impl Source {
    /// Opens a file and checks that its tensors are those that its metadata describes.
    ///
    /// # Errors
    /// [`Error::Weights`], [`Error::Arch`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = Gguf::open(path)?;
        let raw = Raw(&file);
        let spec = spec(file.metadata(), &raw)?;
        check_weights_of(&Tensors, &spec, &raw)?;
        Ok(Self { spec, file })
    }

    /// What the metadata says.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What the metadata has at a key.
    pub fn metadata(&self, key: &str) -> Option<&Value> {
        self.file.metadata().get(key)
    }

    /// A slot's tensor.
    ///
    /// # Errors
    /// What the file says.
    pub fn slot(&self, slot: Slot, shape: &[usize]) -> Result<Weights, Arch> {
        let tensor = read_slot_of(&Tensors, &self.spec, slot, shape, &Raw(&self.file))?;
        Ok(to_ours(&self.spec, slot, tensor))
    }

    /// A matrix's rows as they lie in the file.
    pub fn rows(&self, slot: Slot) -> Option<Vec<Stored<'_>>> {
        rows_of(&Tensors, &self.spec, slot, |piece| {
            Some((self.file.kind(&piece.name)?.name, self.file.bytes(&piece.name).ok()?))
        })
    }

    /// Lets the memory go that reading a slot's tensors took.
    pub fn forget(&self, slot: Slot) {
        let pieces = Tensors.pieces(&self.spec, slot);
        pieces.iter().for_each(|piece| self.file.forget(&piece.name));
    }

    /// How many tensors there are of each type, and the bytes of all.
    pub fn types(&self) -> (Vec<&'static str>, usize) {
        let kinds = self.file.names().filter_map(|name| self.file.kind(name));
        let bytes = self.file.names().filter_map(|name| self.file.bytes(name).ok());
        (kinds.map(|kind| kind.name).collect(), bytes.map(<[u8]>::len).sum())
    }
}

/// How a model is written.
#[derive(Clone, Debug)]
pub struct Form {
    /// The types of its matrices.
    pub mixture: Mixture,
    /// How much their columns count, where that is known.
    pub imatrix: Option<Imatrix>,
    /// Metadata to go with it.
    pub beside: Vec<Pair>,
}

/// Writes a model as a GGUF file, whole or not at all: matrices in the types of a mixture, vectors, routers and
/// positions in f32. `beside` is metadata to go with it.
///
/// # Errors
/// [`Error::Gguf`] with what such a file cannot say of the model; what the files say.
pub fn save(
    opened: &Opened,
    path: &Path,
    mixture: Mixture,
    beside: Vec<Pair>,
    step: &mut dyn FnMut() -> bool,
) -> Result<(), Error> {
    save_as(opened, path, Form { mixture, imatrix: None, beside }, step)
}

/// The same, rounded with an importance matrix if there is one. A tensor is in memory at a time, and those that
/// are one with it here.
///
/// # Errors
/// As of [`save`]; [`Error::Importance`] for an importance matrix that says nothing of the model;
/// [`Error::Weights`] with the tensor of whose columns it tells otherwise.
pub fn save_as(
    opened: &Opened,
    path: &Path,
    form: Form,
    step: &mut dyn FnMut() -> bool,
) -> Result<(), Error> {
    let spec = sayable(opened.spec());
    if let Some(imatrix) = &form.imatrix {
        untold(&spec, imatrix)?;
    }
    let mixture = if form.imatrix.is_some() { form.mixture.weighed() } else { form.mixture };
    let pairs = pairs(&spec, mixture, form.beside)?;
    let factors = factors(&spec);
    let f32 = Kind::to_write("F32").map_err(Error::Gguf)?;
    let planned = planned(&spec, mixture)?;
    let lists = factors.iter().map(|(name, list)| Planned {
        name: (*name).to_string(),
        shape: vec![list.len()],
        kind: f32,
    });
    let all: Vec<Planned> =
        planned.iter().map(|(planned, _)| planned.clone()).chain(lists).collect();
    back(&spec, &pairs, &all, &factors)?;
    let mut published = Published { opened, spec: &spec, planned: &planned, left: Vec::new() };
    let importance = |name: &str| Some(form.imatrix.as_ref()?.get(name)?.means());
    write_weighed(path, &pairs, &all, importance, |name| {
        if !step() {
            return Err(Error::Stopped);
        }
        match factors.iter().find(|(own, _)| *own == name) {
            Some((_, list)) => Ok(list.clone()),
            None => published.take(name),
        }
    })
}

/// All metadata: the spec's comes first and counts more.
fn pairs(spec: &Spec, mixture: Mixture, beside: Vec<Pair>) -> Result<Vec<Pair>, Error> {
    let mut pairs = Vec::new();
    let file_type = ("general.file_type".to_string(), serde_json::json!(mixture.file_type()));
    for (key, value) in metadata(spec)?.into_iter().chain([file_type]) {
        pairs.push(Pair::new(key, &value).map_err(Error::Gguf)?);
    }
    for pair in beside {
        if !pairs.iter().any(|own| own.key == pair.key) {
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

/// The tensors of a file, one by one: of a slot that becomes several the others wait for their turn.
struct Published<'a> {
    opened: &'a Opened,
    spec: &'a Spec,
    planned: &'a [Made],
    left: Vec<(String, Weights)>,
}

impl Published<'_> {
    fn take(&mut self, name: &str) -> Result<Vec<f32>, Error> {
        let is_it = |(own, _): &(String, Weights)| own == name;
        if !self.left.iter().any(is_it) {
            self.left.clear();
            let made = self.planned.iter().find(|(planned, _)| planned.name == name);
            let read = |(slot, shape): &(Slot, Vec<usize>)| {
                let tensor = self.opened.slot(*slot, shape)?;
                self.opened.release(*slot);
                Ok::<_, Arch>((*slot, to_theirs(self.spec, *slot, tensor)))
            };
            let slots = made.map(|(_, slots)| &slots[..]).unwrap_or_default();
            let slots = slots.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            self.left = publish_of(&Tensors, self.spec, slots)?;
        }
        let missing = || Arch::MissingTensor { name: name.to_string() };
        let at = self.left.iter().position(is_it).ok_or_else(missing)?;
        Ok(self.left.swap_remove(at).1.values)
    }
}

/// Whether a tensor is kept in f32 whatever the mixture.
fn is_exact(slot: Slot, shape: &[usize]) -> bool {
    shape.len() == 1 || matches!(slot, Slot::Positions | Slot::Block(_, Part::Router))
}

/// A tensor of a file, and the slots that it is made of, with their shapes.
type Made = (Planned, Vec<(Slot, Vec<usize>)>);

/// Each tensor of a file.
fn planned(spec: &Spec, mixture: Mixture) -> Result<Vec<Made>, Error> {
    let whole = Kind::to_write("F32").map_err(Error::Gguf)?;
    let mut all: Vec<Made> = Vec::new();
    for (slot, of_slot) in spec.slots() {
        for piece in Tensors.pieces(spec, slot) {
            let shape = piece.published_shape(of_slot.get(1).copied());
            let own = (slot, of_slot.clone());
            if let Some((_, slots)) = all.iter_mut().find(|(planned, _)| planned.name == piece.name)
            {
                slots.push(own);
                continue;
            }
            let row = shape.last().copied().unwrap_or(1);
            let kind = match is_exact(slot, &shape) {
                true => whole,
                false => mixture.kind(spec, &piece.name, row).map_err(Error::Gguf)?,
            };
            all.push((Planned { name: piece.name, shape, kind }, vec![own]));
        }
    }
    Ok(all)
}

/// Refuses a model of which a file would say something else.
fn back(
    spec: &Spec,
    pairs: &[Pair],
    tensors: &[Planned],
    factors: &[(&'static str, Vec<f32>)],
) -> Result<(), Error> {
    let said = Said { tensors, factors };
    let metadata = formats::gguf::told(pairs).map_err(Error::Gguf)?;
    let lost = differences(spec, &arch::gguf::spec(&metadata, &said)?).into_iter();
    let lost: Vec<String> = lost.map(|d| format!("{}: {}", d.field, d.first)).collect();
    if lost.is_empty() { Ok(()) } else { Err(Error::Gguf(lost.join("; "))) }
}

/// Tensors that are still to be written.
struct Said<'a> {
    tensors: &'a [Planned],
    factors: &'a [(&'static str, Vec<f32>)],
}

impl WeightSource for Said<'_> {
    fn tensor(&self, name: &str) -> Result<Weights, Arch> {
        let list = self.factors.iter().find(|(own, _)| *own == name);
        let missing = || Arch::MissingTensor { name: name.to_string() };
        let (_, list) = list.ok_or_else(missing)?;
        Weights::new(vec![list.len()], list.clone())
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.tensors.iter().find(|planned| planned.name == name)?.shape.clone())
    }

    fn names(&self) -> Vec<String> {
        self.tensors.iter().map(|planned| planned.name.clone()).collect()
    }
}

/// Tensors under their names in the file.
struct Raw<'a>(&'a Gguf);

impl WeightSource for Raw<'_> {
    fn tensor(&self, name: &str) -> Result<Weights, Arch> {
        let missing = || Arch::MissingTensor { name: name.to_string() };
        let shape = self.shape(name).ok_or_else(missing)?;
        Weights::new(shape, self.0.f32(name).map_err(|e| read(name, &e))?)
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        Some(self.0.shape(name)?.to_vec())
    }

    fn names(&self) -> Vec<String> {
        self.0.names().map(str::to_string).collect()
    }

    fn place(&self, name: &str, index: usize) -> Result<Weights, Arch> {
        let missing = || Arch::MissingTensor { name: name.to_string() };
        let shape = self.shape(name).ok_or_else(missing)?;
        let values = self.0.f32_place(name, index).map_err(|e| read(name, &e))?;
        Weights::new(shape[1..].to_vec(), values)
    }
}

fn read(name: &str, error: &formats::Error) -> Arch {
    Arch::Read { name: name.to_string(), reason: error.to_string() }
}
