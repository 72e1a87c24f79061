//! One pass over a shard in a fixed order, each pair of neighbouring tokens once: what validation
//! is measured on. The rows are shuffled once and for all, so that the first few of them stand for
//! the whole: packing puts the longest documents first. The last batch is filled up with padding,
//! whose weight is 0.

use std::sync::Arc;

use stdx::Rng;

use crate::batches::{order_of, pack};
use crate::pack::Packed;
use crate::{Batch, BatchOptions, Error, Sampling, Shard};

/// The batches of one pass.
pub struct Pass {
    shard: Arc<Shard>,
    packed: Packed,
    order: Vec<usize>,
    rows: usize,
    context: usize,
    next: usize,
}

impl Pass {
    /// A pass in batches of `rows` × `context`.
    ///
    /// # Errors
    /// [`Error::Option`]; [`Error::TooFew`] if no document has two tokens.
    pub fn new(shard: Arc<Shard>, rows: usize, context: usize) -> Result<Self, Error> {
        BatchOptions { rows, context, sampling: Sampling::Documents, seed: 0 }.check()?;
        let packed = pack(&shard, context)?;
        let order = order_of(&packed, &mut Rng::stream(0, "pass"));
        Ok(Self { shard, packed, order, rows, context, next: 0 })
    }
}

impl Iterator for Pass {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let rest = &self.order[self.next..];
        let rows = &rest[..self.rows.min(rest.len())];
        if rows.is_empty() {
            return None;
        }
        let mut batch = Batch::padding(self.rows, self.context);
        for (row, &index) in rows.iter().enumerate() {
            batch.fill(row, self.packed.row(index), &self.shard);
        }
        self.next += rows.len();
        Some(batch)
    }
}
