//! The non-linearities of feed-forward blocks. Results are stored as their input is.
//!
//! Of one number: `h (…, F)` to `(…, F)`. Gated: `(…, 2F)`, gates first, to `f(gate) · up (…, F)`.

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid, silu};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::activation as kernel;
pub use kernels::activation::Activation;
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::storage::{
    Number, contiguous, filled, in_bf16, in_f32, matrix, on_cpu, slice, values, with_width,
};

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
        Activation::Relu => relu(h),
        Activation::ReluSquared => relu(h).powf_scalar(2.0),
        Activation::Gelu => gelu(h),
        Activation::GeluTanh => gelu_tanh(h),
        Activation::QuickGelu => swish(h, 1.702),
        Activation::Silu => silu(h),
        Activation::ReGlu => gated(h, relu),
        Activation::GeGlu => gated(h, gelu),
        Activation::GeGluTanh => gated(h, gelu_tanh),
        Activation::SwiGlu => gated(h, silu),
        Activation::ClampedSwiGlu { limit, alpha } => {
            let (gate, up) = halves(h);
            swish(gate.clamp_max(limit), alpha) * (up.clamp(-limit, limit) + 1.0)
        }
    }
}

fn gated<const D: usize>(h: Tensor<D>, f: impl FnOnce(Tensor<D>) -> Tensor<D>) -> Tensor<D> {
    let (gate, up) = halves(h);
    f(gate) * up
}

/// Gates and ups.
fn halves<const D: usize>(h: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
    let width = h.dims()[D - 1] / 2;
    (h.clone().narrow(D - 1, 0, width), h.narrow(D - 1, width, width))
}

/// Burn has this one too, but away from its own CPU backend gives it the slope of the tanh form.
fn gelu<const D: usize>(h: Tensor<D>) -> Tensor<D> {
    let scaled = h.clone() * std::f64::consts::FRAC_1_SQRT_2;
    h * 0.5 * (scaled.erf() + 1.0)
}

fn gelu_tanh<const D: usize>(h: Tensor<D>) -> Tensor<D> {
    let inner = h.clone() + h.clone().powf_scalar(3.0) * 0.044_715;
    let root = (2.0 / std::f64::consts::PI).sqrt();
    h * 0.5 * ((inner * root).tanh() + 1.0)
}

fn swish<const D: usize>(h: Tensor<D>, alpha: f32) -> Tensor<D> {
    h.clone() * sigmoid(h * alpha)
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
    let d_ff = result_width(h, which);
    let shape = with_width(h.shape(), d_ff);
    filled(shape, |y| kernel::activation::<E>(which, values, d_ff, y))
}

/// F.
fn result_width(h: &FlexTensor, which: Activation) -> usize {
    let width = matrix(h).1;
    if !which.is_gated() {
        return width;
    }
    assert!(width.is_multiple_of(2), "activation: {which:?} of {width} values, gates and ups");
    width / 2
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
    let d_ff = result_width(like, which);
    filled(like.shape(), |dh| kernel::activation_backward::<E>(which, h, dy, d_ff, dh))
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
