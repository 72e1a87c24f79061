//! Text to ids and back: training, encoding, decoding, and the `tokenizer.json` format.
//!
//! The first stage of a model's life: everything that a model reads was cut here. A tokenizer is a
//! row of stages under the field's names, each in a folder of its own, and does what Hugging Face
//! `tokenizers` 0.23 does.
//!
//! Reading order: `tokenizer` (the whole, and what it promises); `added` (tokens that stand
//! outside the text), [`normalize`] (text to the text that a model was taught on), [`pretokenize`]
//! (text to words); [`model`] (a word to ids), of which there are four: [`bpe`], [`wordpiece`],
//! [`unigram`], [`wordlevel`], over a [`vocab`]; [`postprocess`] and [`encoding`] (what stands
//! around a text, and all that is known of it); [`decode`] and `stream` (ids to text); `byte_level`
//! (bytes as visible characters) and `dialect` (regular expressions); `hf` (tokenizer.json) and
//! [`formats`] (all other files); [`measure`] and [`translations`] (how well a vocabulary fits a
//! text, and what languages pay); `error`.
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
//! Must never know: tensors, chat. It reads and writes a tokenizer's files when told to
//! ([`Tokenizer::open`], [`Tokenizer::save_as`]) and does no other IO.
#![forbid(unsafe_code)]

mod tokenizer;

mod added;

pub mod normalize;

pub mod pretokenize;

mod dialect;

mod byte_level;

mod byte_piece;

pub mod model;

pub mod vocab;

pub mod words;

mod word_cache;

pub mod bpe;

pub mod wordpiece;

pub mod wordlevel;

pub mod unigram;

mod replace;

pub mod postprocess;

pub mod encoding;

pub mod decode;

mod stream;

mod hash;
mod key;
mod token;

mod hf;

pub mod formats;

pub mod measure;
pub mod translations;

mod error;

pub use added::AddedToken;
pub use bpe::train::{Alphabet, Ties, TrainOptions};
pub use encoding::Encoding;
pub use error::Error;
pub use model::Model;
pub use stream::StreamDecoder;
pub use token::Token;
pub use tokenizer::{Kind, LearnOptions, Parts, Tokenizer, TokenizerConfig};
pub use words::Progress;
