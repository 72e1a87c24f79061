//! What stands for Parquet in a program built without it: an error that says how to get it.

use std::convert::Infallible;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::Path;

use super::{Cell, Kind};
use crate::Error;

/// Always an error.
///
/// # Errors
/// [`Error::NoParquet`].
pub fn check_built(path: &Path) -> Result<(), Error> {
    Err(Error::NoParquet { path: path.to_path_buf() })
}

/// A writer that there is none of.
#[derive(Debug)]
pub struct ParquetWriter<W: Write + Send> {
    never: Infallible,
    out: PhantomData<W>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Always an error.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`].
    pub fn new(_: W, _: &[(&str, Kind)]) -> io::Result<Self> {
        let reason = "this program was built without Parquet; build it with --features parquet";
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn push(&mut self, _: &[Cell<'_>]) -> io::Result<()> {
        match self.never {}
    }

    /// Never called.
    ///
    /// # Errors
    /// None.
    pub fn finish(self) -> io::Result<()> {
        match self.never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_says_how_parquet_is_had() {
        let error = ParquetWriter::new(Vec::new(), &[("text", Kind::Text)]).unwrap_err();
        assert!(error.to_string().contains("--features parquet"), "{error}");
        let error = check_built(Path::new("a.parquet")).unwrap_err().to_string();
        assert!(error.contains("a.parquet") && error.contains("--features parquet"), "{error}");
    }
}
