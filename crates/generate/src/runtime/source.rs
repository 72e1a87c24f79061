//! The tensors of a spec as a runtime reads them: each once, its shape checked.

use std::cell::Cell;

use arch::{Error, Slot, SlotSource, Spec, Stored};

use super::weight::{Around, Weight};

/// The tensors of a spec, with their shapes checked.
pub(super) struct Reader<'a> {
    source: &'a dyn SlotSource,
    slots: std::collections::BTreeMap<Slot, Vec<usize>>,
    /// Whether every matrix so far was of f32, and whether of quantized blocks.
    is_exact: Cell<bool>,
    all_blocks: Cell<bool>,
    around: Around,
}

impl<'a> Reader<'a> {
    pub(super) fn new(spec: &Spec, source: &'a dyn SlotSource, around: Around) -> Self {
        let slots = spec.slots().into_iter().collect();
        let [is_exact, all_blocks] = [(); 2].map(|()| Cell::new(true));
        Self { source, slots, is_exact, all_blocks, around }
    }

    /// Whether every matrix that was read is of f32.
    pub(super) fn is_exact(&self) -> bool {
        self.is_exact.get()
    }

    /// Whether every matrix that was read is all of quantized blocks.
    pub(super) fn all_blocks(&self) -> bool {
        self.all_blocks.get()
    }

    /// The numbers of a slot that the spec has.
    pub(super) fn values(&self, slot: Slot) -> Result<Vec<f32>, Error> {
        let missing = || Error::MissingTensor { name: format!("{slot:?}") };
        self.optional(slot)?.ok_or_else(missing)
    }

    /// The numbers of a slot, if the spec has it.
    pub(super) fn optional(&self, slot: Slot) -> Result<Option<Vec<f32>>, Error> {
        let Some(shape) = self.slots.get(&slot) else { return Ok(None) };
        let tensor = self.source.tensor(slot, shape)?;
        expect(slot, shape, &tensor.shape)?;
        self.source.release(slot);
        Ok(Some(tensor.values))
    }

    /// A matrix that the spec has.
    pub(super) fn matrix(&self, slot: Slot) -> Result<Weight, Error> {
        let missing = || Error::MissingTensor { name: format!("{slot:?}") };
        self.optional_matrix(slot)?.ok_or_else(missing)
    }

    /// A matrix and its bias, if there is one.
    pub(super) fn linear(&self, matrix: Slot, bias: Slot) -> Result<Weight, Error> {
        Ok(self.matrix(matrix)?.with_bias(self.optional(bias)?))
    }

    /// A matrix, if the spec has it.
    pub(super) fn optional_matrix(&self, slot: Slot) -> Result<Option<Weight>, Error> {
        let Some(shape) = self.slots.get(&slot) else { return Ok(None) };
        let stored = self.source.rows(slot, shape)?;
        let is_rounded =
            |part: &Stored<'_>| matches!(part, Stored::Rows { kind, .. } if *kind != "F32");
        if stored.iter().any(is_rounded) {
            self.is_exact.set(false);
        }
        let weight = Weight::new(stored, shape[1]);
        let weight =
            weight.map_err(|why| Error::Read { name: format!("{slot:?}"), reason: why })?;
        expect(slot, shape, &[weight.n(), weight.k()])?;
        self.source.release(slot);
        self.all_blocks.set(self.all_blocks() && weight.is_blocks());
        Ok(Some(weight.within(slot, self.around.clone())))
    }
}

fn expect(slot: Slot, expected: &[usize], got: &[usize]) -> Result<(), Error> {
    if expected == got {
        return Ok(());
    }
    let (name, expected, got) = (format!("{slot:?}"), expected.to_vec(), got.to_vec());
    Err(Error::TensorShape { name, expected, got })
}
