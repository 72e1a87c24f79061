//! An endless stream of batches that can stop at any batch and go on later as if it had not.
//!
//! Three samplings. *Documents*: packed rows, every pair once an epoch, in an order shuffled anew
//! each epoch. *Ordered*: the same for a corpus whose order means something, as from easy to hard:
//! each [`STRETCH`] documents are packed and shuffled among themselves only, and every epoch begins
//! with the first of them. *Windows*: rows cut at uniformly random places, as nanoGPT has it; there
//! are no epochs. In all of them the stream is one of rows: the batch size decides only how many are
//! handed out together, and a batch at the end of an epoch is filled up from the next one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use stdx::Rng;

use crate::pack::{Packed, Piece};
use crate::{Batch, Error, Shard};
use stdx::Sum;

/// More positions than this in a batch are taken for a mistake.
const MOST_POSITIONS: usize = 1 << 30;

/// Documents that are packed and shuffled together where their order is kept: enough that rows fill
/// up and a batch mixes, and few beside a corpus.
pub const STRETCH: usize = 512;

/// How rows are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sampling {
    /// Packed documents, each pair of neighbouring tokens once an epoch.
    Documents,
    /// Random windows, document ends ignored.
    Windows,
    /// Packed documents in the order of the corpus, [`STRETCH`] by [`STRETCH`].
    Ordered,
}

/// What batches look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// Rows in a batch.
    pub rows: usize,
    /// Positions in a row.
    pub context: usize,
    /// How rows are chosen.
    pub sampling: Sampling,
    /// Another seed, another order.
    pub seed: u64,
}

impl BatchOptions {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let positions = self.rows.checked_mul(self.context);
        if positions.is_some_and(|n| (1..=MOST_POSITIONS).contains(&n)) {
            return Ok(());
        }
        let got = format!("{} rows of {}", self.rows, self.context);
        let expected = "at least one row of one position, at most 2^30 positions";
        Err(Error::Option { name: "the batch", got, expected })
    }
}

/// A place in the stream: all that is needed to go on from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Epochs completed; always 0 for windows.
    pub epoch: u64,
    /// Rows handed out in this epoch.
    pub position: u64,
    /// The generator: before this epoch's shuffle, or before the next window.
    pub rng: [u64; 4],
    /// Which shard, context, sampling and seed this is a place in.
    pub stream: u64,
}

/// The stream.
#[derive(Clone)]
pub struct Batches {
    shard: Arc<Shard>,
    options: BatchOptions,
    rows: Rows,
    cursor: Cursor,
}

#[derive(Clone)]
enum Rows {
    Packed {
        packed: Arc<Packed>,
        /// This epoch's order.
        order: Vec<usize>,
        /// The generator after this epoch's shuffle: the next epoch's.
        rng: Rng,
    },
    Windows,
}

impl Batches {
    /// The stream from its begin.
    ///
    /// # Errors
    /// [`Error::Option`]; [`Error::TooFew`] if the shard does not fill one window, or has no
    /// document of two tokens.
    pub fn new(shard: Arc<Shard>, options: BatchOptions) -> Result<Self, Error> {
        let rng = Rng::stream(options.seed, "batches").state();
        let stream = stream_of(&shard, &options);
        Self::from_place(shard, options, Cursor { epoch: 0, position: 0, rng, stream })
    }

    /// The stream from a place that [`Batches::cursor`] gave. The batch size may be another one.
    ///
    /// # Errors
    /// As [`Batches::new`]; [`Error::Cursor`] for a place in another stream.
    pub fn resume(shard: Arc<Shard>, options: BatchOptions, cursor: Cursor) -> Result<Self, Error> {
        if cursor.stream != stream_of(&shard, &options) {
            let reason = "it belongs to another corpus or other options".to_string();
            return Err(Error::Cursor { reason });
        }
        Self::from_place(shard, options, cursor)
    }

    fn from_place(shard: Arc<Shard>, options: BatchOptions, cursor: Cursor) -> Result<Self, Error> {
        options.check()?;
        let rows = match options.sampling {
            Sampling::Documents => Rows::packed(pack(&shard, options.context)?, &cursor)?,
            Sampling::Ordered => {
                Rows::packed(pack_stretches(&shard, options.context, STRETCH)?, &cursor)?
            }
            Sampling::Windows if shard.n_tokens() <= options.context => {
                return Err(too_few(&shard, options.context, options.context as u64 + 1));
            }
            Sampling::Windows => Rows::Windows,
        };
        Ok(Self { shard, options, rows, cursor })
    }

    /// What the batches are taken from.
    pub fn shard(&self) -> Arc<Shard> {
        self.shard.clone()
    }

    /// The place of the batch that comes next.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Rows in an epoch; none for windows, which know no epochs.
    pub fn rows_per_epoch(&self) -> Option<usize> {
        match &self.rows {
            Rows::Packed { packed, .. } => Some(packed.n_rows()),
            Rows::Windows => None,
        }
    }

    /// The next batch; there is always one.
    pub fn next_batch(&mut self) -> Batch {
        let mut batch = Batch::padding(self.options.rows, self.options.context);
        for row in 0..self.options.rows {
            self.next_row(&mut batch, row);
        }
        batch
    }

    fn next_row(&mut self, batch: &mut Batch, row: usize) {
        let cursor = &mut self.cursor;
        match &mut self.rows {
            Rows::Packed { packed, order, rng } => {
                if cursor.position == order.len() as u64 {
                    (cursor.epoch, cursor.position) = (cursor.epoch + 1, 0);
                    cursor.rng = rng.state();
                    *order = order_of(packed, rng);
                }
                let index = order[cursor.position as usize];
                batch.fill(row, packed.row(index), &self.shard);
            }
            Rows::Windows => {
                let (context, mut rng) = (self.options.context, Rng::from_state(cursor.rng));
                let start = rng.index(self.shard.n_tokens() - context);
                batch.fill(row, &[Piece { start, pairs: context }], &self.shard);
                cursor.rng = rng.state();
            }
        }
        cursor.position += 1;
    }
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        Some(self.next_batch())
    }
}

impl Rows {
    fn packed(packed: Packed, cursor: &Cursor) -> Result<Self, Error> {
        if cursor.position > packed.n_rows() as u64 {
            let (at, n) = (cursor.position, packed.n_rows());
            return Err(Error::Cursor { reason: format!("row {at} of {n} rows") });
        }
        let mut rng = Rng::from_state(cursor.rng);
        let order = order_of(&packed, &mut rng);
        Ok(Self::Packed { packed: Arc::new(packed), order, rng })
    }
}

/// A shard's documents in rows, at least one.
pub(crate) fn pack(shard: &Shard, context: usize) -> Result<Packed, Error> {
    pack_stretches(shard, context, usize::MAX)
}

fn pack_stretches(shard: &Shard, context: usize, stretch: usize) -> Result<Packed, Error> {
    let documents = (0..shard.n_documents()).map(|i| shard.document(i));
    let packed = Packed::in_stretches(documents, context, stretch);
    if packed.n_rows() == 0 {
        return Err(too_few(shard, context, 2));
    }
    Ok(packed)
}

/// An order of all rows: stretch by stretch, each shuffled.
pub(crate) fn order_of(packed: &Packed, rng: &mut Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..packed.n_rows()).collect();
    packed.stretches().for_each(|rows| rng.shuffle(&mut order[rows]));
    order
}

fn too_few(shard: &Shard, context: usize, expected: u64) -> Error {
    Error::TooFew { got: shard.n_tokens() as u64, expected, context }
}

/// A number for everything that the stream of rows depends on.
fn stream_of(shard: &Shard, options: &BatchOptions) -> u64 {
    let mut sum = Sum::default();
    sum.add(shard.fingerprint());
    sum.add(shard.tokenizer_hash());
    sum.add(options.context as u64);
    sum.add(options.sampling as u64);
    sum.add(options.seed);
    sum.finish()
}

#[cfg(test)]
mod tests;
