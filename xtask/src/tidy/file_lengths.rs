//! How long a file may be, its tests not counted: 600 lines, or 1000 with a reason.
//!
//! The reason stands in the file's `//!` and contains the words "long because". Above 1000 lines
//! no reason helps. Files that are tests altogether may be as long as they like.

use super::Offence;
use crate::tree::Tree;

const LONG: usize = 600;
const TOO_LONG: usize = 1000;

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in tree.sources.iter().filter(|source| !source.is_test) {
        let lines = source.product.lines().count();
        let has_reason =
            source.text.lines().any(|l| l.starts_with("//!") && l.contains("long because"));
        let offence = if lines > TOO_LONG {
            let message = format!("{lines} lines without tests: split it (at most {TOO_LONG})");
            Offence::at(&source.path, message)
        } else if lines > LONG && !has_reason {
            let message =
                format!("{lines} lines without tests: split it, or say `long because` in its //!");
            Offence::at(&source.path, message).measured(lines)
        } else {
            continue;
        };
        offences.push(offence);
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    fn check_file(path: &str, text: &str, is_offence: bool) {
        assert_eq!(places(check, &[(path, text)]).len(), usize::from(is_offence), "{path}");
    }

    #[test]
    fn long_files_are_caught() {
        let (short, long, huge) = ("x;\n".repeat(600), "x;\n".repeat(601), "x;\n".repeat(1001));
        check_file("crates/cli/src/a.rs", &short, false);
        check_file("crates/cli/src/a.rs", &long, true);
        check_file(
            "crates/cli/src/a.rs",
            &format!("//! It is long because of a table.\n{long}"),
            false,
        );
        check_file(
            "crates/cli/src/a.rs",
            &format!("//! It is long because of a table.\n{huge}"),
            true,
        );
    }

    #[test]
    fn tests_do_not_count() {
        let long = "x;\n".repeat(601);
        check_file("crates/cli/tests/it/main.rs", &long, false);
        check_file(
            "crates/cli/src/a.rs",
            &format!("#[cfg(test)]\nmod tests {{\n{long}}}\n"),
            false,
        );
    }
}
