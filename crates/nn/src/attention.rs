//! Causal self-attention: one projection to queries, keys and values, a norm on each query and key head
//! and rotary positions where the model has them, the mixing, one projection back.
//!
//! What a model does beside that is in its spec: windows, soft caps, scores that fall with the distance,
//! sinks. Blocks of one model may differ in it.

use std::sync::Arc;

use arch::Spec;
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use ops::Stored;
use ops::attention::{Form, Shape, attention};
use ops::head_norm::{HeadNorm, head_norm};
use ops::rope::{Rope, rope};

use crate::latent::Latent;
use crate::linear::Linear;
use crate::pass::Pass;
use arch::angles::Angles;

/// The layer.
#[derive(Module, Debug)]
pub struct Attention {
    /// `((Hq + 2·Hkv)·head_dim, D)`, where queries, keys and values are made of the stream.
    pub qkv: Option<Linear>,
    /// What makes them otherwise.
    pub latent: Option<Latent>,
    /// `(D, Hq·value_dim)`.
    pub out: Linear,
    /// `(head_dim)` of queries and of keys.
    pub head_gains: Option<HeadGains>,
    /// `(Hq)`.
    pub sinks: Option<Param<Tensor<1>>>,
    #[module(skip)]
    numbers: Numbers,
}

/// The gains of norms on heads.
#[derive(Module, Debug)]
pub struct HeadGains {
    /// `(head_dim)`.
    pub query: Param<Tensor<1>>,
    /// `(head_dim)`.
    pub key: Param<Tensor<1>>,
}

/// What a block's attention computes with, apart from its weights.
#[derive(Clone, Debug)]
struct Numbers {
    n_heads: usize,
    n_kv_heads: usize,
    head_dim: usize,
    window: Option<usize>,
    form: Form,
    norm_eps: f32,
    gain_above_one: bool,
    angles: Option<Arc<Angles>>,
}

/// The tensors of the layer.
#[derive(Debug)]
pub struct Weights {
    /// To queries, keys and values.
    pub to_heads: ToHeads,
    /// Back to the stream.
    pub out: Linear,
    /// Gains of query heads and of key heads.
    pub head_gains: Option<(Tensor<1>, Tensor<1>)>,
    /// A score for nothing, by head.
    pub sinks: Option<Tensor<1>>,
}

/// What makes queries, keys and values.
#[derive(Debug)]
pub enum ToHeads {
    /// One matrix.
    Matrix(Linear),
    /// Latent attention's.
    Latent(Box<Latent>),
}

impl Attention {
    /// The layer of a spec's block `block`. `angles` are shared by all blocks that turn alike.
    pub fn new(spec: &Spec, block: usize, weights: Weights, angles: Option<Arc<Angles>>) -> Self {
        let Spec { n_heads, n_kv_heads, head_dim, norm_eps, gain_above_one, .. } = *spec;
        let (window, form) = (spec.window(block), spec.scores());
        let numbers = Numbers {
            n_heads,
            n_kv_heads,
            head_dim,
            window,
            form,
            norm_eps,
            gain_above_one,
            angles,
        };
        let gains = |(query, key)| HeadGains {
            query: Param::from_tensor(query),
            key: Param::from_tensor(key),
        };
        let (qkv, latent) = match weights.to_heads {
            ToHeads::Matrix(qkv) => (Some(qkv), None),
            ToHeads::Latent(latent) => (None, Some(*latent)),
        };
        Self {
            qkv,
            latent,
            out: weights.out,
            head_gains: weights.head_gains.map(gains),
            sinks: weights.sinks.map(Param::from_tensor),
            numbers,
        }
    }

    /// Queries, keys and values of each token, normalised and turned to its position: `(B, T, D)` to
    /// `(B, T, (Hq + 2·Hkv)·head_dim)`.
    pub fn project(&self, x: Tensor<3>, pass: &Pass, stored: Stored) -> Tensor<3> {
        let Numbers { n_heads, n_kv_heads, angles, .. } = &self.numbers;
        let qkv = match (&self.latent, &self.qkv) {
            (Some(latent), _) => latent.forward(x, pass),
            (None, Some(qkv)) => self.normalised(qkv.forward(x, None, pass, stored)),
            (None, None) => unreachable!("attention is built with one of the two"),
        };
        let Some(angles) = angles else { return qkv };
        let (table, positions) = (angles.table(pass.length()), pass.positions.clone());
        rope(qkv, Rope { table, positions, n_turned: n_heads + n_kv_heads })
    }

    fn normalised(&self, qkv: Tensor<3>) -> Tensor<3> {
        let Some(HeadGains { query, key }) = &self.head_gains else { return qkv };
        let Numbers { n_heads, n_kv_heads, norm_eps: eps, gain_above_one, .. } = self.numbers;
        let gain = |gain: &Param<Tensor<1>>| {
            let gain = gain.val();
            if gain_above_one { gain + 1.0 } else { gain }
        };
        head_norm(qkv, gain(query), gain(key), HeadNorm { n_heads, n_kv_heads, eps })
    }

    /// Of mixed values what goes on: `(B, T, Hq·head_dim)` to `(B, T, Hq·value_dim)`.
    pub fn trimmed(&self, mixed: Tensor<3>) -> Tensor<3> {
        match &self.latent {
            Some(latent) => latent.trimmed(mixed),
            None => mixed,
        }
    }

    /// Mixes values: `(B, T, (Hq + 2·Hkv)·head_dim)` to `(B, T, Hq·head_dim)`.
    pub fn mix(&self, qkv: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let shape = self.shape(pass.batch, pass.context);
        let (starts, form) = (pass.starts.clone(), self.form().clone());
        let sinks = self.sinks.as_ref().map(Param::val);
        attention(qkv, sinks, ops::attention::Attention { shape, starts, form })
    }

    /// The sizes for a batch.
    pub fn shape(&self, batch: usize, context: usize) -> Shape {
        let Numbers { n_heads, n_kv_heads, head_dim, window, .. } = self.numbers;
        Shape { batch, context, n_heads, n_kv_heads, head_dim, window }
    }

    /// How scores are made.
    pub fn form(&self) -> &Form {
        &self.numbers.form
    }
}
