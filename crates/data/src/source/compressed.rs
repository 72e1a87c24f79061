//! A file's bytes after decompression, with a limit on how many belong to one document and a
//! count of how many have passed.
//!
//! A few kilobytes of gzip can stand for gigabytes of nothing: the limit holds for what comes out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::SourceOptions;
use crate::Error;

const SUFFIXES: [&str; 2] = [".gz", ".zst"];

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A reader that refuses to give more than `limit` bytes between two calls of [`Capped::refill`].
pub(super) struct Capped {
    inner: Box<dyn Read + Send>,
    limit: u64,
    left: u64,
}

impl Capped {
    /// A new document begins.
    pub(super) fn refill(&mut self) {
        self.left = self.limit;
    }
}

impl Read for Capped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            // Ending exactly at the limit is fine; one byte more is not.
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::ErrorKind::FileTooLarge.into()),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let n = self.inner.read(&mut buffer[..most])?;
        self.left -= n as u64;
        Ok(n)
    }
}

/// An open file, read line by line or handed to another reader.
pub(super) struct Input {
    pub(super) path: PathBuf,
    reader: BufReader<Capped>,
    lossy: bool,
    limit: u64,
    /// Bytes and lines that were given so far.
    offset: u64,
    pub(super) line: u64,
}

impl Input {
    pub(super) fn open(path: &Path, options: &SourceOptions) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let limit = options.largest_document;
        let inner = decompressed(path, file).map_err(Error::io(path))?;
        let reader = BufReader::with_capacity(1 << 16, Capped { inner, limit, left: limit });
        let path = path.to_path_buf();
        Ok(Self { path, reader, lossy: options.lossy, limit, offset: 0, line: 0 })
    }

    /// Appends the next line, its end included. False at the end of the file.
    pub(super) fn read_line(&mut self, line: &mut String) -> Result<bool, Error> {
        let mut bytes = Vec::new();
        let read = self.reader.read_until(b'\n', &mut bytes);
        read.map_err(|error| self.error(error))?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let begin = self.offset;
        self.offset += bytes.len() as u64;
        self.line += 1;
        if begin == 0 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        line.push_str(&decode(&self.path, self.lossy, bytes, begin)?);
        Ok(true)
    }

    /// The next byte, left where it is.
    pub(super) fn next_byte(&mut self) -> Result<Option<u8>, Error> {
        let next = self.reader.fill_buf().map(|buffer| buffer.first().copied());
        next.map_err(|error| self.error(error))
    }

    /// The first byte that is no white space, left where it is; what stands before it is passed
    /// over.
    pub(super) fn first_byte(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let Some(byte) = self.next_byte()? else { return Ok(None) };
            let at = usize::try_from(self.offset).unwrap_or(usize::MAX);
            if !byte.is_ascii_whitespace() && BYTE_ORDER_MARK.get(at) != Some(&byte) {
                return Ok(Some(byte));
            }
            self.offset += 1;
            self.line += u64::from(byte == b'\n');
            self.reader.consume(1);
        }
    }

    /// A new document begins.
    pub(super) fn refill(&mut self) {
        self.reader.get_mut().refill();
    }

    /// The parts, for a reader that finds its own records: path, bytes, whether to be lossy.
    pub(super) fn into_parts(self) -> (PathBuf, BufReader<Capped>, bool, u64) {
        (self.path, self.reader, self.lossy, self.limit)
    }

    fn error(&self, source: io::Error) -> Error {
        read_error(&self.path, self.limit, source)
    }
}

/// Says which document is too long instead of what the system would say.
pub(super) fn read_error(path: &Path, limit: u64, source: io::Error) -> Error {
    let path = path.to_path_buf();
    match source.kind() {
        io::ErrorKind::FileTooLarge => Error::TooLong { path, limit },
        _ if is_compressed(&path) => Error::Compressed { path, source },
        _ => Error::Io { path, source },
    }
}

/// Bytes as text. `begin` is where in the file they begin.
pub(super) fn decode(
    path: &Path,
    lossy: bool,
    bytes: Vec<u8>,
    begin: u64,
) -> Result<String, Error> {
    if lossy {
        return Ok(String::from_utf8_lossy(&bytes).replace('\0', "\u{fffd}"));
    }
    let not_text = |at: usize, found| {
        Err(Error::NotText { path: path.to_path_buf(), offset: begin + at as u64, found })
    };
    if let Some(at) = bytes.iter().position(|&b| b == 0) {
        return not_text(at, "a NUL byte, as in a binary file,");
    }
    String::from_utf8(bytes)
        .or_else(|error| not_text(error.utf8_error().valid_up_to(), "a byte that is not UTF-8"))
}

pub(super) fn is_compressed(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// A file's extension in small letters, compression aside.
pub(super) fn extension(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = SUFFIXES.iter().find_map(|s| name.strip_suffix(s)).unwrap_or(&name);
    Some(name.rsplit_once('.')?.1.to_string())
}

fn decompressed(path: &Path, file: File) -> io::Result<Box<dyn Read + Send>> {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    Ok(match ending.to_str() {
        // Several members behind each other are one file, as gzip itself has it.
        Some("gz") => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file))),
        Some("zst") => Box::new(zstd::Decoder::new(file)?),
        _ => Box::new(file),
    })
}
