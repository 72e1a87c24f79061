//! Optimizers and schedules that Burn lacks or has slow.
//!
//! Reading order: [`schedule`] (the learning rate of each step), [`gradients`] (their norm, and
//! the parameter that spoilt it), [`optimizer`] (the update of a module, in place), [`options`] (all that
//! is chosen of it), [`registry`] (the rules by name), [`rule`] (what a rule is; one file each),
//! [`memory`] (what it remembers), [`groups`] and [`depth`] (parameters that learn otherwise),
//! [`average`] (a running mean of the weights).
//!
//! ```
//! use optim::schedule::{Schedule, Shape};
//! let schedule = Schedule { peak: 1e-3, floor: 1e-4, warmup: 10, steps: 100, shape: Shape::Cosine };
//! assert_eq!(schedule.at(9), 1e-3);
//! assert!(schedule.at(0) < schedule.at(5) && schedule.at(99) < 1.1e-4);
//! ```
//!
//! Must never know: layers.
#![forbid(unsafe_code)]

pub mod gradients;
pub mod schedule;

pub mod average;
pub mod depth;
pub mod groups;
pub mod memory;
pub mod optimizer;
pub mod options;
pub mod registry;
pub mod rule;

mod error;

pub use error::Error;
pub use groups::Group;
pub use optimizer::{Optimizer, Stacks, parameters};
pub use options::Options;
pub use registry::{Choice, Chosen, Knobs};
pub use rule::Parameter;
