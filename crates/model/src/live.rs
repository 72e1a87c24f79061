//! A live model as a source of slots: what a fast runtime is made of while the model goes on learning.

use std::collections::BTreeMap;

use arch::{Error, Slot, SlotSource, Tensor as Weights};

use crate::Transformer;

/// The tensors of a model as they are now.
#[derive(Debug)]
pub struct Live(BTreeMap<Slot, Weights>);

impl Live {
    /// Copies them.
    pub fn new(model: &Transformer) -> Self {
        Self(model.slots().into_iter().collect())
    }
}

impl SlotSource for Live {
    fn tensor(&self, slot: Slot, _shape: &[usize]) -> Result<Weights, Error> {
        let missing = || Error::MissingTensor { name: format!("{slot:?}") };
        self.0.get(&slot).cloned().ok_or_else(missing)
    }
}
