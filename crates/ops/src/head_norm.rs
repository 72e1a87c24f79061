//! RMSNorm of each query head and each key head of a packed `(query | key | value)` projection, with
//! a gain for queries and one for keys; value heads pass (see [`kernels::head_norm`]).
//!
//! `qkv (B, T, (Hq + 2·Hkv)·head_dim)`, gains `(head_dim)`. Results are stored as qkv is.

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::{DType, Tensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::gemm::Values;
use kernels::head_norm::{self as kernel, HeadNorm as Kernel};

use crate::norm::{Norm, NormKind};
use crate::profile::{Op, Way, span};
use crate::storage::{
    Number, Stored, contiguous, filled, in_bf16, in_f32, make, on_cpu, slice, values,
};

/// Which heads, and how strong ε.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadNorm {
    /// Hq: query heads stand first in a row.
    pub n_heads: usize,
    /// Hkv: key heads, and as many value heads behind them.
    pub n_kv_heads: usize,
    /// Added under the root.
    pub eps: f32,
}

/// Normalizes query and key heads.
pub fn head_norm(
    qkv: Tensor<3>,
    q_gain: Tensor<1>,
    k_gain: Tensor<1>,
    with: HeadNorm,
) -> Tensor<3> {
    if !on_cpu(&qkv.device()) {
        return plain(qkv, q_gain, k_gain, with);
    }
    let (q_gain, k_gain) = (q_gain.into_dispatch(), k_gain.into_dispatch());
    Tensor::from_dispatch(Dispatch::head_norm(qkv.into_dispatch(), q_gain, k_gain, with))
}

/// The same in Burn's own operations.
pub fn plain(qkv: Tensor<3>, q_gain: Tensor<1>, k_gain: Tensor<1>, with: HeadNorm) -> Tensor<3> {
    let ([batch, context, _], [head_dim]) = (qkv.dims(), q_gain.dims());
    let stored = if qkv.dtype() == DType::BF16 { Stored::Bf16 } else { Stored::F32 };
    let norm = Norm { kind: NormKind::Rms, eps: with.eps, stored };
    let HeadNorm { n_heads, n_kv_heads, .. } = with;
    let part = |from: usize, n: usize| {
        qkv.clone().narrow(2, from * head_dim, n * head_dim) // (B, T, n·head_dim)
    };
    let normed = |from: usize, n: usize, gain: Tensor<1>| {
        let heads = part(from, n).reshape([batch, context, n, head_dim]);
        crate::norm::plain(heads, gain, None, norm).reshape([batch, context, n * head_dim])
    };
    let (q, k) = (normed(0, n_heads, q_gain), normed(n_heads, n_kv_heads, k_gain));
    Tensor::cat(vec![q, k, part(n_heads + n_kv_heads, n_kv_heads)], 2)
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait HeadNormOp: Backend {
    /// See [`head_norm`].
    fn head_norm(
        qkv: FloatTensor<Self>,
        q_gain: FloatTensor<Self>,
        k_gain: FloatTensor<Self>,
        with: HeadNorm,
    ) -> FloatTensor<Self>;
}

impl HeadNormOp for Flex {
    fn head_norm(
        qkv: FlexTensor,
        q_gain: FlexTensor,
        k_gain: FlexTensor,
        with: HeadNorm,
    ) -> FlexTensor {
        forward(&contiguous(qkv), &[in_f32(q_gain), in_f32(k_gain)], with)
    }
}

fn forward(qkv: &FlexTensor, gains: &[FlexTensor; 2], with: HeadNorm) -> FlexTensor {
    let _clock = span(Op::Norm, Way::Forward);
    let with = with.of(gains);
    match values(qkv) {
        Values::F32(values) => filled::<f32>(qkv.shape(), |y| kernel::head_norm(with, values, y)),
        Values::Bf16(values) => {
            filled::<half::bf16>(qkv.shape(), |y| kernel::head_norm(with, values, y))
        }
    }
}

impl HeadNorm {
    /// What the kernel takes, with the gains of queries and keys.
    fn of(self, gains: &[FlexTensor; 2]) -> Kernel<'_> {
        let Self { n_heads, n_kv_heads, eps } = self;
        let [q_gain, k_gain] = gains.each_ref().map(slice::<f32>);
        Kernel { n_heads, n_kv_heads, q_gain, k_gain, eps }
    }
}

/// Makes mean squares and roots again from qkv; see the kernel for the formula.
#[derive(Debug)]
struct HeadNormBackward;

impl Backward<Flex, 3> for HeadNormBackward {
    type State = (FlexTensor, [FlexTensor; 2], HeadNorm);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Norm, Way::Backward);
        let dy = grads.consume::<Flex>(&ops.node);
        let (qkv, gains, with) = ops.state;
        let found = match values(&qkv) {
            Values::F32(values) => gradients(values, slice(&in_f32(dy)), &qkv, with.of(&gains)),
            Values::Bf16(values) => gradients(values, slice(&in_bf16(dy)), &qkv, with.of(&gains)),
        };
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let Some(parent) = parent {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

/// Of qkv and of both gains.
fn gradients<E: Number>(
    qkv: &[E],
    dy: &[E],
    like: &FlexTensor,
    with: Kernel<'_>,
) -> [FlexTensor; 3] {
    let head_dim = with.q_gain.len();
    let (mut dq_gain, mut dk_gain) = (vec![0.0; head_dim], vec![0.0; head_dim]);
    let dqkv = filled::<E>(like.shape(), |dqkv| {
        let (dq_gain, dk_gain) = (&mut dq_gain[..], &mut dk_gain[..]);
        kernel::head_norm_backward(with, qkv, dy, kernel::Gradients { dqkv, dq_gain, dk_gain });
    });
    let of_gain = |gain: Vec<f32>| make(gain, [head_dim].into());
    [dqkv, of_gain(dq_gain), of_gain(dk_gain)]
}

impl<C: CheckpointStrategy> HeadNormOp for Autodiff<Flex, C> {
    fn head_norm(
        qkv: FloatTensor<Self>,
        q_gain: FloatTensor<Self>,
        k_gain: FloatTensor<Self>,
        with: HeadNorm,
    ) -> FloatTensor<Self> {
        let (qkv, qkv_node) = qkv.into_parts();
        let ((q_gain, q_node), (k_gain, k_node)) = (q_gain.into_parts(), k_gain.into_parts());
        let (qkv, gains) = (contiguous(qkv), [in_f32(q_gain), in_f32(k_gain)]);
        let y = forward(&qkv, &gains, with);
        let nodes = [qkv_node, q_node, k_node];
        match HeadNormBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((qkv, gains, with), y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
