//! A crate depends only on crates that stand above it in the root's `members`.
//!
//! Dependencies for tests and build scripts are held to the same order: a test that needs the roof
//! belongs to the roof. Nobody depends on a crate that stands below, so there are no cycles either.

use super::Offence;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for (n, member) in tree.crates.iter().enumerate() {
        for below in &tree.crates[n..] {
            if member.dependencies.contains(&below.name) {
                let message = format!(
                    "depends on `{}`, which does not stand above it in the root's members",
                    below.name
                );
                offences.push(Offence::at(format!("{}/Cargo.toml", member.folder), message));
            }
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    #[test]
    fn a_dependency_on_a_higher_floor_is_caught() {
        let manifest =
            "[package]\nname = \"stdx\"\n[dev-dependencies]\ncli = { path = \"../cli\" }\n";
        let found = places(check, &[("crates/stdx/Cargo.toml", manifest)]);
        assert_eq!(found, ["crates/stdx/Cargo.toml"]);
    }
}
