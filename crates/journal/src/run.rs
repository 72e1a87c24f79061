//! A run: one folder with everything about one model's training.
//!
//! ```text
//! config.json      the plan, frozen at the start; written and read by the caller
//! journal.jsonl    what happened
//! checkpoints/     states to resume from
//! model/           the finished model
//! report.md  report.html  report.json
//! lock             held by the process that writes
//! ```
//!
//! The lock is the operating system's own on the file `lock`, so it ends with the process that
//! holds it, however that process ends: there is no such thing as a stale lock. The file itself
//! stays, since removing it would let two processes hold two files of one name; its text, the
//! holder's process id, is only for the error message. Readers need no lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::{Error, Journal, Record, Result, journal};

/// A run that exists on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    folder: PathBuf,
}

/// The right to write a run, until dropped.
#[derive(Debug)]
pub struct RunLock {
    /// Closing the file releases the lock.
    _file: File,
}

impl Run {
    /// The run in `folder`, which the store knows to exist.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The run's name, which is its folder's.
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Where everything about the run lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The plan of the run.
    pub fn config_path(&self) -> PathBuf {
        self.folder.join("config.json")
    }

    /// The records of the run.
    pub fn journal_path(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }

    /// The folder of states to resume from.
    pub fn checkpoints_folder(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    /// The folder of the finished model.
    pub fn model_folder(&self) -> PathBuf {
        self.folder.join("model")
    }

    /// The report for a text editor.
    pub fn report_markdown_path(&self) -> PathBuf {
        self.folder.join("report.md")
    }

    /// The report for a browser.
    pub fn report_html_path(&self) -> PathBuf {
        self.folder.join("report.html")
    }

    /// The report for a program.
    pub fn report_json_path(&self) -> PathBuf {
        self.folder.join("report.json")
    }

    /// Whether all stages are done: the report for a program is written last.
    pub fn is_finished(&self) -> bool {
        self.report_json_path().exists()
    }

    /// Takes the run for writing, or says at once who has it.
    pub fn lock(&self) -> Result<RunLock> {
        let path = self.folder.join("lock");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false) // not ours yet: the text in it is the holder's
            .open(&path)
            .map_err(Error::io("open", &path))?;
        match try_lock_past_probes(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { folder: self.folder.clone(), holder: holder(&path) });
            }
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &path)(source)),
        }
        file.set_len(0)
            .and_then(|()| write!(file, "process {}", std::process::id()))
            .map_err(Error::io("sign", &path))?;
        Ok(RunLock { _file: file })
    }

    /// Whether some process writes this run now. For showing only: it may change at once.
    pub fn is_locked(&self) -> bool {
        File::open(self.folder.join("lock"))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Opens the journal to append to it. Hold the lock.
    pub fn open_journal(&self) -> Result<Journal> {
        Journal::open(&self.journal_path())
    }

    /// All records so far; none if the run has not begun.
    pub fn records(&self) -> Result<Vec<Record>> {
        let path = self.journal_path();
        if path.exists() { journal::read(&path) } else { Ok(Vec::new()) }
    }

    /// When the run last wrote to its journal, or else when its folder last changed.
    pub fn modified(&self) -> Result<SystemTime> {
        fs::metadata(self.journal_path())
            .or_else(|_| fs::metadata(&self.folder))
            .and_then(|metadata| metadata.modified())
            .map_err(Error::io("inspect", &self.folder))
    }
}

/// As `File::try_lock`, but not misled by a reader that is just asking [`Run::is_locked`], which
/// takes the lock for an instant.
fn try_lock_past_probes(file: &File) -> std::result::Result<(), TryLockError> {
    for _ in 0..3 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
            other => return other,
        }
    }
    file.try_lock()
}

/// How the holder signed; some systems let nobody read a locked file.
fn holder(lock_path: &Path) -> String {
    let signed = fs::read_to_string(lock_path).unwrap_or_default();
    if signed.is_empty() { "another process".to_string() } else { signed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> (tempfile::TempDir, Run) {
        let folder = tempfile::tempdir().unwrap();
        let run = Run::at(folder.path().join("a"));
        fs::create_dir(run.folder()).unwrap();
        (folder, run)
    }

    #[test]
    fn a_run_is_locked_once() {
        let (_folder, run) = run();
        assert!(!run.is_locked());
        let lock = run.lock().unwrap();
        assert!(run.is_locked());
        let error = run.lock().unwrap_err().to_string();
        assert!(error.contains(&format!("process {}", std::process::id())), "{error}");
        drop(lock);
        assert!(!run.is_locked());
        run.lock().unwrap();
    }

    #[test]
    fn a_lock_file_left_by_the_dead_does_not_hold() {
        let (_folder, run) = run();
        fs::write(run.folder().join("lock"), "process 999999999").unwrap();
        let _lock = run.lock().unwrap();
        let signed = fs::read_to_string(run.folder().join("lock")).unwrap();
        assert_eq!(signed, format!("process {}", std::process::id()));
    }

    #[test]
    fn a_run_that_has_not_begun_has_no_records() {
        let (_folder, run) = run();
        assert_eq!(run.records().unwrap(), []);
        run.open_journal().unwrap().append(&Record::Note { text: "a".into() }).unwrap();
        assert_eq!(run.records().unwrap().len(), 1);
    }
}
