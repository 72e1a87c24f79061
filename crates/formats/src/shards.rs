//! A model's weights as one, in however many files: what a Hugging Face folder holds.
//!
//! Looked for in this order, as transformers does: `model.safetensors`, `model.safetensors.index.json`
//! with its shards, `pytorch_model.bin`, `pytorch_model.bin.index.json` with its shards. An index says
//! which shard holds which tensor: `{"metadata": {"total_size": …}, "weight_map": {"name": "file"}}`.
//!
//! Shards and index must agree to the last tensor, and all that does not is told at once. A shard is a
//! plain file of the folder. Left out: `total_size`, which published indices have wrong (they count
//! weights twice that are one), so that it is written and not checked.

mod index;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::pytorch::PyTorch;
use crate::safetensors::SafeTensors;
use crate::{Error, Tensors, View};

pub use write::{ShardWriter, write_shards};

/// One file of each kind, and the index of several.
const SAFETENSORS: &str = "model.safetensors";
const SAFETENSORS_INDEX: &str = "model.safetensors.index.json";
const PYTORCH: &str = "pytorch_model.bin";
const PYTORCH_INDEX: &str = "pytorch_model.bin.index.json";

/// In the order in which they are preferred.
const PREFERRED: [&str; 4] = [SAFETENSORS, SAFETENSORS_INDEX, PYTORCH, PYTORCH_INDEX];

/// A model's weights.
pub struct Weights {
    folder: PathBuf,
    files: Vec<Box<dyn Tensors + Send + Sync>>,
    /// In which file each tensor lies.
    places: BTreeMap<String, usize>,
}

impl Weights {
    /// Which of its files a folder's weights are read from, if there are any.
    pub fn find(folder: &Path) -> Option<PathBuf> {
        PREFERRED.iter().map(|name| folder.join(name)).find(|path| path.is_file())
    }

    /// Opens a folder's weights.
    ///
    /// # Errors
    /// [`Error::Weights`] if there are none, or if shards and index do not fit together; what the file
    /// says if there is one alone.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        match Self::find(folder) {
            Some(path) => Self::open_file(&path),
            None => {
                let wanted = PREFERRED.join(", ");
                let problem =
                    format!("there is none of {wanted}: copy the weights into the folder");
                Err(Error::Weights { path: folder.to_path_buf(), problems: vec![problem] })
            }
        }
    }

    /// Opens the weights that a file holds, or those that an index names.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub fn open_file(path: &Path) -> Result<Self, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_path_buf();
        let mut weights = Self { folder, files: Vec::new(), places: BTreeMap::new() };
        if path.extension().is_some_and(|extension| extension == "json") {
            weights.open_shards(path)?;
        } else {
            let file = open_one(path)?;
            weights.places = file.names().map(|name| (name.to_string(), 0)).collect();
            weights.files.push(file);
        }
        Ok(weights)
    }

    fn open_shards(&mut self, index: &Path) -> Result<(), Error> {
        let wrong = |problems| Error::Weights { path: self.folder.clone(), problems };
        let (promised, mut problems) = index::read(index).map_err(|why| wrong(vec![why]))?;
        let mut shards: BTreeMap<&str, usize> = BTreeMap::new();
        promised.values().for_each(|shard| *shards.entry(shard.as_str()).or_default() += 1);
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut lost = BTreeMap::new();
        for (&shard, &tensors) in &shards {
            let path = index::within(&self.folder, shard, tensors);
            match path.and_then(|path| open_one(&path).map_err(|error| error.to_string())) {
                Ok(file) => {
                    for name in file.names() {
                        self.places.insert(name.to_string(), self.files.len());
                        found.entry(name.to_string()).or_default().push(shard);
                    }
                    self.files.push(file);
                }
                Err(why) => drop(lost.insert(shard, why)),
            }
        }
        problems.extend(index::disagreements(&promised, &found, &lost));
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::Weights { path: self.folder.clone(), problems })
    }
}

impl Tensors for Weights {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.places.keys().map(String::as_str))
    }

    fn view(&self, name: &str) -> Result<View<'_>, Error> {
        match self.places.get(name) {
            Some(file) => self.files[*file].view(name),
            None => Err(Error::Missing { path: self.folder.clone(), name: name.to_string() }),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (files, tensors) = (self.files.len(), self.places.len());
        write!(f, "{tensors} tensors in {files} files of {}", self.folder.display())
    }
}

/// A file by its ending.
fn open_one(path: &Path) -> Result<Box<dyn Tensors + Send + Sync>, Error> {
    if path.extension().is_some_and(|extension| extension == "safetensors") {
        return Ok(Box::new(SafeTensors::open(path)?));
    }
    Ok(Box::new(PyTorch::open(path)?))
}

#[cfg(test)]
mod tests;
