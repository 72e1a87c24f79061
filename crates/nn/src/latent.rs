//! The projection of multi-head latent attention (DeepSeek-AI, "DeepSeek-V2", 2024, section 2.1.2): keys
//! and values are made of one narrow vector, queries of another or of the stream.
//!
//! ```text
//! cq = n(Wdq·x)  (Rq)        q = Wuq·cq            (Hq·(turned + rest))
//! (c, kr) = Wd·x             c = n(c)  (Rkv)       kr: turned, the same for all heads
//! (kc, v) = Wu·c             of each head          k = (kr, kc)
//! ```
//!
//! What comes out is what other attention projects to: heads of one width, queries, keys, values, to be
//! turned and mixed as theirs are. Values are narrower than keys and filled up with zeros, which mix to
//! zeros. Left out: a cache of `c` and `kr` alone, with Wu taken into the neighbouring products.

use arch::{Latent as Numbers, Spec};
use burn::module::Module;
use burn::tensor::Tensor;
use ops::Stored;

use crate::linear::Linear;
use crate::norm::Norm;
use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct Latent {
    /// `(Rq, D)`, and the norm on what it gives.
    pub query_down: Option<Linear>,
    /// `(Rq)`.
    pub query_norm: Option<Norm>,
    /// `(Hq·head_dim, Rq)` or `(Hq·head_dim, D)`.
    pub query_up: Linear,
    /// `(Rkv + turned, D)`.
    pub down: Linear,
    /// `(Rkv)`.
    pub norm: Norm,
    /// `(Hq·(head_dim − turned + value_dim), Rkv)`.
    pub up: Linear,
    #[module(skip)]
    n_heads: usize,
    #[module(skip)]
    head_dim: usize,
    #[module(skip)]
    numbers: Numbers,
}

/// The tensors of the layer.
#[derive(Debug)]
pub struct Weights {
    /// Where queries are made of a narrow vector.
    pub query_down: Option<(Tensor<2>, Tensor<1>)>,
    /// To queries.
    pub query_up: Tensor<2>,
    /// To the narrow vector and what keys share.
    pub down: Tensor<2>,
    /// The norm's gain.
    pub norm: Tensor<1>,
    /// To the rest of the keys, and to values.
    pub up: Tensor<2>,
}

impl Latent {
    /// The layer of a spec that has it.
    pub fn new(spec: &Spec, numbers: Numbers, weights: Weights) -> Self {
        let Weights { query_down, query_up, down, norm, up } = weights;
        let (query_down, query_gain) = query_down.unzip();
        let linear = |weight| Linear::new(weight, None);
        let norm_of = |gain| Norm::rms(gain, Numbers::NORM_EPS);
        Self {
            query_down: query_down.map(linear),
            query_norm: query_gain.map(norm_of),
            query_up: linear(query_up),
            down: linear(down),
            norm: norm_of(norm),
            up: linear(up),
            n_heads: spec.n_heads,
            head_dim: spec.head_dim,
            numbers,
        }
    }

    /// `(B, T, D)` to `(B, T, 3·Hq·head_dim)`: queries, keys and values of each token.
    pub fn forward(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let Numbers { rank, turned, value_dim, .. } = self.numbers;
        let (heads, width) = (self.n_heads, self.head_dim);
        let [batch, context, _] = x.dims();
        let plain = |layer: &Linear, x| layer.forward(x, None, pass, Stored::F32);
        let narrow = match (&self.query_down, &self.query_norm) {
            (Some(down), Some(norm)) => norm.forward(plain(down, x.clone()), pass), // (B, T, Rq)
            _ => x.clone(),
        };
        let queries = plain(&self.query_up, narrow); // (B, T, Hq·head_dim)
        let both = plain(&self.down, x); // (B, T, Rkv + turned)
        let shared = both.clone().narrow(2, rank, turned);
        let latent = self.norm.forward(both.narrow(2, 0, rank), pass);
        let up =
            plain(&self.up, latent).reshape([batch, context, heads, width - turned + value_dim]);
        let shared = shared.reshape([batch, context, 1, turned]).repeat_dim(2, heads);
        let keys = match width - turned {
            0 => shared,
            rest => Tensor::cat(vec![shared, up.clone().narrow(3, 0, rest)], 3),
        };
        let values = up.narrow(3, width - turned, value_dim);
        let values = match width - value_dim {
            0 => values,
            rest => {
                let zeros = Tensor::zeros([batch, context, heads, rest], &values.device());
                Tensor::cat(vec![values, zeros], 3)
            }
        };
        let flat = |t: Tensor<4>| t.reshape([batch, context, heads * width]);
        pass.stored().cast(Tensor::cat(vec![queries, flat(keys), flat(values)], 2))
    }

    /// Of mixed values what was no filling: `(B, T, Hq·head_dim)` to `(B, T, Hq·value_dim)`.
    pub fn trimmed(&self, mixed: Tensor<3>) -> Tensor<3> {
        let (heads, width, value) = (self.n_heads, self.head_dim, self.numbers.value_dim);
        if value == width {
            return mixed;
        }
        let [batch, context, _] = mixed.dims();
        let mixed = mixed.reshape([batch, context, heads, width]).narrow(3, 0, value);
        mixed.reshape([batch, context, heads * value])
    }
}
