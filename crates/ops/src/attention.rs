//! Causal attention with grouped key and value heads on a packed projection, within documents.
//!
//! `qkv (B, T, (Hq + 2·Hkv)·head_dim)` gives `(B, T, Hq·head_dim)`, stored as its input is.
//! Memory is O(T): the backward recomputes the weights from each row's log-sum-exp.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Device, Int, Tensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::attention as kernel;
pub use kernels::attention::Shape;
use kernels::fresh::for_overwrite;
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::storage::{
    Number, Stored, contiguous, filled, in_bf16, in_f32, make, on_cpu, slice, values,
};

/// The heads, and which earlier positions each may see.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Sizes.
    pub shape: Shape,
    /// `(B·T)`: the first position of the row that each position may see; `None` lets it see all.
    pub starts: Option<Arc<[u32]>>,
}

/// Mixes the values of what each position may see.
pub fn attention(qkv: Tensor<3>, with: Attention) -> Tensor<3> {
    if !on_cpu(&qkv.device()) {
        return plain(qkv, &with);
    }
    Tensor::from_dispatch(Dispatch::attention(qkv.into_dispatch(), with))
}

/// The same in Burn's own operations, in memory quadratic in the context where those are.
pub fn plain(qkv: Tensor<3>, with: &Attention) -> Tensor<3> {
    let Shape { batch, context, n_heads, n_kv_heads, head_dim, .. } = with.shape;
    let heads = |first: usize, n: usize| -> Tensor<4> {
        let columns = qkv.clone().narrow(2, first * head_dim, n * head_dim);
        let heads = columns.reshape([batch, context, n, head_dim]).swap_dims(1, 2);
        let group = n_heads / n;
        // Each key head stands beside the query heads that read it.
        let heads = heads.unsqueeze_dim::<5>(2).repeat_dim(2, group);
        heads.reshape([batch, n_heads, context, head_dim])
    };
    let (q, k) = (heads(0, n_heads), heads(n_heads, n_kv_heads));
    let v = heads(n_heads + n_kv_heads, n_kv_heads);
    let mask = hidden(with, &qkv.device()).expand([batch, n_heads, context, context]);
    let scale = 1.0 / (head_dim as f64).sqrt();
    let scores = Stored::F32.cast(q.matmul(k.swap_dims(2, 3))) * scale;
    let weights = softmax(scores.mask_fill(mask, f32::NEG_INFINITY), 3);
    let mixed = weights.cast(v.dtype()).matmul(v); // (B, Hq, T, head_dim)
    mixed.swap_dims(1, 2).reshape([batch, context, n_heads * head_dim])
}

/// Which keys (last) each position (before it) may not see: `(B, 1, T, T)`, or `(1, 1, T, T)` where all
/// rows are alike.
fn hidden(with: &Attention, device: &Device) -> Tensor<4, Bool> {
    let Shape { batch, context, .. } = with.shape;
    let rows = if with.starts.is_some() { batch } else { 1 };
    let first = |i: usize| {
        let start = with.starts.as_ref().map_or(0, |starts| starts[i] as usize);
        with.shape.first_seen(i % context, start) as i64
    };
    let first: Vec<i64> = (0..rows * context).map(first).collect();
    let first =
        Tensor::<1, Int>::from_data(first.as_slice(), device).reshape([rows, 1, context, 1]);
    let places = Tensor::<1, Int>::arange(0..context as i64, device);
    let keys = places.clone().reshape([1, 1, 1, context]);
    let after = keys.clone().greater(places.reshape([1, 1, context, 1]));
    after.bool_or(keys.lower(first))
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait AttentionOp: Backend {
    /// See [`attention`].
    fn attention(qkv: FloatTensor<Self>, with: Attention) -> FloatTensor<Self>;
}

impl AttentionOp for Flex {
    fn attention(qkv: FlexTensor, with: Attention) -> FlexTensor {
        forward(&contiguous(qkv), &with).0
    }
}

fn forward(qkv: &FlexTensor, with: &Attention) -> (FlexTensor, Vec<f32>) {
    let _clock = span(Op::Attention, Way::Forward);
    match values(qkv) {
        Values::F32(values) => forward_in(values, with),
        Values::Bf16(values) => forward_in(values, with),
    }
}

fn forward_in<E: Number>(qkv: &[E], with: &Attention) -> (FlexTensor, Vec<f32>) {
    let Shape { batch, context, n_heads, head_dim, .. } = with.shape;
    let mut lse = for_overwrite(batch * n_heads * context);
    let out = filled::<E>([batch, context, n_heads * head_dim].into(), |out| {
        kernel::attention(with.shape, qkv, with.starts.as_deref(), out, &mut lse);
    });
    (out, lse)
}

#[derive(Debug)]
struct AttentionBackward;

/// What the backward needs.
#[derive(Clone, Debug)]
struct Kept {
    qkv: FlexTensor,
    out: FlexTensor,
    lse: Arc<[f32]>,
    with: Attention,
}

impl Backward<Flex, 1> for AttentionBackward {
    type State = Kept;

    fn backward(self, ops: Ops<Kept, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Attention, Way::Backward);
        let dout = contiguous(grads.consume::<Flex>(&ops.node));
        let [Some(parent)] = ops.parents else { return };
        let dqkv = match values(&ops.state.qkv) {
            Values::F32(qkv) => gradient(qkv, slice(&in_f32(dout)), &ops.state),
            Values::Bf16(qkv) => gradient(qkv, slice(&in_bf16(dout)), &ops.state),
        };
        grads.register::<Flex>(parent.id, dqkv);
    }
}

fn gradient<E: Number>(qkv: &[E], dout: &[E], kept: &Kept) -> FlexTensor {
    let mut dqkv = for_overwrite::<E>(qkv.len());
    kernel::attention_backward(kernel::AttentionBackward {
        shape: kept.with.shape,
        qkv,
        starts: kept.with.starts.as_deref(),
        out: slice(&kept.out),
        lse: &kept.lse,
        dout,
        dqkv: &mut dqkv,
    });
    make(dqkv, kept.qkv.shape())
}

impl<C: CheckpointStrategy> AttentionOp for Autodiff<Flex, C> {
    fn attention(qkv: FloatTensor<Self>, with: Attention) -> FloatTensor<Self> {
        let (qkv, node) = qkv.into_parts();
        let qkv = contiguous(qkv);
        let (out, lse) = forward(&qkv, &with);
        match AttentionBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                prepared.finish(Kept { qkv, out: out.clone(), lse: lse.into(), with }, out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
