//! `y = x · Wᵀ (+ b) (+ r)`: the matrix product of a layer, with its bias and the residual that it
//! is added to, in one pass over y.
//!
//! `x (…, K)`, `W (N, K)`, `b (N)`, `r (…, N)` give `y (…, N)`. A weight that is not trained costs
//! no dW and keeps no x.

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::column_sums::column_sums;
use kernels::gemm::{Epilogue, Gemm, Operand, Precision, Values};

use crate::profile::{Op, Way, span};
use crate::storage::{
    Stored, as_matrix, contiguous, filled, in_bf16, in_f32, make, matrix, on_cpu, or_stand_in,
    product, slice, values, with_width,
};

/// What goes with the product. Built by [`Linear::new`] and changed field by field.
#[derive(Clone, Debug)]
pub struct Linear<const D: usize> {
    /// How operands are rounded.
    pub precision: Precision,
    /// How y is stored. With a residual y is always f32.
    pub stored: Stored,
    /// Added to each row, `(N)`.
    pub bias: Option<Tensor<1>>,
    /// Added to y, of y's shape.
    pub residual: Option<Tensor<D>>,
}

impl<const D: usize> Linear<D> {
    /// No bias, no residual, y in f32.
    pub fn new(precision: Precision) -> Self {
        Self { precision, stored: Stored::F32, bias: None, residual: None }
    }
}

/// The product, with gradients to x, W, bias and residual.
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, with: Linear<D>) -> Tensor<D> {
    let device = x.device();
    if !on_cpu(&device) {
        return plain(x, weight, with);
    }
    let (bias, has_bias) = or_stand_in(with.bias, &device);
    let (residual, has_residual) = or_stand_in(with.residual, &device);
    let Linear { precision, stored, .. } = with;
    let numerics = Numerics { precision, stored, has_bias, has_residual };
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::linear(x, weight, bias, residual, numerics))
}

/// The same in Burn's own operations.
pub fn plain<const D: usize>(x: Tensor<D>, weight: Tensor<2>, with: Linear<D>) -> Tensor<D> {
    let shape = with_width(x.shape(), weight.dims()[0]);
    let mut y = product(as_matrix(x), weight.transpose(), with.precision); // (N, out)
    if let Some(bias) = with.bias {
        y = y + bias.unsqueeze();
    }
    let y: Tensor<D> = y.reshape(shape);
    match with.residual {
        Some(residual) => y + Stored::F32.cast(residual),
        None => with.stored.cast(y),
    }
}

/// The side of [`Linear`] that is no tensor.
#[derive(Clone, Copy, Debug)]
pub struct Numerics {
    precision: Precision,
    stored: Stored,
    has_bias: bool,
    has_residual: bool,
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait LinearOp: Backend {
    /// See [`linear`].
    fn linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self>;
}

impl LinearOp for Flex {
    fn linear(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        residual: FlexTensor,
        numerics: Numerics,
    ) -> FlexTensor {
        forward(&contiguous(x), &contiguous(weight), bias, residual, numerics)
    }
}

fn forward(
    x: &FlexTensor,
    weight: &FlexTensor,
    bias: FlexTensor,
    residual: FlexTensor,
    numerics: Numerics,
) -> FlexTensor {
    let _clock = span(Op::Linear, Way::Forward);
    let bias = numerics.has_bias.then(|| contiguous(bias));
    let residual = numerics.has_residual.then(|| in_f32(residual));
    let ((m, k), (n, k_weight)) = (matrix(x), matrix(weight));
    assert_eq!(k, k_weight, "linear: x has width {k}, the weight ({n}, {k_weight})");
    let (a, b) = (Operand::rows(values(x), k), Operand::transposed(values(weight), k));
    let gemm = Gemm { precision: numerics.precision, m, n, k, a, b };
    let (shape, bias) = (with_width(x.shape(), n), bias.as_ref().map(slice::<f32>));
    let residual = residual.as_ref().map(slice::<f32>);
    let epilogue = Epilogue { accumulate: false, bias, residual };
    match numerics.stored {
        Stored::Bf16 if residual.is_none() => {
            filled(shape, |y| gemm.run_with::<half::bf16>(y, epilogue))
        }
        _ => filled(shape, |y| gemm.run_with::<f32>(y, epilogue)),
    }
}

/// `dx = dy · W`, `dW = dyᵀ · x`, `db = Σ rows of dy`, `dr = dy`.
#[derive(Debug)]
struct LinearBackward;

/// What the backward needs: x if W learns, W if x does.
#[derive(Clone, Debug)]
struct Kept {
    x: Option<FlexTensor>,
    weight: Option<FlexTensor>,
    x_is_bf16: bool,
    precision: Precision,
}

impl Backward<Flex, 4> for LinearBackward {
    type State = Kept;

    fn backward(self, ops: Ops<Kept, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Linear, Way::Backward);
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let (kept, [x, weight, bias, residual]) = (ops.state, ops.parents);
        // Two products read it: it is rounded once.
        let rounded = match kept.precision {
            Precision::Bf16 => in_bf16(dy.clone()),
            Precision::F32 => dy.clone(),
        };
        if let (Some(parent), Some(weight)) = (x, &kept.weight) {
            grads.register::<Flex>(parent.id, input_gradient(&rounded, weight, &kept));
        }
        if let (Some(parent), Some(x)) = (weight, &kept.x) {
            grads.register::<Flex>(parent.id, weight_gradient(&rounded, x, kept.precision));
        }
        drop(rounded);
        if let Some(parent) = bias {
            let mut sums = vec![0.0; matrix(&dy).1];
            match values(&dy) {
                Values::F32(dy) => column_sums(dy, &mut sums),
                Values::Bf16(dy) => column_sums(dy, &mut sums),
            }
            let shape = [sums.len()].into();
            grads.register::<Flex>(parent.id, make(sums, shape));
        }
        if let Some(parent) = residual {
            grads.register::<Flex>(parent.id, in_f32(dy));
        }
    }
}

fn input_gradient(dy: &FlexTensor, weight: &FlexTensor, kept: &Kept) -> FlexTensor {
    let ((m, n), (_, k)) = (matrix(dy), matrix(weight));
    let (a, b) = (Operand::rows(values(dy), n), Operand::rows(values(weight), k));
    let gemm = Gemm { precision: kept.precision, m, n: k, k: n, a, b };
    let shape = with_width(dy.shape(), k);
    if kept.x_is_bf16 {
        filled(shape, |dx| gemm.run::<half::bf16>(dx))
    } else {
        filled(shape, |dx| gemm.run::<f32>(dx))
    }
}

fn weight_gradient(dy: &FlexTensor, x: &FlexTensor, precision: Precision) -> FlexTensor {
    let ((m, n), (_, k)) = (matrix(dy), matrix(x));
    let (a, b) = (Operand::transposed(values(dy), n), Operand::rows(values(x), k));
    let gemm = Gemm { precision, m: n, n: k, k: m, a, b };
    filled([n, k].into(), |dw| gemm.run::<f32>(dw))
}

impl<C: CheckpointStrategy> LinearOp for Autodiff<Flex, C> {
    fn linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self> {
        let (x_learns, weight_learns) = (x.is_tracked(), weight.is_tracked());
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let ((bias, bias_node), (residual, residual_node)) =
            (bias.into_parts(), residual.into_parts());
        let (x, weight) = (contiguous(x), contiguous(weight));
        let y = forward(&x, &weight, bias, residual, numerics);
        let kept = Kept {
            x_is_bf16: matches!(values(&x), Values::Bf16(_)),
            x: weight_learns.then_some(x),
            weight: x_learns.then_some(weight),
            precision: numerics.precision,
        };
        let nodes = [x_node, weight_node, bias_node, residual_node];
        match LinearBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(kept, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
