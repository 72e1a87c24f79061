//! CoNLL-U, as <https://universaldependencies.org/format.html> has it: sentences with gold trees.

use std::io::{self, Write};
use std::path::Path;

use data::sink::Packed;

use super::Stream;

pub(super) fn write(path: &Path, stream: &mut Stream<'_>) -> io::Result<()> {
    stdx::atomic_file::write_with(path, |out| {
        let mut out = Packed::new(out, path)?;
        while let Some(sample) = stream.next()? {
            let tree = sample.truth["conllu"].as_str().unwrap_or_default();
            out.write_all(tree.as_bytes())?;
        }
        out.finish()
    })
}
