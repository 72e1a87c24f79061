//! Rotary positions on a packed `(query | key | value)` projection: the query and key heads of
//! each row are turned by their position's angles, the value heads stay.
//!
//! `qkv (B, T, (Hq + 2·Hkv)·head_dim)`. The backward turns the other way.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::{Tensor, TensorData};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::gemm::Values;
use kernels::rope as kernel;
pub use kernels::rope::RopeTable;

use crate::profile::{Op, Way, span};
use crate::storage::{Number, contiguous, make, matrix, on_cpu, values};

/// What is turned, and by how much.
#[derive(Clone, Debug)]
pub struct Rope {
    /// The angles of each position.
    pub table: Arc<RopeTable>,
    /// The position of each row, `(B·T)`.
    pub positions: Arc<[u32]>,
    /// Query and key heads together: they stand first in a row.
    pub n_turned: usize,
}

/// Turns the query and key heads.
pub fn rope(qkv: Tensor<3>, with: Rope) -> Tensor<3> {
    if !on_cpu(&qkv.device()) {
        return plain(qkv, &with);
    }
    Tensor::from_dispatch(Dispatch::rope(qkv.into_dispatch(), with))
}

/// The same in Burn's own operations.
pub fn plain(qkv: Tensor<3>, with: &Rope) -> Tensor<3> {
    let ([batch, context, width], head_dim) = (qkv.dims(), with.table.head_dim());
    let (turned, half) = (with.n_turned * head_dim, head_dim / 2);
    let (cos, sin) = with.table.angles(&with.positions);
    let angles = |values: Vec<f32>| {
        let data = TensorData::new(values, [batch, context, 1, half]);
        Tensor::<4>::from_data(data, &qkv.device()).cast(qkv.dtype())
    };
    let (cos, sin) = (angles(cos), angles(sin));
    let heads = qkv.clone().narrow(2, 0, turned).reshape([batch, context, with.n_turned, head_dim]);
    let (a, b) = (heads.clone().narrow(3, 0, half), heads.narrow(3, half, half));
    let first = a.clone() * cos.clone() - b.clone() * sin.clone();
    let second = b * cos + a * sin;
    let heads = Tensor::cat(vec![first, second], 3).reshape([batch, context, turned]);
    if turned == width {
        return heads;
    }
    Tensor::cat(vec![heads, qkv.narrow(2, turned, width - turned)], 2)
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait RopeOp: Backend {
    /// See [`rope`].
    fn rope(qkv: FloatTensor<Self>, with: Rope) -> FloatTensor<Self>;
}

impl RopeOp for Flex {
    fn rope(qkv: FlexTensor, with: Rope) -> FlexTensor {
        turned(contiguous(qkv), &with, false)
    }
}

fn turned(qkv: FlexTensor, with: &Rope, back: bool) -> FlexTensor {
    let _clock = span(Op::Rope, if back { Way::Backward } else { Way::Forward });
    match values(&qkv) {
        Values::F32(values) => turned_in(values, &qkv, with, back),
        Values::Bf16(values) => turned_in(values, &qkv, with, back),
    }
}

fn turned_in<E: Number>(values: &[E], qkv: &FlexTensor, with: &Rope, back: bool) -> FlexTensor {
    let (mut out, width) = (values.to_vec(), matrix(qkv).1);
    let turn = if back { kernel::rope_backward::<E> } else { kernel::rope::<E> };
    turn(&with.table, &mut out, &with.positions, with.n_turned, width);
    make(out, qkv.shape())
}

#[derive(Debug)]
struct RopeBackward;

impl Backward<Flex, 1> for RopeBackward {
    type State = Rope;

    fn backward(self, ops: Ops<Rope, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let dy = contiguous(grads.consume::<Flex>(&ops.node));
        if let [Some(parent)] = ops.parents {
            grads.register::<Flex>(parent.id, turned(dy, &ops.state, true));
        }
    }
}

impl<C: CheckpointStrategy> RopeOp for Autodiff<Flex, C> {
    fn rope(qkv: FloatTensor<Self>, with: Rope) -> FloatTensor<Self> {
        let (qkv, node) = qkv.into_parts();
        let y = turned(contiguous(qkv), &with, false);
        match RopeBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(with, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}
