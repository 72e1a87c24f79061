//! `cargo xtask tidy`: the rules of STYLE.md that a program can check, one check a file.
//!
//! A check takes the [`Tree`] and names its [`Offence`]s. Those with a measure are a ratchet: the
//! offenders of the day it began stand in xtask/tidy-ratchet.txt, none may join them or grow, and
//! whoever mends one shortens the list (`--bless` does it). All others are simply forbidden.
//!
//! One check more is one file below tidy/ and one line in [`CHECKS`].

mod banned;
mod crate_order;
mod file_lengths;
mod file_names;
mod function_lengths;
mod headers;
mod machine_paths;
mod must_never_know;
mod ratchet;
mod readme;
mod unsafe_code;
mod unwraps;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::tree::Tree;

/// A check: its name, which the ratchet's list uses too, and what it finds.
type Check = (&'static str, fn(&Tree) -> Vec<Offence>);

/// Every check, in the order of the report.
const CHECKS: [Check; 11] = [
    ("crate-order", crate_order::check),
    ("must-never-know", must_never_know::check),
    ("file-length", file_lengths::check),
    ("function-length", function_lengths::check),
    ("header", headers::check),
    ("file-name", file_names::check),
    ("readme", readme::check),
    ("unsafe", unsafe_code::check),
    ("banned", banned::check),
    ("unwrap", unwraps::check),
    ("machine-path", machine_paths::check),
];

const RATCHET: &str = "xtask/tidy-ratchet.txt";

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Offence {
    /// A path, or a path and a function in it: `crates/a/src/b.rs#f`. No spaces.
    pub place: String,
    /// How bad it is, where there is a worse and a better; only these can be ratcheted.
    pub measure: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Offence {
    /// A breach that must go.
    fn at(place: impl Into<String>, message: impl Into<String>) -> Offence {
        Offence { place: place.into(), measure: None, message: message.into() }
    }

    /// The same, as one of a ratchet.
    fn measured(self, measure: usize) -> Offence {
        Offence { measure: Some(measure), ..self }
    }
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// What to do with the ratchets' list.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Ratchets {
    /// Compare with it.
    Hold,
    /// Shorten it by what has been mended; where there is no list yet, begin it.
    Shrink,
}

/// Runs all checks on the project at `root`; breaches are printed, and make an error.
pub(crate) fn run(root: &Path, ratchets: Ratchets) -> Result<()> {
    let tree = Tree::read(root)?;
    let found = offences(&tree);
    let list = tree.files.get(RATCHET).map(String::as_str);
    if ratchets == Ratchets::Shrink {
        let list = ratchet::shrink(list, &found)?;
        std::fs::write(root.join(RATCHET), list).with_context(|| format!("writing {RATCHET}"))?;
        return run(root, Ratchets::Hold);
    }
    let breaches = ratchet::compare(list.unwrap_or(""), &found)?;
    for (check, offence) in &breaches {
        eprintln!("{check:>15}  {offence}");
    }
    if !breaches.is_empty() {
        bail!("tidy: {} breaches of STYLE.md", breaches.len());
    }
    Ok(())
}

/// What every check finds, with the check's name.
fn offences(tree: &Tree) -> Vec<(&'static str, Offence)> {
    let found =
        CHECKS.iter().flat_map(|(name, check)| check(tree).into_iter().map(move |o| (*name, o)));
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::planted;

    /// Places of a check's offences in the planted tree with `files` added.
    pub(super) fn places(check: fn(&Tree) -> Vec<Offence>, files: &[(&str, &str)]) -> Vec<String> {
        check(&planted(files)).into_iter().map(|offence| offence.place).collect()
    }

    #[test]
    fn a_sound_tree_has_no_offence() {
        assert_eq!(offences(&planted(&[])), []);
    }

    #[test]
    fn the_project_is_tidy() {
        run(&crate::root(), Ratchets::Hold).expect("each breach is printed above");
    }
}
