//! The open file: one connection that all threads share.
//!
//! It is written ahead (WAL), so that another program may read meanwhile; whoever finds it locked waits
//! [`PATIENCE`]. A commit is on the disk before it returns. A file that is damaged, newer or of another
//! program is told of and left alone.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::{Error, Result, schema};

/// How long to wait for another program that writes.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// All conversations of one file.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl History {
    /// Opens the file at `path`, or makes it; its folder must be there.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Foreign`], [`Error::Newer`] or [`Error::Open`]; the file is then as
    /// it was.
    pub fn open(path: &Path) -> Result<Self> {
        let opening = Error::opening(path);
        make_private(path);
        // Without a URI's meaning of the name, and with our own lock around it.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(&opening)?;
        connection.busy_timeout(PATIENCE).map_err(&opening)?;
        // What the file itself holds (triggers, views) is not trusted with more than it needs.
        connection.pragma_update(None, "trusted_schema", false).map_err(&opening)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(&opening)?;
        schema::prepare(&mut connection, path)?;
        connection.pragma_update(None, "journal_mode", "wal").map_err(&opening)?;
        connection.pragma_update(None, "synchronous", "full").map_err(&opening)?;
        // What is deleted is overwritten, not only forgotten.
        connection.pragma_update(None, "secure_delete", true).map_err(&opening)?;
        Ok(Self { path: path.to_path_buf(), connection: Mutex::new(connection) })
    }

    /// Sees that what was deleted is nowhere any more: not in the log of changes either, as far as
    /// nobody else is reading.
    pub(crate) fn forget(&self) -> Result<()> {
        let connection = self.connection();
        Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads with `ask`, which sees one state of the file.
    pub(crate) fn read<T>(&self, ask: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        ask(&connection.transaction_with_behavior(TransactionBehavior::Deferred)?)
    }

    /// Writes with `write`: all of it, or nothing where it fails.
    pub(crate) fn write<T>(&self, write: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let written = write(&transaction)?;
        transaction.commit()?;
        Ok(written)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // Whoever panicked has left a transaction, which was rolled back when it was dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new file is its owner's alone to read; SQLite gives the files beside it the same rights. What
/// cannot be made here is told when it is opened.
fn make_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}
