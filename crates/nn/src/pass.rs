//! What every layer of one forward pass shares: sizes, numerics, where each token stands and which
//! others it may see.

use std::sync::Arc;

use burn::tensor::Tensor;
use ops::dropout::{Dropout, dropout};
use ops::offload::Offload;
use ops::{Precision, Stored};

use crate::experts::Routing;

/// A pass has fewer than 2 to this many sites to drop from: two a block, and a model at most 2^16 blocks.
const SITE_BITS: u32 = 20;

/// Which activations are made again in the backward pass, so that they need not be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recompute {
    /// None: the fastest, and the largest.
    #[default]
    Nothing,
    /// Those of feed-forward blocks with their norms: half of all in a GPT-2, for a third more products
    /// of theirs (selective recomputation: Korthikanti et al., "Reducing Activation Recomputation in
    /// Large Transformer Models", 2022, choose attention, which keeps nothing large here).
    FeedForward,
    /// All but what goes into each block (Chen et al., "Training Deep Nets with Sublinear Memory Cost",
    /// 2016), for a third more work.
    Blocks,
}

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
    /// What a backward pass makes again.
    pub recompute: Recompute,
    /// Where what is kept to make it from lies, if not in memory.
    pub offload: Option<Offload>,
    /// Which positions are tokens and no padding, `(B·T)`; `None`: all. Only the load of experts asks.
    pub tokens: Option<Arc<[bool]>>,
    /// What is dropped in training, if anything is; its place is that of the pass.
    pub dropout: Option<Dropout>,
    /// What routers of mixtures say goes here, where the loss asks for a balanced load.
    pub routing: Option<Routing>,
}

impl Pass {
    /// Whole rows from position 0, in f32.
    pub fn plain(batch: usize, context: usize) -> Self {
        let positions = (0..batch).flat_map(|_| 0..context as u32).collect();
        Self {
            batch,
            context,
            precision: Precision::F32,
            positions,
            starts: None,
            recompute: Recompute::Nothing,
            offload: None,
            tokens: None,
            dropout: None,
            routing: None,
        }
    }

    /// What is left of `x`, which is number `site` of those that are dropped from in a pass: of a run each
    /// has values of its own to drop, which the backward pass finds again.
    pub fn dropped<const D: usize>(&self, site: usize, x: Tensor<D>) -> Tensor<D> {
        match self.dropout {
            Some(with) => {
                dropout(x, Dropout { place: (with.place << SITE_BITS) + site as u64, ..with })
            }
            None => x,
        }
    }

    /// One more than the last position.
    pub fn length(&self) -> usize {
        self.positions.iter().max().map_or(0, |&last| last as usize + 1)
    }

    /// How activations between products are stored: as the products round them anyway.
    pub fn stored(&self) -> Stored {
        match self.precision {
            Precision::F32 => Stored::F32,
            Precision::Bf16 => Stored::Bf16,
        }
    }
}
