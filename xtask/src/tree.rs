//! The project as tidy sees it: text files by their path, and the crates that they make up.
//!
//! Manifests are read line by line: our own are written in one plain form (`name = …` or
//! `name.workspace = true` below `[…dependencies]`), and [`Tree::new`] refuses what it cannot place.
//! Left out on purpose: renamed dependencies (`package = "…"`), which we do not use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::scan;

/// All text files of the project, by their path from the root with `/` between its parts.
pub(crate) struct Tree {
    /// Every text file.
    pub files: BTreeMap<String, String>,
    /// The workspace's crates in the order of `members`.
    pub crates: Vec<Crate>,
    /// The Rust sources among the files.
    pub sources: Vec<Source>,
}

/// One workspace member.
pub(crate) struct Crate {
    /// The last part of its folder, which is its name too.
    pub name: String,
    /// Its folder from the root.
    pub folder: String,
    /// What its manifest asks for: dependencies of every kind, those for tests too.
    pub dependencies: BTreeSet<String>,
}

/// One Rust file.
pub(crate) struct Source {
    /// Its path from the root.
    pub path: String,
    /// As written.
    pub text: String,
    /// With comments and literals blanked.
    pub code: String,
    /// With its test modules cut out as well.
    pub product: String,
    /// Whether the whole file is for tests.
    pub is_test: bool,
}

impl Tree {
    /// Reads the project at `root`, without what is built and what is hidden.
    pub(crate) fn read(root: &Path) -> Result<Tree> {
        let mut files = BTreeMap::new();
        read_folder(root, "", &mut files)?;
        Tree::new(files)
    }

    /// Makes sense of files already read.
    pub(crate) fn new(files: BTreeMap<String, String>) -> Result<Tree> {
        let manifest = files.get("Cargo.toml").context("the root has no Cargo.toml")?;
        let crates: Result<Vec<Crate>> =
            members(manifest).iter().map(|folder| read_crate(&files, folder)).collect();
        let sources = sources(&files);
        Ok(Tree { crates: crates?, sources, files })
    }

    /// The crate that a path lies in.
    pub(crate) fn crate_of(&self, path: &str) -> Option<&Crate> {
        self.crates.iter().find(|c| path.starts_with(&format!("{}/", c.folder)))
    }
}

const HIDDEN_BUT_OURS: [&str; 3] = [".cargo", ".ci", ".github"];
/// Folders of what was built or found: the workspace's own, and those of the fuzzers.
const BUILT: [&str; 4] = ["target", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];
/// A larger file is data that somebody left here, and no text that somebody wrote.
const LARGEST: u64 = 16 << 20;

fn read_folder(root: &Path, folder: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    let at = root.join(folder);
    let entries = fs::read_dir(&at).with_context(|| format!("listing {}", at.display()))?;
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            bail!("a name is not UTF-8 in {folder}")
        };
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if is_foreign(&name) || BUILT.contains(&path.as_str()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            read_folder(root, &path, files)?;
        } else if entry.metadata()?.len() > LARGEST {
            continue;
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.insert(path, text); // what is not UTF-8 is no text, and nothing here concerns it
        }
    }
    Ok(())
}

fn is_foreign(name: &str) -> bool {
    name.starts_with('.') && !HIDDEN_BUT_OURS.contains(&name)
}

/// The quoted folders of the root's `members = [ … ]`.
fn members(manifest: &str) -> Vec<String> {
    let list = manifest.split_once("\nmembers = [").map_or("", |(_, rest)| rest);
    let list = list.split_once(']').map_or("", |(list, _)| list);
    let lines = list.lines().map(|line| line.split('#').next().unwrap_or(""));
    let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    quoted.map(str::to_owned).collect()
}

fn read_crate(files: &BTreeMap<String, String>, folder: &str) -> Result<Crate> {
    let path = format!("{folder}/Cargo.toml");
    let manifest = files.get(&path).with_context(|| format!("member without {path}"))?;
    let name = folder.rsplit('/').next().unwrap_or(folder).to_owned();
    if !manifest.lines().any(|line| line == format!("name = \"{name}\"")) {
        bail!("{path}: a crate is named as its folder: expected `name = \"{name}\"`");
    }
    Ok(Crate { name, folder: folder.to_owned(), dependencies: dependencies(manifest) })
}

fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(|line| line.split(" #").next().unwrap_or("").trim()) {
        if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = section.ends_with("dependencies");
            if let Some((_, name)) = section.rsplit_once("dependencies.") {
                found.insert(name.to_owned());
            }
        } else if inside && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or("");
            if !name.is_empty() && line.contains('=') {
                found.insert(name.trim_matches('"').to_owned());
            }
        }
    }
    found
}

fn sources(files: &BTreeMap<String, String>) -> Vec<Source> {
    let rust = files.iter().filter(|(path, _)| path.ends_with(".rs"));
    let mut sources: Vec<Source> = rust
        .map(|(path, text)| {
            let code = scan::code(text);
            let product = scan::without_tests(&code);
            Source { path: path.clone(), text: text.clone(), code, product, is_test: false }
        })
        .collect();
    let for_tests: Vec<String> = sources.iter().flat_map(test_stems).collect();
    for source in &mut sources {
        let path = &source.path;
        let declared = for_tests.iter().any(|stem| {
            path.strip_prefix(stem).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
        source.is_test = declared || path.contains("/tests/") || path.starts_with("tests/");
    }
    sources
}

/// Paths, without `.rs`, of the modules that a file declares for tests only.
fn test_stems(source: &Source) -> Vec<String> {
    let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let stem = file.trim_end_matches(".rs");
    let home = match stem {
        "lib" | "main" => folder.to_owned(),
        _ => format!("{folder}/{stem}"),
    };
    scan::test_modules(&source.code).iter().map(|name| format!("{home}/{name}")).collect()
}

/// A small sound project with some files added or replaced, for the tests of the checks.
#[cfg(test)]
pub(crate) fn planted(files: &[(&str, &str)]) -> Tree {
    let sound = [
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\n  \"crates/stdx\", # ground\n  \"crates/cli\",\n]\n",
        ),
        ("crates/stdx/Cargo.toml", "[package]\nname = \"stdx\"\n"),
        ("crates/stdx/src/lib.rs", "//! Ground.\n"),
        (
            "crates/cli/Cargo.toml",
            "[package]\nname = \"cli\"\n[dependencies]\nstdx = { path = \"../stdx\" }\n",
        ),
        ("crates/cli/src/main.rs", "//! Roof.\n"),
        ("README.md", "# Planted\n"),
    ];
    let all = sound.iter().chain(files);
    let files = all.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Tree::new(files).expect("a planted tree is well formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_ignores_is_not_read() {
        let ignored = include_str!("../../.gitignore");
        for line in ignored.lines().filter(|line| line.ends_with("/target")) {
            let path = line.trim_start_matches('/');
            assert!(BUILT.contains(&path), "{path} is built and would be read");
        }
        assert!(is_foreign(".git") && !is_foreign(".ci"));
    }

    #[test]
    fn members_stand_in_order() {
        let tree = planted(&[]);
        let names: Vec<_> = tree.crates.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["stdx", "cli"]);
    }

    #[test]
    fn every_kind_of_dependency_is_seen() {
        let manifest = "[package]\nname = \"x\"\n[dependencies]\na = \"1\"\n# no = \"1\"\n\
                        b.workspace = true\n[dev-dependencies] # tests\nc = { path = \"../c\" }\n\
                        [target.'cfg(unix)'.dependencies]\nd = \"1\"\n[build-dependencies.e]\n\
                        version = \"1\"\n[features]\nf = []\n";
        let found: Vec<String> = dependencies(manifest).into_iter().collect();
        assert_eq!(found, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn files_for_tests_are_told_from_the_product() {
        let tree = planted(&[
            ("crates/stdx/src/lib.rs", "//! Ground.\nmod a;\n"),
            ("crates/stdx/src/a.rs", "//! A.\n#[cfg(test)]\nmod tests;\n"),
            ("crates/stdx/src/a/tests.rs", "//! T.\n"),
            ("crates/stdx/src/a/tests/more.rs", "//! T.\n"),
            ("crates/stdx/tests/it/main.rs", "//! T.\n"),
        ]);
        let tests = tree.sources.iter().filter(|s| s.is_test).map(|s| s.path.as_str());
        let expected = [
            "crates/stdx/src/a/tests.rs",
            "crates/stdx/src/a/tests/more.rs",
            "crates/stdx/tests/it/main.rs",
        ];
        assert_eq!(tests.collect::<Vec<_>>(), expected);
    }
}
