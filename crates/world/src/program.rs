//! Small programs about the village: a task in words, a program that does it, and what it prints.
//!
//! The programs are written in a small part of Python 3, so that any Python runs them; [`run`] is
//! an interpreter of that part. It computes every output and every expected value here, and can
//! check a program that somebody else wrote. Left out on purpose: floats, classes, imports,
//! exceptions, and everything that reads or writes the world.
//!
//! Reading order: [`syntax`] (what a program consists of), `lexer`, `parse`, `value`, `builtin`,
//! `interpret` (how it runs), `task` (how tasks are made).
//!
//! ```
//! use world::program::{Programs, passes, run};
//! let program = Programs::new(1).program(7);
//! println!("{}\n{}", program.task, program.source);
//! assert_eq!(run(&program.source), Ok(program.output));
//! assert_eq!(passes(&program.source, &program.tests), Ok(()));
//! assert_eq!(run("print(sum([7, 31]) // 2)").as_deref(), Ok("19\n"));
//! ```

mod builtin;
pub mod error;
mod interpret;
mod lexer;
mod parse;
pub mod syntax;
mod task;
mod value;

use crate::corpus::numbered;
use crate::village::Village;
pub use error::Error;

/// A task, a program that does it, and what is true of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What is to be done, in words.
    pub task: String,
    /// If the task is a function, how it begins: the `def` line and the docstring; else empty.
    pub head: String,
    /// The whole program, which begins with `head`.
    pub source: String,
    /// What it prints.
    pub output: String,
    /// If the task is a function, an `assert` line a test; else empty.
    pub tests: Vec<String>,
}

/// Programs without end, each addressable by its number.
#[derive(Debug, Clone)]
pub struct Programs {
    seed: u64,
    village: Village,
}

/// How often a draft may fail to run before there is a plain one instead.
const TRIES: usize = 20;

impl Programs {
    /// The programs about the village of a seed.
    pub fn new(seed: u64) -> Self {
        Self::about(Village::new(seed), seed)
    }

    /// The programs about a village that there is already.
    pub fn about(village: Village, seed: u64) -> Self {
        Self { seed, village }
    }

    /// The `i`-th program; independent of all others.
    pub fn program(&self, i: u64) -> Program {
        let mut rng = numbered(self.seed, "program", i);
        // A draft that has no answer, such as the highest price of no things, is drawn anew.
        let mut drafts = (0..TRIES).map(|_| task::finish(task::draft(&self.village, &mut rng)));
        drafts.find_map(Result::ok).unwrap_or_else(|| Program {
            task: "Print the number 1.".to_string(),
            head: String::new(),
            source: "print(1)\n".to_string(),
            output: "1\n".to_string(),
            tests: Vec::new(),
        })
    }
}

/// Runs a program and gives what it prints.
///
/// # Errors
/// If the text is not of the subset, or does what Python would not do, or takes too long.
pub fn run(source: &str) -> Result<String, Error> {
    interpret::interpret(&[&parse::parse(source)?])
}

/// Whether a program passes tests, which are lines that follow it.
///
/// # Errors
/// The first assertion that does not hold, or whatever else keeps the program from its end.
pub fn passes(source: &str, tests: &[String]) -> Result<(), Error> {
    run(&format!("{source}\n{}\n", tests.join("\n"))).map(|_| ())
}

#[cfg(test)]
mod tests;
