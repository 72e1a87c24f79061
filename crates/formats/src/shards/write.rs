//! Weights into a folder, in shards of at most so many bytes, tensor by tensor: at no time need more
//! than one of them be in memory.
//!
//! A safetensors header stands before the values and is not known until the last tensor of its shard
//! has come, so that room is kept for it: a 256th of a shard and four kilobytes, a megabyte at most,
//! filled up with spaces as the format allows. A shard whose header fills its room is closed, too.
//!
//! Shards are written under temporary names, flushed to the disk, and renamed when the last is whole;
//! the index comes last. An older index is taken away first and an older `model.safetensors` last, so
//! that a folder never mixes two versions: killed in between, it has the old weights or says that it
//! has none. As transformers has it, one shard alone is `model.safetensors` and needs no index.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{SAFETENSORS, SAFETENSORS_INDEX};
use crate::Error;
use crate::safetensors::{Entry, Header};

/// The least and the most room that is kept for a header.
const LEAST_ROOM: usize = 4 << 10;
const MOST_ROOM: usize = 1 << 20;

/// What unfinished shards are called behind their number.
const UNFINISHED: &str = ".safetensors.partial";

/// Writes tensors as shards and their index, whole or not at all.
///
/// # Errors
/// As of [`ShardWriter::push`] and [`ShardWriter::finish`].
pub fn write_shards(
    folder: &Path,
    entries: &[Entry<'_>],
    max_shard_bytes: usize,
) -> Result<(), Error> {
    let mut writer = ShardWriter::new(folder, max_shard_bytes)?;
    entries.iter().try_for_each(|entry| writer.push(entry))?;
    writer.finish()
}

/// Weights that are written one tensor after the other. Dropped before [`finish`](Self::finish), it
/// leaves the folder as it was.
#[derive(Debug)]
pub struct ShardWriter {
    folder: PathBuf,
    max_shard_bytes: usize,
    /// Bytes that are kept for each header.
    room: usize,
    open: Option<Shard>,
    /// Shards that are whole, still under temporary names.
    whole: Vec<PathBuf>,
    /// Every tensor and the number of its shard, from 0.
    places: BTreeMap<String, usize>,
    total_bytes: usize,
    /// Whether a shard is left with half a tensor.
    has_failed: bool,
}

#[derive(Debug)]
struct Shard {
    path: PathBuf,
    out: BufWriter<File>,
    header: Header,
    tensors: usize,
}

impl Shard {
    fn add(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        self.header.add(&self.path, entry)?;
        self.tensors += 1;
        entry.write_values(&mut self.out).map_err(Error::io(&self.path))
    }
}

impl ShardWriter {
    /// Begins. A tensor that is larger than `max_shard_bytes` has a shard of its own.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be made.
    pub fn new(folder: &Path, max_shard_bytes: usize) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        // What a killed one left.
        sweep(folder, |name| name.starts_with("model-") && name.ends_with(UNFINISHED))?;
        let room = (LEAST_ROOM + max_shard_bytes / 256).min(MOST_ROOM).next_multiple_of(8);
        Ok(Self {
            folder: folder.to_path_buf(),
            max_shard_bytes,
            room,
            open: None,
            whole: Vec::new(),
            places: BTreeMap::new(),
            total_bytes: 0,
            has_failed: false,
        })
    }

    /// Writes a tensor.
    ///
    /// # Errors
    /// [`Error::Io`], after which nothing more can be written; [`Error::Tensor`] for a name that was
    /// given before and for values that do not fill their shape.
    pub fn push(&mut self, entry: &Entry<'_>) -> Result<(), Error> {
        self.check(entry)?;
        let bytes = entry.len_bytes();
        let is_full = |shard: &Shard| {
            let is_long = shard.header.end() + bytes > self.max_shard_bytes;
            shard.tensors > 0 && (is_long || !shard.header.fits(entry, self.room))
        };
        if self.open.as_ref().is_some_and(is_full) {
            self.close()?;
        }
        let number = self.whole.len();
        let mut shard = match self.open.take() {
            Some(shard) => shard,
            None => self.begin(number)?,
        };
        let written = shard.add(entry);
        self.open = Some(shard);
        self.has_failed = written.is_err();
        written?;
        self.places.insert(entry.name().to_string(), number);
        self.total_bytes += bytes;
        Ok(())
    }

    /// Whether a tensor can be written, before anything is.
    fn check(&self, entry: &Entry<'_>) -> Result<(), Error> {
        let reason = match () {
            () if self.has_failed => "writing one before it failed: begin anew".into(),
            () if self.places.contains_key(entry.name()) => "it was given twice".into(),
            () if !Header::new(&metadata()).fits(entry, self.room) => "its name is too long".into(),
            () => match entry.unfilled() {
                Some(reason) => reason,
                None => return Ok(()),
            },
        };
        let (path, name) = (self.folder.clone(), entry.name().to_string());
        Err(Error::Tensor { path, name, reason })
    }

    fn begin(&self, number: usize) -> Result<Shard, Error> {
        let path = self.folder.join(format!("model-{:05}{UNFINISHED}", number + 1));
        let file = File::create(&path).map_err(Error::io(&path))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let values = 8 + self.room as u64;
        out.seek(SeekFrom::Start(values)).map_err(Error::io(&path))?;
        Ok(Shard { path, out, header: Header::new(&metadata()), tensors: 0 })
    }

    /// Puts the header of the open shard before its values.
    fn close(&mut self) -> Result<(), Error> {
        let Some(Shard { path, mut out, header, .. }) = self.open.take() else { return Ok(()) };
        let mut header = header.finish();
        header.resize(self.room, b' ');
        let mut write = || {
            out.seek(SeekFrom::Start(0))?;
            out.write_all(&(header.len() as u64).to_le_bytes())?;
            out.write_all(&header)?;
            out.flush()?;
            out.get_ref().sync_all()
        };
        let written = write().map_err(Error::io(&path));
        self.has_failed = written.is_err();
        self.whole.push(path);
        written
    }

    /// Gives the shards their names and writes the index. What they replace is removed.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Weights`] if no tensor was written, or not all of one.
    pub fn finish(mut self) -> Result<(), Error> {
        let folder = self.folder.clone();
        if self.places.is_empty() || self.has_failed {
            let problems = vec!["no tensor was written, or not all of one".to_string()];
            return Err(Error::Weights { path: folder, problems });
        }
        self.close()?;
        let names: Vec<String> = match self.whole.len() {
            1 => vec![SAFETENSORS.to_string()],
            n => (1..=n).map(|i| format!("model-{i:05}-of-{n:05}.safetensors")).collect(),
        };
        if names.len() > 1 {
            remove(&folder.join(SAFETENSORS_INDEX))?;
        }
        for (partial, name) in self.whole.iter().zip(&names) {
            std::fs::rename(partial, folder.join(name)).map_err(Error::io(partial))?;
        }
        // The names are on the disk before the index is. Systems that cannot open a folder skip it.
        let _ = File::open(&folder).and_then(|folder| folder.sync_all());
        if names.len() > 1 {
            let index = folder.join(SAFETENSORS_INDEX);
            let text = format!("{:#}\n", self.index(&names));
            stdx::atomic_file::write(&index, text.as_bytes()).map_err(Error::io(&index))?;
            remove(&folder.join(SAFETENSORS))?;
        } else {
            remove(&folder.join(SAFETENSORS_INDEX))?;
        }
        sweep(&folder, |name| is_shard(name) && !names.iter().any(|new| new == name))
    }

    fn index(&self, names: &[String]) -> serde_json::Value {
        let places: BTreeMap<&str, &str> = self
            .places
            .iter()
            .map(|(name, shard)| (name.as_str(), names[*shard].as_str()))
            .collect();
        json!({"metadata": {"total_size": self.total_bytes}, "weight_map": places})
    }
}

impl Drop for ShardWriter {
    /// After [`finish`](Self::finish) there is nothing left under temporary names.
    fn drop(&mut self) {
        let open = self.open.take().map(|shard| shard.path);
        for path in self.whole.drain(..).chain(open) {
            // The first error is the one to report; a leftover is swept by the next write.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What transformers wants to be told of a file.
fn metadata() -> BTreeMap<String, String> {
    BTreeMap::from([("format".to_string(), "pt".to_string())])
}

/// `model-00001-of-00002.safetensors` and its like.
fn is_shard(name: &str) -> bool {
    let number = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    let numbers = name.strip_prefix("model-").and_then(|rest| rest.strip_suffix(".safetensors"));
    numbers.and_then(|rest| rest.split_once("-of-")).is_some_and(|(i, n)| number(i) && number(n))
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}

/// Removes the files of a folder whose names are of a kind.
fn sweep(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let name = entry.map_err(Error::io(folder))?.file_name();
        if name.to_str().is_some_and(&is_meant) {
            remove(&folder.join(&name))?;
        }
    }
    Ok(())
}
