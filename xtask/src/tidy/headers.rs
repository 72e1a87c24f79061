//! Every source of the product opens with `//!`: what it is, and what it leaves out on purpose.

use super::Offence;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let sources = tree.sources.iter().filter(|source| {
        tree.crate_of(&source.path)
            .is_some_and(|c| source.path.starts_with(&format!("{}/src/", c.folder)))
    });
    let bare = sources.filter(|source| !source.text.starts_with("//! "));
    bare.map(|source| Offence::at(&source.path, "open it with `//!`: what it is, paper or spec"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    #[test]
    fn a_file_without_a_header_is_caught() {
        let files = [
            ("crates/cli/src/a.rs", "fn f() {}\n"),
            ("crates/cli/src/b.rs", "//! B.\n"),
            ("crates/cli/tests/it/main.rs", "fn f() {}\n"),
        ];
        assert_eq!(places(check, &files), ["crates/cli/src/a.rs"]);
    }
}
