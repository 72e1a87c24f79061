//! Files of `torch.save` (`pytorch_model.bin`, `.pt`, `.pth`), read without running what is in them.
//!
//! Since PyTorch 1.6 such a file is a zip archive of plain entries: `NAME/data.pkl`, a pickle that
//! describes tensors, and `NAME/data/KEY`, the numbers of a storage. Before, it was five pickles and
//! the storages behind each other ([`legacy`]). A tensor is a storage, an offset, a shape and strides;
//! several may show the same storage.
//!
//! The pickle goes through a machine that knows a dozen names and makes dictionaries ([`pickle`]);
//! whatever else it asks for is an error that tells all of it. The file is mapped into memory and each
//! tensor read when it is asked for. Dictionaries and lists within each other give names with points
//! between: `{"model": {"w": …}}` holds `model.w`. What is no tensor is passed over.
//!
//! Left out: the tar form before 0.1.10, big-endian files, sparse and quantized tensors, TorchScript.

mod calls;
mod globals;
mod legacy;
mod pickle;
mod state;
mod value;
mod zip;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::contents::Contents;
use crate::error::{listed, shorten};
use crate::tensors::{Place, Table};
use crate::{Error, Tensors, View};
use value::Pickle;

const FORMAT: &str = "PyTorch";

/// An open file.
#[derive(Debug)]
pub struct PyTorch {
    table: Table,
}

impl PyTorch {
    /// Opens a file and checks all that it says of tensors.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::CutShort`], [`Error::Invalid`]; [`Error::Code`] if it holds code.
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
        let places = if zip::is_zip(&contents) {
            archived(path, &contents)?
        } else {
            legacy::places(path, &contents)?
        };
        Ok(Self { table: Table { path: path.to_path_buf(), contents, places } })
    }
}

impl Tensors for PyTorch {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        self.table.names()
    }

    fn view(&self, name: &str) -> Result<View<'_>, Error> {
        self.table.view(name)
    }
}

/// Where storages lie in the file, by their keys.
type Storages<'a> = BTreeMap<&'a str, Range<usize>>;

/// The tensors of the zip form.
fn archived(path: &Path, file: &[u8]) -> Result<BTreeMap<String, Place>, Error> {
    let wrong = |reason: String| Error::invalid(path, FORMAT, reason);
    let entries = zip::entries(file).map_err(wrong)?;
    let pickles = entries.keys().filter_map(|name| name.strip_suffix("/data.pkl"));
    let folders: Vec<&str> = pickles.filter(|folder| !folder.contains('/')).collect();
    let &[folder] = folders.as_slice() else {
        let reason =
            format!("expected one entry */data.pkl in the archive, found {}", folders.len());
        return Err(wrong(reason));
    };
    let entry = |name: &str| entries.get(&format!("{folder}/{name}")).map(|at| &file[at.clone()]);
    if entry("byteorder").is_some_and(|order| order != b"little") {
        return Err(wrong("its numbers are big-endian; save it on a little-endian machine".into()));
    }
    let pickled = entry("data.pkl").unwrap_or_default();
    if pickled.len() > pickle::LONGEST {
        return Err(wrong(format!("its pickle is {} bytes long", pickled.len())));
    }
    let pickle = sound(path, pickled)?;
    let prefix = format!("{folder}/data/");
    let storages = entries.iter().filter_map(|(name, at)| {
        let key = name.strip_prefix(&prefix)?;
        Some((key, at.clone()))
    });
    places(path, &pickle, &storages.collect())
}

/// The pickle at the beginning of `bytes`, if it is one and asks for no code.
fn sound<'a>(path: &Path, bytes: &'a [u8]) -> Result<Pickle<'a>, Error> {
    let pickle = pickle::read(bytes).map_err(|why| Error::invalid(path, FORMAT, why))?;
    if pickle.code.is_empty() {
        return Ok(pickle);
    }
    let mut names: Vec<String> = pickle.code.into_iter().collect();
    shorten(&mut names);
    Err(Error::Code { path: path.to_path_buf(), names })
}

/// Every tensor's place, or all that is wrong with them.
fn places(
    path: &Path,
    pickle: &Pickle<'_>,
    storages: &Storages<'_>,
) -> Result<BTreeMap<String, Place>, Error> {
    let wrong = |reason: String| Error::invalid(path, FORMAT, reason);
    let mut places = BTreeMap::new();
    let mut causes = Vec::new();
    for (name, tensor) in state::named(pickle).map_err(wrong)? {
        match state::place(tensor, storages) {
            Err(why) => causes.push(format!("tensor {name:?}: {why}")),
            Ok(_) if places.contains_key(&name) => {
                causes.push(format!("tensor {name:?} is there twice"));
            }
            Ok(place) => drop(places.insert(name, place)),
        }
    }
    if causes.is_empty() { Ok(places) } else { Err(wrong(listed(causes))) }
}

#[cfg(test)]
mod tests;
