//! Writing GGUF, version 3: metadata, descriptions, values, tensor by tensor.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use super::{ALIGNMENT, FORMAT, MAGIC};
use crate::Error;
use crate::ggml::Kind;

/// The version that is written.
const VERSION: u32 = 3;

/// A piece of metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Its key.
    pub key: String,
    /// Type and value as they stand in a file.
    pub(super) bytes: Vec<u8>,
}

impl Pair {
    /// A value: whole numbers become u32, others f32; texts, truth values, and lists of any of them.
    ///
    /// # Errors
    /// For null, objects, mixed lists, and numbers that do not fit.
    pub fn new(key: impl Into<String>, value: &Value) -> Result<Self, String> {
        let key = key.into();
        let kind = kind_of(value).ok_or_else(|| format!("{key}: {value} has no type in GGUF"))?;
        let mut bytes = kind.to_le_bytes().to_vec();
        let written = match value {
            Value::Array(all) => {
                let inner = all.first().and_then(kind_of).unwrap_or(4);
                bytes.extend(inner.to_le_bytes());
                bytes.extend((all.len() as u64).to_le_bytes());
                all.iter().all(|value| kind_of(value) == Some(inner) && single(value, &mut bytes))
            }
            value => single(value, &mut bytes),
        };
        if written { Ok(Self { key, bytes }) } else { Err(format!("{key}: {value} does not fit")) }
    }
}

fn kind_of(value: &Value) -> Option<u32> {
    match value {
        Value::Number(n) if n.is_u64() => Some(4),
        Value::Number(n) if n.is_i64() => Some(5),
        Value::Number(_) => Some(6),
        Value::Bool(_) => Some(7),
        Value::String(_) => Some(8),
        Value::Array(_) => Some(9),
        Value::Null | Value::Object(_) => None,
    }
}

fn single(value: &Value, bytes: &mut Vec<u8>) -> bool {
    match value {
        Value::Number(n) if n.is_u64() => {
            let fits = n.as_u64().and_then(|n| u32::try_from(n).ok());
            fits.map(|n| bytes.extend(n.to_le_bytes())).is_some()
        }
        Value::Number(n) if n.is_i64() => {
            let fits = n.as_i64().and_then(|n| i32::try_from(n).ok());
            fits.map(|n| bytes.extend(n.to_le_bytes())).is_some()
        }
        Value::Number(n) => n.as_f64().map(|n| bytes.extend((n as f32).to_le_bytes())).is_some(),
        Value::Bool(flag) => {
            bytes.push(u8::from(*flag));
            true
        }
        Value::String(text) => {
            put_text(text, bytes);
            true
        }
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn put_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

/// A tensor to be written.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// Outermost dimension first.
    pub shape: Vec<usize>,
    /// The type of its numbers.
    pub kind: Kind,
}

impl Planned {
    fn n(&self) -> usize {
        self.shape.iter().product()
    }

    /// Numbers in its type, each matrix of a stack with its own columns' importance.
    fn rounded(&self, values: &[f32], importance: Option<&[f32]>) -> Result<Vec<u8>, String> {
        if values.len() != self.n() {
            return Err(format!("{} values for {:?}", values.len(), self.shape));
        }
        let Some(importance) = importance else { return self.kind.bytes_of(values) };
        let [stack @ .., rows, columns] = &self.shape[..] else {
            return Err("importance is of columns, and it is no matrix".into());
        };
        let (n, told) = (stack.iter().product::<usize>(), importance.len());
        if n * columns != told {
            return Err(format!(
                "the importance matrix tells of {told} columns, the model has {n} x {columns} here: \
                 is it another model's?"
            ));
        }
        let matrices = values.chunks_exact(rows * columns).zip(importance.chunks_exact(*columns));
        let mut bytes = Vec::new();
        for (values, importance) in matrices {
            bytes.extend(self.kind.bytes_of_rows(values, importance)?);
        }
        Ok(bytes)
    }

    fn bytes(&self) -> Option<usize> {
        let row = self.shape.last()?;
        row.is_multiple_of(self.kind.numbers).then(|| self.kind.len_bytes(self.n()))?
    }
}

/// Writes a file, whole or not at all. `values` gives the numbers of a tensor, row-major.
///
/// # Errors
/// [`Error::Tensor`] for a shape that its type cannot fill and for values that do not fill it;
/// [`Error::Io`]; what `values` says.
pub fn write<E: From<Error>>(
    path: &Path,
    metadata: &[Pair],
    tensors: &[Planned],
    values: impl FnMut(&str) -> Result<Vec<f32>, E>,
) -> Result<(), E> {
    write_weighed(path, metadata, tensors, |_| None, values)
}

/// The same, rounded such that least is lost where columns count much: `importance` gives the mean squares of
/// what a tensor's columns are multiplied with, matrix by matrix, where they are known
/// ([`crate::imatrix::Entry::means`]).
///
/// # Errors
/// As of [`write()`]; [`Error::Tensor`] for importance of other columns than the tensor has.
pub fn write_weighed<E: From<Error>>(
    path: &Path,
    metadata: &[Pair],
    tensors: &[Planned],
    importance: impl Fn(&str) -> Option<Vec<f32>>,
    mut values: impl FnMut(&str) -> Result<Vec<f32>, E>,
) -> Result<(), E> {
    let wrong = |name: &str, reason: String| Error::Tensor {
        path: path.to_path_buf(),
        name: name.to_string(),
        reason,
    };
    let head = head(metadata, tensors).map_err(|(name, reason)| wrong(&name, reason))?;
    let mut failed: Option<E> = None;
    let written = stdx::atomic_file::write_with(path, |out| {
        out.write_all(&head)?;
        let mut at = head.len();
        for tensor in tensors {
            let narrowed = values(&tensor.name).and_then(|values| {
                let importance = importance(&tensor.name);
                let rounded = tensor.rounded(&values, importance.as_deref());
                rounded.map_err(|why| wrong(&tensor.name, why).into())
            });
            match narrowed {
                Ok(bytes) => {
                    let padding = at.next_multiple_of(ALIGNMENT as usize) - at;
                    out.write_all(&vec![0; padding])?;
                    out.write_all(&bytes)?;
                    at += padding + bytes.len();
                }
                Err(error) => {
                    failed = Some(error);
                    return Err(std::io::Error::other("a tensor failed"));
                }
            }
        }
        Ok(())
    });
    match (failed, written) {
        (Some(error), _) => Err(error),
        (None, written) => Ok(written.map_err(Error::io(path))?),
    }
}

/// All that stands before the values, filled up to where they begin.
fn head(metadata: &[Pair], tensors: &[Planned]) -> Result<Vec<u8>, (String, String)> {
    let mut head = MAGIC.to_vec();
    head.extend(VERSION.to_le_bytes());
    head.extend((tensors.len() as u64).to_le_bytes());
    head.extend((metadata.len() as u64).to_le_bytes());
    for Pair { key, bytes } in metadata {
        put_text(key, &mut head);
        head.extend(bytes);
    }
    let mut offset = 0_usize;
    for tensor in tensors {
        let reason = || {
            let Kind { numbers, name, .. } = tensor.kind;
            format!(
                "shape {:?} is no {FORMAT} tensor of blocks of {numbers} ({name})",
                tensor.shape
            )
        };
        let bytes = tensor.bytes().ok_or_else(|| (tensor.name.clone(), reason()))?;
        put_text(&tensor.name, &mut head);
        head.extend((tensor.shape.len() as u32).to_le_bytes());
        tensor.shape.iter().rev().for_each(|&n| head.extend((n as u64).to_le_bytes()));
        head.extend(tensor.kind.id.to_le_bytes());
        head.extend((offset as u64).to_le_bytes());
        offset = (offset + bytes).next_multiple_of(ALIGNMENT as usize);
    }
    head.resize(head.len().next_multiple_of(ALIGNMENT as usize), 0);
    Ok(head)
}
