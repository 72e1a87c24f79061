//! How good a model is: exams whose answers are known.
//!
//! Answers are free text and judged by rules, never chosen from a list and never judged by another
//! model. Each figure is a share with its 95 % interval; beside it stand what one gets without the
//! skill ([`baseline`]), and whether anything of the exam was trained on ([`contamination`]).
//!
//! Reading order: [`judge`] (right or wrong), [`exam`] (a model sits it), [`baseline`],
//! [`contamination`].
//!
//! ```
//! use eval::judge;
//! use world::Check;
//! let right = Check::Exact(vec!["Ada ran to the mill.".into()]);
//! assert!(judge::is_right(&right, " ada ran to the mill"));
//! assert!(!judge::is_right(&right, "Ada ran to the barn."));
//! ```
//!
//! Must never know: pages, HTTP, what stands after it.
#![forbid(unsafe_code)]

pub mod baseline;
pub mod contamination;
pub mod exam;
pub mod judge;

pub use exam::{Answered, Scores, sit};
