//! The binary `lyceum`: one file a command in `cmd/`, one line a command in `cmd.rs`.
//!
//! Reading order: [`cmd`] (what can be said), `recipe_args` (the dials of a training run as
//! options), `pick` (which model is meant), `host` (what the process gives: store, threads,
//! Ctrl-C, the machine's peak).
//!
//! Results go to standard output, progress and words to standard error. Exit codes: 0 done, 1 an
//! error, 2 a wrong command line, 130 stopped by Ctrl-C with everything kept.
//!
//! Must never know: algorithms.

mod cmd;
mod host;
mod pick;
mod recipe_args;

use std::process::ExitCode;

use clap::Parser;

/// Large blocks come and go with each step; the system's allocator gives them back each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keep_freed_pages();
    let lyceum = cmd::Lyceum::parse();
    match host::Host::new(&lyceum.global).and_then(|host| lyceum.command.run(&host)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            match error.downcast_ref::<life::Error>() {
                Some(life::Error::Interrupted { .. }) => ExitCode::from(130),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Tells the allocator never to hand freed pages back while the program runs: a training step
/// frees what the next one needs, and each page handed back is a page fault.
fn keep_freed_pages() {
    /// `mi_option_purge_delay` in mimalloc's own header, which the binding leaves out.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    #[expect(unsafe_code, reason = "a call into C")]
    // SAFETY: sets a number inside mimalloc; the option exists in the version that is pinned.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1);
    }
}
