//! Optimizers and schedules that Burn lacks or has slow.
//!
//! Reading order: [`schedule`] (the learning rate of each step), [`gradients`] (their norm, and
//! the parameter that spoilt it), [`optimizer`] (the update of a module, in place), [`adamw`], [`muon`]
//! and [`sgd`] (the rules it follows).
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

pub mod adamw;
pub mod gradients;
pub mod muon;
pub mod optimizer;
mod rule;
pub mod schedule;
pub mod sgd;

pub use optimizer::{Moments, Optimizer, Stacks};
