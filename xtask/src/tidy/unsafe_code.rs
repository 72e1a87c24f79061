//! `unsafe` stands only in kernels, at memory maps, and at the allocator's switch.

use super::Offence;
use crate::scan;
use crate::tree::Tree;

/// Vector instructions; memory maps of shards, of weights and of offloaded tensors; the allocator's C
/// interface.
const PLACES: [&str; 5] = [
    "crates/kernels/",
    "crates/data/",
    "crates/formats/",
    "crates/ops/src/offload.rs",
    "crates/cli/src/alloc.rs",
];

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let sources = tree.sources.iter();
    let others =
        sources.filter(|source| !PLACES.iter().any(|place| source.path.starts_with(place)));
    others
        .filter_map(|source| {
            let line = scan::line_of(&source.code, scan::words(&source.code, "unsafe").next()?);
            let message = "unsafe belongs in kernels and at memory maps: find a safe way";
            Some(Offence::at(format!("{}:{line}", source.path), message))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    #[test]
    fn unsafe_outside_its_places_is_caught() {
        let code = "#![forbid(unsafe_code)]\n// unsafe\nfn f() { unsafe { g() } }\n";
        let found =
            places(check, &[("crates/cli/src/a.rs", code), ("crates/cli/src/alloc.rs", code)]);
        assert_eq!(found, ["crates/cli/src/a.rs:3"]);
    }
}
