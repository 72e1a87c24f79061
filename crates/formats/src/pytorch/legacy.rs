//! The form of `torch.save` before PyTorch 1.6, which it still writes if asked to: five pickles behind
//! each other and then the storages.
//!
//! | pickle | what |
//! |---|---|
//! | 1 | a magic number |
//! | 2 | the protocol, 1001 |
//! | 3 | what the machine was like: byte order, sizes of integers |
//! | 4 | what was saved |
//! | 5 | the storages' keys, in the order in which they follow |
//!
//! A storage is its number of numbers in eight bytes, then these.

use std::collections::BTreeMap;
use std::path::Path;

use super::value::{Object, Pickle, Storage, Value};
use super::{FORMAT, Storages, sound};
use crate::dtype::words;
use crate::tensors::Place;
use crate::{Dtype, Error};

/// 0x1950a86a20f9469cfc6c, little endian.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

const PROTOCOL: i64 = 1001;

/// The tensors of the file.
pub(super) fn places(path: &Path, file: &[u8]) -> Result<BTreeMap<String, Place>, Error> {
    let wrong = |reason: &str| Error::invalid(path, FORMAT, reason);
    let foreign = "it is neither an archive nor begins as torch.save begins a file";
    let mut at = 0;
    let mut next = || -> Result<Pickle<'_>, Error> {
        let pickle = sound(path, &file[at..])?;
        at += pickle.end;
        Ok(pickle)
    };
    let magic = next().map_err(|error| match error {
        Error::Invalid { .. } => wrong(foreign),
        other => other,
    })?;
    if !matches!(magic.object(magic.root), Some(Object::Long(digits)) if **digits == MAGIC) {
        return Err(wrong(foreign));
    }
    if next()?.root != Value::Int(PROTOCOL) {
        return Err(wrong("its protocol is none that is known"));
    }
    if value_of(&next()?, "little_endian") == Some(Value::Bool(false)) {
        return Err(wrong("its numbers are big-endian; save it on a little-endian machine"));
    }
    let (state, keys) = (next()?, next()?);
    let storages = storages(path, file, at, (&state, &keys))?;
    super::places(path, &state, &storages)
}

/// The value of a key.
fn value_of(pickle: &Pickle<'_>, name: &str) -> Option<Value> {
    let Object::Dict(pairs) = pickle.object(pickle.root)? else { return None };
    let is_it =
        |key: Value| matches!(pickle.object(key), Some(Object::Text(text)) if *text == name);
    pairs.iter().find(|(key, _)| is_it(*key)).map(|(_, value)| *value)
}

/// Where the storages lie, the first of them at a byte. How wide its numbers are, what was saved says.
fn storages<'a>(
    path: &Path,
    file: &[u8],
    mut at: usize,
    (state, keys): (&Pickle<'_>, &Pickle<'a>),
) -> Result<Storages<'a>, Error> {
    let wrong = |reason: String| Error::invalid(path, FORMAT, reason);
    let widths: BTreeMap<&str, usize> = state.objects.iter().filter_map(width).collect();
    let Some(Object::List(list)) = keys.object(keys.root) else {
        return Err(wrong("its storages have no list of keys".into()));
    };
    let mut storages = Storages::new();
    for key in list {
        let Some(&Object::Text(key)) = keys.object(*key) else {
            return Err(wrong("the key of a storage is no text".into()));
        };
        let head = file.get(at..).and_then(|rest| words::<8>(rest).next());
        let head = head.ok_or_else(|| Error::cut_short(path, at + 8, file.len()))?;
        let count = usize::try_from(i64::from_le_bytes(head)).ok();
        let bytes = count.zip(widths.get(key)).and_then(|(count, width)| count.checked_mul(*width));
        let end = bytes.and_then(|bytes| (at + 8).checked_add(bytes));
        let end =
            end.ok_or_else(|| wrong(format!("its storage {key:?} has no possible length")))?;
        if end > file.len() {
            return Err(Error::cut_short(path, end, file.len()));
        }
        if storages.insert(key, at + 8..end).is_some() {
            return Err(wrong(format!("its storage {key:?} is there twice")));
        }
        at = end;
    }
    Ok(storages)
}

/// The key of a storage and how wide its numbers are.
fn width<'a>(object: &Object<'a>) -> Option<(&'a str, usize)> {
    let Object::Storage(storage) = object else { return None };
    let Storage { dtype, key, .. } = **storage;
    Some((key, dtype.map_or(1, Dtype::bytes)))
}
