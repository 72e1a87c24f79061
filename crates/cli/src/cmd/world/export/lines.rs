//! JSON lines: what `lyceum world --json` prints, in a file, compressed if its name says so.

use std::io::{self, Write};
use std::path::Path;

use data::sink::Packed;

use super::Stream;

pub(super) fn write(path: &Path, stream: &mut Stream<'_>) -> io::Result<()> {
    stdx::atomic_file::write_with(path, |out| {
        let mut out = Packed::new(out, path)?;
        while let Some(sample) = stream.next()? {
            let mut line = serde_json::to_vec(&sample)?;
            line.push(b'\n');
            out.write_all(&line)?;
        }
        out.finish()
    })
}
