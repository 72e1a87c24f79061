//! The output layer and its loss in one: logits are made for some rows at a time and never stored.
//!
//! `x (…, D)`, `W (V, D)`, targets and weights `(N)` give the scalar
//! `scale · Σ weight_i · −log softmax(x_i · Wᵀ)[target_i]`, with label smoothing and z-loss where asked
//! for. With `scale` the inverse of the sum of
//! weights over all the batches of a step, accumulated gradients are exactly those of one batch.
//!
//! Gradients are made in the forward pass, while a block of logits is in the cache, which is right
//! for a plain scalar loss only: what arrives at the backward is one number.
//!
//! A gradient that nobody asks for costs nothing: of a frozen output layer no dW is made. Rows that weigh
//! nothing cost as much as others; [`crate::rows`](mod@crate::rows) leaves them out before.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, ops::FloatTensorOps, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
pub use kernels::cross_entropy::Regularization;
use kernels::gemm::{Precision, Values};
pub use kernels::linear_cross_entropy::workspace;
use kernels::linear_cross_entropy::{self, Aims, Layer, Wanted};

use crate::profile::{Op, Way, span};
use crate::storage::{Number, as_matrix, contiguous, make, matrix, on_cpu, product, slice, values};

/// What is to be predicted, and how much each prediction counts.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Token ids, one for each row of x.
    pub ids: Arc<[u32]>,
    /// Weights, one for each row; one of 0 adds nothing.
    pub weights: Arc<[f32]>,
    /// Multiplies the loss and its gradients.
    pub scale: f32,
    /// How operands are rounded.
    pub precision: Precision,
    /// Label smoothing and z-loss; nothing by default.
    pub regularization: Regularization,
    /// Logits become `c · tanh(l/c)`.
    pub softcap: Option<f32>,
}

/// The scaled, weighted sum of losses, `(1)`.
pub fn linear_cross_entropy<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    targets: Targets,
) -> Tensor<1> {
    if !on_cpu(&x.device()) {
        return plain(x, weight, &targets);
    }
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::linear_cross_entropy(x, weight, targets))
}

/// The same in Burn's own operations, with all logits at once.
pub fn plain<const D: usize>(x: Tensor<D>, weight: Tensor<2>, targets: &Targets) -> Tensor<1> {
    let logits = product(as_matrix(x), weight.transpose(), targets.precision); // (N, V)
    let logits = match targets.softcap {
        Some(cap) => (logits / cap).tanh() * cap,
        None => logits,
    };
    let (n, device) = (targets.ids.len(), logits.device());
    let Regularization { label_smoothing, z_loss } = targets.regularization;
    let max = logits.clone().detach().max_dim(1);
    let log_z = (logits.clone() - max.clone()).exp().sum_dim(1).log() + max;
    let ids: Vec<i64> = targets.ids.iter().map(|&id| i64::from(id)).collect();
    let ids = Tensor::<1, Int>::from_data(ids.as_slice(), &device).reshape([n, 1]);
    let aim = logits.clone().gather(1, ids) * (1.0 - label_smoothing);
    let spread = logits.mean_dim(1) * label_smoothing;
    let losses = log_z.clone() - aim - spread + log_z.square() * z_loss;
    let weights = Tensor::<1>::from_data(&targets.weights[..], &device);
    (losses.reshape([n]) * weights).sum() * targets.scale
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait LinearCrossEntropyOp: Backend {
    /// See [`linear_cross_entropy()`].
    fn linear_cross_entropy(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        targets: Targets,
    ) -> FloatTensor<Self>;
}

impl LinearCrossEntropyOp for Flex {
    fn linear_cross_entropy(x: FlexTensor, weight: FlexTensor, targets: Targets) -> FlexTensor {
        forward(&contiguous(x), &contiguous(weight), &targets, Wanted::default()).loss
    }
}

/// The loss and, if asked for, the gradients at a unit upstream.
struct Forward {
    loss: FlexTensor,
    dx: Option<FlexTensor>,
    dweight: Option<FlexTensor>,
}

fn forward(x: &FlexTensor, weight: &FlexTensor, targets: &Targets, wanted: Wanted) -> Forward {
    let _clock = span(Op::Head, Way::Forward);
    let ((m, width), (vocab, k)) = (matrix(x), matrix(weight));
    assert_eq!(width, k, "linear_cross_entropy: x has width {width}, the weight ({vocab}, {k})");
    assert_eq!((targets.ids.len(), targets.weights.len()), (m, m), "one target for each row");
    match values(x) {
        Values::F32(rows) => gradients(rows, x, weight, targets, wanted),
        Values::Bf16(rows) => gradients(rows, x, weight, targets, wanted),
    }
}

fn gradients<E: Number>(
    rows: &[E],
    x: &FlexTensor,
    weight: &FlexTensor,
    targets: &Targets,
    wanted: Wanted,
) -> Forward {
    let (width, precision) = (matrix(x).1, targets.precision);
    let layer = Layer { x: rows, weight: values(weight), width, precision };
    let Targets { scale, regularization: with, softcap, .. } = *targets;
    let aims = Aims { ids: &targets.ids, weights: &targets.weights, scale, with, softcap };
    let made = linear_cross_entropy::run(&layer, &aims, wanted);
    Forward {
        loss: make(vec![made.loss as f32], [1].into()),
        dx: wanted.dx.then(|| make(made.dx, x.shape())),
        dweight: wanted.dweight.then(|| make(made.dweight, weight.shape())),
    }
}

/// Scales what the forward made by the one number that arrives.
#[derive(Debug)]
struct LinearCrossEntropyBackward;

impl Backward<Flex, 2> for LinearCrossEntropyBackward {
    type State = (Option<FlexTensor>, Option<FlexTensor>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Head, Way::Backward);
        let upstream = slice::<f32>(&contiguous(grads.consume::<Flex>(&ops.node)))[0];
        let scaled = |t: FlexTensor| match upstream {
            1.0 => t,
            by => Flex::float_mul_scalar(t, by.into()),
        };
        let ((dx, dweight), [x, weight]) = (ops.state, ops.parents);
        if let (Some(parent), Some(dx)) = (x, dx) {
            grads.register::<Flex>(parent.id, scaled(dx));
        }
        if let (Some(parent), Some(dweight)) = (weight, dweight) {
            grads.register::<Flex>(parent.id, scaled(dweight));
        }
    }
}

impl<C: CheckpointStrategy> LinearCrossEntropyOp for Autodiff<Flex, C> {
    fn linear_cross_entropy(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        targets: Targets,
    ) -> FloatTensor<Self> {
        let wanted = Wanted { dx: x.is_tracked(), dweight: weight.is_tracked() };
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let made = forward(&contiguous(x), &contiguous(weight), &targets, wanted);
        let nodes = [x_node, weight_node];
        match LinearCrossEntropyBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((made.dx, made.dweight), made.loss),
            OpsKind::UnTracked(prepared) => prepared.finish(made.loss),
        }
    }
}
