//! The commands that README.md shows exist, and so do their options.
//!
//! In its fenced blocks, what follows `lyceum` or `cargo run … --` is a verb with a file
//! `crates/cli/src/cmd/<verb>.rs`; each `--option` behind it stands somewhere in the sources of the
//! binary, as a field or in quotes. Left out on purpose: what the options take.

use super::Offence;
use crate::scan;
use crate::tree::Tree;

const README: &str = "README.md";
const CLI: &str = "crates/cli/src/";

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let Some(readme) = tree.files.get(README) else {
        return vec![Offence::at(README, "the project has none")];
    };
    let mut offences = Vec::new();
    for (line, call) in calls(readme) {
        let place = format!("{README}:{line}");
        let Some(verb) = call.first() else { continue };
        if !tree.files.contains_key(&format!("{CLI}cmd/{verb}.rs")) {
            let message = format!("`lyceum {verb}`: there is no {CLI}cmd/{verb}.rs");
            offences.push(Offence::at(place, message));
            continue;
        }
        let options = call.iter().filter_map(|word| word.strip_prefix("--"));
        for option in options.filter(|option| !has_option(tree, option)) {
            let message = format!("`lyceum {verb} --{option}`: no such option in {CLI}");
            offences.push(Offence::at(&place, message));
        }
    }
    offences
}

/// Line number and words, from the verb on, of every call of the binary in a fenced block.
fn calls(readme: &str) -> Vec<(usize, Vec<&str>)> {
    let mut calls = Vec::new();
    let mut is_fenced = false;
    for (n, line) in readme.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
            continue;
        }
        let line = line.split(" #").next().unwrap_or("").trim_start().trim_start_matches("$ ");
        if !is_fenced {
            continue;
        }
        let is_run = line.starts_with("cargo run ");
        let call = match line.strip_prefix("lyceum ") {
            None if is_run => line.split_once(" -- ").map(|(_, call)| call),
            call => call,
        };
        calls.extend(call.map(|call| (n + 1, call.split_whitespace().collect())));
    }
    calls
}

fn has_option(tree: &Tree, option: &str) -> bool {
    let name = option.split('=').next().unwrap_or(option);
    let (field, quoted) = (name.replace('-', "_"), format!("\"{name}\""));
    let cli = tree.sources.iter().filter(|source| source.path.starts_with(CLI));
    name == "help" || { cli }.any(|source| {
        scan::words(&source.code, &field).next().is_some() || source.text.contains(&quoted)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    fn check_readme(block: &str, expected: &[&str]) {
        let readme = format!("lyceum outside of a block\n```sh\n{block}\n```\n");
        let verb = "//! Chat.\nstruct Args { top_k: usize }\n";
        let files = [("README.md", readme.as_str()), ("crates/cli/src/cmd/chat.rs", verb)];
        assert_eq!(places(check, &files), expected, "{block}");
    }

    #[test]
    fn verbs_and_options_must_exist() {
        check_readme("lyceum chat --top-k 40 # --fast\ncargo test", &[]);
        check_readme("cargo run --release -- chat --top-k=3 --help", &[]);
        check_readme("lyceum sing", &["README.md:3"]);
        check_readme("\ncargo run --release -- sing", &["README.md:4"]);
        check_readme("lyceum chat --loud", &["README.md:3"]);
    }
}
