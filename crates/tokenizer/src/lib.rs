//! Text to ids and back: training, encoding, decoding, and the `tokenizer.json` format.
//!
//! The first stage of a model's life: everything that a model reads was cut here. Today there is
//! one model, byte-level BPE; others come as siblings of `bpe`.
//!
//! Reading order: `tokenizer` (the whole, and what it promises), `pretokenize` (text to words),
//! `byte_level` (how bytes are written as visible characters), `bpe` (a word to ids) and
//! `bpe/train` (where the merges come from), `special` (tokens that stand outside the text),
//! `stream` (ids to text, piece by piece), `hf` (the file format), [`measure`] and [`translations`]
//! (how well a vocabulary fits a text, and what languages pay), `error`.
//!
//! ```
//! use tokenizer::{TrainOptions, Tokenizer};
//!
//! let options = TrainOptions { vocab_size: 260, ..TrainOptions::default() };
//! let tokenizer = Tokenizer::train(["low lower lowest"], &options)?; // 256 bytes, 3 merges, 1 special
//! let ids = tokenizer.encode("lower")?;
//! assert_eq!(tokenizer.decode(&ids)?, "lower");
//! assert_eq!(tokenizer.special("<|endoftext|>"), Some(259));
//! let again = Tokenizer::from_json(&tokenizer.to_json())?;
//! assert_eq!(again.encode("lower")?, ids);
//! # Ok::<(), tokenizer::Error>(())
//! ```
//!
//! Must never know: tensors, chat. It reads and writes one file when told to
//! ([`Tokenizer::load`], [`Tokenizer::save`]) and does no other IO.
#![forbid(unsafe_code)]

mod tokenizer;

mod pretokenize;

mod byte_level;

mod bpe;

mod special;

mod stream;

mod hf;

pub mod measure;
pub mod translations;

mod error;

pub use bpe::train::{Alphabet, TrainOptions};
pub use error::Error;
pub use stream::StreamDecoder;
pub use tokenizer::Tokenizer;
