//! Hugging Face's `tokenizer.json`, in and out, as tokenizers 0.23 has it.
//!
//! The file names the stages of a pipeline: added tokens, normalizer, pre-tokenizer, model,
//! post-processor, decoder, and how to truncate and pad. Each stage reads and writes itself, in its
//! own folder; here is what holds them together, and the models.
//!
//! Left out on purpose: stages without a "type" (files from before tokenizers 0.8).

pub(crate) mod fields;
mod models;
pub(crate) use models::most_ids;
pub(crate) mod read;
mod settings;
pub(crate) mod write;

/// The largest file that is read: several times the largest published one.
pub(crate) const MAX_FILE_BYTES: u64 = 128 << 20;
