//! What a model is, without an engine.
//!
//! Reading order: [`spec`] (the numbers and choices that define a decoder), [`decoder`] (the trait
//! through which everything decodes), [`weights`] (named tensors from a file or a live model),
//! [`family`] (one file a family: its `config.json` and its weight names, mapped to a [`Spec`]).
//!
//! ```
//! use arch::{Spec, family};
//! let spec = Spec::llama(512, 64, 2, 4);
//! let config = family::to_config(&spec);
//! assert_eq!(family::from_config(&config).unwrap(), spec);
//! assert!(spec.n_params() > 100_000);
//! ```
//!
//! Must never know: Burn, where files lie, text.
#![forbid(unsafe_code)]

pub mod decoder;
pub mod error;
pub mod family;
pub mod spec;
pub mod weights;

pub use decoder::{Cache, Decoder, Input, Logits};
pub use error::Error;
pub use spec::{Activation, Norm, Positions, Spec};
pub use weights::{Tensor, WeightSource};
