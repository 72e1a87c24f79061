//! Causal self-attention: one projection to queries, keys and values, rotary positions where the
//! model has them, the mixing, one projection back.

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::Tensor;
use ops::Stored;
use ops::attention::{Form, Shape, attention};
use ops::rope::{Rope, RopeTable, rope};

use crate::linear::Linear;
use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct Attention {
    /// `((Hq + 2·Hkv)·head_dim, D)`.
    pub qkv: Linear,
    /// `(D, Hq·head_dim)`.
    pub out: Linear,
    #[module(skip)]
    n_heads: usize,
    #[module(skip)]
    n_kv_heads: usize,
    #[module(skip)]
    head_dim: usize,
    #[module(skip)]
    angles: Option<Arc<RopeTable>>,
}

impl Attention {
    /// A layer of a spec's heads. `angles` are shared by all blocks of a model.
    pub fn new(
        spec: &arch::Spec,
        qkv: Linear,
        out: Linear,
        angles: Option<Arc<RopeTable>>,
    ) -> Self {
        let arch::Spec { n_heads, n_kv_heads, head_dim, .. } = *spec;
        Self { qkv, out, n_heads, n_kv_heads, head_dim, angles }
    }

    /// Queries, keys and values of each token, turned to its position: `(B, T, D)` to
    /// `(B, T, (Hq + 2·Hkv)·head_dim)`.
    pub fn project(&self, x: Tensor<3>, pass: &Pass, stored: Stored) -> Tensor<3> {
        let qkv = self.qkv.forward(x, None, pass, stored);
        let Some(table) = &self.angles else { return qkv };
        let (table, positions) = (table.clone(), pass.positions.clone());
        rope(qkv, Rope { table, positions, n_turned: self.n_heads + self.n_kv_heads })
    }

    /// Mixes values: `(B, T, (Hq + 2·Hkv)·head_dim)` to `(B, T, Hq·head_dim)`.
    pub fn mix(&self, qkv: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let shape = Shape {
            batch: pass.batch,
            context: pass.context,
            n_heads: self.n_heads,
            n_kv_heads: self.n_kv_heads,
            head_dim: self.head_dim,
            window: None,
        };
        let (starts, form) = (pass.starts.clone(), Form::default());
        attention(qkv, None, ops::attention::Attention { shape, starts, form })
    }
}
