//! Some rows of an activation: those that anybody asks about.
//!
//! `x (…, D)` and R row numbers in rising order give `(1, R, D)`, stored as x is. What lies above the
//! last mixing of positions sees each position by itself, so that a loss on few of them need not make
//! the others.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, Shape, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::storage::{Number, as_matrix, contiguous, filled, matrix, on_cpu, values};

/// The rows of these numbers.
///
/// # Panics
/// For numbers that do not rise, and for one beyond the last row.
pub fn rows(x: Tensor<3>, numbers: Arc<[u32]>) -> Tensor<3> {
    if !on_cpu(&x.device()) {
        return plain(x, &numbers);
    }
    Tensor::from_dispatch(Dispatch::rows(x.into_dispatch(), numbers))
}

/// The same in Burn's own operations.
pub fn plain(x: Tensor<3>, numbers: &[u32]) -> Tensor<3> {
    let numbers: Vec<i64> = numbers.iter().map(|&row| i64::from(row)).collect();
    let numbers = Tensor::<1, Int>::from_data(numbers.as_slice(), &x.device());
    as_matrix(x).select(0, numbers).unsqueeze()
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait RowsOp: Backend {
    /// See [`rows`].
    fn rows(x: FloatTensor<Self>, numbers: Arc<[u32]>) -> FloatTensor<Self>;
}

impl RowsOp for Flex {
    fn rows(x: FlexTensor, numbers: Arc<[u32]>) -> FlexTensor {
        forward(&contiguous(x), &numbers)
    }
}

fn forward(x: &FlexTensor, numbers: &[u32]) -> FlexTensor {
    let _clock = span(Op::Rows, Way::Forward);
    let (m, width) = matrix(x);
    assert!(numbers.is_sorted_by(|a, b| a < b), "rows: numbers must rise");
    assert!(numbers.last().is_none_or(|&last| (last as usize) < m), "rows: beyond {m} rows");
    match values(x) {
        Values::F32(values) => gather(values, numbers, width),
        Values::Bf16(values) => gather(values, numbers, width),
    }
}

/// Rows one behind the other, in the order of their numbers.
pub(crate) fn gather<E: Number>(x: &[E], numbers: &[u32], width: usize) -> FlexTensor {
    filled([1, numbers.len(), width].into(), |y: &mut [E]| {
        for (y, &row) in y.chunks_exact_mut(width).zip(numbers) {
            y.copy_from_slice(&x[row as usize * width..][..width]);
        }
    })
}

/// Rows of dy go back to where x had them; the others' gradient is zero.
#[derive(Debug)]
struct RowsBackward;

impl Backward<Flex, 1> for RowsBackward {
    type State = (Arc<[u32]>, Shape);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Rows, Way::Backward);
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let ((numbers, shape), [parent]) = (ops.state, ops.parents);
        let Some(parent) = parent else { return };
        let width = matrix(&dy).1;
        let dx = match values(&dy) {
            Values::F32(dy) => scatter(dy, &numbers, width, shape),
            Values::Bf16(dy) => scatter(dy, &numbers, width, shape),
        };
        grads.register::<Flex>(parent.id, dx);
    }
}

fn scatter<E: Number>(dy: &[E], numbers: &[u32], width: usize, shape: Shape) -> FlexTensor {
    filled(shape, |dx: &mut [E]| {
        let mut rest = dx;
        let mut next = 0;
        for (dy, &row) in dy.chunks_exact(width).zip(numbers) {
            let (before, from) = rest.split_at_mut((row as usize - next) * width);
            let (own, after) = from.split_at_mut(width);
            before.fill(E::zeroed());
            own.copy_from_slice(dy);
            (rest, next) = (after, row as usize + 1);
        }
        rest.fill(E::zeroed());
    })
}

impl<C: CheckpointStrategy> RowsOp for Autodiff<Flex, C> {
    fn rows(x: FloatTensor<Self>, numbers: Arc<[u32]>) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let x = contiguous(x);
        let y = forward(&x, &numbers);
        match RowsBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((numbers, x.shape()), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
