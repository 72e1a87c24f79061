//! Weight files: which tensors are in them, and what they hold.
//!
//! Reading order: [`Tensors`] (what every reader offers), [`safetensors`] (in and out), [`pytorch`]
//! (files of `torch.save`, read without running them), [`gguf`] (llama.cpp's, with
//! the types of [`ggml`]), [`imatrix`] (how much columns count, for whoever rounds), [`llama2c`] (those of llama2.c), [`mxfp4`] (numbers of half a byte), [`shards`] (a
//! model's weights in one file or several, in and out).
//!
//! Every file is hostile until it is parsed: offsets are checked against the file's length, sizes
//! are capped, nothing in it is run.
//!
//! ```
//! use formats::Tensors;
//! use formats::safetensors::Entry;
//! use formats::shards::{Weights, write_shards};
//! let folder = std::env::temp_dir().join(format!("formats-{}", std::process::id()));
//! let entries = [Entry::f32("w", &[2, 2], &[1., 2., 3., 4.]), Entry::f32("b", &[2], &[5., 6.])];
//! write_shards(&folder, &entries, 16).unwrap();
//! let weights = Weights::open(&folder).unwrap();
//! assert_eq!(weights.names().collect::<Vec<_>>(), ["b", "w"]);
//! assert_eq!(weights.f32_rows("w", 1, 2).unwrap(), [3., 4.]);
//! std::fs::remove_dir_all(&folder).unwrap();
//! ```
//!
//! Must never know: architectures (but that of llama2.c, whose files hold no other).

mod contents;
mod dtype;
mod error;
pub mod ggml;
pub mod gguf;
pub mod imatrix;
mod json;
pub mod llama2c;
pub mod mxfp4;
pub mod pytorch;
pub mod safetensors;
pub mod shards;
mod tensors;

pub use dtype::Dtype;
pub use error::Error;
pub use tensors::{Tensors, View};
