//! A file or folder is named for its one concept, so names that mean "the rest" are refused.

use super::Offence;
use crate::tree::Tree;

const EMPTY_NAMES: [&str; 8] =
    ["utils", "util", "common", "helpers", "helper", "misc", "base", "types"];

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in &tree.sources {
        if source.path.ends_with("/mod.rs") {
            offences
                .push(Offence::at(&source.path, "use `foo.rs` beside `foo/`, not `foo/mod.rs`"));
        }
        let mut parts = source.path.trim_end_matches(".rs").split('/');
        if let Some(name) = parts.find(|part| EMPTY_NAMES.contains(part)) {
            let message = format!("`{name}` names no concept: name it for what is in it");
            offences.push(Offence::at(&source.path, message));
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    #[test]
    fn names_without_a_concept_are_caught() {
        for path in
            ["crates/cli/src/utils.rs", "crates/cli/src/common/x.rs", "crates/cli/src/a/mod.rs"]
        {
            assert_eq!(places(check, &[(path, "")]), [path]);
        }
        assert!(places(check, &[("crates/cli/src/base64.rs", "")]).is_empty());
    }
}
