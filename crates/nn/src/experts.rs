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
use burn::module::{Module, Param};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Int, Tensor, TensorData};
use ops::activation::{Activation, activation};
use ops::expert_rows::{combine, dispatch};
use ops::grouped_linear::{Grouped, grouped_linear};
use ops::{Precision, Stored};

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

/// What the experts see: their tokens, one expert after the other, each as often as it is seen.
struct Assigned {
    /// `(R)`.
    tokens: Arc<[u32]>,
    /// How much each counts: `(R)`.
    weights: Tensor<1>,
    /// Where the tokens of each expert end.
    ends: Arc<[usize]>,
}

impl Experts {
    /// A layer of a spec's experts.
    ///
    /// # Panics
    /// If the spec has none.
    pub fn new(spec: &Spec, router: Linear, up: Linear, down: Linear) -> Self {
        let experts = spec.experts.as_ref().expect("a spec with experts");
        let arch::Experts { n, active, normalized, .. } = *experts;
        Self { router, up, down, n, active, normalized, activation: spec.activation.into() }
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
        let base: Tensor<2> = match residual {
            Some(residual) => residual.reshape([n_tokens, width]),
            None => Tensor::zeros([n_tokens, width], &x.device()),
        };
        let Assigned { tokens, weights, ends } = self.assigned(logits, &chosen);
        let h = self.each(&self.up, dispatch(x, tokens.clone()), &ends, pass, pass.stored());
        let h = activation(h, self.activation); // (1, R, F)
        let y = self.each(&self.down, h, &ends, pass, Stored::F32); // (1, R, D)
        combine(y, weights, base, tokens).reshape([batch, context, width])
    }

    /// Rows, expert by expert, through the matrices of each.
    fn each(
        &self,
        layer: &Linear,
        x: Tensor<3>,
        ends: &Arc<[usize]>,
        pass: &Pass,
        stored: Stored,
    ) -> Tensor<3> {
        let bias = layer.bias.as_ref().map(Param::val);
        let with = Grouped { ends: ends.clone(), precision: pass.precision, stored, bias };
        grouped_linear(x, layer.weight.val(), with)
    }

    /// Who sees which token, and how much it counts.
    fn assigned(&self, logits: Tensor<2>, chosen: &[usize]) -> Assigned {
        let groups = by_expert(chosen, self.n, self.active);
        let mut end = 0;
        let ends = groups.iter().map(|tokens| {
            end += tokens.len();
            end
        });
        let ends = ends.collect();
        let places = groups.iter().enumerate();
        let places = places.flat_map(|(e, tokens)| tokens.iter().map(move |&t| (t, e)));
        let flat: Vec<i64> = places.map(|(t, e)| i64::from(t) * self.n as i64 + e as i64).collect();
        let flat = Tensor::<1, Int>::from_data(flat.as_slice(), &logits.device());
        let weights = self.weights(logits, chosen).flatten::<1>(0, 1).select(0, flat);
        Assigned { tokens: groups.concat().into(), weights, ends }
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
