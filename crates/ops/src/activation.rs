//! The non-linearities of feed-forward blocks: GELU (tanh form) and SwiGLU. Results are stored as
//! their input is.
//!
//! GELU: `h (…, F)` to `(…, F)`. SwiGLU: `(…, 2F)`, gate first, to `silu(gate) · up (…, F)`.

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::activation as kernel;
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::storage::{
    Number, contiguous, filled, in_bf16, in_f32, matrix, on_cpu, slice, values, with_width,
};

/// Which non-linearity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `h · Φ(h)`, Φ through tanh.
    GeluTanh,
    /// `silu(gate) · up`.
    SwiGlu,
}

/// Applies it.
pub fn activation<const D: usize>(h: Tensor<D>, which: Activation) -> Tensor<D> {
    if !on_cpu(&h.device()) {
        return plain(h, which);
    }
    Tensor::from_dispatch(Dispatch::activation(h.into_dispatch(), which))
}

/// The same in Burn's own operations.
pub fn plain<const D: usize>(h: Tensor<D>, which: Activation) -> Tensor<D> {
    match which {
        Activation::GeluTanh => {
            let inner = h.clone() + h.clone().powf_scalar(3.0) * 0.044_715;
            let root = (2.0 / std::f64::consts::PI).sqrt();
            h * 0.5 * ((inner * root).tanh() + 1.0)
        }
        Activation::SwiGlu => {
            let width = h.dims()[D - 1] / 2;
            let (gate, up) = (h.clone().narrow(D - 1, 0, width), h.narrow(D - 1, width, width));
            burn::tensor::activation::silu(gate) * up
        }
    }
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait ActivationOp: Backend {
    /// See [`activation`].
    fn activation(h: FloatTensor<Self>, which: Activation) -> FloatTensor<Self>;
}

impl ActivationOp for Flex {
    fn activation(h: FlexTensor, which: Activation) -> FlexTensor {
        forward(&contiguous(h), which)
    }
}

fn forward(h: &FlexTensor, which: Activation) -> FlexTensor {
    let _clock = span(Op::Activation, Way::Forward);
    match values(h) {
        Values::F32(values) => forward_in(values, h, which),
        Values::Bf16(values) => forward_in(values, h, which),
    }
}

fn forward_in<E: Number>(values: &[E], h: &FlexTensor, which: Activation) -> FlexTensor {
    let width = matrix(h).1;
    match which {
        Activation::GeluTanh => filled(h.shape(), |y| kernel::gelu_tanh::<E>(values, y)),
        Activation::SwiGlu => {
            let shape = with_width(h.shape(), width / 2);
            filled(shape, |y| kernel::swiglu::<E>(values, width / 2, y))
        }
    }
}

#[derive(Debug)]
struct ActivationBackward;

impl Backward<Flex, 1> for ActivationBackward {
    type State = (FlexTensor, Activation);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Activation, Way::Backward);
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let ((h, which), [parent]) = (ops.state, ops.parents);
        let Some(parent) = parent else { return };
        let dh = match values(&h) {
            Values::F32(values) => gradient(values, slice(&in_f32(dy)), &h, which),
            Values::Bf16(values) => gradient(values, slice(&in_bf16(dy)), &h, which),
        };
        grads.register::<Flex>(parent.id, dh);
    }
}

fn gradient<E: Number>(h: &[E], dy: &[E], like: &FlexTensor, which: Activation) -> FlexTensor {
    let width = matrix(like).1;
    filled(like.shape(), |dh| match which {
        Activation::GeluTanh => kernel::gelu_tanh_backward::<E>(h, dy, dh),
        Activation::SwiGlu => kernel::swiglu_backward::<E>(h, dy, width / 2, dh),
    })
}

impl<C: CheckpointStrategy> ActivationOp for Autodiff<Flex, C> {
    fn activation(h: FloatTensor<Self>, which: Activation) -> FloatTensor<Self> {
        let (h, node) = h.into_parts();
        let h = contiguous(h);
        let y = forward(&h, which);
        match ActivationBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((h, which), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
