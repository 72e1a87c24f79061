//! The training loop: batches in, a model out, with nothing lost on the way.
//!
//! The stage between a tokenized corpus and a model that can be talked to. Reading order:
//! [`config`] (every number of a run, frozen before its first step), [`plan`] (where those numbers
//! come from when only a size, a time or a number of tokens is given), [`memory`] (whether it will
//! fit), [`device`] (what it computes on), [`speed`] (how long a step
//! takes here), [`feed`] (a batch of data as the model takes it), [`step`] (one update),
//! [`evaluate`] (bits per byte on held-out text), [`diagnose`] (which layer a NaN came from),
//! [`checkpoint`] (all that a run needs to go on), [`probe`] (who watches), [`trainer`] (the loop
//! that joins them).
//!
//! ```
//! use train::plan::{Dials, plan};
//! let dials = Dials { tokens: Some(100_000), ..Dials::default() };
//! // No time was given, so the speed of the machine is not asked for.
//! let config = plan(&dials, 512, None, &mut |_| unreachable!())?;
//! assert_eq!(config.steps() as usize, 100_000_usize.div_ceil(config.tokens_per_step()));
//! # Ok::<(), train::Error>(())
//! ```
//!
//! Same config, same shards, same build and instruction set: the same bits, on any number of
//! threads, however often the run was killed and resumed.
//!
//! Must never know: text, tasks, rewards. The clock is read for reports and plans only.
#![forbid(unsafe_code)]

pub mod config;
pub mod device;
pub mod memory;
pub mod plan;
pub mod speed;

pub mod feed;
pub mod step;

pub mod diagnose;
pub mod evaluate;

pub mod checkpoint;

pub mod probe;
pub mod trainer;

mod error;

pub use config::Config;
pub use error::Error;
pub use probe::Probe;
pub use trainer::{Ending, Outcome, Task, train};
