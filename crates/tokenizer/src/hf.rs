//! Hugging Face's `tokenizer.json`, in and out, for byte-level BPE.
//!
//! The file names the stages of a pipeline: added tokens, normalizer, pre-tokenizer, model,
//! post-processor, decoder. We write the splitting pattern and the byte map as
//! `Sequence[Split(Isolated), ByteLevel]`. We read that form, and GPT-2's older one in which
//! `ByteLevel` brings the pattern. Everything that would change ids and that we do not do is
//! refused by name.
//!
//! Left out on purpose, for now: Unigram, WordPiece, normalizers, byte fallback.

pub(crate) mod read;
pub(crate) mod write;

/// The largest file that is read: several times the largest published one.
pub(crate) const MAX_FILE_BYTES: u64 = 128 << 20;
