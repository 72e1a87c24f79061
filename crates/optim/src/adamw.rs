//! AdamW (Loshchilov & Hutter, "Decoupled Weight Decay Regularization", 2019): its choices and what
//! it remembers of a parameter. The arithmetic is in `kernels::adamw`.
//!
//! Weight decay pulls at matrices only, not at gains and biases, as is usual.

use serde::{Deserialize, Serialize};

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
    /// Pull of matrices towards zero, times the learning rate.
    pub weight_decay: f32,
    /// Gradients are scaled down to this norm; 0 leaves them.
    pub clip: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1, clip: 1.0 }
    }
}
