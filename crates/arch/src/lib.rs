//! What a model is, without an engine.
//!
//! Reading order: [`spec`] (the numbers and choices that define a decoder), [`decoder`] (the trait
//! through which everything decodes), [`weights`] (named tensors from a file or a live model),
//! [`slot`] (the places in a model that hold them), [`piece`] (how published tensors make up a slot),
//! [`stored`] (the same as files store it),
//! [`family`] (one file a family: its `config.json` and its weight names, mapped to a [`Spec`]), [`gguf`]
//! (the same for llama.cpp's files), [`angles`] and [`waves`] (positions as numbers), which every engine computes with.
//!
//! ```
//! use arch::{Spec, family};
//! let spec = Spec::llama(512, 64, 2, 4);
//! let config = family::to_config(&spec).unwrap();
//! assert_eq!(family::from_config(&config).unwrap(), spec);
//! assert!(spec.n_params() > 100_000);
//! ```
//!
//! Must never know: Burn, where files lie, text.
#![forbid(unsafe_code)]

pub mod angles;
mod computed;
pub mod decoder;
pub mod error;
pub mod family;
pub mod gguf;
pub mod piece;
pub mod slot;
pub mod spec;
pub mod stored;
pub mod untaught;
pub mod waves;
pub mod weights;

pub use decoder::{Cache, Decoder, Input, Logits, Tap};
pub use error::Error;
pub use slot::{Part, Slot};
pub use spec::{
    Activation, Arrangement, Attending, Biases, Experts, Latent, Layers, Norm, Positions, Rope,
    Scales, Spec,
};
pub use stored::{SlotSource, Stored};
pub use untaught::Untaught;
pub use weights::{Tensor, WeightSource};
