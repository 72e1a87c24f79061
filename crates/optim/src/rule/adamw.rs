//! AdamW (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2019): Adam, whose weights
//! are pulled towards zero beside the gradient. The arithmetic is in `kernels::adamw`.

use burn::tensor::Tensor;
use kernels::adamw::AdamW;
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
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment.
    pub eps: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.95, eps: 1e-8 }
    }
}

impl Options {
    /// The settings of a step.
    pub(crate) fn kernel(self, step: &Step<'_>) -> AdamW {
        let Self { beta1, beta2, eps } = self;
        AdamW { lr: step.lr, beta1, beta2, eps, weight_decay: step.weight_decay, l2: 0.0 }
    }
}

impl Listed for Options {
    const ABOUT: &'static str = "Adam with decoupled weight decay";
    const WEIGHT_DECAY: f32 = 0.1;

    fn take(knobs: &mut Knobs) -> Self {
        let default = Self::default();
        Self {
            beta1: knobs.beta1.take().unwrap_or(default.beta1),
            beta2: knobs.beta2.take().unwrap_or(default.beta2),
            eps: default.eps,
        }
    }

    fn check(&self) -> Result<(), Error> {
        expect_share("beta1", self.beta1)?;
        expect_share("beta2", self.beta2)?;
        expect(self.eps > 0.0 && self.eps.is_finite(), "eps", self.eps, "above 0")
    }
}

impl Rule for Options {
    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        let n = parameter.n();
        vec![Slot::numbers("adamw.first", n), Slot::numbers("adamw.second", n)]
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
        let (values, m, v) = plain(&self.kernel(step), step.t, moved, m, v);
        (values, vec![Memory::Numbers(m), Memory::Numbers(v)])
    }
}

/// Step `t` of a kernel in Burn's own operations: values and both moments.
pub(crate) fn plain(
    kernel: &AdamW,
    t: u64,
    (p, g): (Tensor<1>, Tensor<1>),
    m: Tensor<1>,
    v: Tensor<1>,
) -> (Tensor<1>, Tensor<1>, Tensor<1>) {
    let AdamW { lr, beta1, beta2, eps, weight_decay, l2 } = *kernel;
    let g = if l2 == 0.0 { g } else { g + p.clone() * l2 };
    let m = m * beta1 + g.clone() * (1.0 - beta1);
    let v = v * beta2 + g.square() * (1.0 - beta2);
    let rest = |beta: f32| 1.0 - f64::from(beta).powf(t as f64);
    let root = v.clone().sqrt() * (1.0 / rest(beta2).sqrt()) + eps;
    let keep = 1.0 - f64::from(lr) * f64::from(weight_decay);
    let by = f64::from(lr) / rest(beta1);
    (p * keep - m.clone() / root * by, m, v)
}
