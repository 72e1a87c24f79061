//! A spec's choices as the kernels have them, for every engine that computes with them.

use kernels::activation::Activation as Curve;
use kernels::attention::{Form, Shape, alibi_slopes};
use kernels::norm::NormKind;

use crate::spec::{Activation, Norm, Positions, Spec};

impl From<Activation> for Curve {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Relu => Self::Relu,
            Activation::ReluSquared => Self::ReluSquared,
            Activation::Gelu => Self::Gelu,
            Activation::GeluTanh => Self::GeluTanh,
            Activation::QuickGelu => Self::QuickGelu,
            Activation::Silu => Self::Silu,
            Activation::SwiGlu => Self::SwiGlu,
            Activation::GeGlu => Self::GeGlu,
            Activation::GeGluTanh => Self::GeGluTanh,
            Activation::ReGlu => Self::ReGlu,
            Activation::SwiGluClamped => Self::ClampedSwiGlu { limit: 7.0, alpha: 1.702 },
        }
    }
}

impl From<Norm> for NormKind {
    fn from(norm: Norm) -> Self {
        match norm {
            Norm::Layer => Self::Layer,
            Norm::Rms => Self::Rms,
        }
    }
}

impl Spec {
    /// How products of queries and keys become scores.
    pub fn scores(&self) -> Form {
        let alibi = self.positions == Positions::Alibi;
        Form {
            scale: self.attention.scale,
            softcap: self.attention.softcap,
            slopes: alibi.then(|| alibi_slopes(self.n_heads).into()),
        }
    }

    /// The sizes of a block's attention over `context` positions of each of `batch` sequences.
    pub fn heads(&self, block: usize, batch: usize, context: usize) -> Shape {
        let &Self { n_heads, n_kv_heads, head_dim, .. } = self;
        Shape { batch, context, n_heads, n_kv_heads, head_dim, window: self.window(block) }
    }
}
