//! The commands that README.md shows exist, and so do their options.
//!
//! A command stands on a line of a fenced block or in a code span. What follows `lyceum`, by
//! whatever path it is called, or `cargo run … --` of the binary (no other package, no example) is a
//! verb with a file `crates/cli/src/cmd/<verb>.rs`; a hyphen of the verb is an underscore there. Each
//! `--option` behind it stands somewhere in the sources of the binary, as a field or in quotes.
//! A verb in angle brackets is a blank to fill in. Left out on purpose: what the options take, and
//! the shell's quotes: a `|` or `;` inside of them ends the command for this check.

use super::Offence;
use crate::scan;
use crate::tree::Tree;

const README: &str = "README.md";
const CLI: &str = "crates/cli/src/";
const BINARY: &str = "lyceum";
const PACKAGE: &str = "cli";
/// What clap gives every program.
const GIVEN: [&str; 2] = ["help", "version"];

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let Some(readme) = tree.files.get(README) else {
        return vec![Offence::at(README, "the project has none")];
    };
    let calls = calls(readme);
    calls.iter().flat_map(|(line, words)| check_call(tree, *line, words)).collect()
}

/// Offences of one call: the words behind the name of the binary.
fn check_call(tree: &Tree, line: usize, words: &[String]) -> Vec<Offence> {
    let place = format!("{README}:{line}");
    let verb = words.first().map_or("", String::as_str);
    let is_verb = !verb.starts_with(['-', '<', '[']) && !verb.is_empty();
    let file = format!("{CLI}cmd/{}.rs", verb.replace('-', "_"));
    if is_verb && !GIVEN.contains(&verb) && !tree.files.contains_key(&file) {
        return vec![Offence::at(place, format!("`{BINARY} {verb}`: there is no {file}"))];
    }
    let options = words.iter().filter_map(|word| word.strip_prefix("--"));
    let names = options.map(|option| option.split('=').next().unwrap_or(option));
    let unknown = names.filter(|name| !name.is_empty() && !has_option(tree, name));
    unknown
        .map(|name| Offence::at(&place, format!("`{BINARY} {verb} --{name}`: no such in {CLI}")))
        .collect()
}

fn has_option(tree: &Tree, name: &str) -> bool {
    let (field, quoted) = (name.replace('-', "_"), format!("\"{name}\""));
    let mut cli = tree.sources.iter().filter(|source| source.path.starts_with(CLI));
    GIVEN.contains(&name)
        || cli.any(|source| {
            scan::words(&source.code, &field).next().is_some() || source.text.contains(&quoted)
        })
}

/// Line number and words, from the verb on, of every call of the binary.
fn calls(readme: &str) -> Vec<(usize, Vec<String>)> {
    let mut calls = Vec::new();
    for (line, text) in command_lines(readme) {
        let text = text.split(" #").next().unwrap_or("");
        for command in text.split(['|', ';', '&']) {
            calls.extend(arguments(command).map(|words| (line, words)));
        }
    }
    calls
}

/// Code spans and lines of fenced blocks, those that end in a backslash joined with the next.
fn command_lines(readme: &str) -> Vec<(usize, String)> {
    let (mut found, mut is_fenced) = (Vec::new(), false);
    let mut open: Option<(usize, String)> = None;
    for (n, line) in readme.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
            found.extend(open.take());
        } else if !is_fenced {
            let spans = line.split('`').skip(1).step_by(2);
            found.extend(spans.map(|span| (n + 1, span.to_owned())));
        } else {
            let (start, text) = open.take().unwrap_or((n + 1, String::new()));
            match line.strip_suffix('\\') {
                Some(line) => open = Some((start, text + line)),
                None => found.push((start, text + line)),
            }
        }
    }
    found
}

/// The words behind the binary's name, where a command calls it.
fn arguments(command: &str) -> Option<Vec<String>> {
    let is_before = |word: &&str| *word == "$" || *word == "time" || is_assignment(word);
    let words: Vec<&str> = command.split_whitespace().skip_while(is_before).collect();
    let (program, rest) = words.split_first()?;
    let rest = match (program.rsplit('/').next()?, rest.first()) {
        (BINARY, _) => rest,
        ("cargo", Some(&"run")) => {
            let (of_cargo, of_binary) = rest.split_at(rest.iter().position(|w| *w == "--")?);
            is_of_binary(of_cargo).then_some(&of_binary[1..])?
        }
        _ => return None,
    };
    Some(rest.iter().map(|word| (*word).to_owned()).collect())
}

/// `NAME=value` before a program's name, as a shell has it.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| name.chars().all(scan::is_word))
}

/// Whether `cargo run` with these options runs the binary and nothing else.
fn is_of_binary(of_cargo: &[&str]) -> bool {
    of_cargo.windows(2).all(|pair| match pair[0] {
        "-p" | "--package" => pair[1] == PACKAGE,
        "--bin" => pair[1] == BINARY,
        "--example" => false,
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    fn check_text(readme: &str, expected: &[&str]) {
        let verb = "//! A verb.\nstruct Args { top_k: usize }\n";
        let files = [
            ("README.md", readme),
            ("crates/cli/src/cmd/chat.rs", verb),
            ("crates/cli/src/cmd/read_aloud.rs", verb),
        ];
        assert_eq!(places(check, &files), expected, "{readme}");
    }

    fn check_block(block: &str, expected: &[&str]) {
        check_text(&format!("lyceum outside of a block\n```sh\n{block}\n```\n"), expected);
    }

    #[test]
    fn verbs_and_options_must_exist() {
        check_block("lyceum chat --top-k 40 # --fast\ncargo test", &[]);
        check_block("cargo run --release -- chat --top-k=3 --help", &[]);
        check_block("lyceum read-aloud", &[]);
        check_block("lyceum sing", &["README.md:3"]);
        check_block("\ncargo run --release -- sing", &["README.md:4"]);
        check_block("lyceum chat --loud", &["README.md:3"]);
    }

    #[test]
    fn a_call_is_known_however_it_is_written() {
        check_block("$ target/release/lyceum sing", &["README.md:3"]);
        check_block("LYCEUM_ISA=avx2 time lyceum sing", &["README.md:3"]);
        check_block("cat a.txt | lyceum sing && lyceum chat", &["README.md:3"]);
        check_block("cargo run -p cli --bin lyceum -- sing", &["README.md:3"]);
        check_block("ls\nlyceum chat \\\n  --top-k 3 \\\n  --loud", &["README.md:4"]);
        check_block("curl a \\\n  --loud", &[]);
        check_text("First `lyceum chat`, then\n`lyceum sing`.", &["README.md:2"]);
    }

    #[test]
    fn other_programs_and_blanks_are_free() {
        check_block("cargo run -p figure --example report -- report.html --loud", &[]);
        check_block("cargo run --example demo -- sing", &[]);
        check_block("cargo run -p xtask -- tidy --bless", &[]);
        check_block("lyceum\nlyceum --help\nlyceum --version\nlyceum help chat", &[]);
        check_block("lyceum <command> --help\nlyceum chat -- --top-k", &[]);
        check_text("The `lyceum` command, and `cargo run`.", &[]);
    }

    #[test]
    fn a_readme_without_commands_needs_no_command_line() {
        let readme = [("README.md", "# Planted\n```sh\ncargo test --workspace\n```\n")];
        assert!(places(check, &readme).is_empty());
        let verb = [("README.md", "`lyceum chat`\n")];
        assert_eq!(places(check, &verb), ["README.md:1"]);
    }
}
