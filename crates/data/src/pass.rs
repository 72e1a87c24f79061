//! One pass over a shard in a fixed order, each pair of neighbouring tokens once: what validation
//! is measured on. The last batch is filled up with padding, which the mask leaves out.

use std::sync::Arc;

use crate::batches::pack;
use crate::pack::Packed;
use crate::{Batch, BatchOptions, Error, Sampling, Shard};

/// The batches of one pass.
pub struct Pass {
    shard: Arc<Shard>,
    packed: Packed,
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
        Ok(Self { shard, packed, rows, context, next: 0 })
    }
}

impl Iterator for Pass {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let n = self.rows.min(self.packed.n_rows() - self.next);
        if n == 0 {
            return None;
        }
        let mut batch = Batch::padding(self.rows, self.context);
        (0..n).for_each(|row| batch.fill(row, self.packed.row(self.next + row), &self.shard));
        self.next += n;
        Some(batch)
    }
}
