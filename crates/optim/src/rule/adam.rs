//! Adam (Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2015): a mean of gradients over the
//! root of a mean of their squares. Weight decay is a part of the gradient (L2), as in PyTorch.

use burn::tensor::Tensor;
use kernels::adamw::AdamW;
use serde::{Deserialize, Serialize};

use super::adamw;
use super::muon::Waiting;
use super::{Listed, Parameter, Rule, Step};
use crate::Error;
use crate::memory::{Memory, Slot, View, numbers, tensors};
use crate::registry::Knobs;

/// The choices of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(pub adamw::Options);

impl Options {
    fn kernel(self, step: &Step<'_>) -> AdamW {
        AdamW { weight_decay: 0.0, l2: step.weight_decay, ..self.0.kernel(step) }
    }
}

impl Listed for Options {
    const ABOUT: &'static str = "With what decays in the gradient";
    const WEIGHT_DECAY: f32 = 0.0;

    fn take(knobs: &mut Knobs) -> Self {
        Self(adamw::Options::take(knobs))
    }

    fn check(&self) -> Result<(), Error> {
        self.0.check()
    }
}

impl Rule for Options {
    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        let n = parameter.n();
        vec![Slot::numbers("adam.first", n), Slot::numbers("adam.second", n)]
    }

    fn in_place(
        &self,
        step: &Step<'_>,
        values: &mut [f32],
        gradient: &[f32],
        memory: &mut [View<'_>],
    ) -> Option<Waiting> {
        let [m, v] = numbers(memory);
        self.kernel(step).step(step.t, values, gradient, step.scale, m, v);
        None
    }

    fn plain(
        &self,
        step: &Step<'_>,
        values: Tensor<1>,
        gradient: Tensor<1>,
        memory: Vec<Memory>,
    ) -> (Tensor<1>, Vec<Memory>) {
        let [m, v] = tensors(memory);
        let moved = (values, gradient * step.scale);
        let (values, m, v) = adamw::plain(&self.kernel(step), step.t, moved, m, v);
        (values, vec![Memory::Numbers(m), Memory::Numbers(v)])
    }
}
