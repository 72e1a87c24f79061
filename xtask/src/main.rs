//! The project's own chores, each a verb: `cargo xtask tidy | doc | bench`.
//!
//! Reading order: [`tidy`] (the rules that a program can check; `cargo test -p xtask` runs them
//! too), [`doc`], [`mod@bench`]. [`tree`] and [`scan`] are what tidy reads the project with.
//!
//! Must never know: the crates of the project. It reads their text, and links none of them.
#![forbid(unsafe_code)]

mod bench;
mod doc;
mod scan;
mod tidy;
mod tree;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <verb>
  tidy [--bless]   check the rules of STYLE.md; --bless lets the ratchets shrink
  doc              build the documentation of all crates, warnings being errors
  bench [--quick]  run every bench/*/compare and rewrite docs/bench.md (--quick: tiny, no rewrite)
  bench --kept     rewrite docs/bench.md from the rows under bench/*/rows, running nothing";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["tidy"] => tidy::run(&root(), tidy::Ratchets::Hold),
        ["tidy", "--bless"] => tidy::run(&root(), tidy::Ratchets::Shrink),
        ["doc"] => doc::run(&root()),
        ["bench"] => bench::run(&root(), bench::Input::Full),
        ["bench", "--quick"] => bench::run(&root(), bench::Input::Quick),
        ["bench", "--kept"] => bench::run(&root(), bench::Input::Kept),
        _ => Err(anyhow::anyhow!("{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace: the parent of this crate's own. Cargo says at run time which that is; a
/// binary in a target folder that two checkouts share may have been built for the other one.
fn root() -> PathBuf {
    let told = std::env::var_os("CARGO_MANIFEST_DIR");
    let own = told.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().expect("xtask lies one folder below the root").to_path_buf()
}
