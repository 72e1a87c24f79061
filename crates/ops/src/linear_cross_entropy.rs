//! The output layer and its loss in one: logits are made for some rows at a time and never stored.
//!
//! `x (…, D)`, `W (V, D)`, targets and weights `(N)` give the scalar
//! `scale · Σ weight_i · −log softmax(x_i · Wᵀ)[target_i]`. With `scale` the inverse of the sum of
//! weights over all the batches of a step, accumulated gradients are exactly those of one batch.
//!
//! Gradients are made in the forward pass, while a block of logits is in the cache, which is right
//! for a plain scalar loss only: what arrives at the backward is one number.
//!
//! Rows that weigh nothing cost nothing here: of a conversation only what the assistant says is learnt.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, ops::FloatTensorOps, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::cross_entropy;
use kernels::fresh::for_overwrite;
use kernels::gemm::{Gemm, Hooks, Operand, Precision, Values, nothing};

use crate::storage::{Number, contiguous, make, matrix, slice, values};

/// What is to be predicted, and how much each prediction counts.
#[derive(Clone, Debug)]
pub struct Targets {
    /// Token ids, one for each row of x.
    pub ids: Arc<[u32]>,
    /// Weights, one for each row; 0 leaves a row out.
    pub weights: Arc<[f32]>,
    /// Multiplies the loss and its gradients.
    pub scale: f32,
    /// How operands are rounded.
    pub precision: Precision,
}

/// The scaled, weighted sum of losses, `(1)`.
pub fn linear_cross_entropy<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    targets: Targets,
) -> Tensor<1> {
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::linear_cross_entropy(x, weight, targets))
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait LinearCrossEntropyOp: Backend {
    /// See [`linear_cross_entropy`].
    fn linear_cross_entropy(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        targets: Targets,
    ) -> FloatTensor<Self>;
}

impl LinearCrossEntropyOp for Flex {
    fn linear_cross_entropy(x: FlexTensor, weight: FlexTensor, targets: Targets) -> FlexTensor {
        forward(&contiguous(x), &contiguous(weight), &targets, false).loss
    }
}

/// The loss and, if asked for, the gradients at a unit upstream.
struct Forward {
    loss: FlexTensor,
    dx: Option<FlexTensor>,
    dweight: Option<FlexTensor>,
}

/// Logits made at a time: 4 MiB of them, in whole row blocks of the product.
const LOGITS: usize = 1 << 20;

fn forward(x: &FlexTensor, weight: &FlexTensor, targets: &Targets, gradients: bool) -> Forward {
    let ((m, width), (vocab, k)) = (matrix(x), matrix(weight));
    assert_eq!(width, k, "linear_cross_entropy: x has width {width}, the weight ({vocab}, {k})");
    assert_eq!((targets.ids.len(), targets.weights.len()), (m, m), "one target for each row");
    let beyond = targets.ids.iter().find(|&&id| id as usize >= vocab);
    assert!(beyond.is_none(), "linear_cross_entropy: target {beyond:?} beyond {vocab}");
    match values(x) {
        Values::F32(rows) => weighted(rows, x, weight, targets, gradients),
        Values::Bf16(rows) => weighted(rows, x, weight, targets, gradients),
    }
}

/// Leaves out the rows that weigh nothing.
fn weighted<E: Number>(
    rows: &[E],
    x: &FlexTensor,
    weight: &FlexTensor,
    targets: &Targets,
    gradients: bool,
) -> Forward {
    let (m, width) = matrix(x);
    let kept: Vec<usize> = (0..m).filter(|&row| targets.weights[row] != 0.0).collect();
    let made = if kept.len() == m {
        chunks(rows, width, weight, targets, gradients)
    } else {
        let of = |row: usize| row * width..(row + 1) * width;
        let mut few = Vec::with_capacity(kept.len() * width);
        kept.iter().for_each(|&row| few.extend_from_slice(&rows[of(row)]));
        let targets = Targets {
            ids: kept.iter().map(|&row| targets.ids[row]).collect(),
            weights: kept.iter().map(|&row| targets.weights[row]).collect(),
            ..targets.clone()
        };
        let mut made = chunks(&few, width, weight, &targets, gradients);
        if gradients {
            let mut dx = vec![E::zeroed(); rows.len()];
            for (&row, gradient) in kept.iter().zip(made.dx.chunks_exact(width)) {
                dx[of(row)].copy_from_slice(gradient);
            }
            made.dx = dx;
        }
        made
    };
    Forward {
        loss: make(vec![(made.loss * f64::from(targets.scale)) as f32], [1].into()),
        dx: gradients.then(|| make(made.dx, x.shape())),
        dweight: gradients.then(|| make(made.dweight, weight.shape())),
    }
}

/// What the blocks of rows give together; gradients are empty where nobody asked for them.
struct Made<E> {
    loss: f64,
    dx: Vec<E>,
    dweight: Vec<f32>,
}

fn chunks<E: Number>(
    rows: &[E],
    width: usize,
    weight: &FlexTensor,
    targets: &Targets,
    gradients: bool,
) -> Made<E> {
    let (m, (vocab, _)) = (targets.ids.len(), matrix(weight));
    let step = (LOGITS / vocab / 256 * 256).clamp(256, m.max(256));
    let mut dx = for_overwrite::<E>(if gradients { rows.len() } else { 0 });
    let mut dweight = match (gradients, m) {
        (false, _) => Vec::new(),
        (true, 0) => vec![0.0; vocab * width],
        (true, _) => for_overwrite::<f32>(vocab * width),
    };
    let mut loss = 0.0;
    for from in (0..m).step_by(step) {
        let to = m.min(from + step);
        let block = &rows[from * width..to * width];
        let head = Head { x: wrap(block), weight: slice(weight), width, vocab, rows: to - from };
        let mut logits = head.logits(targets.precision);
        let (ids, weights) = (&targets.ids[from..to], &targets.weights[from..to]);
        loss += cross_entropy::rows(&mut logits, vocab, ids, weights, targets.scale);
        if gradients {
            head.input_gradient(&logits, targets.precision, &mut dx[from * width..to * width]);
            head.weight_gradient(&logits, targets.precision, &mut dweight, from > 0);
        }
    }
    Made { loss, dx, dweight }
}

fn wrap<E: Number>(block: &[E]) -> Values<'_> {
    if let Ok(values) = bytemuck::try_cast_slice::<E, f32>(block)
        && size_of::<E>() == size_of::<f32>()
    {
        return Values::F32(values);
    }
    Values::Bf16(bytemuck::cast_slice(block))
}

/// One block of rows at the output layer.
struct Head<'a> {
    x: Values<'a>,
    weight: &'a [f32],
    width: usize,
    vocab: usize,
    rows: usize,
}

impl Head<'_> {
    /// `x · Wᵀ`, `(rows, V)`.
    fn logits(&self, precision: Precision) -> Vec<f32> {
        let a = Operand::rows(self.x, self.width);
        let b = Operand::transposed(Values::F32(self.weight), self.width);
        let mut logits = for_overwrite(self.rows * self.vocab);
        let (m, n, k) = (self.rows, self.vocab, self.width);
        Gemm { precision, m, n, k, a, b }.run::<f32>(&mut logits);
        logits
    }

    /// `dlogits · W`.
    fn input_gradient<E: Number>(&self, dlogits: &[f32], precision: Precision, dx: &mut [E]) {
        let a = Operand::rows(Values::F32(dlogits), self.vocab);
        let b = Operand::rows(Values::F32(self.weight), self.width);
        let (m, n, k) = (self.rows, self.width, self.vocab);
        Gemm { precision, m, n, k, a, b }.run::<E>(dx);
    }

    /// `dlogitsᵀ · x`, added to what earlier blocks gave.
    fn weight_gradient(&self, dlogits: &[f32], precision: Precision, dw: &mut [f32], add: bool) {
        let a = Operand::transposed(Values::F32(dlogits), self.vocab);
        let b = Operand::rows(self.x, self.width);
        let (m, n, k) = (self.vocab, self.width, self.rows);
        let hooks = Hooks { add, before: nothing, after: nothing };
        Gemm { precision, m, n, k, a, b }.run_with::<f32>(dw, &hooks);
    }
}

/// Scales what the forward made by the one number that arrives.
#[derive(Debug)]
struct LinearCrossEntropyBackward;

impl Backward<Flex, 2> for LinearCrossEntropyBackward {
    type State = (FlexTensor, FlexTensor);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let upstream = slice::<f32>(&contiguous(grads.consume::<Flex>(&ops.node)))[0];
        let scaled = |t: FlexTensor| match upstream {
            1.0 => t,
            by => Flex::float_mul_scalar(t, by.into()),
        };
        let ((dx, dweight), [x, weight]) = (ops.state, ops.parents);
        if let Some(parent) = x {
            grads.register::<Flex>(parent.id, scaled(dx));
        }
        if let Some(parent) = weight {
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
        let learns = x.is_tracked() || weight.is_tracked();
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let made = forward(&contiguous(x), &contiguous(weight), &targets, learns);
        let nodes = [x_node, weight_node];
        match LinearCrossEntropyBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => match (made.dx, made.dweight) {
                (Some(dx), Some(dweight)) => prepared.finish((dx, dweight), made.loss),
                _ => unreachable!("a tracked node asked for gradients above"),
            },
            OpsKind::UnTracked(prepared) => prepared.finish(made.loss),
        }
    }
}
