//! What every layer of one forward pass shares: sizes, numerics, where each token stands and which
//! others it may see.

use std::sync::Arc;

use ops::{Precision, Stored};

/// One forward pass over a batch of `(B, T)` tokens.
#[derive(Clone, Debug)]
pub struct Pass {
    /// B.
    pub batch: usize,
    /// T.
    pub context: usize,
    /// How products round their operands.
    pub precision: Precision,
    /// The position of each token, `(B·T)`.
    pub positions: Arc<[u32]>,
    /// The first position of its row that each token may see, `(B·T)`; `None`: all earlier ones.
    pub starts: Option<Arc<[u32]>>,
}

impl Pass {
    /// Whole rows from position 0, in f32.
    pub fn plain(batch: usize, context: usize) -> Self {
        let positions = (0..batch).flat_map(|_| 0..context as u32).collect();
        Self { batch, context, precision: Precision::F32, positions, starts: None }
    }

    /// How activations between products are stored: as the products round them anyway.
    pub fn stored(&self) -> Stored {
        match self.precision {
            Precision::F32 => Stored::F32,
            Precision::Bf16 => Stored::Bf16,
        }
    }
}
