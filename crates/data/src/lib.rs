//! Corpora: read, split, tokenize into shards, pack, shuffle, batch; resumable and deterministic.
//!
//! The stage between a folder of text and a training step. Reading order, which is the order that
//! text takes: [`source`] (files to documents), [`mix`] (several corpora in shares), [`split`] (what
//! trains, what measures), [`encode`] (documents to ids), [`shard`] (ids on the disk), [`pack`]
//! (documents into rows), [`batch`] (what a step is fed), [`batches`] (the endless stream and its
//! cursor), [`pass`] (each pair once, to measure), [`prefetch`] (the stream on a thread of its own).
//! For others to read: [`sink`] (documents to files).
//!
//! ```
//! use data::{BatchOptions, Batches, Sampling, Shard, ShardWriter};
//! # let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("train.tokens");
//! let mut writer = ShardWriter::create(&path, 256, 0)?;
//! for document in ["a short story", "and another one"] {
//!     let ids: Vec<u32> = document.bytes().map(u32::from).collect();
//!     writer.push(&ids, document.len() as u64)?;
//! }
//! writer.finish()?;
//! let shard = std::sync::Arc::new(Shard::open(&path)?);
//! let options = BatchOptions { rows: 1, context: 32, sampling: Sampling::Documents, seed: 0 };
//! let mut batches = Batches::new(shard.clone(), options)?;
//! assert_eq!(batches.next_batch().n_targets(), 12 + 14);
//! let place = batches.cursor().clone();
//! let mut resumed = Batches::resume(shard, options, place)?;
//! assert_eq!(resumed.next_batch(), batches.next_batch());
//! # Ok::<(), data::Error>(())
//! ```
//!
//! Must never know: models; nor any one tokenizer, which it meets as [`Encode`].

pub mod mix;
pub mod source;
pub mod split;

pub mod encode;
pub mod shard;

pub mod pack;

pub mod batch;
pub mod batches;
pub mod pass;
pub mod prefetch;

pub mod sink;

mod error;

pub use batch::{Batch, WHOLE};
pub use batches::{BatchOptions, Batches, Cursor, STRETCH, Sampling};
pub use encode::{Encode, Marks, Shards};
pub use error::Error;
pub use mix::{Epochs, Mix, Strand};
pub use pass::Pass;
pub use prefetch::Prefetch;
pub use shard::{Shard, ShardWriter};
pub use source::records::{Record, Records};
pub use source::{Document, Documents, SourceOptions};
pub use split::{Part, Split, SplitOptions};
