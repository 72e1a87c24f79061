//! Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): momentum,
//! then the nearest orthogonal matrix as the update, so that all directions of a matrix learn.
//!
//! The update is scaled by `0.2 sqrt(max(rows, columns))` (Liu et al., "Muon is Scalable for LLM
//! Training", 2025): its size is then that of AdamW's, and one learning rate serves both. Embeddings,
//! gains and biases stay with AdamW.

use serde::{Deserialize, Serialize};

/// The choices of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Decay of the momentum, which is Nesterov's.
    pub momentum: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { momentum: 0.95 }
    }
}

pub(crate) fn kernel(options: Options, lr: f32, weight_decay: f32) -> kernels::muon::Muon {
    kernels::muon::Muon { lr, momentum: options.momentum, weight_decay }
}
