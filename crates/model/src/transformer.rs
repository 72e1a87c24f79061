//! The decoder-only transformer, from top to bottom.
//!
//! ```text
//! x ← embed(ids) (+ positions)
//! for each block:  x ← block(x)
//! logits ← W_head · norm(x)
//! ```
//!
//! What a block does is in [`crate::block`]. B batch, T context, D width of the stream, V vocabulary, E
//! width of the embedding, most often D.
//!
//! A loss asks about the positions that weigh something: of a conversation what the assistant says,
//! often less than half. After the last mixing of positions only those go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use arch::Spec;
use burn::module::{Module, Param};
use burn::tensor::Tensor;
use nn::embedding::Embedding;
use nn::experts::{Routing, balance};
use nn::linear::Linear;
use nn::norm::Norm;
use nn::pass::Pass;
use ops::Stored;
use ops::linear_cross_entropy::{Regularization, Targets, linear_cross_entropy};

use crate::block::{Asked, Block};
use crate::hooks::Hooks;

/// The model.
#[derive(Module, Debug)]
pub struct Transformer {
    /// Token and position tables.
    pub embedding: Embedding,
    /// The blocks, first to last.
    pub blocks: Vec<Block>,
    /// Before the output matrix; none in a post-norm model.
    pub final_norm: Option<Norm>,
    /// `(E, D)`, where the embedding is narrower than the stream.
    pub project: Option<Linear>,
    /// `(V, E)`; absent where the embedding is the output matrix too.
    pub head: Option<Param<Tensor<2>>>,
    #[module(skip)]
    spec: Spec,
}

/// Tokens and what is to be predicted from them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `(B·T)`.
    pub inputs: Arc<[u32]>,
    /// `(B·T)`.
    pub targets: Arc<[u32]>,
    /// `(B·T)`; 0 leaves a position out of the loss.
    pub weights: Arc<[f32]>,
    /// Sizes, positions, visibility and numerics.
    pub pass: Pass,
    /// What is mixed into the loss.
    pub regularization: Regularization,
}

impl Batch {
    /// The positions that weigh something, their targets and weights. Where none does, all are asked
    /// about: there are no tensors of no rows.
    fn asked(&self) -> (Asked, Arc<[u32]>, Arc<[f32]>) {
        let n = self.weights.len();
        let asked: Vec<u32> =
            (0..n).filter(|&i| self.weights[i] != 0.0).map(|i| i as u32).collect();
        if asked.is_empty() || asked.len() == n {
            return (None, self.targets.clone(), self.weights.clone());
        }
        let targets = asked.iter().map(|&i| self.targets[i as usize]).collect();
        let weights = asked.iter().map(|&i| self.weights[i as usize]).collect();
        (Some(asked.into()), targets, weights)
    }
}

impl Transformer {
    /// A model of these layers.
    pub(crate) fn of(
        spec: Spec,
        embedding: Embedding,
        blocks: Vec<Block>,
        final_norm: Option<Norm>,
        ends: (Option<Linear>, Option<Param<Tensor<2>>>),
    ) -> Self {
        let (project, head) = ends;
        Self { embedding, blocks, final_norm, project, head, spec }
    }

    /// The matrices inside the blocks; see [`crate::paths::stacks`].
    pub fn stacks(&self) -> BTreeMap<String, Vec<usize>> {
        crate::paths::stacks(&self.spec)
    }

    /// The final stream, as the output matrix sees it: ids `(B·T)` to `(B, T, E)`.
    pub fn forward(&self, ids: Arc<[u32]>, pass: &Pass) -> Tensor<3> {
        self.forward_asked(ids, pass, None)
    }

    /// As [`Transformer::forward`]; of the positions that are `asked` about alone `(1, asked, E)`.
    fn forward_asked(&self, ids: Arc<[u32]>, pass: &Pass, asked: Asked) -> Tensor<3> {
        let mut x = self.embedding.forward(ids, pass); // (B, T, D)
        if let Some((last, blocks)) = self.blocks.split_last() {
            for block in blocks {
                x = block.forward_in(x, pass, None);
            }
            x = last.forward_in(x, pass, asked);
        }
        self.finish(x, pass)
    }

    /// The stream as the output matrix sees it: `(B, T, D)` to `(B, T, E)`.
    pub(crate) fn finish(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let x = match &self.final_norm {
            Some(norm) => norm.forward(x, pass),
            None => x,
        };
        let x = match &self.project {
            Some(project) => project.forward(x, None, pass, Stored::F32),
            None => x,
        };
        if self.spec.scales.logits == 1.0 { x } else { x / self.spec.scales.logits }
    }

    /// As [`Transformer::forward`], with every named activation shown to `hooks`.
    pub fn forward_open(&self, ids: Arc<[u32]>, pass: &Pass, hooks: &mut dyn Hooks) -> Tensor<3> {
        let mut x = hooks.at("hook_embed", self.embedding.forward(ids, pass));
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward_open(x, pass, &mut |name: &str, activation: Tensor<3>| {
                hooks.at(&format!("blocks.{i}.{name}"), activation)
            });
        }
        hooks.at("ln_final.hook_normalized", self.finish(x, pass))
    }

    /// The weighted sum of the batch's losses, times `scale`: `(1)`; in a mixture that asks for a balanced
    /// load, with the load's loss times the sum of weights, so that it counts for each token.
    pub fn loss(&self, batch: &Batch, scale: f32) -> Tensor<1> {
        let balanced = self.spec.experts.as_ref().filter(|experts| experts.balance > 0.0);
        let mut pass = batch.pass.clone();
        pass.routing = balanced.map(|_| Routing::default());
        let (asked, ids, weights) = batch.asked();
        // A router's load is that of all tokens, so that none is left out before the last block.
        let asked = asked.filter(|_| balanced.is_none());
        let (ids, weights) = match (&asked, balanced) {
            (None, Some(_)) => (batch.targets.clone(), batch.weights.clone()),
            _ => (ids, weights),
        };
        let x = self.forward_asked(batch.inputs.clone(), &pass, asked);
        let precision = pass.precision;
        let (regularization, softcap) = (batch.regularization, self.spec.logit_softcap);
        let targets = Targets { ids, weights, scale, precision, regularization, softcap };
        let loss = linear_cross_entropy(x, self.output_matrix(), targets);
        let (Some(experts), Some(routing)) = (balanced, &pass.routing) else { return loss };
        let all = || vec![true; batch.weights.len()].into();
        let counts = pass.tokens.clone().unwrap_or_else(all);
        let total: f32 = batch.weights.iter().sum();
        match balance(routing, experts.active, &counts) {
            Some(balance) => loss + balance * (experts.balance * total * scale),
            None => loss,
        }
    }

    /// Logits of what [`Transformer::forward`] gives: `(B, T, E)` to `(B, T, V)`.
    pub fn logits(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let with = ops::linear::Linear::new(pass.precision);
        let logits = ops::linear::linear(x, self.output_matrix(), with);
        match self.spec.logit_softcap {
            Some(cap) => (logits / cap).tanh() * cap,
            None => logits,
        }
    }

    /// `(V, E)`.
    pub fn output_matrix(&self) -> Tensor<2> {
        self.head.as_ref().unwrap_or(&self.embedding.tokens).val()
    }

    /// What the model is.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }
}
