//! Causal attention with grouped key and value heads on a packed projection, within documents.
//!
//! `qkv (B, T, (Hq + 2·Hkv)·head_dim)` gives `(B, T, Hq·head_dim)`, stored as its input is. `sinks (Hq)`,
//! where there are any, are learned logits that join the softmax's denominator and mix no value.
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
pub use kernels::attention::{Form, Shape, alibi_slopes};
use kernels::fresh::for_overwrite;
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::storage::{
    Number, Stored, contiguous, filled, in_bf16, in_f32, on_cpu, or_stand_in, slice, values,
};

/// The heads, which earlier positions each may see, and how products become scores.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Sizes.
    pub shape: Shape,
    /// `(B·T)`: the first position of the row that each position may see; `None` lets it see all.
    pub starts: Option<Arc<[u32]>>,
    /// Another scale, a cap, slopes; the default has none.
    pub form: Form,
}

/// The side of [`attention`] that is no tensor.
#[derive(Clone, Debug)]
pub struct Numerics {
    with: Attention,
    has_sinks: bool,
}

/// Mixes the values of what each position may see.
pub fn attention(qkv: Tensor<3>, sinks: Option<Tensor<1>>, with: Attention) -> Tensor<3> {
    if !on_cpu(&qkv.device()) {
        return plain(qkv, sinks, &with);
    }
    let (sinks, has_sinks) = or_stand_in(sinks, &qkv.device());
    let numerics = Numerics { with, has_sinks };
    Tensor::from_dispatch(Dispatch::attention(qkv.into_dispatch(), sinks, numerics))
}

/// The same in Burn's own operations, in memory quadratic in the context where those are.
pub fn plain(qkv: Tensor<3>, sinks: Option<Tensor<1>>, with: &Attention) -> Tensor<3> {
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
    let scores = formed(Stored::F32.cast(q.matmul(k.swap_dims(2, 3))), with);
    let scores = scores.mask_fill(mask, f32::NEG_INFINITY);
    let weights = match sinks {
        None => softmax(scores, 3),
        // One key more, which has no value.
        Some(sinks) => {
            let sinks = Stored::F32.cast(sinks).reshape([1, n_heads, 1, 1]);
            let sinks = sinks.expand([batch, n_heads, context, 1]);
            softmax(Tensor::cat(vec![scores, sinks], 3), 3).narrow(3, 0, context)
        }
    };
    let mixed = weights.cast(v.dtype()).matmul(v); // (B, Hq, T, head_dim)
    mixed.swap_dims(1, 2).reshape([batch, context, n_heads * head_dim])
}

/// Products `(B, Hq, T, T)` become scores.
fn formed(products: Tensor<4>, Attention { shape, form, .. }: &Attention) -> Tensor<4> {
    let scores = products * form.scale_of(shape.head_dim);
    let scores = match form.softcap {
        Some(cap) => (scores / cap).tanh() * cap,
        None => scores,
    };
    let Some(slopes) = &form.slopes else { return scores };
    let (context, device) = (shape.context, scores.device());
    let slopes = Tensor::<1>::from_data(&slopes[..], &device).reshape([1, shape.n_heads, 1, 1]);
    let places = Tensor::<1, Int>::arange(0..context as i64, &device);
    let keys = places.clone().reshape([1, 1, 1, context]);
    let distances = keys - places.reshape([1, 1, context, 1]); // (1, 1, T, T)
    scores + Stored::F32.cast(slopes) * Stored::F32.cast(distances.float())
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
    fn attention(
        qkv: FloatTensor<Self>,
        sinks: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self>;
}

impl AttentionOp for Flex {
    fn attention(qkv: FlexTensor, sinks: FlexTensor, numerics: Numerics) -> FlexTensor {
        let sinks = numerics.has_sinks.then(|| in_f32(sinks));
        forward(&contiguous(qkv), sinks.as_ref(), &numerics.with).0
    }
}

fn forward(
    qkv: &FlexTensor,
    sinks: Option<&FlexTensor>,
    with: &Attention,
) -> (FlexTensor, Vec<f32>) {
    let _clock = span(Op::Attention, Way::Forward);
    match values(qkv) {
        Values::F32(values) => forward_in(input(values, sinks, with)),
        Values::Bf16(values) => forward_in(input(values, sinks, with)),
    }
}

fn input<'a, E>(
    qkv: &'a [E],
    sinks: Option<&'a FlexTensor>,
    with: &'a Attention,
) -> kernel::Input<'a, E> {
    let Attention { shape, starts, form } = with;
    let (starts, sinks) = (starts.as_deref(), sinks.map(slice::<f32>));
    kernel::Input { shape: *shape, form, qkv, starts, sinks }
}

fn forward_in<E: Number>(input: kernel::Input<'_, E>) -> (FlexTensor, Vec<f32>) {
    let Shape { batch, context, n_heads, head_dim, .. } = input.shape;
    let mut lse = for_overwrite(batch * n_heads * context);
    let out = filled::<E>([batch, context, n_heads * head_dim].into(), |out| {
        kernel::attention(input, out, &mut lse);
    });
    (out, lse)
}

#[derive(Debug)]
struct AttentionBackward;

/// What the backward needs.
#[derive(Clone, Debug)]
struct Kept {
    qkv: FlexTensor,
    sinks: Option<FlexTensor>,
    out: FlexTensor,
    lse: Arc<[f32]>,
    with: Attention,
}

impl Backward<Flex, 2> for AttentionBackward {
    type State = Kept;

    fn backward(self, ops: Ops<Kept, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Attention, Way::Backward);
        let dout = contiguous(grads.consume::<Flex>(&ops.node));
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let gradients = match values(&ops.state.qkv) {
            Values::F32(qkv) => gradients(qkv, slice(&in_f32(dout)), &ops.state, wanted),
            Values::Bf16(qkv) => gradients(qkv, slice(&in_bf16(dout)), &ops.state, wanted),
        };
        for (parent, gradient) in ops.parents.iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

/// Those of `qkv` and of the sinks, where they are wanted.
fn gradients<E: Number>(
    qkv: &[E],
    dout: &[E],
    kept: &Kept,
    [of_qkv, of_sinks]: [bool; 2],
) -> [Option<FlexTensor>; 2] {
    let input = input(qkv, kept.sinks.as_ref(), &kept.with);
    let (out, lse) = (slice(&kept.out), &kept.lse[..]);
    let args = kernel::AttentionBackward { input, out, lse, dout };
    let qkv = || filled::<E>(kept.qkv.shape(), |dqkv| kernel::attention_backward(args, dqkv));
    let n_heads = kept.with.shape.n_heads;
    let sinks = || filled::<f32>([n_heads].into(), |dsinks| kernel::sinks_backward(args, dsinks));
    [of_qkv.then(qkv), of_sinks.then(sinks)]
}

impl<C: CheckpointStrategy> AttentionOp for Autodiff<Flex, C> {
    fn attention(
        qkv: FloatTensor<Self>,
        sinks: FloatTensor<Self>,
        numerics: Numerics,
    ) -> FloatTensor<Self> {
        let ((qkv, qkv_node), (sinks, sinks_node)) = (qkv.into_parts(), sinks.into_parts());
        let Numerics { with, has_sinks } = numerics;
        let (qkv, sinks) = (contiguous(qkv), has_sinks.then(|| in_f32(sinks)));
        let (out, lse) = forward(&qkv, sinks.as_ref(), &with);
        let nodes = [qkv_node, sinks_node];
        match AttentionBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let kept = Kept { qkv, sinks, out: out.clone(), lse: lse.into(), with };
                prepared.finish(kept, out)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
