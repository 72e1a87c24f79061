//! What the files of a corpus hold, file after file, read as it is asked for.

use std::path::{Path, PathBuf};

use super::listing::Listing;
use crate::Error;

/// What one file holds.
pub(super) type InFile<T> = Box<dyn Iterator<Item = Result<T, Error>> + Send>;

/// Opens a file.
pub(super) type Open<T> = Box<dyn Fn(&Path) -> Result<InFile<T>, Error> + Send>;

/// The items of all files. A corpus without any is an error, and after an error it ends.
pub(super) struct InOrder<T> {
    corpus: PathBuf,
    /// Last file first.
    files: Vec<PathBuf>,
    skipped: Vec<PathBuf>,
    open: Open<T>,
    /// The others are passed over.
    counts: fn(&T) -> bool,
    file: Option<InFile<T>>,
    found_any: bool,
    ended: bool,
}

impl<T> InOrder<T> {
    /// Opens none of the files yet.
    pub(super) fn new(
        corpus: &Path,
        listing: Listing,
        open: Open<T>,
        counts: fn(&T) -> bool,
    ) -> Self {
        let (corpus, skipped) = (corpus.to_path_buf(), listing.skipped);
        let files = listing.files.into_iter().rev().collect();
        Self { corpus, files, skipped, open, counts, file: None, found_any: false, ended: false }
    }

    /// Files of the corpus that are not read.
    pub(super) fn skipped(&self) -> &[PathBuf] {
        &self.skipped
    }

    fn advance(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(file) = &mut self.file {
                match file.next().transpose()? {
                    Some(item) if (self.counts)(&item) => return Ok(Some(item)),
                    Some(_) => continue,
                    None => self.file = None,
                }
            }
            match self.files.pop() {
                Some(path) => self.file = Some((self.open)(&path)?),
                None if self.found_any => return Ok(None),
                None => return Err(Error::Empty { path: self.corpus.clone() }),
            }
        }
    }
}

impl<T> Iterator for InOrder<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        self.found_any |= !self.ended;
        next
    }
}
