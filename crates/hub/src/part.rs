//! A file on its way: what has come of it, the sum so far, and which version it is of.
//!
//! It is named for the sum that it shall have, so what has come is never gone on with as another
//! file. Beside it lies the `ETag` of the answer that it began with, if that is a strong one (RFC 9110,
//! section 8.8.3): by it the next request says which version it wants more of. What lies there when it
//! is opened is summed up again.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use stdx::interrupt::Interrupt;

use crate::checksum::Summing;
use crate::{Error, RemoteFile, Result};

/// A longer `ETag` is none.
const MAX_ETAG_BYTES: usize = 200;
const PIECE_BYTES: usize = 1 << 18;

/// A file on its way.
pub(crate) struct Part<'a> {
    file: &'a RemoteFile,
    path: PathBuf,
    etag: Option<String>,
    out: File,
    received_bytes: u64,
    sum: Summing,
}

impl<'a> Part<'a> {
    /// Where what has come of a file lies.
    pub(crate) fn path(folder: &Path, file: &RemoteFile) -> PathBuf {
        folder.join(format!("{}.part", file.checksum.hex()))
    }

    /// Where its version lies.
    pub(crate) fn etag_path(folder: &Path, file: &RemoteFile) -> PathBuf {
        folder.join(format!("{}.etag", file.checksum.hex()))
    }

    /// Goes on with what has come, or begins.
    pub(crate) fn open(folder: &Path, file: &'a RemoteFile, interrupt: &Interrupt) -> Result<Self> {
        let path = Self::path(folder, file);
        let options =
            File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut out = options.map_err(Error::io("open", &path))?;
        let etag = fs::read_to_string(Self::etag_path(folder, file)).ok();
        let etag = etag.filter(|etag| is_strong(etag));
        let mut sum = file.checksum.begin(file.size_bytes);
        let received_bytes = add_all(&mut out, &path, &mut sum, interrupt)?;
        let mut part = Self { file, path, etag, out, received_bytes, sum };
        if received_bytes > file.size_bytes {
            part.restart(None)?;
        }
        Ok(part)
    }

    /// How much has come.
    pub(crate) fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// How much is still to come.
    pub(crate) fn left_bytes(&self) -> u64 {
        self.file.size_bytes - self.received_bytes
    }

    /// Which version has come, where that was said.
    pub(crate) fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// Forgets what has come; what comes now is of the version `etag`.
    pub(crate) fn restart(&mut self, etag: Option<&str>) -> Result<()> {
        let emptied = self.out.set_len(0).and_then(|()| self.out.rewind());
        emptied.map_err(Error::io("empty", &self.path))?;
        self.received_bytes = 0;
        self.sum = self.file.checksum.begin(self.file.size_bytes);
        self.etag = etag.filter(|etag| is_strong(etag)).map(str::to_string);
        let beside = self.path.with_extension("etag");
        match &self.etag {
            Some(etag) => fs::write(&beside, etag).map_err(Error::io("write", &beside)),
            None => removed(&beside),
        }
    }

    /// Takes the next bytes. More than were promised spoil all of them.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() as u64 > self.left_bytes() {
            self.restart(None)?;
            return Err(Error::Promise {
                path: self.file.path.clone(),
                expected: format!("{} bytes", self.file.size_bytes),
                got: "has more".to_string(),
            });
        }
        self.out.write_all(bytes).map_err(Error::io("write", &self.path))?;
        self.sum.add(bytes);
        self.received_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Moves a file that has come whole to `whole`; one with another sum is removed.
    pub(crate) fn finish(self, whole: &Path) -> Result<()> {
        let Self { file, path, out, sum, .. } = self;
        let got = sum.finish();
        if got != file.checksum.hex() {
            removed(&path)?;
            removed(&path.with_extension("etag"))?;
            let (path, expected) = (file.path.clone(), file.checksum.hex().to_string());
            return Err(Error::Checksum { path, expected, got });
        }
        out.sync_all().map_err(Error::io("flush", &path))?;
        drop(out);
        fs::rename(&path, whole).map_err(Error::io("move", &path))?;
        removed(&path.with_extension("etag"))
    }
}

/// Adds what is left of a file to a sum, and says how many bytes that was.
pub(crate) fn add_all(
    file: &mut File,
    path: &Path,
    sum: &mut Summing,
    interrupt: &Interrupt,
) -> Result<u64> {
    let (mut piece, mut n_bytes) = (vec![0; PIECE_BYTES], 0);
    loop {
        if interrupt.requested() {
            return Err(Error::Interrupted);
        }
        let n = file.read(&mut piece).map_err(Error::io("read", path))?;
        if n == 0 {
            return Ok(n_bytes);
        }
        sum.add(&piece[..n]);
        n_bytes += n as u64;
    }
}

/// Whether an `ETag` says that every byte is the same, and can be sent back.
fn is_strong(etag: &str) -> bool {
    let inner = etag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    etag.len() <= MAX_ETAG_BYTES
        && inner.is_some_and(|inner| inner.bytes().all(|b| b.is_ascii_graphic() && b != b'"'))
}

/// Removes a file that may be gone already.
fn removed(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> RemoteFile {
        let checksum = "git:ce013625030ba8dba906f756967f9e9ca394464a".parse().unwrap();
        RemoteFile { path: "hello.txt".into(), size_bytes: 6, checksum }
    }

    fn open<'a>(folder: &Path, file: &'a RemoteFile) -> Part<'a> {
        Part::open(folder, file, &Interrupt::default()).unwrap()
    }

    #[test]
    fn what_has_come_is_gone_on_with() {
        let (folder, file) = (tempfile::tempdir().unwrap(), hello());
        let mut part = open(folder.path(), &file);
        part.restart(Some("\"v1\"")).unwrap();
        part.take(b"hel").unwrap();
        drop(part);
        let mut part = open(folder.path(), &file);
        assert_eq!((part.received_bytes(), part.left_bytes(), part.etag()), (3, 3, Some("\"v1\"")));
        part.take(b"lo\n").unwrap();
        let whole = folder.path().join("whole");
        part.finish(&whole).unwrap();
        assert_eq!(fs::read(whole).unwrap(), b"hello\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn too_much_and_the_wrong_bytes_are_not_kept() {
        let (folder, file) = (tempfile::tempdir().unwrap(), hello());
        let mut part = open(folder.path(), &file);
        part.take(b"hello").unwrap();
        assert!(matches!(part.take(b"\n!"), Err(Error::Promise { .. })));
        assert_eq!(part.received_bytes(), 0);
        part.take(b"jello\n").unwrap();
        let error = part.finish(&folder.path().join("whole")).unwrap_err().to_string();
        assert!(error.contains("hello.txt") && error.contains("ce013625"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(Part::path(folder.path(), &file), "longer than it").unwrap();
        assert_eq!(open(folder.path(), &file).received_bytes(), 0);
    }

    #[test]
    fn only_strong_versions_are_kept() {
        let long = format!("\"{}\"", "a".repeat(MAX_ETAG_BYTES));
        for etag in ["W/\"a\"", "a", "\"a\" \"b\"", "\"", "", "\"a\r\nb\"", &long] {
            assert!(!is_strong(etag), "{etag:?}");
        }
        assert!(is_strong("\"d41d8cd9-3\""));
    }

    #[test]
    fn a_wish_to_stop_is_heard_while_summing_up() {
        let (folder, file, interrupt) =
            (tempfile::tempdir().unwrap(), hello(), Interrupt::default());
        fs::write(Part::path(folder.path(), &file), "hel").unwrap();
        interrupt.request();
        assert!(matches!(Part::open(folder.path(), &file, &interrupt), Err(Error::Interrupted)));
    }
}
