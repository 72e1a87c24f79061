//! The safetensors format (huggingface/safetensors, format version 0.4): eight bytes of header
//! length, a JSON header of names, types, shapes and offsets, then the values, little endian.
//!
//! Reading maps the file into memory and checks the header whole before anything is used: offsets
//! within the file and in step with shapes, no two tensors on the same bytes, no gaps, no name twice.
//! All tensors that are wrong are named at once. Leaves out the types of less than a byte.

mod write;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::contents::Contents;
use crate::dtype::words;
use crate::error::listed;
use crate::json::Pairs;
use crate::tensors::{Place, Table, strides};
use crate::{Dtype, Error, Tensors, View};

pub(crate) use write::Header;
pub use write::{Entry, write};

/// Longer headers are refused, as the reference implementation does.
const LONGEST_HEADER: u64 = 100_000_000;

const FORMAT: &str = "safetensors";

/// An open file.
#[derive(Debug)]
pub struct SafeTensors {
    table: Table,
    metadata: BTreeMap<String, String>,
}

impl SafeTensors {
    /// Opens a file and checks its header.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::CutShort`], [`Error::Invalid`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::read(path, Contents::open(path)?)
    }

    /// Reads a file that is in memory; `name` is for errors.
    ///
    /// # Errors
    /// [`Error::CutShort`], [`Error::Invalid`].
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        Self::read(Path::new(name), Contents::Given(bytes))
    }

    fn read(path: &Path, contents: Contents) -> Result<Self, Error> {
        let (header, start) = header(path, &contents)?;
        let (places, metadata) = places(path, header, start, contents.len())?;
        Ok(Self { table: Table { path: path.to_path_buf(), contents, places }, metadata })
    }

    /// The text pairs that stand beside the tensors.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// A tensor's values as they stand in the file: little endian, last dimension fastest.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn bytes(&self, name: &str) -> Result<&[u8], Error> {
        self.view(name)?;
        let place = &self.table.places[name];
        Ok(&self.table.contents[place.from..place.to])
    }
}

impl Tensors for SafeTensors {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        self.table.names()
    }

    fn view(&self, name: &str) -> Result<View<'_>, Error> {
        self.table.view(name)
    }
}

/// The parsed header and where values begin.
fn header(path: &Path, file: &[u8]) -> Result<(Pairs, usize), Error> {
    let cut = |expected| Error::cut_short(path, expected, file.len());
    let Some(length) = words::<8>(file).next().map(u64::from_le_bytes) else {
        return Err(cut(8));
    };
    if length > LONGEST_HEADER {
        let reason = format!("its header would be {length} bytes long");
        return Err(Error::invalid(path, FORMAT, reason));
    }
    let start = 8 + length as usize;
    let text = file.get(8..start).ok_or_else(|| cut(start))?;
    let header: Pairs = serde_json::from_slice(text)
        .map_err(|e| Error::invalid(path, FORMAT, format!("its header is no JSON object: {e}")))?;
    match header.twice().as_slice() {
        [] => Ok((header, start)),
        twice => {
            let causes = twice.iter().map(|name| format!("tensor {name:?} is there twice"));
            Err(Error::invalid(path, FORMAT, listed(causes.collect())))
        }
    }
}

type Checked = (BTreeMap<String, Place>, BTreeMap<String, String>);

/// Every tensor's place, after checking that together they cover the values exactly.
fn places(path: &Path, header: Pairs, start: usize, file_length: usize) -> Result<Checked, Error> {
    let (mut places, mut metadata) = (BTreeMap::new(), BTreeMap::new());
    let mut causes = Vec::new();
    for (name, value) in header.0 {
        if name == "__metadata__" {
            let pairs = value.as_object().into_iter().flatten();
            metadata.extend(pairs.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string()))));
            continue;
        }
        match place(&value, start) {
            Ok(place) => drop(places.insert(name, place)),
            Err(why) => causes.push(format!("tensor {name:?}: {why}")),
        }
    }
    if !causes.is_empty() {
        return Err(Error::invalid(path, FORMAT, listed(causes)));
    }
    let end = end(&places, start).map_err(|why| Error::invalid(path, FORMAT, why))?;
    match end.cmp(&file_length) {
        std::cmp::Ordering::Greater => Err(Error::cut_short(path, end, file_length)),
        std::cmp::Ordering::Less => {
            let reason = format!("{} bytes follow the last tensor", file_length - end);
            Err(Error::invalid(path, FORMAT, reason))
        }
        std::cmp::Ordering::Equal => Ok((places, metadata)),
    }
}

/// Where the last tensor ends, if they stand one behind the other.
fn end(places: &BTreeMap<String, Place>, start: usize) -> Result<usize, String> {
    let mut in_order: Vec<(&String, &Place)> = places.iter().collect();
    in_order.sort_by_key(|(_, p)| (p.from, p.to));
    in_order.into_iter().try_fold(start, |end, (name, place)| {
        let from = place.from;
        let follows = from == end;
        let reason = || format!("tensor {name:?} begins at {from}, the last one ended at {end}");
        if follows { Ok(place.to) } else { Err(reason()) }
    })
}

fn place(value: &Value, start: usize) -> Result<Place, String> {
    let name = value["dtype"].as_str().ok_or("it has no dtype")?;
    let dtype = Dtype::named(name).ok_or(format!("numbers of type {name} are not read"))?;
    let size = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
    let list =
        |key: &str| -> Option<Vec<usize>> { value[key].as_array()?.iter().map(size).collect() };
    let shape = list("shape").ok_or("its shape is no list of whole numbers")?;
    let offsets = list("data_offsets").ok_or("its data_offsets are no list of whole numbers")?;
    let &[from, to] = offsets.as_slice() else {
        return Err("its data_offsets are not two numbers".into());
    };
    let bytes = shape.iter().try_fold(dtype.bytes(), |n, &d| n.checked_mul(d));
    if bytes != to.checked_sub(from) || bytes.is_none() {
        return Err(format!("shape {shape:?} of {name} does not fill bytes {from} to {to}"));
    }
    let strides = strides(&shape);
    match (start.checked_add(from), start.checked_add(to)) {
        (Some(from), Some(to)) => Ok(Place { dtype, shape, strides, from, to }),
        _ => Err("its offsets are beyond any file".into()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn written(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let (a, b) = ([1.0, -2.5, 3.0, 0.0, 5.0, 6.0], [7, u64::MAX]);
        let entries = [
            Entry::f32("a", &[2, 3], &a),
            Entry::u64("b", &b),
            Entry::bytes("c", b"raw"),
            Entry::raw("d", Dtype::Bf16, &[2, 1], &[0x00, 0xc0, 0x80, 0x3f]),
        ];
        let metadata = BTreeMap::from([("format".to_string(), "pt".to_string())]);
        write(&path, &entries, &metadata).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_written_is_read() {
        let (_folder, path) = written("a.safetensors");
        let file = SafeTensors::open(&path).unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert_eq!(file.shape("a").unwrap(), [2, 3]);
        assert_eq!(file.f32("a").unwrap(), [1.0, -2.5, 3.0, 0.0, 5.0, 6.0]);
        assert_eq!(file.f32_rows("a", 1, 2).unwrap(), [0.0, 5.0, 6.0]);
        assert_eq!(file.bytes("b").unwrap()[8..], u64::MAX.to_le_bytes());
        assert_eq!(file.metadata()["format"], "pt");
        assert_eq!(file.bytes("c").unwrap(), b"raw");
        assert_eq!(file.dtype("c").unwrap(), Dtype::U8);
        assert_eq!(file.i64("c").unwrap(), [114, 97, 119]);
        assert_eq!(file.f32("d").unwrap(), [-2.0, 1.0]);
        assert_eq!(&file.bytes("a").unwrap()[..4], 1.0_f32.to_le_bytes());
        assert!(matches!(file.f32("e"), Err(Error::Missing { .. })));
        assert!(matches!(file.bytes("e"), Err(Error::Missing { .. })));
    }

    #[test]
    fn an_error_names_file_tensor_and_cause() {
        let (_folder, path) = written("a.safetensors");
        let message = SafeTensors::open(&path).unwrap().f32("b").unwrap_err().to_string();
        for word in ["a.safetensors", "\"b\"", "U64"] {
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let (folder, path) = written("a.safetensors");
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            let cut = folder.path().join("cut");
            std::fs::write(&cut, &whole[..length]).unwrap();
            assert!(SafeTensors::open(&cut).is_err(), "{length} of {} bytes", whole.len());
        }
        let cut = folder.path().join("cut");
        std::fs::write(&cut, &whole[..whole.len() - 1]).unwrap();
        let message = SafeTensors::open(&cut).unwrap_err().to_string();
        assert!(message.contains("cut short") && message.contains("again"), "{message}");
        let message = SafeTensors::open(folder.path()).unwrap_err().to_string();
        assert!(message.contains("no regular file"), "{message}");
    }

    /// A header and as many zeros behind it, whose error has all these words.
    fn check(header: &str, values: usize, words: &[&str]) {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend_from_slice(header.as_bytes());
        file.resize(file.len() + values, 0);
        let message = SafeTensors::from_bytes("lie", file).unwrap_err().to_string();
        for word in words {
            assert!(message.contains(word), "{header}: {message}");
        }
    }

    #[test]
    fn lying_headers_are_refused() {
        let f32 = |shape: &str, offsets: &str| {
            format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        check(&f32("[2]", "[0,4]"), 8, &["does not fill"]);
        check(&f32("[2]", "[8,0]"), 8, &["does not fill"]);
        check(&f32("[1]", "[4,8]"), 8, &["begins at"]);
        check(&f32("[1]", "[0,4]"), 8, &["follow the last tensor"]);
        check(&f32("[4611686018427387904,4]", "[0,0]"), 0, &["does not fill"]);
        // Beyond a word in both ways, which must not pass for agreement.
        check(&f32("[4611686018427387904,4]", "[8,0]"), 0, &["does not fill"]);
        check(&f32("[-1]", "[0,4]"), 4, &["whole numbers"]);
        check(&f32("[1]", "[0]"), 4, &["two numbers"]);
        check(r#"{"a":{"dtype":"I4","shape":[1],"data_offsets":[0,4]}}"#, 4, &["I4"]);
        check("[]", 0, &["no JSON object"]);
        check("{", 0, &["no JSON"]);
        let two = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        check(two, 4, &["begins at"]);
        check(
            &two.replace("\"b\"", "\"a\""),
            4,
            &["lie is no valid safetensors", "\"a\" is there twice"],
        );
    }

    #[test]
    fn all_tensors_that_are_wrong_are_named() {
        let three = r#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]},"good":{"dtype":"U8","shape":[4],"data_offsets":[4,8]},"c":{"dtype":"F32","shape":[2],"data_offsets":[8,12]}}"#;
        check(three, 12, &["\"a\": numbers of type F4", "\"c\": shape [2] of F32"]);
    }
}
