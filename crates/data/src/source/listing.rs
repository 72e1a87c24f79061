//! Which files a corpus has: one file, or all of a folder in the order of names, folders in their
//! place. Hidden files are passed over, links to folders are not followed.

use std::path::{Path, PathBuf};

use crate::Error;

/// The files of a corpus.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Those of a kind that is read, at least one.
    pub(super) files: Vec<PathBuf>,
    /// All others.
    pub(super) skipped: Vec<PathBuf>,
}

impl Listing {
    /// Lists `path`; `reads` says by its name whether a file is of a kind that is read, `expected`
    /// says the same to a person.
    pub(super) fn of(
        path: &Path,
        reads: impl Fn(&Path) -> bool,
        expected: &'static str,
    ) -> Result<Self, Error> {
        let mut listing = Self::default();
        if std::fs::metadata(path).map_err(Error::io(path))?.is_dir() {
            listing.walk(path, &reads)?;
        } else {
            listing.add(path.to_path_buf(), reads(path));
        }
        if !listing.files.is_empty() {
            return Ok(listing);
        }
        let path = path.to_path_buf();
        Err(match listing.skipped.is_empty() {
            true => Error::Empty { path },
            false => Error::UnknownExtension { path, expected },
        })
    }

    fn walk(&mut self, folder: &Path, reads: &impl Fn(&Path) -> bool) -> Result<(), Error> {
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = entries.map_err(Error::io(folder))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if entry.file_type().map_err(Error::io(&path))?.is_dir() {
                self.walk(&path, reads)?;
            } else {
                let read = reads(&path) && path.is_file();
                self.add(path, read);
            }
        }
        Ok(())
    }

    fn add(&mut self, path: PathBuf, read: bool) {
        let list = if read { &mut self.files } else { &mut self.skipped };
        list.push(path);
    }
}
