//! Writing safetensors: header and values, in the order given.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{Dtype, Error};

/// A tensor to be written.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    name: String,
    shape: Vec<usize>,
    values: Values<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Values<'a> {
    F32(&'a [f32]),
    U64(&'a [u64]),
    Raw(Dtype, &'a [u8]),
}

impl<'a> Entry<'a> {
    /// A tensor of f32. `values` must be as many as the shape says; [`write()`] checks.
    pub fn f32(name: impl Into<String>, shape: &[usize], values: &'a [f32]) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), values: Values::F32(values) }
    }

    /// A vector of integers.
    pub fn u64(name: impl Into<String>, values: &'a [u64]) -> Self {
        Self { name: name.into(), shape: vec![values.len()], values: Values::U64(values) }
    }

    /// A vector of bytes.
    pub fn bytes(name: impl Into<String>, values: &'a [u8]) -> Self {
        Self::raw(name, Dtype::U8, &[values.len()], values)
    }

    /// A tensor of any type, its numbers as they are to stand in the file: little endian.
    pub fn raw(name: impl Into<String>, dtype: Dtype, shape: &[usize], values: &'a [u8]) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), values: Values::Raw(dtype, values) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes that its values take in the file.
    pub fn len_bytes(&self) -> usize {
        match self.values {
            Values::F32(v) => size_of_val(v),
            Values::U64(v) => size_of_val(v),
            Values::Raw(_, v) => v.len(),
        }
    }

    fn dtype(&self) -> Dtype {
        match self.values {
            Values::F32(_) => Dtype::F32,
            Values::U64(_) => Dtype::U64,
            Values::Raw(dtype, _) => dtype,
        }
    }

    /// Why the values are not those of the shape, if they are not.
    pub(crate) fn unfilled(&self) -> Option<String> {
        let (shape, dtype, got) = (&self.shape, self.dtype(), self.len_bytes());
        let expected = shape.iter().try_fold(dtype.bytes(), |n, &d| n.checked_mul(d));
        let reason = || format!("{got} bytes of {} do not fill {shape:?}", dtype.name());
        (expected != Some(got)).then(reason)
    }

    /// The header's part on it, whose values begin at a byte.
    fn pair(&self, from: usize) -> String {
        let (dtype, to) = (self.dtype().name(), from + self.len_bytes());
        let place = json!({"dtype": dtype, "shape": self.shape, "data_offsets": [from, to]});
        pair(&self.name, place)
    }

    /// Writes the values.
    pub(crate) fn write_values(&self, out: &mut impl Write) -> io::Result<()> {
        match self.values {
            Values::F32(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
            Values::U64(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
            Values::Raw(_, v) => out.write_all(v),
        }
    }
}

/// Writes tensors in the order given, in one step: a crash leaves the old file.
///
/// # Errors
/// [`Error::Io`]; [`Error::Tensor`] for a name given twice and for values that do not fill their shape.
pub fn write(
    path: &Path,
    entries: &[Entry<'_>],
    metadata: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let mut header = Header::new(metadata);
    entries.iter().try_for_each(|entry| header.add(path, entry))?;
    let header = header.finish();
    let written = stdx::atomic_file::write_with(path, |out| {
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        entries.iter().try_for_each(|entry| entry.write_values(out))
    });
    written.map_err(Error::io(path))
}

/// A header that grows by tensors.
#[derive(Debug)]
pub(crate) struct Header {
    /// The pairs as JSON, each but the first behind a comma.
    text: String,
    names: BTreeSet<String>,
    /// Where the next values go, behind the header.
    end: usize,
}

impl Header {
    pub(crate) fn new(metadata: &BTreeMap<String, String>) -> Self {
        // No tensor may have the name under which metadata stands.
        let names = BTreeSet::from(["__metadata__".to_string()]);
        let mut header = Self { text: String::new(), names, end: 0 };
        if !metadata.is_empty() {
            header.push(&pair("__metadata__", json!(metadata)));
        }
        header
    }

    /// Gives a tensor the place behind the last.
    pub(crate) fn add(&mut self, path: &Path, entry: &Entry<'_>) -> Result<(), Error> {
        let is_new = !self.names.contains(&entry.name);
        let taken = (!is_new).then(|| "its name is taken: it was given twice".to_string());
        if let Some(reason) = entry.unfilled().or(taken) {
            let (path, name) = (path.to_path_buf(), entry.name.clone());
            return Err(Error::Tensor { path, name, reason });
        }
        self.names.insert(entry.name.clone());
        self.push(&entry.pair(self.end));
        self.end += entry.len_bytes();
        Ok(())
    }

    fn push(&mut self, pair: &str) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        self.text += pair;
    }

    /// Whether it would still be at most so long with one more tensor.
    pub(crate) fn fits(&self, entry: &Entry<'_>, most_bytes: usize) -> bool {
        let comma_and_braces = 3;
        self.text.len() + entry.pair(self.end).len() + comma_and_braces <= most_bytes
    }

    /// The bytes of values so far.
    pub(crate) fn end(&self) -> usize {
        self.end
    }

    /// The header's bytes, as many as are a multiple of eight, so that values begin at one.
    pub(crate) fn finish(&self) -> Vec<u8> {
        let mut header = format!("{{{}}}", self.text).into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        header
    }
}

/// A pair of a JSON object, without its braces.
fn pair(key: &str, value: Value) -> String {
    let object = Value::Object(Map::from_iter([(key.to_string(), value)])).to_string();
    object[1..object.len() - 1].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_entry_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let check = |entries: &[Entry<'_>], words: &[&str]| {
            let message = write(&path, entries, &BTreeMap::new()).unwrap_err().to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
            assert!(!path.exists());
        };
        check(&[Entry::f32("a", &[3], &[1.0])], &["\"a\"", "4 bytes of F32 do not fill [3]"]);
        check(&[Entry::f32("a", &[usize::MAX, 4], &[])], &["do not fill"]);
        check(&[Entry::raw("a", Dtype::I16, &[1], &[1])], &["1 bytes of I16"]);
        let one = || Entry::f32("a", &[1], &[1.0]);
        check(&[one(), one()], &["\"a\"", "given twice"]);
        check(&[Entry::f32("__metadata__", &[1], &[1.0])], &["its name is taken"]);
    }

    #[test]
    fn a_header_is_json_of_the_length_that_was_foretold() {
        let mut header = Header::new(&BTreeMap::from([("format".into(), "pt".into())]));
        let path = Path::new("a");
        for name in ["a \"quoted\" name", "b", "cé"] {
            let entry = Entry::f32(name, &[2, 1], &[1.0, 2.0]);
            let least = (0..).find(|most| header.fits(&entry, *most)).unwrap();
            header.add(path, &entry).unwrap();
            assert_eq!(header.finish().len(), least.next_multiple_of(8));
        }
        assert_eq!(header.end(), 24);
        let json: Value = serde_json::from_slice(&header.finish()).unwrap();
        assert_eq!(json["__metadata__"]["format"], "pt");
        assert_eq!(json["cé"]["data_offsets"], json!([16, 24]));
        assert_eq!(json["a \"quoted\" name"]["shape"], json!([2, 1]));
        assert_eq!(Header::new(&BTreeMap::new()).finish(), *b"{}      ");
    }
}
