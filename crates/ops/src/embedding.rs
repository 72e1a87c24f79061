//! Rows of a table by token id, with learned positions added where the model has them.
//!
//! `table (V, D)`, `positions (P, D)` and ids `(B, T)` give `x (B, T, D)` in f32.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::{Int, Tensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::embedding as kernel;
use kernels::gemm::Values;

use crate::profile::{Op, Way, span};
use crate::storage::{
    Stored, contiguous, filled, in_f32, matrix, on_cpu, or_stand_in, slice, values,
};

/// The tokens of a batch and where each stands in its sequence.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Token ids, `(B, T)` row by row.
    pub ids: Arc<[u32]>,
    /// Positions, of the same length. Used only where there is a table of them.
    pub positions: Arc<[u32]>,
    /// B.
    pub batch: usize,
    /// T.
    pub context: usize,
}

/// Looks up each token. Ids and positions must lie within their tables.
pub fn embedding(table: Tensor<2>, positions: Option<Tensor<2>>, tokens: Tokens) -> Tensor<3> {
    if !on_cpu(&table.device()) {
        return plain(table, positions, &tokens);
    }
    let (positions, learned) = or_stand_in(positions, &table.device());
    let lookup = Lookup { tokens, learned };
    Tensor::from_dispatch(Dispatch::embedding(table.into_dispatch(), positions, lookup))
}

/// The same in Burn's own operations.
pub fn plain(table: Tensor<2>, positions: Option<Tensor<2>>, tokens: &Tokens) -> Tensor<3> {
    let shape = [tokens.batch, tokens.context, table.dims()[1]];
    let rows = |table: Tensor<2>, ids: &[u32]| -> Tensor<3> {
        let ids: Vec<i64> = ids.iter().map(|&id| i64::from(id)).collect();
        let ids = Tensor::<1, Int>::from_data(ids.as_slice(), &table.device());
        Stored::F32.cast(table.select(0, ids)).reshape(shape)
    };
    let x = rows(table, &tokens.ids);
    match positions {
        Some(table) => x + rows(table, &tokens.positions),
        None => x,
    }
}

/// The side of [`embedding`] that is no tensor.
#[derive(Clone, Debug)]
pub struct Lookup {
    tokens: Tokens,
    /// Whether there is a table of positions.
    learned: bool,
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait EmbeddingOp: Backend {
    /// See [`embedding`].
    fn embedding(
        table: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        lookup: Lookup,
    ) -> FloatTensor<Self>;
}

impl EmbeddingOp for Flex {
    fn embedding(table: FlexTensor, positions: FlexTensor, lookup: Lookup) -> FlexTensor {
        forward(&contiguous(table), &contiguous(positions), &lookup)
    }
}

fn forward(table: &FlexTensor, positions: &FlexTensor, lookup: &Lookup) -> FlexTensor {
    let _clock = span(Op::Embedding, Way::Forward);
    let ((rows, width), tokens) = (matrix(table), &lookup.tokens);
    check("token id", &tokens.ids, rows);
    filled([tokens.batch, tokens.context, width].into(), |x: &mut [f32]| {
        match values(table) {
            Values::F32(table) => kernel::gather(table, width, &tokens.ids, x),
            Values::Bf16(table) => kernel::gather(table, width, &tokens.ids, x),
        }
        if lookup.learned {
            check("position", &tokens.positions, matrix(positions).0);
            match values(positions) {
                Values::F32(table) => kernel::gather_add(table, width, &tokens.positions, x),
                Values::Bf16(table) => kernel::gather_add(table, width, &tokens.positions, x),
            }
        }
    })
}

fn check(what: &str, indices: &[u32], rows: usize) {
    let beyond = indices.iter().find(|&&i| i as usize >= rows);
    assert!(beyond.is_none(), "embedding: {what} {beyond:?} is beyond a table of {rows} rows");
}

/// Each row of dy is added to its token's row, in the order of the batch.
#[derive(Debug)]
struct EmbeddingBackward;

impl Backward<Flex, 2> for EmbeddingBackward {
    type State = (Tokens, usize, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Embedding, Way::Backward);
        let dy = in_f32(grads.consume::<Flex>(&ops.node));
        let ((tokens, rows, positions), [table, position_table]) = (ops.state, ops.parents);
        let width = matrix(&dy).1;
        let scattered = |ids: &[u32], rows: usize| {
            filled::<f32>([rows, width].into(), |d| kernel::scatter_add(ids, width, slice(&dy), d))
        };
        if let Some(parent) = table {
            grads.register::<Flex>(parent.id, scattered(&tokens.ids, rows));
        }
        if let Some(parent) = position_table {
            grads.register::<Flex>(parent.id, scattered(&tokens.positions, positions));
        }
    }
}

impl<C: CheckpointStrategy> EmbeddingOp for Autodiff<Flex, C> {
    fn embedding(
        table: FloatTensor<Self>,
        positions: FloatTensor<Self>,
        lookup: Lookup,
    ) -> FloatTensor<Self> {
        let (table, node) = table.into_parts();
        let (positions, position_node) = positions.into_parts();
        let (table, positions) = (contiguous(table), contiguous(positions));
        let x = forward(&table, &positions, &lookup);
        let rows = (matrix(&table).0, matrix(&positions).0);
        let nodes = [node, position_node];
        match EmbeddingBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((lookup.tokens, rows.0, rows.1), x),
            OpsKind::UnTracked(prepared) => prepared.finish(x),
        }
    }
}
