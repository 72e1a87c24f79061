//! Models in GGUF files: tensors of any of ggml's types, widened to f32 or as they lie, in the places of a model.

mod mixture;

use std::path::Path;

use arch::family::{Names, check_weights_of, publish_of, read_slot_of};
use arch::gguf::{Tensors, factors, metadata, sayable, spec, to_ours, to_theirs};
use arch::spec::differences;
use arch::stored::rows_of;
use arch::{Error as Arch, Part, Slot, Spec, Stored, Tensor as Weights, WeightSource};
use formats::ggml::Kind;
use formats::gguf::{Gguf, Pair, Planned, write};
use serde_json::Value;

use crate::Opened;
use crate::folder::Error;

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
    let spec = sayable(opened.spec());
    let mut pairs = Vec::new();
    let file_type = ("general.file_type".to_string(), serde_json::json!(mixture.file_type()));
    for (key, value) in metadata(&spec)?.into_iter().chain([file_type]) {
        pairs.push(Pair::new(key, &value).map_err(Error::Gguf)?);
    }
    pairs.extend(
        beside
            .into_iter()
            .filter(|pair| !pairs.iter().any(|own| own.key == pair.key))
            .collect::<Vec<_>>(),
    );
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
    write(path, &pairs, &all, |name| {
        if !step() {
            return Err(Error::Stopped);
        }
        if let Some((_, list)) = factors.iter().find(|(own, _)| *own == name) {
            return Ok(list.clone());
        }
        let slots =
            planned.iter().find(|(planned, _)| planned.name == name).map(|(_, slots)| slots);
        let read = |(slot, shape): &(Slot, Vec<usize>)| {
            Ok::<_, Arch>((*slot, to_theirs(&spec, *slot, opened.slot(*slot, shape)?)))
        };
        let slots = slots.into_iter().flatten().map(read).collect::<Result<Vec<_>, _>>()?;
        let own = publish_of(&Tensors, &spec, slots)?.into_iter().find(|(own, _)| own == name);
        let missing = || Arch::MissingTensor { name: name.to_string() };
        Ok(own.ok_or_else(missing)?.1.values)
    })
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
            let exact =
                shape.len() == 1 || matches!(slot, Slot::Positions | Slot::Block(_, Part::Router));
            let row = shape.last().copied().unwrap_or(1);
            let kind = match exact {
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
