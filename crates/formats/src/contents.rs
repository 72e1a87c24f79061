//! A file's bytes: mapped into memory, so that what nobody reads is never loaded, or given.

use std::fs::File;
use std::ops::{Deref, Range};
use std::path::Path;

use crate::Error;

/// How a file begins that stands for a large one in a Git repository.
const LFS_POINTER: &[u8] = b"version https://git-lfs";

#[derive(Debug)]
pub(crate) enum Contents {
    Mapped(memmap2::Mmap),
    Given(Vec<u8>),
}

impl Contents {
    /// Maps a file. A pipe, which would never end, is refused, and so is what stands for another file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let is_file = std::fs::metadata(path).map_err(Error::io(path))?.is_file();
        if !is_file {
            let odd = std::io::Error::other("it is no regular file");
            return Err(Error::io(path)(odd));
        }
        let file = File::open(path).map_err(Error::io(path))?;
        #[expect(unsafe_code, reason = "a memory map")]
        // SAFETY: the map is read only. That nobody shrinks the file meanwhile cannot be ruled
        // out on any system; our own writes replace files and never change them in place.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(Error::io(path))?;
        if map.starts_with(LFS_POINTER) {
            let reason =
                "it is only the pointer that Git LFS left in its place; `git lfs pull` fetches it";
            return Err(Error::invalid(path, "weight", reason));
        }
        Ok(Self::Mapped(map))
    }

    /// Lets go of what was read of a range, as far as whole pages of it are mapped: it comes back from the
    /// file if it is asked for again.
    pub(crate) fn forget(&self, range: Range<usize>) {
        #[cfg(unix)]
        if let Self::Mapped(map) = self
            && range.end <= map.len()
            && !range.is_empty()
        {
            #[expect(unsafe_code, reason = "advice about a memory map")]
            // SAFETY: the map is of a file and read only, so that its pages come back as they were.
            let advised = unsafe {
                map.unchecked_advise_range(
                    memmap2::UncheckedAdvice::DontNeed,
                    range.start,
                    range.len(),
                )
            };
            // Advice that was not taken costs memory and nothing else.
            drop(advised);
        }
        #[cfg(not(unix))]
        let _ = range;
    }
}

impl Deref for Contents {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Given(bytes) => bytes,
        }
    }
}
