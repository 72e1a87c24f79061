//! The file's tables, and how a file of an older version becomes one of this.
//!
//! `application_id` says that a file is ours and `user_version` which version of it; each step of
//! [`MIGRATIONS`] leads from one version to the next, all missing ones in one transaction. A message's
//! parent is of the same conversation, which a foreign key over both columns holds; it is checked at the
//! end of a transaction, so that a whole conversation can go at once. The text of messages is indexed by
//! its runs of three characters, which finds parts of words in every script.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{Error, Result};

/// Marks our files: "LyCH" in ASCII.
const APPLICATION_ID: i64 = 0x4c79_4348;

/// One step a version; never changed once a file may have it.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE conversation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        model TEXT,
        system TEXT NOT NULL,
        parameters TEXT NOT NULL,
        leaf INTEGER
    ) STRICT;
    CREATE INDEX conversation_by_time ON conversation (updated_ms DESC, id DESC);
    CREATE TABLE message (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation INTEGER NOT NULL REFERENCES conversation (id) DEFERRABLE INITIALLY DEFERRED,
        parent INTEGER,
        role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
        text TEXT NOT NULL,
        reasoning TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        finish TEXT,
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        seconds REAL,
        tokens TEXT,
        UNIQUE (conversation, id),
        FOREIGN KEY (conversation, parent) REFERENCES message (conversation, id)
            DEFERRABLE INITIALLY DEFERRED
    ) STRICT;
    CREATE INDEX message_by_parent ON message (conversation, parent);
    CREATE VIRTUAL TABLE message_text USING fts5 (
        text, content = 'message', content_rowid = 'id', tokenize = 'trigram'
    );
    INSERT INTO message_text (message_text, rank) VALUES ('secure-delete', 1);
    CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
        INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE TRIGGER message_gone AFTER DELETE ON message BEGIN
        INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
    END;
    CREATE TRIGGER message_changed AFTER UPDATE OF text ON message BEGIN
        INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
    END;
"];

/// The version of files that this program writes.
pub(crate) const VERSION: i64 = MIGRATIONS.len() as i64;

/// Sees that the file at `path` is ours and whole, and brings it to [`VERSION`].
pub(crate) fn prepare(connection: &mut Connection, path: &Path) -> Result<()> {
    look(connection, path)?;
    migrate(connection).map_err(Error::opening(path))
}

/// All of it in one transaction: somebody else may be building the file meanwhile.
fn look(connection: &mut Connection, path: &Path) -> Result<()> {
    let opening = Error::opening(path);
    let file = connection.transaction().map_err(&opening)?;
    let ours = number(&file, "application_id").map_err(&opening)?;
    let tables: i64 = file
        .query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))
        .map_err(&opening)?;
    if ours != APPLICATION_ID && (ours != 0 || tables > 0) {
        return Err(Error::Foreign { path: path.to_path_buf() });
    }
    let found = number(&file, "user_version").map_err(&opening)?;
    if found > VERSION {
        return Err(Error::Newer { path: path.to_path_buf(), found, known: VERSION });
    }
    let fault: String =
        file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(&opening)?;
    match fault.as_str() {
        "ok" => Ok(()),
        _ => Err(Error::Damaged { path: path.to_path_buf(), reason: fault }),
    }
}

/// Under the lock of writers, so that two programs that open a new file do not both build it.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = number(&transaction, "user_version")?;
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    if found < VERSION {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

fn number(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, pragma, |row| row.get(0))
}
