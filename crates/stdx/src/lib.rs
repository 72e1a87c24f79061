//! What the standard library lacks and every stage needs.
//!
//! Reading order: [`rng`] (the only source of chance in the project), [`atomic_file`] (writes that
//! a crash cannot cut short), [`file_name`] (names that others say), [`disk`] (room), [`sum`] (did these bytes change?), [`threads`] (how many cores we may
//! use), [`progress`] (a bar on a terminal, lines in a log, silence in a test), [`interrupt`]
//! (Ctrl-C as a question, not an exit).
//!
//! ```
//! let mut rng = stdx::Rng::new(7);
//! let mut deck: Vec<u32> = (0..52).collect();
//! rng.shuffle(&mut deck);
//! assert_eq!(deck, { let mut d: Vec<u32> = (0..52).collect(); stdx::Rng::new(7).shuffle(&mut d); d });
//! ```
//!
//! Must never know: any word of our field.
#![forbid(unsafe_code)]

pub mod atomic_file;
pub mod disk;
pub mod file_name;
pub mod interrupt;
pub mod memory;
pub mod progress;
pub mod rng;
pub mod sum;
pub mod threads;

pub use progress::Progress;
pub use rng::Rng;
pub use sum::Sum;
