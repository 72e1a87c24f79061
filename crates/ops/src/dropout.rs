//! Dropout: a share of values becomes 0, the others are scaled up; which ones is a function of seed
//! and place (see [`kernels::dropout`]). Results are stored as their input is.
//!
//! `x (…)` to `(…)`. Nothing is kept for the backward pass: it makes the mask again.

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::{Tensor, TensorData};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::dropout as kernel;
pub use kernels::dropout::Dropout;
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::storage::{Stored, contiguous, filled, on_cpu, values};

/// Drops values; where the share is 0, `x` as it is.
///
/// # Panics
/// For a share that is not at least 0 and below 1.
pub fn dropout<const D: usize>(x: Tensor<D>, with: Dropout) -> Tensor<D> {
    if with.share == 0.0 {
        return x;
    }
    if !on_cpu(&x.device()) {
        return plain(x, with);
    }
    Tensor::from_dispatch(Dispatch::dropout(x.into_dispatch(), with))
}

/// The same in Burn's own operations, by the same mask, which is made on the CPU.
pub fn plain<const D: usize>(x: Tensor<D>, with: Dropout) -> Tensor<D> {
    let mask = TensorData::new(kernel::mask(with, x.shape().num_elements()), x.shape());
    let mask = Tensor::<D>::from_data(mask, &x.device());
    let stored = x.dtype();
    (Stored::F32.cast(x) * Stored::F32.cast(mask)).cast(stored)
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait DropoutOp: Backend {
    /// See [`dropout`].
    fn dropout(x: FloatTensor<Self>, with: Dropout) -> FloatTensor<Self>;
}

impl DropoutOp for Flex {
    fn dropout(x: FlexTensor, with: Dropout) -> FlexTensor {
        dropped(&contiguous(x), with, Way::Forward)
    }
}

fn dropped(x: &FlexTensor, with: Dropout, way: Way) -> FlexTensor {
    let _clock = span(Op::Dropout, way);
    match values(x) {
        Values::F32(values) => filled::<f32>(x.shape(), |y| kernel::dropout(with, values, y)),
        Values::Bf16(values) => {
            filled::<half::bf16>(x.shape(), |y| kernel::dropout(with, values, y))
        }
    }
}

/// What was dropped has no gradient, the rest is scaled as it was: the same once more.
#[derive(Debug)]
struct DropoutBackward;

impl Backward<Flex, 1> for DropoutBackward {
    type State = Dropout;

    fn backward(self, ops: Ops<Dropout, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        if let [Some(parent)] = ops.parents {
            grads.register::<Flex>(parent.id, dropped(&dy, ops.state, Way::Backward));
        }
    }
}

impl<C: CheckpointStrategy> DropoutOp for Autodiff<Flex, C> {
    fn dropout(x: FloatTensor<Self>, with: Dropout) -> FloatTensor<Self> {
        let (x, node) = x.into_parts();
        let y = dropped(&contiguous(x), with, Way::Forward);
        match DropoutBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(with, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
