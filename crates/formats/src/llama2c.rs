//! The weight files of llama2.c (Karpathy, 2023): a header of sizes, then the tensors of a Llama in f32,
//! one behind the other, each kind for all layers at once. They carry no names: here they have those of
//! Meta's own checkpoints, of which llama2.c makes them, `layers.0.attention.wq.weight` and its like.
//!
//! ```text
//! version 0   7 × i32: dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len; a vocab_size
//!             below zero says that the output matrix is a tensor of its own, the last one. Before it
//!             lie the cosines and sines of RoPE, seq_len × head_dim/2 each, which its runtime skips too.
//! version 1   "ak42", the version, the same seven, a byte: whether the output matrix is the embedding;
//!             zeros up to byte 256. The gains of all norms come first; no cosines and sines.
//! ```
//!
//! Numbers are little endian. Heads turn by neighbouring pairs, as at Meta. Both versions are read, the
//! first is written, for it is the one that every port reads. Left out: version 2, 8 bits a weight.

use std::collections::BTreeMap;
use std::path::Path;

use crate::contents::Contents;
use crate::dtype::words;
use crate::tensors::{Place, Table, strides};
use crate::{Dtype, Error, Tensors, View};

mod write;

pub use write::write;

const FORMAT: &str = "llama2.c";

/// "ak42" as a number, at the beginning of version 1 and later.
const MAGIC: u32 = 0x616b_3432;

/// Bytes before the tensors of version 1.
const LONG_HEADER: usize = 256;

/// Larger sizes are a mistake, or somebody's trap.
const LARGEST: usize = 1 << 28;

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// D: width of the residual stream.
    pub dim: usize,
    /// F: inner width of the feed-forward blocks.
    pub hidden_dim: usize,
    /// Blocks.
    pub n_layers: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key and value heads.
    pub n_kv_heads: usize,
    /// V: tokens.
    pub vocab_size: usize,
    /// T: positions at most.
    pub seq_len: usize,
    /// Whether the output matrix is the embedding.
    pub tied: bool,
}

impl Sizes {
    fn flaw(&self) -> Option<String> {
        let all = self.named();
        if let Some((name, size)) = all.iter().find(|(_, size)| *size == 0 || *size > LARGEST) {
            return Some(format!("{name} is {size}; it must be from 1 to 2^28"));
        }
        let Self { dim, n_heads, n_kv_heads, .. } = *self;
        if !dim.is_multiple_of(2 * n_heads) {
            return Some(format!("dim {dim} does not make {n_heads} heads of an even width"));
        }
        (!n_heads.is_multiple_of(n_kv_heads))
            .then(|| format!("{n_heads} heads cannot share {n_kv_heads} of keys and values"))
    }

    /// In the order of the header.
    fn named(&self) -> [(&'static str, usize); 7] {
        [
            ("dim", self.dim),
            ("hidden_dim", self.hidden_dim),
            ("n_layers", self.n_layers),
            ("n_heads", self.n_heads),
            ("n_kv_heads", self.n_kv_heads),
            ("vocab_size", self.vocab_size),
            ("seq_len", self.seq_len),
        ]
    }

    /// Numbers in each of the two tables of RoPE.
    fn table(&self) -> usize {
        self.seq_len * (self.dim / self.n_heads / 2)
    }

    /// The kinds of tensors in the order of a file.
    fn kinds(&self, version: Version) -> Vec<Kind> {
        let (d, f, vocab) = (self.dim, self.hidden_dim, self.vocab_size);
        let kv = d / self.n_heads * self.n_kv_heads;
        let each = |name, shape| Kind { name, layers: Some(self.n_layers), shape };
        let one = |name, shape| Kind { name, layers: None, shape };
        let embedding = [one("tok_embeddings", vec![vocab, d])];
        let attention_norms = [each("attention_norm", vec![d])];
        let attention = [
            each("attention.wq", vec![d, d]),
            each("attention.wk", vec![kv, d]),
            each("attention.wv", vec![kv, d]),
            each("attention.wo", vec![d, d]),
        ];
        let norms = [each("ffn_norm", vec![d])];
        let feed_forward = [
            each("feed_forward.w1", vec![f, d]),
            each("feed_forward.w2", vec![d, f]),
            each("feed_forward.w3", vec![f, d]),
        ];
        let last = [one("norm", vec![d])];
        let tables = [one(COSINES, vec![self.table()]), one(SINES, vec![self.table()])];
        let head = [one("output", vec![vocab, d])];
        let head = if self.tied { &head[..0] } else { &head };
        match version {
            Version::Zero => {
                let blocks = [&attention_norms[..], &attention, &norms, &feed_forward].concat();
                [&embedding[..], &blocks, &last, &tables, head].concat()
            }
            Version::One => {
                let norms = [attention_norms, norms, last].concat();
                [&norms[..], &embedding, &attention, &feed_forward, head].concat()
            }
        }
    }
}

/// What version 0 has between its tensors.
const COSINES: &str = "cosines";
const SINES: &str = "sines";

/// Tensors of a shape, for all layers or once.
#[derive(Clone)]
struct Kind {
    name: &'static str,
    layers: Option<usize>,
    shape: Vec<usize>,
}

impl Kind {
    /// Bytes of one; `None` beyond all numbers.
    fn bytes(&self) -> Option<usize> {
        self.shape.iter().try_fold(4_usize, |n, &size| n.checked_mul(size))
    }

    /// Their names.
    fn names(&self) -> Vec<String> {
        match self.layers {
            Some(n) => (0..n).map(|i| format!("layers.{i}.{}.weight", self.name)).collect(),
            None => vec![format!("{}.weight", self.name)],
        }
    }

    /// Whether they are the tables of RoPE, which are no weights.
    fn is_table(&self) -> bool {
        [COSINES, SINES].contains(&self.name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Zero,
    One,
}

/// An open file.
#[derive(Debug)]
pub struct Llama2c {
    sizes: Sizes,
    table: Table,
}

impl Llama2c {
    /// Whether a file's name and first bytes are those of such a file, which no pickle begins with.
    pub fn is_one(path: &Path) -> bool {
        use std::io::Read;
        let mut first = [0; 28];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
        let is_bin = path.extension().is_some_and(|extension| extension == "bin");
        is_bin && read.is_ok() && sizes(&first).is_ok()
    }

    /// Opens a file and checks that its length is what its header announces.
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

    /// What the header says.
    pub fn sizes(&self) -> Sizes {
        self.sizes
    }

    fn read(path: &Path, contents: Contents) -> Result<Self, Error> {
        let invalid = |why: String| Error::invalid(path, FORMAT, why);
        let (sizes, version, mut at) = sizes(&contents).map_err(invalid)?;
        let kinds = sizes.kinds(version);
        // Of names there may be many: the length is looked at before they are made.
        let total = kinds.iter().try_fold(at, |at, kind| {
            at.checked_add(kind.bytes()?.checked_mul(kind.layers.unwrap_or(1))?)
        });
        let total = total
            .ok_or_else(|| invalid("its sizes announce more than any file can hold".into()))?;
        match total.cmp(&contents.len()) {
            std::cmp::Ordering::Greater => {
                return Err(Error::cut_short(path, total, contents.len()));
            }
            std::cmp::Ordering::Less => {
                let more = contents.len() - total;
                return Err(invalid(format!("{more} bytes follow the last tensor")));
            }
            std::cmp::Ordering::Equal => {}
        }
        let mut places = BTreeMap::new();
        for kind in kinds {
            let bytes = kind.bytes().unwrap_or(0); // It was counted above.
            for name in kind.names() {
                let (from, to) = (at, at + bytes);
                at = to;
                if !kind.is_table() {
                    let shape = kind.shape.clone();
                    let strides = strides(&shape);
                    places.insert(name, Place { dtype: Dtype::F32, shape, strides, from, to });
                }
            }
        }
        Ok(Self { sizes, table: Table { path: path.to_path_buf(), contents, places } })
    }
}

/// Sizes, version, and where the tensors begin.
fn sizes(file: &[u8]) -> Result<(Sizes, Version, usize), String> {
    let mut numbers = words::<4>(file).map(i32::from_le_bytes);
    let first = numbers.next().ok_or("it is empty")?;
    let version = if first == MAGIC.cast_signed() {
        match numbers.next() {
            Some(1) => Version::One,
            Some(n) => return Err(format!("version {n} is not read, only 0 and 1")),
            None => return Err("it ends within its header".into()),
        }
    } else {
        numbers = words::<4>(file).map(i32::from_le_bytes);
        Version::Zero
    };
    let mut size = || numbers.next().ok_or("it ends within its header");
    let [dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab, seq_len] =
        [size()?, size()?, size()?, size()?, size()?, size()?, size()?];
    let (tied, start) = match version {
        Version::Zero => (vocab > 0, 28),
        // Behind the magic number, the version and seven sizes.
        Version::One => (file.get(36).is_some_and(|&flag| flag != 0), LONG_HEADER),
    };
    // What is below zero is told as zero.
    let size = |n: i32| usize::try_from(n).unwrap_or(0);
    let vocab = if version == Version::Zero { vocab.saturating_abs() } else { vocab };
    let sizes = Sizes {
        dim: size(dim),
        hidden_dim: size(hidden_dim),
        n_layers: size(n_layers),
        n_heads: size(n_heads),
        n_kv_heads: size(n_kv_heads),
        vocab_size: size(vocab),
        seq_len: size(seq_len),
        tied,
    };
    sizes.flaw().map_or(Ok((sizes, version, start)), Err)
}

impl Tensors for Llama2c {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        self.table.names()
    }

    fn view(&self, name: &str) -> Result<View<'_>, Error> {
        self.table.view(name)
    }
}

#[cfg(test)]
mod tests;
