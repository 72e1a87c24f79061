//! A model's files written anew: in other numbers, in shards, as a folder or as a `.bin` (as GGUF:
//! [`crate::gguf`]). Tensors go through one by one; what keeps its type keeps its bits.

use std::collections::BTreeMap;
use std::path::Path;

use arch::{Tensor as Weights, family};
use formats::safetensors::Entry;
use formats::shards::ShardWriter;
use formats::{Dtype, Error as Formats};
use serde_json::{Value, json};

use crate::folder::Error;
use crate::{Opened, Transformer, llama2c};

/// Bytes of a shard, if nobody says otherwise, as transformers has it.
pub const SHARD_BYTES: usize = 5_000_000_000;

/// How a folder is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The type of all numbers; `None`: each tensor keeps its own.
    pub dtype: Option<Dtype>,
    /// Bytes of a shard at most.
    pub shard_bytes: usize,
}

impl Default for Form {
    fn default() -> Self {
        Self { dtype: None, shard_bytes: SHARD_BYTES }
    }
}

/// Writes a model into a folder: `config.json` with all that the old one had beside the model's shape,
/// and the weights. `step` hears of each tensor that is done, and says whether to go on.
///
/// # Errors
/// What the files say; [`Error::Stopped`] if `step` does.
pub fn to_folder(
    opened: &Opened,
    folder: &Path,
    form: Form,
    step: &mut dyn FnMut() -> bool,
) -> Result<(), Error> {
    let config = config(opened, form)?;
    let mut writer = ShardWriter::new(folder, form.shard_bytes)?;
    for (name, there) in opened.names()? {
        push(opened, &mut writer, (&name, &there), form.dtype)?;
        if !step() {
            return Err(Error::Stopped);
        }
    }
    writer.finish()?;
    write_config(folder, &config)
}

/// Writes a model that is in memory into a folder; tensors without a type of their own are f32.
///
/// # Errors
/// What the disk says; [`Error::Arch`] for a family that has no files.
pub fn save(model: &Transformer, folder: &Path, form: Form) -> Result<(), Error> {
    let dtype = form.dtype.unwrap_or(Dtype::F32);
    let mut config = family::to_config(model.spec())?;
    config["torch_dtype"] = json!(torch_name(dtype));
    let mut writer = ShardWriter::new(folder, form.shard_bytes)?;
    for (name, Weights { shape, values }) in crate::folder::tensors(model)? {
        let wrong =
            |reason| Formats::Tensor { path: folder.to_path_buf(), name: name.clone(), reason };
        let bytes = dtype.bytes_of(&values).map_err(wrong)?;
        writer.push(&Entry::raw(&name, dtype, &shape, &bytes))?;
    }
    writer.finish()?;
    write_config(folder, &config)
}

fn write_config(folder: &Path, config: &Value) -> Result<(), Error> {
    let path = folder.join("config.json");
    stdx::atomic_file::write(&path, format!("{config:#}\n").as_bytes())
        .map_err(|source| Error::Io { path, source })
}

/// Writes one tensor under its first name.
fn push(
    opened: &Opened,
    writer: &mut ShardWriter,
    (name, there): (&str, &str),
    dtype: Option<Dtype>,
) -> Result<(), Error> {
    let own = opened.bytes(there);
    if let Some((own, bytes)) = own.as_ref().filter(|(own, _)| dtype.is_none_or(|d| d == *own)) {
        let shape = opened.shape(there).unwrap_or_default();
        return Ok(writer.push(&Entry::raw(name, *own, &shape, bytes))?);
    }
    let Weights { shape, values } = opened.tensor(there)?;
    let dtype = dtype.unwrap_or(Dtype::F32);
    let bytes = dtype.bytes_of(&values).map_err(|reason| Formats::Tensor {
        path: opened.path().to_path_buf(),
        name: there.to_string(),
        reason,
    })?;
    Ok(writer.push(&Entry::raw(name, dtype, &shape, &bytes))?)
}

/// The new config: the family's words for the spec over all else that the old one said.
fn config(opened: &Opened, form: Form) -> Result<Value, Error> {
    let spec = opened.spec();
    let mut config = family::to_config(spec)?;
    let old = std::fs::read_to_string(opened.path().join("config.json")).ok();
    let old = old.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let own = |old: &Value| old["model_type"] == config["model_type"];
    if let Some(Value::Object(mut all)) = old.filter(own) {
        all.extend(config.as_object().cloned().unwrap_or_default());
        // What is written is not packed any more.
        all.remove("quantization_config");
        let merged = Value::Object(all);
        // A key that the new config left out on purpose must not change what it says.
        if family::from_config(&merged).is_ok_and(|back| back == *spec) {
            config = merged;
        }
    }
    let names = opened.names()?;
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, there) in &names {
        let dtype = form.dtype.or_else(|| opened.dtype(there)).unwrap_or(Dtype::F32);
        *counted.entry(torch_name(dtype)).or_default() += 1;
    }
    if let Some((name, _)) = counted.into_iter().max_by_key(|(_, n)| *n) {
        config["torch_dtype"] = json!(name);
        if config.get("dtype").is_some() {
            config["dtype"] = json!(name);
        }
    }
    Ok(config)
}

/// PyTorch's word for a type.
fn torch_name(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F64 => "float64",
        Dtype::F16 => "float16",
        Dtype::Bf16 => "bfloat16",
        _ => "float32",
    }
}

/// Writes a model as a `.bin` of llama2.c.
///
/// # Errors
/// [`Error::Llama2c`] with what the format has no place for; what the files say.
pub fn to_llama2c(opened: &Opened, path: &Path) -> Result<(), Error> {
    let spec = opened.spec();
    let slots = spec.slots().into_iter();
    let slots = slots.map(|(slot, shape)| Ok((slot, opened.slot(slot, &shape)?)));
    llama2c::save(spec, slots.collect::<Result<Vec<_>, Error>>()?, path)
}
