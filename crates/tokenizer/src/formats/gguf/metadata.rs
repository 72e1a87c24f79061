//! The head of a GGUF file (ggml-org/ggml, `docs/gguf.md`, versions 2 and 3): key-value metadata.
//! Of what follows, tensors, nothing is read or known here.
//!
//! Layout, little endian: `GGUF`, `u32` version, `u64` tensors, `u64` pairs; then each pair: a string
//! (`u64` length and bytes), `u32` type, value. An array is `u32` type, `u64` length, values.
//!
//! The file comes through a reader, because its tensors may be gigabytes. Lengths are checked against
//! what is left of the file, values that nobody asked for are skipped, not kept.

use std::collections::BTreeMap;
use std::io::Read;

use crate::Error;
use crate::formats::source::{MAX_FILE_BYTES, Source};

/// The first four bytes.
pub(crate) const MAGIC: [u8; 4] = *b"GGUF";

/// The version that is written.
const VERSION: u32 = 3;

/// More pairs than any file has.
const MAX_PAIRS: u64 = 1 << 16;

/// The longest key.
const MAX_KEY_BYTES: u64 = 1 << 16;

/// A value, with numbers of every width as one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Integers and booleans of one byte each, as they lie.
    Bytes(Vec<u8>),
    U64(u64),
    I64(i64),
    F64(f64),
    Bool(bool),
    Text(String),
    Ints(Vec<i32>),
    Floats(Vec<f32>),
    Texts(Vec<String>),
}

/// The types of the format by their numbers.
const U8: u32 = 0;
const I8: u32 = 1;
const U16: u32 = 2;
const I16: u32 = 3;
const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const BOOL: u32 = 7;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;
const U64: u32 = 10;
const I64: u32 = 11;
const F64: u32 = 12;

/// The bytes of a value whose type has a fixed size.
fn width(kind: u32) -> Option<u64> {
    match kind {
        U8 | I8 | BOOL => Some(1),
        U16 | I16 => Some(2),
        U32 | I32 | F32 => Some(4),
        U64 | I64 | F64 => Some(8),
        _ => None,
    }
}

/// A file that is read from front to back.
struct File<'a, R> {
    /// For errors only; has no bytes.
    source: Source<'a>,
    reader: R,
    at: u64,
    /// The whole file's length.
    len: u64,
    /// What is kept of it so far.
    kept: u64,
}

/// The metadata whose keys are `wanted`, of a file of `len` bytes.
pub(crate) fn read(
    name: &str,
    reader: impl Read,
    len: u64,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Value>, Error> {
    let source = Source { name, bytes: &[] };
    let mut file = File { source, reader, at: 0, len, kept: 0 };
    if file.array::<4>("the mark of GGUF")? != MAGIC {
        return Err(source.bad("byte 0", "it does not begin with GGUF"));
    }
    let version = file.u32("the version")?;
    if !(2..=3).contains(&version) {
        return Err(Error::NotDone {
            file: name.to_owned(),
            what: format!("GGUF version {version}"),
            expected: "only versions 2 and 3, little endian, can be read",
        });
    }
    file.u64("the number of tensors")?;
    let pairs = file.u64("the number of pairs")?;
    if pairs > MAX_PAIRS {
        return Err(source.bad("byte 16", format!("{pairs} pairs, expected at most {MAX_PAIRS}")));
    }
    let mut values = BTreeMap::new();
    for _ in 0..pairs {
        let place = format!("byte {}", file.at);
        let key = file.text("a key", MAX_KEY_BYTES)?;
        let kind = file.u32("a type")?;
        if !wanted(&key) {
            file.skip_value(&key, kind)?;
            continue;
        }
        let value = file.value(&key, kind)?;
        if values.insert(key.clone(), value).is_some() {
            return Err(source.bad(place, format!("the key {key} is there twice")));
        }
    }
    Ok(values)
}

impl<R: Read> File<'_, R> {
    fn bad(&self, cause: impl Into<String>) -> Error {
        self.source.bad(format!("byte {}", self.at), cause)
    }

    /// Refuses a length that goes beyond the file, or more than is worth keeping.
    fn check(&self, len: u64, what: &str) -> Result<(), Error> {
        let left = self.len.saturating_sub(self.at);
        match () {
            () if len > left => {
                Err(self.bad(format!("{what} should have {len} bytes, {left} are left")))
            }
            () if self.kept.saturating_add(len) > MAX_FILE_BYTES => {
                Err(self.bad(format!("more than {MAX_FILE_BYTES} bytes of metadata")))
            }
            () => Ok(()),
        }
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), Error> {
        let failed = self.reader.read_exact(bytes);
        failed.map_err(|e| self.bad(format!("{what} cannot be read ({e})")))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Error> {
        self.check(N as u64, what)?;
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    fn u32(&mut self, what: &str) -> Result<u32, Error> {
        self.array(what).map(u32::from_le_bytes)
    }

    fn u64(&mut self, what: &str) -> Result<u64, Error> {
        self.array(what).map(u64::from_le_bytes)
    }

    fn bytes(&mut self, len: u64, what: &str) -> Result<Vec<u8>, Error> {
        self.check(len, what)?;
        let mut bytes = vec![0; len as usize];
        self.fill(&mut bytes, what)?;
        self.kept += len;
        Ok(bytes)
    }

    fn text(&mut self, what: &str, most: u64) -> Result<String, Error> {
        let len = self.u64("a length")?;
        if len > most {
            return Err(self.bad(format!("{what} of {len} bytes, expected at most {most}")));
        }
        let bytes = self.bytes(len, what)?;
        String::from_utf8(bytes).map_err(|_| self.bad(format!("{what} before here is not UTF-8")))
    }

    fn skip(&mut self, len: u64, what: &str) -> Result<(), Error> {
        let left = self.len.saturating_sub(self.at);
        if len > left {
            return Err(self.bad(format!("{what} should have {len} bytes, {left} are left")));
        }
        let skipped = std::io::copy(&mut self.reader.by_ref().take(len), &mut std::io::sink());
        match skipped {
            Ok(n) if n == len => {
                self.at += len;
                Ok(())
            }
            Ok(n) => Err(self.bad(format!("{what} should have {len} bytes, {n} are there"))),
            Err(e) => Err(self.bad(format!("{what} cannot be read ({e})"))),
        }
    }

    /// Type and number of an array's values.
    fn array_head(&mut self, key: &str) -> Result<(u32, u64), Error> {
        let kind = self.u32("an array's type")?;
        let n = self.u64("an array's length")?;
        // Even empty texts have a length of eight bytes.
        let least = n.saturating_mul(width(kind).unwrap_or(8));
        let left = self.len.saturating_sub(self.at);
        match () {
            () if kind == ARRAY || kind > F64 => {
                Err(self.bad(format!("{key} is an array of type {kind}, which cannot be read")))
            }
            () if least > left => {
                Err(self.bad(format!("{key} should have {n} values, {left} bytes are left")))
            }
            () => Ok((kind, n)),
        }
    }

    fn skip_value(&mut self, key: &str, kind: u32) -> Result<(), Error> {
        match kind {
            TEXT => {
                let len = self.u64("a length")?;
                self.skip(len, key)
            }
            ARRAY => {
                let (kind, n) = self.array_head(key)?;
                match width(kind) {
                    Some(width) => self.skip(n * width, key),
                    None => (0..n).try_for_each(|_| self.skip_value(key, kind)),
                }
            }
            _ => match width(kind) {
                Some(width) => self.skip(width, key),
                None => Err(self.bad(format!("{key} is of type {kind}, expected 0 to {F64}"))),
            },
        }
    }

    fn value(&mut self, key: &str, kind: u32) -> Result<Value, Error> {
        Ok(match kind {
            U8 => Value::U64(self.array::<1>(key)?[0].into()),
            I8 => Value::I64(i8::from_le_bytes(self.array(key)?).into()),
            U16 => Value::U64(u16::from_le_bytes(self.array(key)?).into()),
            I16 => Value::I64(i16::from_le_bytes(self.array(key)?).into()),
            U32 => Value::U64(self.u32(key)?.into()),
            I32 => Value::I64(i32::from_le_bytes(self.array(key)?).into()),
            U64 => Value::U64(self.u64(key)?),
            I64 => Value::I64(i64::from_le_bytes(self.array(key)?)),
            F32 => Value::F64(f32::from_le_bytes(self.array(key)?).into()),
            F64 => Value::F64(f64::from_le_bytes(self.array(key)?)),
            BOOL => Value::Bool(self.array::<1>(key)?[0] != 0),
            TEXT => Value::Text(self.text(key, MAX_FILE_BYTES)?),
            ARRAY => self.array_value(key)?,
            _ => return Err(self.bad(format!("{key} is of type {kind}, expected 0 to {F64}"))),
        })
    }

    fn array_value(&mut self, key: &str) -> Result<Value, Error> {
        let (kind, n) = self.array_head(key)?;
        let quads = |bytes: Vec<u8>| bytes.as_chunks::<4>().0.to_vec();
        Ok(match kind {
            U8 | I8 | BOOL => Value::Bytes(self.bytes(n, key)?),
            U32 | I32 => {
                let quads = quads(self.bytes(n * 4, key)?);
                Value::Ints(quads.into_iter().map(i32::from_le_bytes).collect())
            }
            F32 => {
                let quads = quads(self.bytes(n * 4, key)?);
                Value::Floats(quads.into_iter().map(f32::from_le_bytes).collect())
            }
            TEXT => {
                self.check(n * 8, key)?;
                self.kept += n * 8;
                Value::Texts(
                    (0..n).map(|_| self.text(key, MAX_FILE_BYTES)).collect::<Result<_, _>>()?,
                )
            }
            _ => {
                return Err(
                    self.bad(format!("{key} is an array of type {kind}, which no key here has"))
                );
            }
        })
    }
}

/// A file with this metadata and no tensors. Integers are written as `u32` where they fit.
pub(crate) fn write(values: &[(&str, Value)]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend((values.len() as u64).to_le_bytes());
    for (key, value) in values {
        write_text(&mut bytes, key);
        write_value(&mut bytes, value);
    }
    bytes
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

fn write_value(bytes: &mut Vec<u8>, value: &Value) {
    let mut scalar = |kind: u32, value: &[u8]| {
        bytes.extend(kind.to_le_bytes());
        bytes.extend(value);
    };
    match value {
        Value::U64(n) => match u32::try_from(*n) {
            Ok(n) => scalar(U32, &n.to_le_bytes()),
            Err(_) => scalar(U64, &n.to_le_bytes()),
        },
        Value::I64(n) => scalar(I64, &n.to_le_bytes()),
        Value::F64(n) => scalar(F64, &n.to_le_bytes()),
        Value::Bool(yes) => scalar(BOOL, &[u8::from(*yes)]),
        Value::Text(text) => {
            scalar(TEXT, &[]);
            write_text(bytes, text);
        }
        Value::Bytes(all) => write_array(bytes, U8, all.len(), |bytes| bytes.extend(all)),
        Value::Ints(all) => write_array(bytes, I32, all.len(), |bytes| {
            bytes.extend(all.iter().flat_map(|n| n.to_le_bytes()));
        }),
        Value::Floats(all) => write_array(bytes, F32, all.len(), |bytes| {
            bytes.extend(all.iter().flat_map(|n| n.to_le_bytes()));
        }),
        Value::Texts(all) => write_array(bytes, TEXT, all.len(), |bytes| {
            all.iter().for_each(|text| write_text(bytes, text));
        }),
    }
}

fn write_array(bytes: &mut Vec<u8>, kind: u32, len: usize, values: impl FnOnce(&mut Vec<u8>)) {
    bytes.extend(ARRAY.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    bytes.extend((len as u64).to_le_bytes());
    values(bytes);
}

#[cfg(test)]
mod tests {
    //! Values of every kind: whole, and broken in each place.

    use super::*;

    fn all() -> Vec<(&'static str, Value)> {
        vec![
            ("a.bool", Value::Bool(true)),
            ("a.bytes", Value::Bytes(vec![1, 2, 255])),
            ("a.float", Value::F64(0.5)),
            ("a.floats", Value::Floats(vec![-1.5, 2.0])),
            ("a.int", Value::I64(-7)),
            ("a.ints", Value::Ints(vec![1, -2])),
            ("a.large", Value::U64(1 << 40)),
            ("a.number", Value::U64(7)),
            ("a.text", Value::Text("é".to_owned())),
            ("a.texts", Value::Texts(vec!["x".to_owned(), String::new()])),
        ]
    }

    fn read_all(bytes: &[u8]) -> Result<BTreeMap<String, Value>, Error> {
        read("x.gguf", bytes, bytes.len() as u64, |_| true)
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = write(&all());
        let values = read_all(&bytes).unwrap();
        let expected: BTreeMap<_, _> = all().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        assert_eq!(values, expected);
        let some = read("x.gguf", &*bytes, bytes.len() as u64, |key| key == "a.texts").unwrap();
        assert_eq!(some.into_values().collect::<Vec<_>>(), [all()[9].1.clone()]);
    }

    fn check_refused(bytes: &[u8], expected: &str) {
        let message = read_all(bytes).unwrap_err().to_string();
        assert!(message.starts_with("x.gguf") && message.contains(expected), "{message}");
    }

    #[test]
    fn what_is_broken_is_named() {
        let whole = write(&all());
        check_refused(b"", "byte 0: the mark of GGUF should have 4 bytes");
        check_refused(b"GGML....", "byte 0: it does not begin with GGUF");
        let changed = |at: usize, new: &[u8]| {
            let mut bytes = whole.clone();
            bytes[at..at + new.len()].copy_from_slice(new);
            bytes
        };
        check_refused(&changed(4, &[1]), "GGUF version 1; only versions 2 and 3");
        check_refused(&changed(16, &[0xFF; 8]), "pairs, expected at most");
        check_refused(&changed(24, &[0xFF; 8]), "a key of 18446744073709551615 bytes");
        check_refused(&changed(32, &[0xFF]), "a key before here is not UTF-8");
        check_refused(&changed(38, &[99]), "a.bool is of type 99");
        for cut in 0..whole.len() {
            assert!(read_all(&whole[..cut]).is_err(), "cut at {cut}");
            let wanted_none = read("x.gguf", &whole[..cut], cut as u64, |_| false);
            assert!(wanted_none.is_err(), "skipped, cut at {cut}");
        }
        check_refused(&write(&[all(), all()].concat()), "the key a.bool is there twice");
    }

    #[test]
    fn a_length_that_is_not_there_takes_no_memory() {
        let mut bytes = write(&[("a.texts", Value::Texts(vec![]))]);
        let at = bytes.len() - 8;
        bytes[at..].copy_from_slice(&(1u64 << 60).to_le_bytes());
        check_refused(&bytes, "a.texts should have 1152921504606846976 values, 0 bytes are left");
    }
}
