//! No function, of the product or of a test, is longer than 70 lines from `fn` to its last brace.

use std::collections::BTreeMap;

use super::Offence;
use crate::scan;
use crate::tree::Tree;

const LONGEST: usize = 70;

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in &tree.sources {
        let mut namesakes = BTreeMap::new();
        for function in scan::functions(&source.code) {
            if function.length <= LONGEST {
                continue;
            }
            let nth = namesakes.entry(function.name.clone()).or_insert(0);
            *nth += 1;
            let place = match nth {
                1 => format!("{}#{}", source.path, function.name),
                n => format!("{}#{}-{n}", source.path, function.name),
            };
            let message = format!(
                "{} lines from line {}: split it by idea (at most {LONGEST})",
                function.length, function.line
            );
            offences.push(Offence::at(place, message).measured(function.length));
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    #[test]
    fn long_functions_are_caught_each_by_a_name_of_its_own() {
        let function = |lines: usize| format!("fn f() {{\n{}}}\n", "x();\n".repeat(lines - 2));
        let text = format!("mod a {{\n{}}}\n{}{}", function(71), function(70), function(72));
        let found = places(check, &[("crates/cli/src/a.rs", &text)]);
        assert_eq!(found, ["crates/cli/src/a.rs#f", "crates/cli/src/a.rs#f-2"]);
    }
}
