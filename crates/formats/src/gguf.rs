//! GGUF, llama.cpp's files (ggml-org/ggml, `docs/gguf.md`, versions 2 and 3): metadata by key, then
//! tensors of ggml's types ([`crate::ggml`]), which are mapped into memory and widened when they are asked
//! for.
//!
//! ```text
//! "GGUF", u32 version, u64 tensors, u64 pairs
//! pair     key, u32 type, value            text is u64 length and bytes
//! tensor   name, u32 dimensions, u64 each (the fastest first), u32 type, u64 offset
//! padding up to `general.alignment`, 32 unless it says otherwise; values at their offsets from here
//! ```
//!
//! All numbers are little endian. Long arrays, such as a vocabulary, are passed over: `tokenizer` reads
//! them itself. Left out: version 1, files of big-endian machines, files in several parts.

mod cursor;
mod write;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::Error;
use crate::contents::Contents;
use crate::error::listed;
use crate::ggml::Kind;
use cursor::Cursor;

pub use write::{Pair, Planned, write, write_weighed};

const FORMAT: &str = "GGUF";

/// The first four bytes.
pub(crate) const MAGIC: &[u8] = b"GGUF";

/// Bytes that values are aligned to where a file does not say.
const ALIGNMENT: u64 = 32;

/// Dimensions of a tensor at most, as in ggml.
const MOST_DIMENSIONS: u32 = 4;

/// Bytes of the shortest description of a tensor: an empty name, one dimension.
const LEAST_TENSOR: u64 = 8 + 4 + 8 + 4 + 8;

/// An open file.
#[derive(Debug)]
pub struct Gguf {
    path: PathBuf,
    contents: Contents,
    metadata: Map<String, Value>,
    /// Every pair, and where type and value of it lie.
    pairs: Vec<(String, Range<usize>)>,
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Clone, Debug)]
struct Tensor {
    kind: Kind,
    /// Outermost first.
    shape: Vec<usize>,
    from: usize,
    to: usize,
}

impl Gguf {
    /// Whether a file begins as such files do.
    pub fn is_one(path: &Path) -> bool {
        use std::io::Read;
        let mut first = [0; 4];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
        read.is_ok() && first == MAGIC
    }

    /// Opens a file and checks all that stands before the values, and where these are.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::CutShort`], [`Error::Invalid`] with every tensor that is wrong.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::read(path, Contents::open(path)?)
    }

    /// Reads a file that is in memory; `name` is for errors.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        Self::read(Path::new(name), Contents::Given(bytes))
    }

    fn read(path: &Path, contents: Contents) -> Result<Self, Error> {
        let invalid = |why: String| Error::invalid(path, FORMAT, why);
        let head = Head::read(&contents).map_err(invalid)?;
        let Head { metadata, pairs, described, values } = head;
        let alignment = match &metadata.get("general.alignment") {
            None => ALIGNMENT,
            Some(value) => value
                .as_u64()
                .filter(|n| n.is_power_of_two() && *n <= 1 << 16)
                .ok_or_else(|| invalid(format!("general.alignment is {value}, no power of two")))?,
        };
        let start = (values as u64).next_multiple_of(alignment);
        let (mut tensors, mut causes) = (BTreeMap::new(), Vec::new());
        for Described { name, dimensions, kind, offset } in described {
            let placed = placed(&dimensions, kind, offset, start, alignment);
            match placed {
                _ if tensors.contains_key(&name) => {
                    causes.push(format!("tensor {name:?} is there twice"));
                }
                Ok(tensor) => drop(tensors.insert(name, tensor)),
                Err(why) => causes.push(format!("tensor {name:?}: {why}")),
            }
        }
        causes.extend(overlaps(&tensors));
        if !causes.is_empty() {
            return Err(invalid(listed(causes)));
        }
        let end = tensors.values().map(|tensor| tensor.to).max().unwrap_or(0);
        if end > contents.len() {
            return Err(Error::cut_short(path, end, contents.len()));
        }
        Ok(Self { path: path.to_path_buf(), contents, metadata, pairs, tensors })
    }

    /// The metadata but for long arrays: texts, numbers, truth values, lists of them.
    pub fn metadata(&self) -> &Map<String, Value> {
        &self.metadata
    }

    /// The metadata whose keys are wanted, long arrays too, to be written again.
    pub fn pairs(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Pair> {
        let wanted = self.pairs.iter().filter(|(key, _)| is_wanted(key));
        wanted
            .map(|(key, place)| Pair {
                key: key.clone(),
                bytes: self.contents[place.clone()].to_vec(),
            })
            .collect()
    }

    /// The names of all tensors, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// A tensor's shape, outermost dimension first.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(&self.tensors.get(name)?.shape)
    }

    /// A tensor's type.
    pub fn kind(&self, name: &str) -> Option<Kind> {
        Some(self.tensors.get(name)?.kind)
    }

    /// A tensor's blocks as they lie.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn bytes(&self, name: &str) -> Result<&[u8], Error> {
        let tensor = self.tensor(name)?;
        Ok(&self.contents[tensor.from..tensor.to])
    }

    /// Lets the memory go that reading a tensor took.
    pub fn forget(&self, name: &str) {
        if let Some(tensor) = self.tensors.get(name) {
            self.contents.forget(tensor.from..tensor.to);
        }
    }

    /// A tensor's values.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn f32(&self, name: &str) -> Result<Vec<f32>, Error> {
        let tensor = self.tensor(name)?;
        Ok(tensor.kind.f32(&self.contents[tensor.from..tensor.to]))
    }

    /// The values of place `index` along the first dimension of a tensor of several.
    ///
    /// # Errors
    /// [`Error::Missing`]; [`Error::Tensor`] if there is no such place.
    pub fn f32_place(&self, name: &str, index: usize) -> Result<Vec<f32>, Error> {
        let tensor = self.tensor(name)?;
        let places = tensor.shape.first().copied().unwrap_or(0);
        if tensor.shape.len() < 2 || index >= places {
            let (path, name) = (self.path.clone(), name.to_string());
            let reason = format!("place {index} is not in shape {:?}", tensor.shape);
            return Err(Error::Tensor { path, name, reason });
        }
        let bytes = (tensor.to - tensor.from) / places;
        let from = tensor.from + index * bytes;
        Ok(tensor.kind.f32(&self.contents[from..from + bytes]))
    }

    fn tensor(&self, name: &str) -> Result<&Tensor, Error> {
        let missing = || Error::Missing { path: self.path.clone(), name: name.to_string() };
        self.tensors.get(name).ok_or_else(missing)
    }
}

/// What a file with these pairs would say, but for long arrays.
///
/// # Errors
/// A pair that cannot be read.
pub fn told(pairs: &[Pair]) -> Result<Map<String, Value>, String> {
    let mut metadata = Map::new();
    for Pair { key, bytes } in pairs {
        let mut cursor = Cursor::new(bytes);
        let kind = cursor.u32()?;
        if let Some(value) = cursor.value(kind)? {
            metadata.insert(key.clone(), value);
        }
    }
    Ok(metadata)
}

/// All that stands before the values.
struct Head {
    metadata: Map<String, Value>,
    pairs: Vec<(String, Range<usize>)>,
    described: Vec<Described>,
    /// Where it ends.
    values: usize,
}

/// A tensor as the head describes it.
struct Described {
    name: String,
    /// The fastest first.
    dimensions: Vec<u64>,
    kind: u32,
    offset: u64,
}

impl Head {
    fn read(file: &[u8]) -> Result<Self, String> {
        let mut cursor = Cursor::new(file);
        if cursor.take(4)? != MAGIC {
            return Err("it does not begin with GGUF".into());
        }
        let version = cursor.u32()?;
        if !(2..=3).contains(&version) {
            return Err(match version.swap_bytes() {
                2 | 3 => "it is of a big-endian machine, which is not read".into(),
                _ => format!("version {version} is not read, only 2 and 3"),
            });
        }
        let (tensors, pairs) = (cursor.u64()?, cursor.u64()?);
        let (mut metadata, mut places) = (Map::new(), Vec::new());
        for _ in 0..pairs {
            let key = cursor.text()?;
            let from = cursor.at();
            let kind = cursor.u32()?;
            let value = cursor.value(kind).map_err(|why| format!("the key {key:?}: {why}"))?;
            if metadata.contains_key(&key) {
                return Err(format!("the key {key:?} is there twice"));
            }
            places.push((key.clone(), from..cursor.at()));
            metadata.insert(key, value.unwrap_or(Value::Null));
        }
        // What was passed over was worth checking that it is there but once, and no more.
        metadata.retain(|_, value| !value.is_null());
        if tensors > cursor.left() as u64 / LEAST_TENSOR {
            return Err(format!("{tensors} tensors are announced, for which it is too short"));
        }
        let described = (0..tensors).map(|_| Described::read(&mut cursor));
        let described = described.collect::<Result<_, _>>()?;
        Ok(Self { metadata, pairs: places, described, values: cursor.at() })
    }
}

impl Described {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, String> {
        let name = cursor.text()?;
        let n = cursor.u32()?;
        if n == 0 || n > MOST_DIMENSIONS {
            return Err(format!("tensor {name:?} has {n} dimensions; 1 to 4 are read"));
        }
        let dimensions = (0..n).map(|_| cursor.u64()).collect::<Result<_, _>>()?;
        Ok(Self { name, dimensions, kind: cursor.u32()?, offset: cursor.u64()? })
    }
}

/// Where a tensor lies, if it can.
fn placed(
    dimensions: &[u64],
    kind: u32,
    offset: u64,
    start: u64,
    alignment: u64,
) -> Result<Tensor, String> {
    let kind = Kind::of(kind)?;
    let shape: Option<Vec<usize>> =
        dimensions.iter().rev().map(|&n| usize::try_from(n).ok()).collect();
    let n = shape.as_ref().and_then(|shape| {
        shape.iter().try_fold(1_usize, |n, &size| n.checked_mul(size)).filter(|n| *n > 0)
    });
    let (Some(shape), Some(n)) = (shape, n) else {
        return Err(format!("its dimensions {dimensions:?} make no tensor"));
    };
    let row = shape[shape.len() - 1];
    let whole = row.is_multiple_of(kind.numbers).then(|| kind.len_bytes(n)).flatten();
    let bytes = whole.ok_or_else(|| {
        format!("rows of {row} are no whole blocks of {} ({})", kind.numbers, kind.name)
    })?;
    if !offset.is_multiple_of(alignment) {
        return Err(format!("its offset {offset} is no multiple of {alignment}"));
    }
    let from = start.checked_add(offset).and_then(|from| usize::try_from(from).ok());
    let ends = from.and_then(|from| Some((from, from.checked_add(bytes)?)));
    let (from, to) = ends.ok_or("its offset is beyond any file")?;
    Ok(Tensor { kind, shape, from, to })
}

/// Tensors that share bytes with the one before them.
fn overlaps(tensors: &BTreeMap<String, Tensor>) -> Vec<String> {
    let mut in_order: Vec<(&String, &Tensor)> = tensors.iter().collect();
    in_order.sort_by_key(|(_, tensor)| (tensor.from, tensor.to));
    let pairs = in_order.windows(2).filter(|pair| pair[1].1.from < pair[0].1.to);
    pairs.map(|pair| format!("tensor {:?} lies within {:?}", pair[1].0, pair[0].0)).collect()
}

#[cfg(test)]
mod tests;
