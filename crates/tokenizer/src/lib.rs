//! Text to ids and back: byte-level byte-pair encoding.
//!
//! Reading order: [`byte_level`] (bytes as letters), [`pretokenize`] (text to words), [`bpe`]
//! (words to ids), `bpe/train` (where the merges come from), [`stream`] (ids to text, never half a
//! character), [`hf`] (the `tokenizer.json` format).
//!
//! ```
//! use tokenizer::{TrainOptions, Tokenizer};
//! let options = TrainOptions { vocab_size: 260, ..TrainOptions::default() };
//! let tokenizer = Tokenizer::train(["low lower lowest low"], &options).unwrap();
//! let ids = tokenizer.encode("lower").unwrap();
//! assert!(ids.len() < 5);
//! assert_eq!(tokenizer.decode(&ids).unwrap(), "lower");
//! ```
//!
//! Must never know: tensors, chat.
#![forbid(unsafe_code)]

pub mod bpe;
pub mod byte_level;
mod error;
pub mod hf;
pub mod pretokenize;
pub mod stream;

pub use bpe::Tokenizer;
pub use bpe::train::{Alphabet, TrainOptions};
pub use error::Error;
pub use stream::StreamDecoder;
