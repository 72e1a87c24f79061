//! Bytes on their way into a file: as they are, or compressed if its name says so.

use std::io::{self, Write};
use std::path::Path;

/// A writer that compresses for a name in `.gz` or `.zst`. Without [`Packed::finish`] the end of
/// what is compressed is missing.
pub enum Packed<W: Write> {
    /// As it comes.
    Plain(W),
    /// RFC 1952.
    Gzip(flate2::write::GzEncoder<W>),
    /// RFC 8878.
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Packed<W> {
    /// What the end of the name asks for.
    ///
    /// # Errors
    /// If the compressor cannot be had.
    pub fn new(out: W, name: &Path) -> io::Result<Self> {
        let end = name.extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
        Ok(match end.as_deref() {
            Some("gz") => Self::Gzip(flate2::write::GzEncoder::new(out, Default::default())),
            Some("zst") => Self::Zstd(zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?),
            _ => Self::Plain(out),
        })
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut out) => out.flush(),
            Self::Gzip(out) => out.finish()?.flush(),
            Self::Zstd(out) => out.finish()?.flush(),
        }
    }
}

impl<W: Write> Write for Packed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Documents, SourceOptions};

    #[test]
    fn what_is_packed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        for (name, start) in [("a.jsonl", b"{\"".as_slice()), ("a.jsonl.gz", &[0x1f, 0x8b])]
            .into_iter()
            .chain([("a.jsonl.zst", [0x28, 0xb5, 0x2f, 0xfd].as_slice())])
        {
            let path = folder.path().join(name);
            let mut out = Packed::new(std::fs::File::create(&path).unwrap(), &path).unwrap();
            (0..500).for_each(|i| writeln!(out, "{{\"text\": \"line {i}\"}}").unwrap());
            out.finish().unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert!(bytes.starts_with(start), "{name}: {:?}", &bytes[..4]);
            let documents = Documents::open(&path, &SourceOptions::default()).unwrap();
            let texts: Vec<String> = documents.map(|document| document.unwrap().text).collect();
            assert_eq!((texts.len(), texts[499].as_str()), (500, "line 499"), "{name}");
        }
    }
}
