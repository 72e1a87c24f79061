//! `cargo xtask doc`: the documentation of our crates, where a broken link is an error. It is read
//! beside the source, so a link to a private item is none.
//!
//! The examples are asked for as well, less for their pages than for their dependencies: with those
//! of the tests in, `cargo doc` reads the same metadata that `cargo clippy --all-targets` has made,
//! and Burn is not checked a second time.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Builds the documentation of every workspace member.
pub(crate) fn run(root: &Path) -> Result<()> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["doc", "--no-deps", "--workspace", "--lib", "--bins", "--examples"])
        .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")
        .current_dir(root)
        .status()
        .context("starting cargo doc")?;
    ensure!(status.success(), "cargo doc failed: mend the warnings above");
    Ok(())
}
