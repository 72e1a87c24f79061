//! Standard output, where the result goes. A reader that has gone (`lyceum world | head`) is an error
//! to stop by, which `main` takes for a good end.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use figure::Report;

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

/// Writes a report as a page, in one step and in place of what is there.
pub(crate) fn page(path: &Path, report: &Report) -> Result<()> {
    let written = stdx::atomic_file::write(path, report.to_html().as_bytes());
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Prints what a model said. On a terminal its control characters are shown, not obeyed: a model
/// may have learnt sequences that move the cursor or worse.
pub(crate) fn said(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() { piece(visible(text)) } else { piece(text) }
}

/// The text with a sign for each control character but line breaks and tabs.
fn visible(text: &str) -> String {
    let shown = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_model_cannot_steer_the_terminal() {
        let text = "a\tb\n\u{1b}[2J\u{7}é\u{9b}";
        assert_eq!(super::visible(text), "a\tb\n\u{fffd}[2J\u{fffd}é\u{fffd}");
    }
}
