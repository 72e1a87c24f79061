//! Everything that can go wrong between a conversation and its file.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be kept, found or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is no SQLite file, or a damaged one.
    #[error("{} is damaged or no SQLite file ({reason}); it was left as it is: move it away to begin \
             anew, or try `sqlite3 FILE .recover`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says of it.
        reason: String,
    },
    /// The file belongs to another program.
    #[error("{} is an SQLite file of another program; name another file for conversations", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer program wrote the file.
    #[error("{} has version {found}, and this program knows versions up to {known}; use a newer one, \
             or another file", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The file cannot be opened.
    #[error("cannot open {}: {reason}; check that the folder is there and yours", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// No conversation has this number.
    #[error("there is no conversation {id}; it may have been deleted")]
    NoConversation {
        /// As asked for.
        id: i64,
    },
    /// The conversation has no message of this number.
    #[error("conversation {conversation} has no message {id}; it may have been deleted")]
    NoMessage {
        /// The conversation.
        conversation: i64,
        /// As asked for.
        id: i64,
    },
    /// A value that cannot be kept.
    #[error("{field} {fault}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What is wrong with it, and what would be right.
        fault: String,
    },
    /// What is to be imported is no archive of conversations.
    #[error("expected conversations as they were exported, {fault}")]
    Import {
        /// What is wrong with it.
        fault: String,
    },
    /// Somebody else writes for longer than we wait.
    #[error("another program is writing the conversations; try again in a while")]
    Busy,
    /// The disk is full.
    #[error("the disk is full; make room and try again")]
    Full,
    /// Anything else that SQLite says.
    #[error("the conversations cannot be read or written: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl Error {
    /// A value that cannot be kept.
    pub(crate) fn invalid(field: &'static str, fault: impl Into<String>) -> Self {
        Self::Invalid { field, fault: fault.into() }
    }

    /// What opening `path` came to.
    pub(crate) fn opening(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        move |error| {
            let reason = error.to_string();
            match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    Self::Damaged { path: path.clone(), reason }
                }
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
                Some(ErrorCode::DiskFull) => Self::Full,
                _ => Self::Open { path: path.clone(), reason },
            }
        }
    }

    /// Whether the one who asked is to blame, not the disk.
    pub fn is_of_request(&self) -> bool {
        matches!(
            self,
            Self::NoConversation { .. }
                | Self::NoMessage { .. }
                | Self::Invalid { .. }
                | Self::Import { .. }
        )
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}
