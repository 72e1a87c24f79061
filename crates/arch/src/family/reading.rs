//! From published tensors to slots and back, and what is wrong with a file, all at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Family, named};
use crate::error::Wrong;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::{Error, Spec, Tensor, WeightSource};

/// Of which tensors of a file each slot is made: a family's own files, or another form of them.
pub trait Names {
    /// The tensors that a slot is made of, top to bottom.
    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece>;

    /// Other names that such files have for the tensor called `name`.
    fn other_names(&self, name: &str) -> Vec<String> {
        let _ = name;
        Vec::new()
    }

    /// Whether a tensor called `name` may stand in a file without being part of the decoder.
    fn is_idle(&self, name: &str) -> bool;
}

/// The names that a family publishes its tensors under.
pub struct Own(&'static dyn Family);

/// The names that the files of a family have.
///
/// # Errors
/// [`Error::UnknownFamily`].
pub fn names_of(family: &str) -> Result<Own, Error> {
    named(family).map(Own)
}

impl Names for Own {
    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        self.0.pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        self.0.other_names(name)
    }

    fn is_idle(&self, name: &str) -> bool {
        self.0.is_idle(name)
    }
}

/// A slot's tensor, with the shape that the spec says.
///
/// # Errors
/// What the source says, [`Error::MissingTensor`], [`Error::TensorShape`].
pub fn read_slot(
    spec: &Spec,
    slot: Slot,
    expected: &[usize],
    source: &dyn WeightSource,
) -> Result<Tensor, Error> {
    read_slot_of(&Own(named(&spec.family)?), spec, slot, expected, source)
}

/// The same, from files with other names.
///
/// # Errors
/// As of [`read_slot`].
pub fn read_slot_of(
    family: &dyn Names,
    spec: &Spec,
    slot: Slot,
    expected: &[usize],
    source: &dyn WeightSource,
) -> Result<Tensor, Error> {
    let width = expected.get(1).copied();
    let pieces = family.pieces(spec, slot);
    let read = |piece: &Piece| read_piece(family, piece, width, source);
    let mut parts = pieces.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let tensor = if parts.len() == 1 { parts.remove(0) } else { Tensor::stack(&parts) };
    if tensor.shape != expected {
        return Err(Error::TensorShape {
            name: format!("{slot:?}"),
            expected: expected.to_vec(),
            got: tensor.shape,
        });
    }
    Ok(tensor)
}

fn read_piece(
    family: &dyn Names,
    piece: &Piece,
    width: Option<usize>,
    source: &dyn WeightSource,
) -> Result<Tensor, Error> {
    let name = found(family, &piece.name, source)
        .ok_or_else(|| Error::MissingTensor { name: piece.name.clone() })?;
    let (expected, got) = (piece.published_shape(width), source.shape(&name).unwrap_or_default());
    if got != expected {
        return Err(Error::TensorShape { name, expected, got });
    }
    let published = match piece.layout.place() {
        Some((index, _)) => source.place(&name, index)?,
        None => source.tensor(&name)?,
    };
    Ok(piece.ours(published))
}

/// The name under which a source has a tensor.
pub fn found(family: &dyn Names, name: &str, source: &dyn WeightSource) -> Option<String> {
    if source.has(name) {
        return Some(name.to_string());
    }
    family.other_names(name).into_iter().find(|other| source.has(other))
}

/// The published names of a model's tensors, each once, with those under which a source has them.
///
/// # Errors
/// [`Error::UnknownFamily`], [`Error::MissingTensor`].
pub fn names(spec: &Spec, source: &dyn WeightSource) -> Result<Vec<(String, String)>, Error> {
    let family = &Own(named(&spec.family)?);
    let (mut names, mut known) = (Vec::new(), BTreeSet::new());
    let pieces = spec.slots().into_iter().flat_map(|(slot, _)| family.pieces(spec, slot));
    for Piece { name, .. } in pieces {
        if known.insert(name.clone()) {
            let there = found(family, &name, source)
                .ok_or_else(|| Error::MissingTensor { name: name.clone() })?;
            names.push((name, there));
        }
    }
    Ok(names)
}

/// The published tensors of slots, with their names; each name once.
///
/// # Errors
/// [`Error::UnknownFamily`]; [`Error::MissingTensor`] for a stack of which a place was not given.
pub fn publish(
    spec: &Spec,
    slots: impl IntoIterator<Item = (Slot, Tensor)>,
) -> Result<Vec<(String, Tensor)>, Error> {
    publish_of(&Own(named(&spec.family)?), spec, slots)
}

/// The same, in files with other names.
///
/// # Errors
/// As of [`publish`].
pub fn publish_of(
    family: &dyn Names,
    spec: &Spec,
    slots: impl IntoIterator<Item = (Slot, Tensor)>,
) -> Result<Vec<(String, Tensor)>, Error> {
    let mut out = Vec::new();
    let mut stacks: BTreeMap<String, Stack> = BTreeMap::new();
    for (slot, tensor) in slots {
        let mut from = 0;
        for piece in family.pieces(spec, slot) {
            let rows = tensor.rows(from, from + piece.rows);
            from += piece.rows;
            let published = piece.published(rows);
            let Some((index, n)) = piece.layout.place() else {
                out.push((piece.name, published));
                continue;
            };
            stacks.entry(piece.name.clone()).or_insert_with(|| Stack::new(n)).places[index] =
                Some(published);
            if stacks[&piece.name].is_whole() {
                out.extend(stacks.remove(&piece.name).map(|stack| (piece.name, stack.whole())));
            }
        }
    }
    match stacks.into_keys().next() {
        Some(name) => Err(Error::MissingTensor { name }),
        None => Ok(out),
    }
}

/// Places of one published tensor that come one after the other.
struct Stack {
    places: Vec<Option<Tensor>>,
}

impl Stack {
    fn new(n: usize) -> Self {
        Self { places: vec![None; n] }
    }

    fn is_whole(&self) -> bool {
        self.places.iter().all(Option::is_some)
    }

    fn whole(self) -> Tensor {
        let n = self.places.len();
        let places: Vec<Tensor> = self.places.into_iter().flatten().collect();
        let mut shape = places.first().map_or_else(Vec::new, |place| place.shape.clone());
        shape.insert(0, n);
        Tensor { shape, values: places.into_iter().flat_map(|place| place.values).collect() }
    }
}

/// Looks through a source's names and shapes, and through the output matrix of a tied model that has one
/// all the same.
///
/// # Errors
/// [`Error::Weights`] with every tensor that is missing, misshaped, or not the model's.
pub fn check_weights(spec: &Spec, source: &dyn WeightSource) -> Result<(), Error> {
    check_weights_of(&Own(named(&spec.family)?), spec, source)
}

/// The same of files with other names.
///
/// # Errors
/// As of [`check_weights`].
pub fn check_weights_of(
    family: &dyn Names,
    spec: &Spec,
    source: &dyn WeightSource,
) -> Result<(), Error> {
    let (mut wrong, mut used) = (Wrong::default(), BTreeSet::new());
    for (slot, shape) in spec.slots() {
        for piece in family.pieces(spec, slot) {
            let Some(name) = found(family, &piece.name, source) else {
                wrong.missing.push(piece.name);
                continue;
            };
            let expected = piece.published_shape(shape.get(1).copied());
            let got = source.shape(&name).unwrap_or_default();
            if got != expected && !used.contains(&name) {
                wrong.misshaped.push((name.clone(), expected, got));
            }
            used.insert(name);
        }
    }
    wrong.missing.dedup();
    let rest = source.names().into_iter().filter(|name| !used.contains(name));
    let heads = tied_heads(spec, family);
    for name in rest {
        if heads.contains(&name) {
            let embedding = found(family, &embedding_name(spec, family), source);
            let same = embedding.map(|embedding| same(source, &name, &embedding));
            if !same.unwrap_or(Ok(true))? {
                wrong.untied.push(name);
            }
        } else if !family.is_idle(&name) {
            wrong.extra.push(name);
        }
    }
    if wrong.is_nothing() { Ok(()) } else { Err(Error::Weights(Box::new(wrong))) }
}

/// The names that the output matrix of a tied model would have.
fn tied_heads(spec: &Spec, family: &dyn Names) -> Vec<String> {
    if !spec.tied {
        return Vec::new();
    }
    let untied = Spec { tied: false, ..spec.clone() };
    let names = family.pieces(&untied, Slot::Head).into_iter().map(|piece| piece.name);
    names.flat_map(|name| [family.other_names(&name), vec![name]].concat()).collect()
}

fn embedding_name(spec: &Spec, family: &dyn Names) -> String {
    family.pieces(spec, Slot::Embedding).swap_remove(0).name
}

fn same(source: &dyn WeightSource, a: &str, b: &str) -> Result<bool, Error> {
    Ok(source.shape(a) == source.shape(b) && source.tensor(a)? == source.tensor(b)?)
}
