//! Importance matrices, llama.cpp's: how much each column of a model's matrices counts, which is the mean of the
//! squares of the numbers that it was multiplied with on some text (Kawrakow, llama.cpp's pull request 4861,
//! 2024; as GGUF files its pull request 9400, 2025). [`crate::ggml::Kind::bytes_of_rows`] rounds with it.
//!
//! ```text
//! GGUF     NAME.in_sum2 (n, k): sums of squares; NAME.counts (n, 1): rows summed; n matrices of a stack
//!          imatrix.datasets, imatrix.chunk_count, imatrix.chunk_size (tokens)
//! older    i32 entries; each: i32 bytes and name, i32 calls, i32 numbers, f32 means times calls; then i32
//!          chunks, i32 bytes and name of the data, which may be absent
//! ```
//!
//! Left out: writing the older form, adding files up.

mod legacy;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::Error;
use crate::contents::Contents;
use crate::error::listed;
use crate::ggml::Kind;
use crate::gguf::{Gguf, Pair, Planned, write};

const FORMAT: &str = "imatrix";

/// How a tensor of sums is called, after its matrix.
const SUMS: &str = ".in_sum2";

/// How that of the rows that were summed is called.
const COUNTS: &str = ".counts";

/// How much the columns of matrices count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imatrix {
    entries: BTreeMap<String, Entry>,
    /// What texts it was made of, as whoever made it called them.
    pub datasets: Vec<String>,
    /// How many pieces of text were read.
    pub chunks: u32,
    /// Tokens of a piece; 0 where the file does not say.
    pub chunk_size: u32,
}

/// What is known of a matrix, or of each of a stack of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Sums of squares: a row of columns for each matrix.
    sums: Vec<f32>,
    /// Rows that were summed, for each matrix.
    counts: Vec<f32>,
}

impl Entry {
    /// Sums of squares `(n, k)` and the rows that were summed `(n)`, of `n` matrices of `k` columns.
    ///
    /// # Errors
    /// Numbers that are no such sums, or fit no matrices.
    pub fn new(sums: Vec<f32>, counts: Vec<f32>) -> Result<Self, String> {
        let (n, all) = (counts.len(), sums.len());
        if n == 0 || all == 0 || !all.is_multiple_of(n) {
            return Err(format!("{all} sums and {n} counts belong to no matrices"));
        }
        let mut each = sums.iter().chain(&counts);
        match each.find(|x| !x.is_finite() || **x < 0.0) {
            Some(x) => Err(format!("{x} is no sum of squares")),
            None => Ok(Self { sums, counts }),
        }
    }

    /// Means of squares, matrix by matrix. One that met nothing has ones: all its columns count the same.
    pub fn means(&self) -> Vec<f32> {
        let rows = self.sums.chunks_exact(self.sums.len() / self.counts.len());
        let mean = |x: f32, count: f32| if count > 0.0 { x / count } else { 1.0 };
        let rows = rows.zip(&self.counts);
        rows.flat_map(|(row, &count)| row.iter().map(move |&x| mean(x, count))).collect()
    }

    /// Sums and counts.
    pub fn sums(&self) -> (&[f32], &[f32]) {
        (&self.sums, &self.counts)
    }
}

impl Imatrix {
    /// Reads a file of either form.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::CutShort`], [`Error::Invalid`] with every entry that is wrong.
    pub fn open(path: &Path) -> Result<Self, Error> {
        match Gguf::is_one(path) {
            true => of_gguf(path, &Gguf::open(path)?),
            false => legacy::read(&Contents::open(path)?)
                .map_err(|why| Error::invalid(path, FORMAT, why)),
        }
    }

    /// Reads a file that is in memory; `name` is for errors.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        let path = Path::new(name);
        match bytes.starts_with(crate::gguf::MAGIC) {
            true => of_gguf(path, &Gguf::from_bytes(name, bytes)?),
            false => legacy::read(&bytes).map_err(|why| Error::invalid(path, FORMAT, why)),
        }
    }

    /// Adds what is known of the matrix, or the stack of matrices, that a GGUF file has under a name.
    pub fn insert(&mut self, name: impl Into<String>, entry: Entry) {
        self.entries.insert(name.into(), entry);
    }

    /// What is known of a matrix.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The names of all matrices, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// How many matrices there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Writes it as llama.cpp does, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let (mut tensors, mut values) = (Vec::new(), BTreeMap::new());
        for (name, Entry { sums, counts }) in &self.entries {
            let n = counts.len();
            for (ending, all) in [(SUMS, sums), (COUNTS, counts)] {
                let name = format!("{name}{ending}");
                let invalid = |why| Error::invalid(path, FORMAT, why);
                let kind = Kind::to_write("F32").map_err(invalid)?;
                values.insert(name.clone(), all);
                tensors.push(Planned { name, shape: vec![n, all.len() / n], kind });
            }
        }
        let pairs = [
            ("general.type", json!(FORMAT)),
            ("imatrix.datasets", json!(self.datasets)),
            ("imatrix.chunk_count", json!(self.chunks)),
            ("imatrix.chunk_size", json!(self.chunk_size)),
        ];
        let pairs = pairs.iter().map(|(key, value)| Pair::new(*key, value));
        let pairs = pairs.collect::<Result<Vec<_>, _>>();
        let pairs = pairs.map_err(|why| Error::invalid(path, FORMAT, why))?;
        write(path, &pairs, &tensors, |name| Ok::<_, Error>(values[name].clone()))
    }
}

fn of_gguf(path: &Path, file: &Gguf) -> Result<Imatrix, Error> {
    let number = |key: &str| {
        let number = file.metadata().get(key).and_then(Value::as_u64).unwrap_or(0);
        u32::try_from(number).unwrap_or(0)
    };
    let datasets = file.metadata().get("imatrix.datasets").and_then(Value::as_array);
    let texts = datasets.into_iter().flatten().filter_map(Value::as_str);
    let mut read = Imatrix {
        entries: BTreeMap::new(),
        datasets: texts.map(str::to_string).collect(),
        chunks: number("imatrix.chunk_count"),
        chunk_size: number("imatrix.chunk_size"),
    };
    let mut causes = Vec::new();
    for name in file.names().filter_map(|name| name.strip_suffix(SUMS)) {
        match entry(file, name) {
            Ok(entry) => read.insert(name, entry),
            Err(why) => causes.push(format!("{name:?}: {why}")),
        }
    }
    if read.is_empty() && causes.is_empty() {
        causes
            .push(format!("it has no tensor NAME{SUMS}; `lyceum model imatrix` makes such files"));
    }
    if causes.is_empty() { Ok(read) } else { Err(Error::invalid(path, FORMAT, listed(causes))) }
}

fn entry(file: &Gguf, name: &str) -> Result<Entry, String> {
    let numbers = |ending: &str| {
        let name = format!("{name}{ending}");
        match file.kind(&name) {
            Some(kind) if kind.name == "F32" => file.f32(&name).map_err(|e| e.to_string()),
            Some(kind) => Err(format!("{name} is {}, not F32", kind.name)),
            None => Err(format!("there is no {name}")),
        }
    };
    let (sums, counts) = (numbers(SUMS)?, numbers(COUNTS)?);
    let shape = file.shape(&format!("{name}{SUMS}")).unwrap_or_default();
    let n: usize = shape[..shape.len().saturating_sub(1)].iter().product();
    if n != counts.len() {
        return Err(format!("sums of shape {shape:?} do not go with {} counts", counts.len()));
    }
    Entry::new(sums, counts)
}

#[cfg(test)]
mod tests;
