//! What stands for Parquet in a program built without it: an error that says how to get it.

use std::path::Path;

use super::{Document, InFile, SourceOptions};
use crate::Error;

/// Always an error.
pub(super) fn check_built(path: &Path) -> Result<(), Error> {
    Err(Error::NoParquet { path: path.to_path_buf() })
}

/// Always an error.
pub(super) fn open(path: &Path, _: &SourceOptions) -> Result<InFile<Document>, Error> {
    Err(Error::NoParquet { path: path.to_path_buf() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Documents;

    #[test]
    fn a_parquet_file_says_how_it_is_read_before_any_other_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.Parquet");
        std::fs::write(&path, "PAR1").unwrap();
        std::fs::write(folder.path().join("a.txt"), "text").unwrap();
        for corpus in [&path, folder.path()] {
            let error = Documents::open(corpus, &SourceOptions::default()).err().unwrap();
            let message = error.to_string();
            assert!(message.contains("b.Parquet is a Parquet file"), "{message}");
            assert!(message.contains("--features parquet"), "{message}");
        }
    }
}
