//! What can go wrong between a hub and the store.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a model did not come, or is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("cannot {operation} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The name of a model can be none.
    #[error(
        "the name {name:?} {fault}; expected OWNER/NAME or OWNER/NAME@REVISION, such as openai-community/gpt2"
    )]
    Name {
        /// The name, cut where it is long.
        name: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The address of a hub can be none.
    #[error(
        "{endpoint:?} is no hub's address; expected https:// or http:// and a host, such as https://huggingface.co"
    )]
    Endpoint {
        /// What was given.
        endpoint: String,
    },
    /// The token, or the proxy's address, cannot be sent.
    #[error("the {what} has characters that none has; copy it again")]
    Unsendable {
        /// Which of them.
        what: &'static str,
    },
    /// There was no answer, or no whole one, however often it was asked for.
    #[error(
        "{reason}, {tries} times; see that {host} can be reached and give the command again, which goes on from what has come"
    )]
    GaveUp {
        /// What happened the last time.
        reason: String,
        /// How often it was tried.
        tries: u32,
        /// Who was asked.
        host: String,
    },
    /// The hub asks for more patience than we have.
    #[error("the hub asks to wait {} s before the next request; give the command again then", wait.as_secs())]
    Wait {
        /// How long.
        wait: Duration,
    },
    /// The hub said no.
    #[error("{0}")]
    Refused(String),
    /// A redirect leads nowhere, or out of what is secret.
    #[error(
        "the hub sends on to {location:?}, where it is not followed: expected at most 5 steps, each to an address of http or https, and never from https to http"
    )]
    Redirect {
        /// Where to.
        location: String,
    },
    /// The list of a model's files cannot be used.
    #[error("the hub's list of files cannot be used: {reason}; see that the endpoint is a hub")]
    Listing {
        /// Why.
        reason: String,
    },
    /// A file's name can be none of ours.
    #[error(
        "the hub names a file {path:?}, which {fault}; leave it out with --exclude, or ask nothing of this hub"
    )]
    FileName {
        /// The name, cut where it is long.
        path: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// Of all files none is wished for.
    #[error("no file is chosen{}; say which with --include", known_files(known))]
    NothingChosen {
        /// Files that there are.
        known: Vec<String>,
    },
    /// The disk is too small.
    #[error("{needed} bytes are to come and {} has room for {available}; make room, or choose fewer files with --include and --exclude", folder.display())]
    NoRoom {
        /// What is still to come.
        needed: u64,
        /// What there is.
        available: u64,
        /// Where.
        folder: PathBuf,
    },
    /// An answer does not fit what the hub's list says.
    #[error(
        "{path}: the list of files says {expected}, the answer {got}; pull again later, or from another endpoint"
    )]
    Promise {
        /// The file.
        path: String,
        /// What was promised.
        expected: String,
        /// What came.
        got: String,
    },
    /// The bytes are not those that were promised.
    #[error(
        "{path}: its bytes have the checksum {got}, expected {expected}; they were removed: pull again"
    )]
    Checksum {
        /// The file.
        path: String,
        /// What was promised.
        expected: String,
        /// What came.
        got: String,
    },
    /// Somebody else pulls the same model.
    #[error("{} is being written by another process; wait for it to end or stop it first", folder.display())]
    Locked {
        /// The folder of what is on its way.
        folder: PathBuf,
    },
    /// The store has no such model.
    #[error("{name:?} is no model of the store{}", known_models(near))]
    NoModel {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        near: Vec<String>,
    },
    /// The model's folder lies elsewhere, and what lies elsewhere is not touched.
    #[error("{} is a link to a folder outside of the store; remove the link by hand", folder.display())]
    Linked {
        /// The link.
        folder: PathBuf,
    },
    /// The record of where a model came from is damaged.
    #[error("{} is damaged: {reason}; remove the model and pull it again", path.display())]
    BadRecord {
        /// The record.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// Somebody asked to stop.
    #[error("stopped; what has come is kept")]
    Interrupted,
}

impl Error {
    /// For `map_err`: wraps an `io::Error` with what was tried and where.
    pub(crate) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { operation, path: path.to_path_buf(), source }
    }

    /// A name from a hub that can be none of ours.
    pub(crate) fn file_name(path: &str, fault: &'static str) -> Self {
        Self::FileName { path: path.chars().take(120).collect(), fault }
    }
}

fn known_files(known: &[String]) -> String {
    match known {
        [] => " and there is none to be had".to_string(),
        _ => format!(" of {}", known[..known.len().min(8)].join(", ")),
    }
}

fn known_models(near: &[String]) -> String {
    match near {
        [] => "; bring one with `lyceum models pull OWNER/NAME`".to_string(),
        _ => format!("; it has {}", near.join(", ")),
    }
}
