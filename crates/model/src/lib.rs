//! Builds any [`arch::Spec`] from `nn`: the readable model, which trains and which the fast runtime
//! is tested against.
//!
//! Reading order: [`transformer`] (the model, top to bottom), [`block`], [`parts`]
//! (a model from its tensors and back), [`hooks`] (its named activations),
//! [`init`] (random weights), [`paths`] (its parameters by name), [`freeze`] (what learns), [`decoding`]
//! (token by token, with a cache), [`folder`] (model folders as Hugging Face has them), [`llama2c`]
//! (files of llama2.c), [`gguf`] (llama.cpp's), [`opened`] (any of them, not read yet), [`live`] (a model
//! as a runtime's source), [`convert`] and [`diff`] (one into another, one beside another).
//!
//! Must never know: loops over data, sampling, text.
#![forbid(unsafe_code)]

pub mod block;
pub mod convert;
pub mod decoding;
pub mod diff;
pub mod folder;
pub mod freeze;
pub mod gguf;
pub mod hooks;
pub mod init;
pub mod live;
pub mod llama2c;
mod mxfp4;
pub mod opened;
pub mod parts;
pub mod paths;
pub mod transformer;

pub use decoding::Decoding;
pub use hooks::Hooks;
pub use opened::Opened;
pub use parts::Held;
pub use transformer::{Batch, Transformer};
