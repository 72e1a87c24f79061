//! Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023): the sign of a mean of
//! momentum and gradient, one number remembered for each parameter. The arithmetic is in
//! `kernels::lion`.
//!
//! Every number moves by the whole learning rate, so that it is a fraction of AdamW's, and weight
//! decay larger by as much (the paper's section 5).

use burn::tensor::Tensor;
use kernels::lion::Lion;
use serde::{Deserialize, Serialize};

use super::muon::Waiting;
use super::{Listed, Parameter, Rule, Step, expect_share};
use crate::Error;
use crate::memory::{Memory, Slot, View, numbers, tensors};
use crate::registry::Knobs;

/// Lion's learning rate for each of AdamW's.
const RATE: f64 = 0.2;

/// The choices of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Share of the momentum in the direction.
    pub beta1: f32,
    /// Decay of the momentum.
    pub beta2: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.99 }
    }
}

impl Listed for Options {
    const ABOUT: &'static str = "The sign of a momentum: half of Adam's memory";
    const WEIGHT_DECAY: f32 = 0.5;

    fn rate(adamw: f64) -> f64 {
        adamw * RATE
    }

    fn take(knobs: &mut Knobs) -> Self {
        let default = Self::default();
        Self {
            beta1: knobs.beta1.take().unwrap_or(default.beta1),
            beta2: knobs.beta2.take().unwrap_or(default.beta2),
        }
    }

    fn check(&self) -> Result<(), Error> {
        expect_share("beta1", self.beta1)?;
        expect_share("beta2", self.beta2)
    }
}

impl Rule for Options {
    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        vec![Slot::numbers("lion.first", parameter.n())]
    }

    fn in_place(
        &self,
        step: &Step<'_>,
        values: &mut [f32],
        gradient: &[f32],
        memory: &mut [View<'_>],
    ) -> Option<Waiting> {
        let Self { beta1, beta2 } = *self;
        let kernel = Lion { lr: step.lr, beta1, beta2, weight_decay: step.weight_decay };
        let [m] = numbers(memory);
        kernel.step(values, gradient, step.scale, m);
        None
    }

    fn plain(
        &self,
        step: &Step<'_>,
        p: Tensor<1>,
        g: Tensor<1>,
        memory: Vec<Memory>,
    ) -> (Tensor<1>, Vec<Memory>) {
        let ([m], g) = (tensors(memory), g * step.scale);
        let u = m.clone() * self.beta1 + g.clone() * (1.0 - self.beta1);
        let p = p * (1.0 - step.lr * step.weight_decay) - u.sign() * step.lr;
        let m = m * self.beta2 + g * (1.0 - self.beta2);
        (p, vec![Memory::Numbers(m)])
    }
}
