//! The feed-forward block: up, a non-linearity, down.

use burn::module::Module;
use burn::tensor::Tensor;
use ops::Stored;
use ops::activation::{Activation, activation};

use crate::linear::Linear;
use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct FeedForward {
    /// `(F, D)`, or `(2·F, D)` with the gate's rows first.
    pub up: Linear,
    /// `(D, F)`.
    pub down: Linear,
    #[module(skip)]
    activation: Activation,
}

impl FeedForward {
    /// A block of a spec's non-linearity.
    pub fn new(spec: &arch::Spec, up: Linear, down: Linear) -> Self {
        Self { up, down, activation: spec.activation.into() }
    }

    /// `(B, T, D)` to `(B, T, D)`, added to `residual` if there is one.
    pub fn forward(&self, x: Tensor<3>, residual: Option<Tensor<3>>, pass: &Pass) -> Tensor<3> {
        let h = self.up.forward(x, None, pass, pass.stored()); // (B, T, F) or (B, T, 2F)
        let h = activation(h, self.activation); // (B, T, F)
        self.down.forward(h, residual, pass, Stored::F32)
    }
}
