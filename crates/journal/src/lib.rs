//! Append-only run records and the store of runs and models on disk.
//!
//! Every stage of a model's life writes what it does into a run: a folder with a config, a journal
//! of JSON lines, checkpoints, the finished model and a report. Whoever wants to know how a run
//! fares reads the journal; nobody needs to ask the process that writes it.
//!
//! Reading order: `record` (what can be said about a run), `journal` (how it is written so that a
//! crash cannot spoil it), `run` (the folder and its lock), `store` (where the runs live), `removal`
//! (how one goes), `standing` (where a run stands, from its records), `outcome` and `settings` (what
//! came of it and what it was made with, as far as runs are set beside one another), `error`.
//!
//! ```
//! use journal::{Record, Store};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let home = std::env::temp_dir().join(format!("journal-doc-{}", std::process::id()));
//! let run = Store::open(&home)?.create_run("first-steps")?;
//! let _lock = run.lock()?; // nobody else trains this run now
//! let mut journal = run.open_journal()?;
//! journal.append(&Record::Note { text: "hello".into() })?;
//! journal.append(&Record::Eval { step: 10, split: "val".into(), loss: 2.5, bits_per_byte: 1.1 })?;
//! assert_eq!(journal.truncate_after(5)?, 1); // resumed from step 5: the evaluation is no more
//! assert_eq!(run.records()?.len(), 1);
//! # std::fs::remove_dir_all(&home)?; Ok(()) }
//! ```
//!
//! Must never know: who reads, and what the names in a config or a checkpoint mean. It reads no environment
//! and no clock of its own; modification times come from the file system.
#![forbid(unsafe_code)]

mod error;
mod journal;
mod outcome;
mod record;
mod removal;
mod run;
mod settings;
mod standing;
mod store;

pub use error::{Error, Result};
pub use journal::{Journal, Reading, TornTail, read, read_whole};
pub use outcome::{Metric, Outcome};
pub use record::{ANSWERS, Record, StageStatus};
pub use run::{Run, RunLock};
pub use settings::{Difference, Settings, differences};
pub use standing::{Progress, Stage, Standing, State};
pub use store::Store;
