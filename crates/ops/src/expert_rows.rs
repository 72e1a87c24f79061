//! A mixture's way to its experts and back: rows of an activation in the order of who sees them, and
//! what was made of them, weighted, added up where they came from.
//!
//! ```text
//! dispatch   x (…, D), R row numbers        y (1, R, D): y[r] = x[number[r]]
//! combine    y (1, R, D), w (R), base (N, D)   out (N, D): base[n] + Σ w[r]·y[r] over number[r] = n
//! ```
//!
//! A row may be asked for several times. Sums go in the order of r, so that they are the same each time.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::{IndexingUpdateOp, Int, Tensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, Shape, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::rows::gather;
use crate::storage::{
    Number, Stored, as_matrix, contiguous, filled, in_f32, matrix, on_cpu, slice, values,
};

/// The rows of these numbers, in their order.
///
/// # Panics
/// For a number beyond the last row.
pub fn dispatch(x: Tensor<3>, numbers: Arc<[u32]>) -> Tensor<3> {
    if !on_cpu(&x.device()) {
        return plain_dispatch(x, &numbers);
    }
    Tensor::from_dispatch(Dispatch::dispatch_rows(x.into_dispatch(), numbers))
}

/// The same in Burn's own operations.
pub fn plain_dispatch(x: Tensor<3>, numbers: &[u32]) -> Tensor<3> {
    let numbers = int(numbers, &x.device());
    as_matrix(x).select(0, numbers).unsqueeze()
}

/// The base with each row's share added, in f32.
///
/// # Panics
/// For a number beyond the base's last row, or another number of rows than of weights.
pub fn combine(
    y: Tensor<3>,
    weights: Tensor<1>,
    base: Tensor<2>,
    numbers: Arc<[u32]>,
) -> Tensor<2> {
    if !on_cpu(&y.device()) {
        return plain_combine(y, weights, base, &numbers);
    }
    let (y, weights) = (y.into_dispatch(), weights.into_dispatch());
    Tensor::from_dispatch(Dispatch::combine_rows(y, weights, base.into_dispatch(), numbers))
}

/// The same in Burn's own operations.
pub fn plain_combine(
    y: Tensor<3>,
    weights: Tensor<1>,
    base: Tensor<2>,
    numbers: &[u32],
) -> Tensor<2> {
    let numbers = int(numbers, &y.device());
    let weighted = Stored::F32.cast(as_matrix(y)) * weights.unsqueeze_dim::<2>(1);
    base.select_assign(0, numbers, weighted, IndexingUpdateOp::Add)
}

fn int(numbers: &[u32], device: &burn::tensor::Device) -> Tensor<1, Int> {
    let numbers: Vec<i64> = numbers.iter().map(|&n| i64::from(n)).collect();
    Tensor::from_data(numbers.as_slice(), device)
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait ExpertRowsOp: Backend {
    /// See [`dispatch`].
    fn dispatch_rows(x: FloatTensor<Self>, numbers: Arc<[u32]>) -> FloatTensor<Self>;

    /// See [`combine`].
    fn combine_rows(
        y: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        base: FloatTensor<Self>,
        numbers: Arc<[u32]>,
    ) -> FloatTensor<Self>;
}

impl ExpertRowsOp for Flex {
    fn dispatch_rows(x: FlexTensor, numbers: Arc<[u32]>) -> FlexTensor {
        dispatched(&contiguous(x), &numbers)
    }

    fn combine_rows(
        y: FlexTensor,
        weights: FlexTensor,
        base: FlexTensor,
        numbers: Arc<[u32]>,
    ) -> FlexTensor {
        combined(&in_f32(y), &in_f32(weights), &in_f32(base), &numbers)
    }
}

fn dispatched(x: &FlexTensor, numbers: &[u32]) -> FlexTensor {
    let _clock = span(Op::Rows, Way::Forward);
    let (n, width) = matrix(x);
    assert!(numbers.iter().all(|&row| (row as usize) < n), "dispatch: beyond {n} rows");
    match values(x) {
        Values::F32(values) => gather(values, numbers, width),
        Values::Bf16(values) => gather(values, numbers, width),
    }
}

fn combined(
    y: &FlexTensor,
    weights: &FlexTensor,
    base: &FlexTensor,
    numbers: &[u32],
) -> FlexTensor {
    let _clock = span(Op::Rows, Way::Forward);
    let ((rows, width), (n, base_width)) = (matrix(y), matrix(base));
    let weights = slice::<f32>(weights);
    let fits = rows == numbers.len() && rows == weights.len() && width == base_width;
    assert!(fits, "combine: {rows} rows of {width}, {} numbers", numbers.len());
    assert!(numbers.iter().all(|&row| (row as usize) < n), "combine: beyond {n} rows");
    filled(base.shape(), |out: &mut [f32]| {
        out.copy_from_slice(slice(base));
        let rows = slice::<f32>(y).chunks_exact(width).zip(weights).zip(numbers);
        for ((y, weight), &row) in rows {
            let out = &mut out[row as usize * width..][..width];
            out.iter_mut().zip(y).for_each(|(out, y)| *out += weight * y);
        }
    })
}

/// Rows of dy are added up where they came from.
#[derive(Debug)]
struct DispatchBackward;

impl Backward<Flex, 1> for DispatchBackward {
    type State = (Arc<[u32]>, Shape);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Rows, Way::Backward);
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let ((numbers, shape), [parent]) = (ops.state, ops.parents);
        let Some(parent) = parent else { return };
        let dx = match values(&dy) {
            Values::F32(values) => added(values, &numbers, matrix(&dy).1, shape),
            Values::Bf16(values) => added(values, &numbers, matrix(&dy).1, shape),
        };
        grads.register::<Flex>(parent.id, dx);
    }
}

/// Sums in f32, rounded once.
fn added<E: Number>(dy: &[E], numbers: &[u32], width: usize, shape: Shape) -> FlexTensor {
    let mut sums = vec![0.0_f32; shape.num_elements()];
    for (dy, &row) in dy.chunks_exact(width).zip(numbers) {
        let sums = &mut sums[row as usize * width..][..width];
        sums.iter_mut().zip(dy).for_each(|(sum, d)| *sum += d.to_f32());
    }
    filled(shape, |dx: &mut [E]| {
        dx.iter_mut().zip(&sums).for_each(|(d, &sum)| *d = E::from_f32(sum));
    })
}

/// `dy[r] = w[r]·dout[number[r]]`, `dw[r] = y[r]·dout[number[r]]`, `dbase = dout`.
#[derive(Debug)]
struct CombineBackward;

/// What the backward needs.
#[derive(Clone, Debug)]
struct Kept {
    y: FlexTensor,
    weights: FlexTensor,
    numbers: Arc<[u32]>,
}

impl Backward<Flex, 3> for CombineBackward {
    type State = Kept;

    fn backward(self, ops: Ops<Kept, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Rows, Way::Backward);
        let dout = in_f32(grads.consume::<Flex>(&ops.node));
        let (Kept { y, weights, numbers }, [y_parent, weight_parent, base]) =
            (ops.state, ops.parents);
        let width = matrix(&dout).1;
        let of = |row: u32| &slice::<f32>(&dout)[row as usize * width..][..width];
        if let Some(parent) = y_parent {
            let dy = filled(y.shape(), |dy: &mut [f32]| {
                let rows = dy.chunks_exact_mut(width).zip(slice::<f32>(&weights)).zip(&*numbers);
                for ((dy, weight), &row) in rows {
                    dy.iter_mut().zip(of(row)).for_each(|(dy, d)| *dy = weight * d);
                }
            });
            grads.register::<Flex>(parent.id, dy);
        }
        if let Some(parent) = weight_parent {
            let dw = filled(weights.shape(), |dw: &mut [f32]| {
                let rows = slice::<f32>(&y).chunks_exact(width).zip(&*numbers);
                for (dw, (y, &row)) in dw.iter_mut().zip(rows) {
                    *dw = y.iter().zip(of(row)).map(|(y, d)| y * d).sum();
                }
            });
            grads.register::<Flex>(parent.id, dw);
        }
        if let Some(parent) = base {
            grads.register::<Flex>(parent.id, dout);
        }
    }
}

impl<C: CheckpointStrategy> ExpertRowsOp for Autodiff<Flex, C> {
    fn dispatch_rows(x: FloatTensor<Self>, numbers: Arc<[u32]>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let x = contiguous(x);
        let y = dispatched(&x, &numbers);
        match DispatchBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((numbers, x.shape()), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }

    fn combine_rows(
        y: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        base: FloatTensor<Self>,
        numbers: Arc<[u32]>,
    ) -> FloatTensor<Self> {
        let ((y, y_node), (weights, weight_node)) = (y.into_parts(), weights.into_parts());
        let (base, base_node) = base.into_parts();
        let (y, weights) = (in_f32(y), in_f32(weights));
        let out = combined(&y, &weights, &in_f32(base), &numbers);
        let kept = Kept { y, weights, numbers };
        match CombineBackward
            .prepare::<C>([y_node, weight_node, base_node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => prepared.finish(kept, out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
