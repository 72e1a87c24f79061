//! A linear layer: `y = x · Wᵀ + b`, and the residual it may be added to.
//!
//! The seam for what wraps a layer (adapters, masks, fake quantization, calibration taps): they
//! live in this struct beside the base weight, so that no block knows of them. A weight that does
//! not learn costs no gradient: the operation looks at the graph.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use ops::Stored;

use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct Linear {
    /// `(out, in)`.
    pub weight: Param<Tensor<2>>,
    /// `(out)`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    /// A layer of these parameters.
    pub fn new(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Self {
        Self { weight: Param::from_tensor(weight), bias: bias.map(Param::from_tensor) }
    }

    /// `x (B, T, in)` to `(B, T, out)`, added to `residual` if there is one (then in f32).
    pub fn forward(
        &self,
        x: Tensor<3>,
        residual: Option<Tensor<3>>,
        pass: &Pass,
        stored: Stored,
    ) -> Tensor<3> {
        let with = ops::linear::Linear {
            precision: pass.precision,
            stored,
            bias: self.bias.as_ref().map(Param::val),
            residual,
        };
        ops::linear::linear(x, self.weight.val(), with)
    }
}
