//! Standard output, where the result goes. A reader that has gone (`lyceum world | head`) is an error
//! to stop by, which `main` takes for a good end.

use std::io::{self, Write};

/// Prints one line.
pub(crate) fn line(text: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// Prints a piece of text at once.
pub(crate) fn piece(text: impl std::fmt::Display) -> io::Result<()> {
    let mut out = io::stdout();
    write!(out, "{text}")?;
    out.flush()
}
