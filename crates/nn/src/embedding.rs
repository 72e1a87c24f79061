//! Token embeddings, with learned positions where the model has them.

use std::sync::Arc;

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `(V, D)`.
    pub tokens: Param<Tensor<2>>,
    /// `(P, D)`.
    pub positions: Option<Param<Tensor<2>>>,
}

impl Embedding {
    /// A layer of these tables.
    pub fn new(tokens: Tensor<2>, positions: Option<Tensor<2>>) -> Self {
        Self { tokens: Param::from_tensor(tokens), positions: positions.map(Param::from_tensor) }
    }

    /// Ids `(B·T)` to `(B, T, D)`.
    pub fn forward(&self, ids: Arc<[u32]>, pass: &Pass) -> Tensor<3> {
        let tokens = ops::embedding::Tokens {
            ids,
            positions: pass.positions.clone(),
            batch: pass.batch,
            context: pass.context,
        };
        let positions = self.positions.as_ref().map(Param::val);
        ops::embedding::embedding(self.tokens.val(), positions, tokens)
    }
}
