//! The speedrun: a model's first life, stage after stage, in one folder.
//!
//! Text, tokenizer, tokens, reading, lessons, teaching, exam, samples, report; a model that is only to
//! read goes without lessons, teaching and exam. A model that there is already is adopted with its
//! tokenizer, and reads only if it is given text. Each stage leaves its result whole on the
//! disk or leaves nothing, so a run that was stopped or killed anywhere goes on where it stood, and
//! ends with the same weights, bit for bit.
//!
//! Reading order: [`recipe`] (what is wished for), [`frozen`] (what it came to, written down),
//! [`corpus`] (documents of the village or of files), [`mod@candidate`] (a model to begin with, looked
//! through), [`stage`] (one file a stage),
//! [`mod@speedrun`] (the stages in order), [`mod@load`] (a finished or half-finished run as a model that answers).
//!
//! ```no_run
//! use life::{Recipe, Session, Source};
//! let store = journal::Store::open(std::path::Path::new("lyceum-home"))?;
//! let recipe = Recipe { corpus: Source::World { seed: 1 }, ..Recipe::default() };
//! let run = life::open(&store, "first", &recipe)?;
//! let session = Session::silent();
//! let report = life::speedrun(&run, &session)?;
//! println!("{}", report.to_markdown());
//! # Ok::<(), life::Error>(())
//! ```
//!
//! Must never know: HTTP, pages, command lines.
#![forbid(unsafe_code)]

pub mod recipe;

pub mod frozen;

pub mod candidate;
pub mod corpus;
pub mod stage;

pub mod speedrun;

pub mod load;

mod error;

pub use error::Error;
pub use load::{Loaded, load};
pub use recipe::{Recipe, Source, Talks};
pub use speedrun::{Session, open, speedrun};
