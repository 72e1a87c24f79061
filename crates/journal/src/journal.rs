//! A file of records, one JSON object a line, that only grows.
//!
//! A line counts once its line break is on disk. A process that dies in the middle of a write
//! leaves a torn last line: readers skip it and say so, and the next writer cuts it off. A bad line
//! anywhere else is damage, and an error with its line number.
//!
//! A line reaches the operating system with each append, so a killed process loses nothing; a power
//! cut may take what was not yet on the disk, for which [`Journal::sync`] stands beside checkpoints.
//! Left out on purpose: several writers at once. One run has one writer, and `Run::lock` sees to it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Record, Result};

/// A journal open for writing.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines; anything beyond is a line that failed half-way.
    whole_bytes: u64,
    failed: bool,
}

/// What a journal holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// All whole records, oldest first.
    pub records: Vec<Record>,
    /// The remains of a write that did not finish, if there are any.
    pub torn_tail: Option<TornTail>,
}

/// A last line without its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// Its number, counted from one.
    pub line: usize,
    /// How much of it reached the disk.
    pub bytes: usize,
}

impl Journal {
    /// Opens a journal to append to it, creating it if need be. A torn tail is cut off.
    pub fn open(path: &Path) -> Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(Error::io("open", path))?;
        let whole_bytes = whole_bytes(&mut file).map_err(Error::io("read", path))?;
        // Failed until proven whole: the first append cuts the tail, or reports why it cannot.
        let mut journal = Self { path: path.to_path_buf(), file, whole_bytes, failed: true };
        journal.cut_torn_tail()?;
        Ok(journal)
    }

    /// Adds one record. After an error the journal is as it was before.
    pub fn append(&mut self, record: &Record) -> Result<()> {
        self.cut_torn_tail()?;
        let line = record.to_line();
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.flush());
        if let Err(source) = written {
            self.failed = true;
            return Err(Error::io("append to", &self.path)(source));
        }
        self.whole_bytes += line.len() as u64;
        Ok(())
    }

    /// Waits until all records are on the disk itself.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(Error::io("sync", &self.path))
    }

    /// Drops the records of all steps after `step` and returns how many those were. A run resumed
    /// from a checkpoint calls this first, or its journal would tell the same steps twice. Records
    /// that belong to no step stay. The file is the old or the new one, whatever happens meanwhile.
    pub fn truncate_after(&mut self, step: u64) -> Result<usize> {
        let mut kept = Vec::new();
        let mut n_dropped = 0;
        for_each_line(&self.path, |line, record| {
            if record.step().is_some_and(|s| s > step) {
                n_dropped += 1;
            } else {
                // The line as it was, with any fields that this version does not know.
                kept.extend_from_slice(line);
            }
        })?;
        if n_dropped > 0 {
            stdx::atomic_file::write(&self.path, &kept)
                .map_err(Error::io("rewrite", &self.path))?;
            // The open file is the old one, which has just lost its name.
            *self = Self::open(&self.path)?;
        }
        Ok(n_dropped)
    }

    fn cut_torn_tail(&mut self) -> Result<()> {
        if self.failed {
            self.file.set_len(self.whole_bytes).map_err(Error::io("mend", &self.path))?;
            self.failed = false;
        }
        Ok(())
    }
}

/// All whole records of the journal at `path`, oldest first; a torn last line is passed over.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    read_whole(path).map(|reading| reading.records)
}

/// As [`read`], and says whether the last line was torn.
pub fn read_whole(path: &Path) -> Result<Reading> {
    let mut records = Vec::new();
    let torn_tail = for_each_line(path, |_, record| records.push(record))?;
    Ok(Reading { records, torn_tail })
}

/// Calls `visit` with each whole line, its line break included, and its record. Blank lines have
/// no record and are passed over.
fn for_each_line(path: &Path, mut visit: impl FnMut(&[u8], Record)) -> Result<Option<TornTail>> {
    let mut lines = BufReader::new(File::open(path).map_err(Error::io("open", path))?);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        lines.read_until(b'\n', &mut line).map_err(Error::io("read", path))?;
        if line.is_empty() {
            break;
        }
        if line.last() != Some(&b'\n') {
            return Ok(Some(TornTail { line: number, bytes: line.len() }));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record = serde_json::from_slice(&line).map_err(|source| Error::BadLine {
            path: path.to_path_buf(),
            line: number,
            text: String::from_utf8_lossy(&line).trim_end().chars().take(60).collect(),
            source,
        })?;
        visit(&line, record);
    }
    Ok(None)
}

/// Bytes up to and including the last line break. Looks from the end, since a journal may be long.
fn whole_bytes(file: &mut File) -> std::io::Result<u64> {
    let mut block = [0; 4096];
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let n_bytes = end.min(block.len() as u64) as usize;
        let start = end - n_bytes as u64;
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut block[..n_bytes])?;
        if let Some(last) = block[..n_bytes].iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn note(text: &str) -> Record {
        Record::Note { text: text.into() }
    }

    fn sample(step: u64) -> Record {
        Record::Sample { step, prompt: String::new(), text: "so it was".into() }
    }

    /// A journal of one whole note followed by `tail`.
    fn with_tail(tail: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        Journal::open(&path).unwrap().append(&note("whole")).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(tail).unwrap();
        (folder, path)
    }

    #[test]
    fn reopening_goes_on_where_it_ended() {
        let (_folder, path) = with_tail(b"");
        Journal::open(&path).unwrap().append(&sample(1)).unwrap();
        assert_eq!(read(&path).unwrap(), [note("whole"), sample(1)]);
    }

    #[test]
    fn a_torn_tail_is_reported_then_cut() {
        let long = [b"{\"kind\":\"note\",\"text\":\"".as_slice(), &[b'a'; 9000]].concat();
        let tails: [&[u8]; 4] = [b"{\"kind\":\"no", b"{", &[0; 300], &long];
        for tail in tails {
            let (_folder, path) = with_tail(tail);
            let reading = read_whole(&path).unwrap();
            assert_eq!(reading.records, [note("whole")]);
            assert_eq!(reading.torn_tail, Some(TornTail { line: 2, bytes: tail.len() }));
            Journal::open(&path).unwrap().append(&note("next")).unwrap();
            let mended = Reading { records: vec![note("whole"), note("next")], torn_tail: None };
            assert_eq!(read_whole(&path).unwrap(), mended);
        }
    }

    #[test]
    fn any_cut_leaves_a_readable_journal() {
        let (_folder, path) = with_tail(note("größer").to_line().as_bytes());
        let bytes = fs::read(&path).unwrap();
        for n_bytes in 0..=bytes.len() {
            fs::write(&path, &bytes[..n_bytes]).unwrap();
            let n_lines = bytes[..n_bytes].iter().filter(|&&b| b == b'\n').count();
            assert_eq!(read(&path).unwrap().len(), n_lines, "cut at {n_bytes}");
            Journal::open(&path).unwrap().append(&note("more")).unwrap();
            assert_eq!(read(&path).unwrap().len(), n_lines + 1, "cut at {n_bytes}");
        }
    }

    #[test]
    fn damage_in_the_middle_is_an_error_with_its_line() {
        for damage in ["{\"kind\":\"no\n", "[]\n", "{\"kind\":\"dance\"}\n", "\u{0}\n"] {
            let (_folder, path) = with_tail(b"\n");
            Journal::open(&path).unwrap();
            OpenOptions::new()
                .append(true)
                .open(&path)
                .unwrap()
                .write_all(damage.as_bytes())
                .unwrap();
            let error = read(&path).unwrap_err();
            assert!(matches!(error, Error::BadLine { line: 3, .. }), "{error}");
            assert!(error.to_string().contains("journal.jsonl:3:"), "{error}");
        }
    }

    #[test]
    fn a_resumed_run_tells_no_step_twice() {
        let unknown = "{\"kind\":\"note\",\"text\":\"b\",\"from\":\"a later version\"}\n";
        let (_folder, path) = with_tail(unknown.as_bytes());
        let mut journal = Journal::open(&path).unwrap();
        for step in 1..=5 {
            journal.append(&sample(step)).unwrap();
        }
        assert_eq!(journal.truncate_after(3).unwrap(), 2);
        assert_eq!(journal.truncate_after(3).unwrap(), 0);
        journal.append(&sample(4)).unwrap();
        let steps: Vec<_> = read(&path).unwrap().iter().filter_map(Record::step).collect();
        assert_eq!(steps, [1, 2, 3, 4]);
        assert!(fs::read_to_string(&path).unwrap().contains(unknown), "kept word for word");
    }

    #[test]
    fn truncating_a_damaged_journal_changes_nothing() {
        let (_folder, path) = with_tail(b"nonsense\n");
        let before = fs::read(&path).unwrap();
        let mut journal = Journal::open(&path).unwrap();
        assert!(journal.truncate_after(0).is_err());
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    /// A device that takes no byte stands for a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_with_the_path() {
        let full = Path::new("/dev/full");
        if let Ok(file) = OpenOptions::new().append(true).open(full) {
            let mut journal =
                Journal { path: full.to_path_buf(), file, whole_bytes: 0, failed: false };
            let error = journal.append(&note("a")).unwrap_err();
            assert!(error.to_string().starts_with("cannot append to /dev/full"), "{error}");
            assert!(journal.failed, "the next append mends first");
        }
    }
}
