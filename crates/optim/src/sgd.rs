//! Gradient descent with momentum: its choices. The arithmetic is in `kernels::sgd`.
//!
//! As old as neural networks, and what every other rule is measured against: one number remembered
//! for each parameter, one learning rate for all of them.

use serde::{Deserialize, Serialize};

/// The choices of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// How much of the last direction is kept; 0 for plain descent.
    pub momentum: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { momentum: 0.9 }
    }
}

pub(crate) fn kernel(options: Options, lr: f32, weight_decay: f32) -> kernels::sgd::Sgd {
    kernels::sgd::Sgd { lr, momentum: options.momentum, weight_decay }
}
