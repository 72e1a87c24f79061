//! Products of groups of rows, each with a matrix of its own: the layers of experts, all at once.
//!
//! `x (1, R, K)`, whose rows stand group by group, `W (G·N, K)`, whose matrices stand one below the
//! other, `b (G·N)` give `y (1, R, N)`. Group g has the rows from where the last one ends up to `ends[g]`,
//! and may have none. A weight that is not trained costs no dW and keeps no x.

use std::ops::Range;
use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::column_sums::column_sums;
use kernels::gemm::{Epilogue, Gemm, Operand, Precision, Values};

use crate::linear::{Linear, plain as plain_linear};
use crate::profile::{Op, Way, span};
use crate::storage::{
    Number, Stored, contiguous, filled, in_bf16, make, matrix, on_cpu, or_stand_in, slice, values,
};

/// What goes with the products.
#[derive(Clone, Debug)]
pub struct Grouped {
    /// Where the rows of each group end.
    pub ends: Arc<[usize]>,
    /// How operands are rounded.
    pub precision: Precision,
    /// How y is stored.
    pub stored: Stored,
    /// Added to each row, `(G·N)`.
    pub bias: Option<Tensor<1>>,
}

/// The products, with gradients to x, W and bias.
///
/// # Panics
/// If the groups are not those of x's rows, or W is no whole matrix for each.
pub fn grouped_linear(x: Tensor<3>, weight: Tensor<2>, with: Grouped) -> Tensor<3> {
    let device = x.device();
    if !on_cpu(&device) {
        return plain(x, weight, with);
    }
    let Grouped { ends, precision, stored, bias } = with;
    let (bias, has_bias) = or_stand_in(bias, &device);
    let numerics = Numerics { ends, precision, stored, has_bias };
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::grouped_linear(x, weight, bias, numerics))
}

/// The same in Burn's own operations.
pub fn plain(x: Tensor<3>, weight: Tensor<2>, with: Grouped) -> Tensor<3> {
    let Grouped { ends, precision, stored, bias } = with;
    let height = weight.dims()[0] / ends.len();
    let parts = groups(&ends).enumerate().filter(|(_, rows)| !rows.is_empty());
    let product = |(g, rows): (usize, Range<usize>)| {
        let x = x.clone().narrow(1, rows.start, rows.len());
        let bias = bias.clone().map(|bias| bias.narrow(0, g * height, height));
        let with = Linear { precision, stored, bias, residual: None };
        plain_linear(x, weight.clone().narrow(0, g * height, height), with)
    };
    Tensor::cat(parts.map(product).collect(), 1)
}

/// The rows of each group.
fn groups(ends: &[usize]) -> impl Iterator<Item = Range<usize>> + '_ {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| start..end)
}

/// The side of [`Grouped`] that is no tensor.
#[derive(Clone, Debug)]
pub struct Numerics {
    ends: Arc<[usize]>,
    precision: Precision,
    stored: Stored,
    has_bias: bool,
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait GroupedLinearOp: Backend {
    /// See [`grouped_linear`].
    fn grouped_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self>;
}

impl GroupedLinearOp for Flex {
    fn grouped_linear(
        x: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        numerics: Numerics,
    ) -> FlexTensor {
        forward(&contiguous(x), &contiguous(weight), bias, &numerics)
    }
}

/// Part of a tensor's values, from row to row of a width.
fn part<'a>(tensor: &'a FlexTensor, rows: &Range<usize>, width: usize) -> Values<'a> {
    let part = rows.start * width..rows.end * width;
    match values(tensor) {
        Values::F32(values) => Values::F32(&values[part]),
        Values::Bf16(values) => Values::Bf16(&values[part]),
    }
}

fn forward(
    x: &FlexTensor,
    weight: &FlexTensor,
    bias: FlexTensor,
    numerics: &Numerics,
) -> FlexTensor {
    let _clock = span(Op::Linear, Way::Forward);
    let ((rows, k), (all, k_weight)) = (matrix(x), matrix(weight));
    let groups = numerics.ends.len();
    assert_eq!(k, k_weight, "grouped_linear: x has width {k}, the weight ({all}, {k_weight})");
    let fits = numerics.ends.is_sorted() && numerics.ends.last() == Some(&rows);
    assert!(fits && all.is_multiple_of(groups), "grouped_linear: {rows} rows, {all} for {groups}");
    let bias = numerics.has_bias.then(|| contiguous(bias));
    let bias = bias.as_ref().map(slice::<f32>);
    match numerics.stored {
        Stored::Bf16 => products::<half::bf16>(x, weight, bias, numerics),
        Stored::F32 => products::<f32>(x, weight, bias, numerics),
    }
}

fn products<O: Number>(
    x: &FlexTensor,
    weight: &FlexTensor,
    bias: Option<&[f32]>,
    numerics: &Numerics,
) -> FlexTensor {
    let ((rows, k), (all, _)) = (matrix(x), matrix(weight));
    let n = all / numerics.ends.len();
    filled([1, rows, n].into(), |y: &mut [O]| {
        for (g, rows) in groups(&numerics.ends).enumerate() {
            let own = g * n..(g + 1) * n;
            let a = Operand::rows(part(x, &rows, k), k);
            let b = Operand::transposed(part(weight, &own, k), k);
            let gemm = Gemm { precision: numerics.precision, m: rows.len(), n, k, a, b };
            let epilogue = Epilogue { bias: bias.map(|b| &b[own]), ..Epilogue::default() };
            gemm.run_with(&mut y[rows.start * n..rows.end * n], epilogue);
        }
    })
}

/// Of each group: `dx = dy · W`, `dW = dyᵀ · x`, `db = Σ rows of dy`; zeros for one without rows.
#[derive(Debug)]
struct GroupedLinearBackward;

/// What the backward needs: x if W learns, W if x does.
#[derive(Clone, Debug)]
struct Kept {
    x: Option<FlexTensor>,
    weight: Option<FlexTensor>,
    x_is_bf16: bool,
    precision: Precision,
    ends: Arc<[usize]>,
}

impl Backward<Flex, 3> for GroupedLinearBackward {
    type State = Kept;

    fn backward(self, ops: Ops<Kept, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Linear, Way::Backward);
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let (kept, [x, weight, bias]) = (ops.state, ops.parents);
        // Two products read it: it is rounded once.
        let rounded = match kept.precision {
            Precision::Bf16 => in_bf16(dy.clone()),
            Precision::F32 => dy.clone(),
        };
        if let (Some(parent), Some(weight)) = (x, &kept.weight) {
            let dx = match kept.x_is_bf16 {
                true => input_gradient::<half::bf16>(&rounded, weight, &kept),
                false => input_gradient::<f32>(&rounded, weight, &kept),
            };
            grads.register::<Flex>(parent.id, dx);
        }
        if let (Some(parent), Some(x)) = (weight, &kept.x) {
            grads.register::<Flex>(parent.id, weight_gradient(&rounded, x, &kept));
        }
        drop(rounded);
        if let Some(parent) = bias {
            grads.register::<Flex>(parent.id, bias_gradient(&dy, &kept.ends));
        }
    }
}

fn input_gradient<O: Number>(dy: &FlexTensor, weight: &FlexTensor, kept: &Kept) -> FlexTensor {
    let ((rows, n), (_, k)) = (matrix(dy), matrix(weight));
    filled([1, rows, k].into(), |dx: &mut [O]| {
        for (g, rows) in groups(&kept.ends).enumerate() {
            let a = Operand::rows(part(dy, &rows, n), n);
            let b = Operand::rows(part(weight, &(g * n..(g + 1) * n), k), k);
            let gemm = Gemm { precision: kept.precision, m: rows.len(), n: k, k: n, a, b };
            gemm.run(&mut dx[rows.start * k..rows.end * k]);
        }
    })
}

fn weight_gradient(dy: &FlexTensor, x: &FlexTensor, kept: &Kept) -> FlexTensor {
    let ((_, n), (_, k)) = (matrix(dy), matrix(x));
    filled([kept.ends.len() * n, k].into(), |dw: &mut [f32]| {
        for (dw, rows) in dw.chunks_exact_mut(n * k).zip(groups(&kept.ends)) {
            if rows.is_empty() {
                dw.fill(0.0);
                continue;
            }
            let a = Operand::transposed(part(dy, &rows, n), n);
            let b = Operand::rows(part(x, &rows, k), k);
            Gemm { precision: kept.precision, m: n, n: k, k: rows.len(), a, b }.run(dw);
        }
    })
}

fn bias_gradient(dy: &FlexTensor, ends: &[usize]) -> FlexTensor {
    let n = matrix(dy).1;
    let mut sums = vec![0.0; ends.len() * n];
    for (sums, rows) in sums.chunks_exact_mut(n).zip(groups(ends)) {
        match part(dy, &rows, n) {
            Values::F32(dy) => column_sums(dy, sums),
            Values::Bf16(dy) => column_sums(dy, sums),
        }
    }
    let shape = [sums.len()].into();
    make(sums, shape)
}

impl<C: CheckpointStrategy> GroupedLinearOp for Autodiff<Flex, C> {
    fn grouped_linear(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self> {
        let (x_learns, weight_learns) = (x.is_tracked(), weight.is_tracked());
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let (bias, bias_node) = bias.into_parts();
        let (x, weight) = (contiguous(x), contiguous(weight));
        let y = forward(&x, &weight, bias, &numerics);
        let kept = Kept {
            x_is_bf16: matches!(values(&x), Values::Bf16(_)),
            x: weight_learns.then_some(x),
            weight: x_learns.then_some(weight),
            precision: numerics.precision,
            ends: numerics.ends,
        };
        let nodes = [x_node, weight_node, bias_node];
        match GroupedLinearBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(kept, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
