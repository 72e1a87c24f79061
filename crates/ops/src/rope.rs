//! Rotary positions on a packed `(query | key | value)` projection: the query and key heads of
//! each row are turned by their position's angles, the value heads stay. Which values of a head turn,
//! and which two make a point, is the table's.
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
pub use kernels::rope::{Layout, RopeTable, frequencies};

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
    let [batch, context, width] = qkv.dims();
    let Layout { head_dim, turned, .. } = with.table.layout();
    let columns = with.n_turned * head_dim;
    let heads = qkv.clone().narrow(2, 0, columns);
    let heads = heads.reshape([batch, context, with.n_turned, head_dim]);
    let mut parts = vec![turned_points(heads.clone().narrow(3, 0, turned), with)];
    if turned < head_dim {
        parts.push(heads.narrow(3, turned, head_dim - turned));
    }
    let heads = Tensor::cat(parts, 3).reshape([batch, context, columns]);
    if columns == width {
        return heads;
    }
    Tensor::cat(vec![heads, qkv.narrow(2, columns, width - columns)], 2)
}

/// What turns of each head, `(B, T, heads, turned)`.
fn turned_points(heads: Tensor<4>, with: &Rope) -> Tensor<4> {
    let ([batch, context, n_heads, turned], half) = (heads.dims(), heads.dims()[3] / 2);
    // The axis of a point's two coordinates.
    let (axis, points, angles) = if with.table.layout().interleaved {
        (4, [batch, context, n_heads, half, 2], [batch, context, 1, half, 1])
    } else {
        (3, [batch, context, n_heads, 2, half], [batch, context, 1, 1, half])
    };
    let (cos, sin) = with.table.angles(&with.positions);
    let [cos, sin] = [cos, sin].map(|values| {
        let data = TensorData::new(values, angles);
        Tensor::<5>::from_data(data, &heads.device()).cast(heads.dtype())
    });
    let points = heads.reshape(points);
    let (a, b) = (points.clone().narrow(axis, 0, 1), points.narrow(axis, 1, 1));
    let first = a.clone() * cos.clone() - b.clone() * sin.clone();
    let second = b * cos + a * sin;
    Tensor::cat(vec![first, second], axis).reshape([batch, context, n_heads, turned])
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
