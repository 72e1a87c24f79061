//! A mixture of experts in the place of a feed-forward block (Shazeer et al., "Outrageously Large Neural
//! Networks", 2017; Jiang et al., "Mixtral of Experts", 2024):
//!
//! ```text
//! p = softmax(router · x);  y = Σ_{e among the k largest p} w_e · expert_e(x)
//! ```
//!
//! `w` is p, or p over the sum of those k, which is the softmax over the chosen logits alone. Which
//! experts are chosen has no gradient; how much each counts has. The experts' matrices stand one below the
//! other in one tensor each, and each expert multiplies the tokens that chose it at once.
//!
//! Leaves out capacities: no token is ever dropped.

use std::sync::{Arc, Mutex};

use arch::Spec;
use burn::module::Module;
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, IndexingUpdateOp, Int, Tensor, TensorData};
use ops::activation::{Activation, activation};
use ops::rows::rows;
use ops::{Precision, Stored};

use crate::feed_forward::operation;
use crate::linear::Linear;
use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct Experts {
    /// `(E, D)`.
    pub router: Linear,
    /// `(E·F, D)`, or `(E·2·F, D)` with each expert's gate rows first.
    pub up: Linear,
    /// `(E·D, F)`.
    pub down: Linear,
    #[module(skip)]
    n: usize,
    #[module(skip)]
    active: usize,
    #[module(skip)]
    normalized: bool,
    #[module(skip)]
    activation: Activation,
}

/// What the routers of one pass said, block by block: logits `(N, E)`. Shared by the layers of the pass.
pub type Routing = Arc<Mutex<Vec<Tensor<2>>>>;

/// The numbers of the tokens that chose an expert, rising, and how much it counts for each.
struct Assigned {
    tokens: Arc<[u32]>,
    /// `(1, R, 1)`.
    weights: Tensor<3>,
}

impl Experts {
    /// A layer of a spec's experts.
    ///
    /// # Panics
    /// If the spec has none.
    pub fn new(spec: &Spec, router: Linear, up: Linear, down: Linear) -> Self {
        let experts = spec.experts.as_ref().expect("a spec with experts");
        let arch::Experts { n, active, normalized, .. } = *experts;
        Self { router, up, down, n, active, normalized, activation: operation(spec.activation) }
    }

    /// `(B, T, D)` to `(B, T, D)`, added to `residual` if there is one.
    pub fn forward(&self, x: Tensor<3>, residual: Option<Tensor<3>>, pass: &Pass) -> Tensor<3> {
        let [batch, context, width] = x.dims();
        let n_tokens = batch * context;
        let exact = Pass { precision: Precision::F32, ..pass.clone() };
        let logits = self.router.forward(Stored::F32.cast(x.clone()), None, &exact, Stored::F32);
        let logits: Tensor<2> = logits.reshape([n_tokens, self.n]);
        let chosen = self.chosen(&logits);
        if let Some(routing) = &pass.routing {
            let mut routing = routing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            routing.push(logits.clone());
        }
        let weights = self.weights(logits, &chosen);
        let mut out: Tensor<2> = match residual {
            Some(residual) => residual.reshape([n_tokens, width]),
            None => Tensor::zeros([n_tokens, width], &x.device()),
        };
        for (e, tokens) in by_expert(&chosen, self.n, self.active).into_iter().enumerate() {
            let Some(assigned) = assigned(&weights, e, tokens) else { continue };
            let index = int(&assigned.tokens, &out);
            let y = self.expert(e, rows(x.clone(), assigned.tokens), pass) * assigned.weights;
            let y = y.reshape([-1, width as i32]);
            out = out.select_assign(0, index, y, IndexingUpdateOp::Add);
        }
        out.reshape([batch, context, width])
    }

    /// `(1, R, D)` to `(1, R, D)`.
    fn expert(&self, e: usize, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        let h = part(&self.up, e, self.n).forward(x, None, pass, pass.stored());
        let h = activation(h, self.activation);
        part(&self.down, e, self.n).forward(h, None, pass, Stored::F32)
    }

    /// The k largest of each row, the largest first: `(N · k)`. Of equal ones the first counts more.
    fn chosen(&self, logits: &Tensor<2>) -> Vec<usize> {
        let logits = logits.clone().inner();
        ops::storage::with_values(&logits, |values| {
            values.chunks_exact(self.n).flat_map(|row| largest(row, self.active)).collect()
        })
    }

    /// How much each expert counts for each token, 0 for those that it did not choose: `(N, E)`.
    fn weights(&self, logits: Tensor<2>, chosen: &[usize]) -> Tensor<2> {
        let n_tokens = chosen.len() / self.active;
        let mut left_out = vec![true; n_tokens * self.n];
        for (i, e) in chosen.iter().enumerate() {
            left_out[i / self.active * self.n + e] = false;
        }
        let data = TensorData::new(left_out, [n_tokens, self.n]);
        let left_out = Tensor::<2, Bool>::from_data(data, &logits.device());
        if self.normalized {
            return softmax(logits.mask_fill(left_out, f32::NEG_INFINITY), 1);
        }
        softmax(logits, 1).mask_fill(left_out, 0.0)
    }
}

/// The load-balancing loss of what routers said: `E · Σ_e f_e · P_e`, f how often an expert was chosen for
/// a token, P its mean probability, both over all tokens and blocks (Fedus et al., "Switch
/// Transformers", 2021, equation 4; over blocks as Mixtral's code has it). It is `active` where the load
/// is even. Tokens that weigh nothing do not count. `None` without routers.
pub fn balance(routing: &Routing, active: usize, counts: &[bool]) -> Option<Tensor<1>> {
    let blocks = routing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let [_, n] = blocks.first()?.dims();
    let device = blocks[0].device();
    let total = (counts.iter().filter(|&&counts| counts).count() * blocks.len()).max(1) as f32;
    let mask: Vec<f32> = counts.iter().map(|&counts| f32::from(u8::from(counts))).collect();
    let mask = Tensor::<1>::from_data(&mask[..], &device).reshape([counts.len(), 1]);
    let mut times = vec![0.0_f32; n];
    let mut probabilities = Tensor::<1>::zeros([n], &device);
    for logits in blocks.iter() {
        ops::storage::with_values(&logits.clone().inner(), |values| {
            for (row, _) in values.chunks_exact(n).zip(counts).filter(|(_, counts)| **counts) {
                largest(row, active).for_each(|e| times[e] += 1.0 / total);
            }
        });
        let share = softmax(logits.clone(), 1) * mask.clone();
        probabilities = probabilities + share.sum_dim(0).reshape([n]) / total;
    }
    let times = Tensor::<1>::from_data(&times[..], &device);
    Some((times * probabilities).sum() * n as f32)
}

/// The places of the k largest values, the largest first.
fn largest(row: &[f32], k: usize) -> impl Iterator<Item = usize> + use<> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
    order.into_iter().take(k)
}

/// The tokens that chose each expert.
fn by_expert(chosen: &[usize], n: usize, active: usize) -> Vec<Vec<u32>> {
    let mut tokens = vec![Vec::new(); n];
    for (i, &e) in chosen.iter().enumerate() {
        tokens[e].push((i / active) as u32);
    }
    tokens
}

fn assigned(weights: &Tensor<2>, e: usize, tokens: Vec<u32>) -> Option<Assigned> {
    if tokens.is_empty() {
        return None;
    }
    let column = weights.clone().narrow(1, e, 1);
    let weights = column.select(0, int(&tokens, weights)).unsqueeze::<3>();
    Some(Assigned { tokens: tokens.into(), weights })
}

fn int(numbers: &[u32], like: &Tensor<2>) -> Tensor<1, Int> {
    let numbers: Vec<i64> = numbers.iter().map(|&n| i64::from(n)).collect();
    Tensor::from_data(numbers.as_slice(), &like.device())
}

/// One of `n` layers that stand one below the other.
fn part(all: &Linear, e: usize, n: usize) -> Slice {
    let weight = all.weight.val();
    let rows = weight.dims()[0] / n;
    let bias = all.bias.as_ref().map(|bias| bias.val().narrow(0, e * rows, rows));
    Slice { weight: weight.narrow(0, e * rows, rows), bias }
}

/// A part of a layer.
struct Slice {
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
}

impl Slice {
    fn forward(
        self,
        x: Tensor<3>,
        residual: Option<Tensor<3>>,
        pass: &Pass,
        stored: Stored,
    ) -> Tensor<3> {
        let precision = pass.precision;
        let with = ops::linear::Linear { precision, stored, bias: self.bias, residual };
        ops::linear::linear(x, self.weight, with)
    }
}
