//! Decoding: ids in, ids out, through any `arch::Decoder`.
//!
//! Stage of the life: after training, wherever a model speaks or is asked how likely a text is.
//!
//! Reading order: [`sampler`] (from logits to one id, defined on integers), [`constraint`] (who
//! may forbid ids), [`memory`] (a cache that knows what it holds, so that a conversation is not
//! read twice), [`generate`](mod@generate) (the loop), [`speculation`] (several tokens of one pass),
//! [`beam`] and [`contrastive`] (loops that look further), [`logprobs`] (how likely what was chosen was),
//! [`loglikelihood`](mod@loglikelihood) (how likely given ids are), [`runtime`] (the fast decoder itself), [`batch`] (many answers at once on it),
//! [`importance`] (what its matrices are multiplied with).
//!
//! ```
//! use generate::{Sampler, Sampling};
//! let logits = [0.0, 2.0, 1.0, -1.0];
//! let mut greedy = Sampler::new(&Sampling::greedy())?;
//! assert_eq!(greedy.pick(&logits, None)?, 1);
//! let mut sampler = Sampler::new(&Sampling { top_k: Some(2), seed: 7, ..Sampling::default() })?;
//! let picked = sampler.pick(&logits, None)?;
//! assert!([1, 2].contains(&picked));
//! # Ok::<(), generate::Error>(())
//! ```
//!
//! Must never know: text, HTTP, Burn.
#![forbid(unsafe_code)]

pub mod batch;
pub mod beam;
pub mod constraint;
pub mod contrastive;
pub mod error;
pub mod generate;
pub mod importance;
pub mod loglikelihood;
pub mod logprobs;
pub mod memory;
pub mod runtime;
pub mod sampler;
pub mod speculation;

pub use batch::{Batch, Batching, Job, Limits};
pub use beam::{Beam, BeamOptions, EarlyStopping, beam_search};
pub use constraint::{Constraint, Known};
pub use contrastive::{ContrastiveOptions, States, contrastive_search};
pub use error::Error;
pub use generate::{Finish, Flow, Generated, Options, Overflow, Steer, generate, generate_with};
pub use importance::Importance;
pub use loglikelihood::{Loglikelihood, loglikelihood, loglikelihoods};
pub use logprobs::TokenLogprobs;
pub use memory::Memory;
pub use runtime::Runtime;
pub use sampler::{Dry, Sampler, Sampling};
pub use speculation::draft_model::DraftModel;
pub use speculation::ngram::Ngram;
pub use speculation::{Speculation, Statistics, speculate};
