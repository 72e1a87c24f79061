//! LayerNorm and RMSNorm over the last dimension, with gain and optional bias.
//!
//! `x (…, D)` in f32, `gain (D)`, `bias (D)` give `y (…, D)`, stored as asked.

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::Tensor;
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::gemm::Values;
use kernels::norm::NormBackward as Kernel;
pub use kernels::norm::NormKind;

use crate::profile::{Op, Way, span};
use crate::storage::{
    Stored, contiguous, filled, in_f32, make, matrix, on_cpu, or_stand_in, slice, values,
};

/// Which norm, how strong its ε, how its result is stored.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// LayerNorm or RMSNorm.
    pub kind: NormKind,
    /// Added under the root.
    pub eps: f32,
    /// How y is stored.
    pub stored: Stored,
}

/// The side of [`norm`] that is no tensor.
#[derive(Clone, Copy, Debug)]
pub struct Numerics {
    with: Norm,
    has_bias: bool,
}

/// Normalises each row of x.
pub fn norm<const D: usize>(
    x: Tensor<D>,
    gain: Tensor<1>,
    bias: Option<Tensor<1>>,
    with: Norm,
) -> Tensor<D> {
    if !on_cpu(&x.device()) {
        return plain(x, gain, bias, with);
    }
    let (bias, has_bias) = or_stand_in(bias, &x.device());
    let numerics = Numerics { with, has_bias };
    Tensor::from_dispatch(Dispatch::norm(x.into_dispatch(), gain.into_dispatch(), bias, numerics))
}

/// The same in Burn's own operations.
pub fn plain<const D: usize>(
    x: Tensor<D>,
    gain: Tensor<1>,
    bias: Option<Tensor<1>>,
    with: Norm,
) -> Tensor<D> {
    let x = Stored::F32.cast(x);
    let x = match with.kind {
        NormKind::Layer => x.clone() - x.mean_dim(D - 1),
        NormKind::Rms => x,
    };
    let square = x.clone().powf_scalar(2.0).mean_dim(D - 1);
    let y = x / (square + with.eps).sqrt() * gain.unsqueeze();
    with.stored.cast(match bias {
        Some(bias) => y + bias.unsqueeze(),
        None => y,
    })
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait NormOp: Backend {
    /// See [`norm`].
    fn norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self>;
}

impl NormOp for Flex {
    fn norm(x: FlexTensor, gain: FlexTensor, bias: FlexTensor, numerics: Numerics) -> FlexTensor {
        forward(&in_f32(x), &contiguous(gain), bias, numerics)
    }
}

fn forward(x: &FlexTensor, gain: &FlexTensor, bias: FlexTensor, with: Numerics) -> FlexTensor {
    let _clock = span(Op::Norm, Way::Forward);
    let Norm { kind, eps, stored } = with.with;
    let bias = with.has_bias.then(|| contiguous(bias));
    let bias = bias.as_ref().map(slice::<f32>);
    let (values, gain) = (slice::<f32>(x), slice::<f32>(gain));
    match stored {
        Stored::F32 => {
            filled(x.shape(), |y| kernels::norm::norm::<f32>(kind, values, gain, bias, eps, y))
        }
        Stored::Bf16 => filled(x.shape(), |y| {
            kernels::norm::norm::<half::bf16>(kind, values, gain, bias, eps, y);
        }),
    }
}

/// Recomputes mean and scale from x; see the kernel for the formula.
#[derive(Debug)]
struct NormBackward;

impl Backward<Flex, 3> for NormBackward {
    type State = (FlexTensor, FlexTensor, Norm);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Norm, Way::Backward);
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        let ((x, gain, with), [x_parent, gain_parent, bias_parent]) = (ops.state, ops.parents);
        let width = matrix(&x).1;
        let (mut dgain, mut dbias) = (vec![0.0; width], vec![0.0; width]);
        let dx = filled::<f32>(x.shape(), |dx| match values(&dy) {
            Values::F32(dy) => gradients(&x, &gain, with, dy, dx, &mut dgain, &mut dbias),
            Values::Bf16(dy) => gradients(&x, &gain, with, dy, dx, &mut dgain, &mut dbias),
        });
        if let Some(parent) = x_parent {
            grads.register::<Flex>(parent.id, dx);
        }
        if let Some(parent) = gain_parent {
            grads.register::<Flex>(parent.id, make(dgain, [width].into()));
        }
        if let Some(parent) = bias_parent {
            grads.register::<Flex>(parent.id, make(dbias, [width].into()));
        }
    }
}

fn gradients<E: kernels::Element>(
    x: &FlexTensor,
    gain: &FlexTensor,
    with: Norm,
    dy: &[E],
    dx: &mut [f32],
    dgain: &mut [f32],
    dbias: &mut [f32],
) {
    let (x, gain) = (slice::<f32>(x), slice::<f32>(gain));
    let (kind, eps) = (with.kind, with.eps);
    kernels::norm::norm_backward(Kernel { kind, x, gain, eps, dy, dx, dgain, dbias: Some(dbias) });
}

impl<C: CheckpointStrategy> NormOp for Autodiff<Flex, C> {
    fn norm(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (gain, gain_node)) = (x.into_parts(), gain.into_parts());
        let (bias, bias_node) = bias.into_parts();
        let (x, gain) = (in_f32(x), contiguous(gain));
        let y = forward(&x, &gain, bias, numerics);
        let nodes = [x_node, gain_node, bias_node];
        match NormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((x, gain, numerics.with), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
