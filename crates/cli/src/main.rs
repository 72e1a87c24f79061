//! The binary `lyceum`: one file a command in `cmd/`, one line a command in `cmd.rs`.
//!
//! Reading order: [`cmd`] (what can be said), `recipe_args` (the dials of a training run as
//! options), `sampling_args` (how tokens are chosen), `grammar_args` (the form of an answer), `speculation_args`
//! (who guesses ahead), `layers` (options from the environment and a file), `stats` (how fast), `pick` (which model is meant), `host` (what the process gives: store, threads,
//! Ctrl-C, the machine's peak).
//!
//! Results go to standard output ([`out`]), progress and words to standard error. Exit codes: 0 done, 1 an
//! error, 2 a wrong command line, 130 stopped by Ctrl-C with everything kept.
//!
//! Must never know: algorithms.

mod alloc;
mod cache_args;
mod cmd;
mod grammar_args;
mod host;
mod layers;
mod out;
mod pick;
mod recipe_args;
mod sampling_args;
mod speculation_args;
mod stats;

use std::process::ExitCode;

fn main() -> ExitCode {
    let lyceum = cmd::Lyceum::read();
    if !lyceum.command.serves() {
        alloc::keep_freed_pages();
    }
    let alone = lyceum.command.run_alone();
    let done = alone.unwrap_or_else(|| {
        let host = host::Host::new(&lyceum.global, lyceum.command.serves())?;
        lyceum.command.run(&host)
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", in_words(&error));
            if was_stopped(&error) { ExitCode::from(130) } else { ExitCode::FAILURE }
        }
    }
}

/// Whether somebody pressed Ctrl-C.
fn was_stopped(error: &anyhow::Error) -> bool {
    let stage = error.downcast_ref::<life::Error>();
    error.is::<host::Stopped>() || matches!(stage, Some(life::Error::Interrupted { .. }))
}

/// Whether it only says that nobody reads the output any more.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// An error and its causes, but for those whose words stand in the one before already.
pub(crate) fn in_words(error: &anyhow::Error) -> String {
    let mut words = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !words.contains(&cause) {
            words = format!("{words}: {cause}");
        }
    }
    words
}
