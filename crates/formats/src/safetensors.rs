//! The safetensors format (huggingface/safetensors, format version 0.4): eight bytes of header
//! length, a JSON header of names, types, shapes and offsets, then the values, little endian.
//!
//! Reading maps the file into memory and checks the header whole before anything is used: offsets
//! within the file and in step with shapes, no two tensors on the same bytes, no gaps. Leaves out
//! the number types that no weight of ours has (f64, int8, float8): they are named in the error.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Longer headers are refused, as the reference implementation does.
const LONGEST_HEADER: u64 = 100_000_000;

/// What can be wrong with a weight file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file ends early.
    #[error(
        "{} is cut short: {expected} bytes are announced, {got} are there; copy or download it again",
        path.display()
    )]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Bytes that the header announces.
        expected: u64,
        /// Bytes on the disk.
        got: u64,
    },
    /// The header contradicts itself or the file.
    #[error("{} is no valid safetensors file: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no such tensor.
    #[error("{} has no tensor {name:?}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The name asked for.
        name: String,
    },
}

/// The number types that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// IEEE single precision.
    F32,
    /// IEEE half precision.
    F16,
    /// Brain float.
    Bf16,
    /// Unsigned 64-bit integers: state of generators and counters in checkpoints.
    U64,
    /// Plain bytes.
    U8,
}

impl Dtype {
    const ALL: [(Self, &'static str, usize); 5] = [
        (Self::F32, "F32", 4),
        (Self::F16, "F16", 2),
        (Self::Bf16, "BF16", 2),
        (Self::U64, "U64", 8),
        (Self::U8, "U8", 1),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n, _)| *n == name).map(|(dtype, ..)| *dtype)
    }

    fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    fn bytes(self) -> usize {
        Self::ALL[self as usize].2
    }
}

#[derive(Clone, Debug)]
struct Place {
    dtype: Dtype,
    shape: Vec<usize>,
    /// Offsets into the file.
    from: usize,
    to: usize,
}

/// An open file.
#[derive(Debug)]
pub struct SafeTensors {
    path: PathBuf,
    map: memmap2::Mmap,
    places: BTreeMap<String, Place>,
    metadata: BTreeMap<String, String>,
}

impl SafeTensors {
    /// Opens a file and checks its header.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::CutShort`], [`Error::Invalid`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let io = |source| Error::Io { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(io)?;
        #[expect(unsafe_code, reason = "a memory map")]
        // SAFETY: the map is read only. That nobody shrinks the file meanwhile cannot be ruled
        // out on any system; our own writes replace files and never change them in place.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io)?;
        let (header, start) = header(path, &map)?;
        let (places, metadata) = places(path, &header, start, map.len())?;
        Ok(Self { path: path.to_path_buf(), map, places, metadata })
    }

    /// The tensors' names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The text pairs that stand beside the tensors.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// A tensor's shape.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn shape(&self, name: &str) -> Result<&[usize], Error> {
        Ok(&self.place(name)?.shape)
    }

    /// A tensor's number type.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn dtype(&self, name: &str) -> Result<Dtype, Error> {
        Ok(self.place(name)?.dtype)
    }

    /// A tensor's values as they stand in the file: little endian, last dimension fastest.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn bytes(&self, name: &str) -> Result<&[u8], Error> {
        let place = self.place(name)?;
        Ok(&self.map[place.from..place.to])
    }

    /// A tensor's values, widened to f32.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Invalid`] if they are integers.
    pub fn f32(&self, name: &str) -> Result<Vec<f32>, Error> {
        let place = self.place(name)?;
        let bytes = &self.map[place.from..place.to];
        let pairs = || bytes.chunks_exact(2).map(|b| [b[0], b[1]]);
        Ok(match place.dtype {
            Dtype::F32 => words(bytes).map(f32::from_le_bytes).collect(),
            Dtype::F16 => pairs().map(|b| half::f16::from_le_bytes(b).to_f32()).collect(),
            Dtype::Bf16 => pairs().map(|b| half::bf16::from_le_bytes(b).to_f32()).collect(),
            Dtype::U64 | Dtype::U8 => {
                return Err(self.wrong_type(name, "numbers with a fraction"));
            }
        })
    }

    /// A tensor of integers.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Invalid`] if they are no integers.
    pub fn u64(&self, name: &str) -> Result<Vec<u64>, Error> {
        let place = self.place(name)?;
        if place.dtype != Dtype::U64 {
            return Err(self.wrong_type(name, "integers"));
        }
        Ok(words(&self.map[place.from..place.to]).map(u64::from_le_bytes).collect())
    }

    fn place(&self, name: &str) -> Result<&Place, Error> {
        let missing = || Error::Missing { path: self.path.clone(), name: name.to_string() };
        self.places.get(name).ok_or_else(missing)
    }

    fn wrong_type(&self, name: &str, expected: &str) -> Error {
        invalid(&self.path, format!("tensor {name:?} does not hold {expected}"))
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.chunks_exact(N).map(|b| b.try_into().expect("chunks are of the size asked for"))
}

fn invalid(path: &Path, reason: impl Into<String>) -> Error {
    Error::Invalid { path: path.to_path_buf(), reason: reason.into() }
}

/// The parsed header and where values begin.
fn header(path: &Path, file: &[u8]) -> Result<(Map<String, Value>, usize), Error> {
    let cut =
        |expected| Error::CutShort { path: path.to_path_buf(), expected, got: file.len() as u64 };
    let Some(length) = words::<8>(file).next().map(u64::from_le_bytes) else {
        return Err(cut(8));
    };
    if length > LONGEST_HEADER {
        return Err(invalid(path, format!("its header would be {length} bytes long")));
    }
    let start = 8 + length as usize;
    let text = file.get(8..start).ok_or_else(|| cut(start as u64))?;
    match serde_json::from_slice(text) {
        Ok(Value::Object(header)) => Ok((header, start)),
        Ok(_) => Err(invalid(path, "its header is no JSON object")),
        Err(error) => Err(invalid(path, format!("its header is no JSON: {error}"))),
    }
}

type Checked = (BTreeMap<String, Place>, BTreeMap<String, String>);

/// Every tensor's place, after checking that together they cover the values exactly.
fn places(
    path: &Path,
    header: &Map<String, Value>,
    start: usize,
    file_length: usize,
) -> Result<Checked, Error> {
    let (mut places, mut metadata) = (BTreeMap::new(), BTreeMap::new());
    for (name, value) in header {
        if name == "__metadata__" {
            let pairs = value.as_object().into_iter().flatten();
            metadata.extend(pairs.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_string()))));
        } else {
            let place =
                place(value, start).map_err(|why| invalid(path, format!("{name:?}: {why}")))?;
            places.insert(name.clone(), place);
        }
    }
    let mut in_order: Vec<(&String, &Place)> = places.iter().collect();
    in_order.sort_by_key(|(_, p)| (p.from, p.to));
    let mut end = start;
    for (name, place) in in_order {
        if place.from != end {
            let reason =
                format!("tensor {name:?} begins at {}, the last one ended at {end}", place.from);
            return Err(invalid(path, reason));
        }
        end = place.to;
    }
    match end.cmp(&file_length) {
        std::cmp::Ordering::Greater => {
            let (expected, got) = (end as u64, file_length as u64);
            Err(Error::CutShort { path: path.to_path_buf(), expected, got })
        }
        std::cmp::Ordering::Less => {
            Err(invalid(path, format!("{} bytes follow the last tensor", file_length - end)))
        }
        std::cmp::Ordering::Equal => Ok((places, metadata)),
    }
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
    if bytes != to.checked_sub(from) {
        return Err(format!("shape {shape:?} of {name} does not fill bytes {from} to {to}"));
    }
    let (from, to) = (start.checked_add(from), start.checked_add(to));
    match (from, to) {
        (Some(from), Some(to)) => Ok(Place { dtype, shape, from, to }),
        _ => Err("its offsets are beyond any file".into()),
    }
}

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
    U8(&'a [u8]),
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
        Self { name: name.into(), shape: vec![values.len()], values: Values::U8(values) }
    }

    fn dtype(&self) -> Dtype {
        match self.values {
            Values::F32(_) => Dtype::F32,
            Values::U64(_) => Dtype::U64,
            Values::U8(_) => Dtype::U8,
        }
    }

    fn len(&self) -> usize {
        match self.values {
            Values::F32(v) => v.len(),
            Values::U64(v) => v.len(),
            Values::U8(v) => v.len(),
        }
    }
}

/// Writes tensors in the order given, in one step: a crash leaves the old file.
///
/// # Errors
/// [`Error::Io`]; [`Error::Invalid`] for a name given twice or values that do not fill their shape.
pub fn write(
    path: &Path,
    entries: &[Entry<'_>],
    metadata: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let header = header_of(path, entries, metadata)?;
    let written = stdx::atomic_file::write_with(path, |out| {
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        for entry in entries {
            match entry.values {
                Values::F32(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes()))?,
                Values::U64(v) => v.iter().try_for_each(|x| out.write_all(&x.to_le_bytes()))?,
                Values::U8(v) => out.write_all(v)?,
            }
        }
        Ok(())
    });
    written.map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

fn header_of(
    path: &Path,
    entries: &[Entry<'_>],
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, Error> {
    let mut header = Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".into(), json!(metadata));
    }
    let mut from = 0;
    for entry in entries {
        let (dtype, to) = (entry.dtype(), from + entry.len() * entry.dtype().bytes());
        if entry.shape.iter().product::<usize>() != entry.len() {
            let (name, shape, n) = (&entry.name, &entry.shape, entry.len());
            return Err(invalid(path, format!("{name:?}: {n} values do not fill {shape:?}")));
        }
        let place =
            json!({"dtype": dtype.name(), "shape": entry.shape, "data_offsets": [from, to]});
        if header.insert(entry.name.clone(), place).is_some() {
            return Err(invalid(path, format!("tensor {:?} was given twice", entry.name)));
        }
        from = to;
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    // Spaces, so that values begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let (a, b) = ([1.0, -2.5, 3.0, 0.0, 5.0, 6.0], [7, u64::MAX]);
        let entries =
            [Entry::f32("a", &[2, 3], &a), Entry::u64("b", &b), Entry::bytes("c", b"raw")];
        let metadata = BTreeMap::from([("format".to_string(), "pt".to_string())]);
        write(&path, &entries, &metadata).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_written_is_read() {
        let (_folder, path) = written("a.safetensors");
        let file = SafeTensors::open(&path).unwrap();
        assert_eq!(file.names().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(file.shape("a").unwrap(), [2, 3]);
        assert_eq!(file.f32("a").unwrap(), [1.0, -2.5, 3.0, 0.0, 5.0, 6.0]);
        assert_eq!(file.u64("b").unwrap(), [7, u64::MAX]);
        assert_eq!(file.metadata()["format"], "pt");
        assert_eq!(file.bytes("c").unwrap(), b"raw");
        assert_eq!(file.dtype("c").unwrap(), Dtype::U8);
        assert_eq!(&file.bytes("a").unwrap()[..4], 1.0_f32.to_le_bytes());
        assert!(matches!(file.f32("d"), Err(Error::Missing { .. })));
        assert!(matches!(file.f32("b"), Err(Error::Invalid { .. })));
    }

    #[test]
    fn half_precision_is_widened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half");
        let header = r#"{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[1,1],"data_offsets":[4,6]}}"#;
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend_from_slice(header.as_bytes());
        // 1.0 and -0.5 as F16, then -2.0 as BF16.
        file.extend_from_slice(&[0x00, 0x3c, 0x00, 0xb8, 0x00, 0xc0]);
        std::fs::write(&path, file).unwrap();
        let file = SafeTensors::open(&path).unwrap();
        assert_eq!(file.f32("h").unwrap(), [1.0, -0.5]);
        assert_eq!(file.f32("b").unwrap(), [-2.0]);
        assert_eq!(file.shape("b").unwrap(), [1, 1]);
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
    }

    #[test]
    fn lying_headers_are_refused() {
        let check = |header: &str, values: usize, word: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("lie");
            let mut file = (header.len() as u64).to_le_bytes().to_vec();
            file.extend_from_slice(header.as_bytes());
            file.resize(file.len() + values, 0);
            std::fs::write(&path, file).unwrap();
            let message = SafeTensors::open(&path).unwrap_err().to_string();
            assert!(message.contains(word), "{header}: {message}");
        };
        let f32 = |shape: &str, offsets: &str| {
            format!(r#"{{"a":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        check(&f32("[2]", "[0,4]"), 8, "does not fill");
        check(&f32("[2]", "[8,0]"), 8, "does not fill");
        check(&f32("[1]", "[4,8]"), 8, "begins at");
        check(&f32("[1]", "[0,4]"), 8, "follow the last tensor");
        check(&f32("[4611686018427387904,4]", "[0,0]"), 0, "does not fill");
        check(&f32("[-1]", "[0,4]"), 4, "whole numbers");
        check(&f32("[1]", "[0]"), 4, "two numbers");
        check(r#"{"a":{"dtype":"I4","shape":[1],"data_offsets":[0,4]}}"#, 4, "I4");
        check("[]", 0, "no JSON object");
        check("{", 0, "no JSON");
        let two = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        check(two, 4, "begins at");
    }

    #[test]
    fn a_wrong_entry_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let entries = [Entry::f32("a", &[3], &[1.0])];
        assert!(write(&path, &entries, &BTreeMap::new()).is_err());
        let entries = [Entry::f32("a", &[1], &[1.0]), Entry::f32("a", &[1], &[1.0])];
        assert!(write(&path, &entries, &BTreeMap::new()).is_err());
        assert!(!path.exists());
    }
}
