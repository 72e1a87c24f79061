//! Everything that can go wrong between a run and the disk.

use std::io;
use std::path::{Path, PathBuf};

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why a run could not be made, found, locked, written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("cannot {operation} {}: {source}; check that the disk has room and the folder is yours", path.display())]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The name cannot be a folder of its own inside the store.
    #[error("run name {name:?} {fault}; use letters, digits, '-', '_' and '.', such as village-2")]
    RunName {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A new run was asked for under a name that is taken.
    #[error("expected a new run name, but {} already exists; choose another name or resume that run", folder.display())]
    RunExists {
        /// Where the older run lives.
        folder: PathBuf,
    },
    /// A run was asked for that is not in the store.
    #[error("expected a run at {}, found none{}", folder.display(), known_runs(known))]
    NoRun {
        /// Where it would be.
        folder: PathBuf,
        /// Names of the runs that are there, newest first.
        known: Vec<String>,
    },
    /// Another process, or this one, holds the run.
    #[error("run {} is being written by {holder}; wait for it to end or stop it first", folder.display())]
    Locked {
        /// The run's folder.
        folder: PathBuf,
        /// The holder as it signed the lock file.
        holder: String,
    },
    /// A file of the run is not what it should be.
    #[error("{}: {reason}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The run's folder lies elsewhere, and what lies elsewhere is not removed.
    #[error("{} is a link to a folder outside of the store; remove the link and that folder by hand", folder.display())]
    Linked {
        /// The link.
        folder: PathBuf,
    },
    /// A line in the journal, other than a torn last one, is not a record.
    #[error("{}:{line}: expected a journal record, got {text:?}: {source}; remove or mend that line", path.display())]
    BadLine {
        /// The journal.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// How the line begins.
        text: String,
        /// What the parser said.
        source: serde_json::Error,
    },
}

impl Error {
    /// For `map_err`: wraps an `io::Error` with what was tried and where.
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { operation, path: path.to_path_buf(), source }
    }
}

fn known_runs(known: &[String]) -> String {
    match known {
        [] => "; the store has no runs yet, so create one first".to_string(),
        _ => format!("; the store has {}", known[..known.len().min(8)].join(", ")),
    }
}
