//! Gradient descent with momentum, Nesterov's or Polyak's, or without. The arithmetic is in
//! `kernels::sgd`.
//!
//! As old as neural networks, and what every other rule is measured against: one number remembered
//! for each parameter, one learning rate for all of them. Weight decay is a part of the gradient.

use burn::tensor::Tensor;
use kernels::sgd::Sgd;
use serde::{Deserialize, Serialize};

use super::muon::Waiting;
use super::{Listed, Parameter, Rule, Step, expect, expect_share};
use crate::Error;
use crate::memory::{Memory, Slot, View, numbers, tensors};
use crate::registry::Knobs;

/// The choices of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// How much of the last direction is kept; 0 for plain descent.
    pub momentum: f32,
    /// Whether a step looks ahead along its momentum.
    #[serde(default)]
    pub nesterov: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { momentum: 0.9, nesterov: false }
    }
}

impl Options {
    fn kernel(self, step: &Step<'_>) -> Sgd {
        let Self { momentum, nesterov } = self;
        Sgd { lr: step.lr, momentum, nesterov, weight_decay: step.weight_decay }
    }
}

impl Listed for Options {
    const ABOUT: &'static str = "Gradient descent with momentum";
    const WEIGHT_DECAY: f32 = 1e-4;

    /// Its steps are as long as gradients are, and those are short.
    fn rate(_: f64) -> f64 {
        0.1
    }

    fn take(knobs: &mut Knobs) -> Self {
        let default = Self::default();
        Self {
            momentum: knobs.momentum.take().unwrap_or(default.momentum),
            nesterov: knobs.nesterov.take().unwrap_or(default.nesterov),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let Self { momentum, nesterov } = *self;
        expect_share("SGD's momentum", momentum)?;
        let expected = "above 0 with --nesterov, which looks ahead along it";
        expect(!nesterov || momentum > 0.0, "SGD's momentum", momentum, expected)
    }
}

impl Rule for Options {
    /// Its name is that of AdamW's first moment, where checkpoints had it first.
    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        match self.momentum {
            0.0 => Vec::new(),
            _ => vec![Slot::numbers("adamw.first", parameter.n())],
        }
    }

    fn in_place(
        &self,
        step: &Step<'_>,
        values: &mut [f32],
        gradient: &[f32],
        memory: &mut [View<'_>],
    ) -> Option<Waiting> {
        let kernel = self.kernel(step);
        if memory.is_empty() {
            kernel.step_plain(values, gradient, step.scale);
            return None;
        }
        let [v] = numbers(memory);
        kernel.step(values, gradient, step.scale, v);
        None
    }

    fn plain(
        &self,
        step: &Step<'_>,
        p: Tensor<1>,
        gradient: Tensor<1>,
        memory: Vec<Memory>,
    ) -> (Tensor<1>, Vec<Memory>) {
        let Sgd { lr, momentum, nesterov, weight_decay } = self.kernel(step);
        let g = gradient * step.scale + p.clone() * weight_decay;
        if memory.is_empty() {
            return (p - g * lr, memory);
        }
        let [v] = tensors(memory);
        let v = v * momentum + g.clone();
        let direction = if nesterov { g + v.clone() * momentum } else { v.clone() };
        (p - direction * lr, vec![Memory::Numbers(v)])
    }
}
