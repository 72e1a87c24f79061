//! The binary from outside: what a person types, sees, and does to it.

#![expect(clippy::unwrap_used, reason = "the panic of a test is its message")]

mod bad_input;
mod decoding;
mod kill;
mod life;
mod model;
mod models;
mod optimizers;
mod route;
mod runs;
mod serve;
mod serving;
mod tokenizer;
mod world;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A home of its own, and the binary in it.
struct Lyceum {
    folder: tempfile::TempDir,
}

impl Lyceum {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A call, not started yet.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lyceum"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("LYCEUM_HOME", self.folder.path().join("home"));
        command
    }

    fn call(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The standard output of a call that must succeed.
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The error of a call that must fail, but never by a panic.
    fn bad(&self, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?} went well: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
        errors
    }

    /// The standard output of a call that must fail all the same.
    fn bad_out(&self, arguments: &[&str]) -> String {
        let output = self.call(arguments);
        assert!(!output.status.success(), "{arguments:?} went well");
        String::from_utf8(output.stdout).unwrap()
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_string()
    }

    /// A place beside the home.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run_folder(&self, name: &str) -> PathBuf {
        self.folder.path().join("home/runs").join(name)
    }

    fn weights(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.run_folder(name).join("model/model.safetensors")).unwrap()
    }
}

/// Sends a signal to a process that this test started.
fn signal(child: &std::process::Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// A small text in which something can be learnt.
fn sentences(n: usize) -> String {
    let words = ["the", "fox", "sees", "a", "goose", "and", "runs", "home", "again", "quickly"];
    let mut rng = stdx::Rng::new(5);
    let mut text = String::new();
    for i in 0..n {
        text.push_str(words[rng.index(words.len())]);
        text.push(if i % 9 == 8 { '\n' } else { ' ' });
    }
    text
}

/// Lines of the journal.
fn journal(run: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(run.join("journal.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
