//! What each crate must never know, as the design has it, in a table.
//!
//! A word forbids the crate of that name and those that begin with it and a hyphen (`burn` forbids
//! `burn-flex`), as a dependency of any kind, and in paths and imports of the crate's sources.
//! A crate with a module of that name (`mod data;`) means its own by `data::`; its manifest is
//! still checked. Every member has its line. Left out on purpose: ideas. That `generate` knows no
//! text is for its reader to see.

use super::Offence;
use crate::scan;
use crate::tree::{Crate, Source, Tree};

/// Crate, what it must never know, and why in the design's words.
const TABLE: &[(&str, &[&str], &str)] = &[
    (
        "stdx",
        &["burn", "arch", "model", "tokenizer", "kernels", "safetensors", "axum"],
        "any word of our field",
    ),
    ("kernels", &["burn", "arch", "model", "nn", "ops", "generate"], "tensors, models"),
    ("stats", &["burn", "arch", "model", "train"], "models"),
    ("figure", &["burn", "arch", "model", "train"], "models"),
    ("tokenizer", &["burn", "arch", "model", "chat", "kernels"], "tensors, chat"),
    ("world", &["burn", "arch", "model", "tokenizer", "train"], "models"),
    ("journal", &["burn", "arch", "model", "figure", "serve", "web", "axum"], "who reads"),
    ("data", &["burn", "arch", "model", "train"], "models"),
    ("formats", &["burn", "arch", "model", "nn"], "architectures"),
    ("arch", &["burn", "formats", "safetensors", "memmap2", "model"], "Burn, files' locations"),
    ("ops", &["nn", "model", "arch", "train"], "layers"),
    ("nn", &["formats", "safetensors", "train", "optim"], "weights' file names, training"),
    ("optim", &["nn", "model", "arch"], "layers"),
    (
        "generate",
        &["burn", "tokenizer", "chat", "axum", "tokio", "model", "train"],
        "Burn, text, HTTP",
    ),
    ("chat", &["burn", "model", "train", "axum", "tokio"], "which model answers"),
    ("model", &["train", "generate", "tokenizer", "chat", "data"], "loops, sampling, text"),
    ("train", &["eval", "align", "chat", "axum"], "tasks, rewards"),
    ("eval", &["web", "serve", "axum", "burn"], "pages, HTTP, engines"),
    (
        "serve",
        &["burn", "arch", "model", "generate", "kernels", "tokenizer", "train"],
        "engines, tokens, how an answer is made",
    ),
    (
        "route",
        &["burn", "arch", "model", "chat", "generate", "tokenizer", "serve", "train", "ureq"],
        "models, conversations",
    ),
    (
        "hub",
        &["burn", "arch", "model", "formats", "tokenizer", "generate", "axum", "tokio"],
        "what is in a model's files",
    ),
    ("life", &["web", "serve", "hub", "axum", "maud", "ureq"], "pages, HTTP"),
    ("history", &["burn", "arch", "model", "chat", "axum", "tokio", "web"], "models, HTTP"),
    (
        "web",
        &["burn", "arch", "model", "generate", "kernels", "train", "tokenizer", "ureq"],
        "algorithms, who asks the network",
    ),
    ("cli", &["burn", "ops", "nn", "optim", "ureq"], "algorithms, how the network is asked"),
    ("xtask", &["burn", "cli", "kernels", "model", "train"], "the crates of the project"),
];

/// Crates whose tests alone may know another: the readable model and the runtime that is its fast twin.
const IN_TESTS: &[(&str, &str)] = &[("model", "generate")];

pub(super) fn check(tree: &Tree) -> Vec<Offence> {
    let unlisted = tree.crates.iter().filter(|c| !TABLE.iter().any(|(name, ..)| *name == c.name));
    let mut offences: Vec<Offence> = unlisted.map(without_a_line).collect();
    for (name, forbidden, why) in TABLE {
        let Some(member) = tree.crates.iter().find(|c| c.name == *name) else { continue };
        for word in *forbidden {
            let in_tests = IN_TESTS.contains(&(name, word));
            let manifest = dependency(member, word).into_iter().filter(|_| !in_tests);
            let imports = imports(tree, member, word).into_iter();
            let imports = imports.filter(|place| !in_tests || !place.contains("/tests/"));
            let message = format!("`{name}` must never know `{word}` ({why})");
            offences.extend(manifest.chain(imports).map(|place| Offence::at(place, &message)));
        }
    }
    offences
}

fn without_a_line(member: &Crate) -> Offence {
    let message = "has no line in xtask/src/tidy/must_never_know.rs: say what it must never know";
    Offence::at(format!("{}/Cargo.toml", member.folder), message)
}

fn dependency(member: &Crate, word: &str) -> Option<String> {
    let family = format!("{word}-");
    let knows = member.dependencies.iter().any(|d| d == word || d.starts_with(&family));
    knows.then(|| format!("{}/Cargo.toml", member.folder))
}

/// Where the sources of a crate name the crate `word`, once a file.
fn imports(tree: &Tree, member: &Crate, word: &str) -> Vec<String> {
    let inside = format!("{}/", member.folder);
    let sources = tree.sources.iter().filter(|source| source.path.starts_with(&inside));
    let declares = |source: &&Source| {
        scan::words(&source.code, word).any(|at| source.code[..at].ends_with("mod "))
    };
    match sources.clone().find(declares) {
        Some(_) => Vec::new(),
        None => sources.filter_map(|source| import(source, word)).collect(),
    }
}

/// The first place where a source has `word` at the root of a path.
fn import(source: &Source, word: &str) -> Option<String> {
    let code = &source.code;
    let at = scan::words(code, word).find(|&at| {
        let (before, after) = (code[..at].trim_end(), &code[at + word.len()..]);
        is_root(before) && (after.starts_with("::") || before.ends_with("use"))
    })?;
    Some(format!("{}:{}", source.path, scan::line_of(code, at)))
}

/// Whether a path begins behind this code: `::burn` is a root, `crate::burn` and `T::burn` are not.
fn is_root(before: &str) -> bool {
    match before.strip_suffix("::") {
        None => true,
        Some(before) => !before.ends_with(|c: char| scan::is_word(c) || c == '>'),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::places;
    use super::check;

    fn check_source(text: &str, expected: &[&str]) {
        assert_eq!(places(check, &[("crates/stdx/src/lib.rs", text)]), expected, "{text}");
    }

    #[test]
    fn a_forbidden_dependency_is_caught() {
        let manifest = "[package]\nname = \"stdx\"\n[dependencies]\nburn-flex = \"1\"\n";
        let found = places(check, &[("crates/stdx/Cargo.toml", manifest)]);
        assert_eq!(found, ["crates/stdx/Cargo.toml"]);
    }

    #[test]
    fn a_forbidden_path_is_caught() {
        check_source("//! Ground.\nuse burn::Tensor;\n", &["crates/stdx/src/lib.rs:2"]);
        check_source("use burn as b;\n", &["crates/stdx/src/lib.rs:1"]);
        check_source("use ::burn::Tensor;\n", &["crates/stdx/src/lib.rs:1"]);
        check_source("fn f(x: ::burn::Tensor) {}\n", &["crates/stdx/src/lib.rs:1"]);
        check_source("fn f(x: Option<model::Model>) {}\n", &["crates/stdx/src/lib.rs:1"]);
    }

    #[test]
    fn tests_may_compare_twins() {
        let text = "use generate::Runtime;\n";
        let members = ("Cargo.toml", "[workspace]\nmembers = [\n  \"crates/model\",\n]\n");
        let manifest = ("crates/model/Cargo.toml", "[package]\nname = \"model\"\n");
        let [test, source] = ["crates/model/tests/it/runtime.rs", "crates/model/src/lib.rs"];
        let both = [members, manifest, (test, text), (source, text)];
        assert_eq!(places(check, &both), ["crates/model/src/lib.rs:1"]);
    }

    #[test]
    fn other_uses_of_the_word_are_free() {
        check_source("/// As `burn::Tensor`.\nfn burn() { let model = burner::x; }\n", &[]);
        check_source("use crate::model::Model;\nfn f() { <T as A>::model::x(); }\n", &[]);
        check_source("mod model;\nuse model::Model;\n", &[]);
    }

    #[test]
    fn a_crate_without_a_line_is_caught() {
        let files = [
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/stdx\", \"crates/annex\"]\n"),
            ("crates/annex/Cargo.toml", "[package]\nname = \"annex\"\n"),
        ];
        assert_eq!(places(check, &files), ["crates/annex/Cargo.toml"]);
    }
}
