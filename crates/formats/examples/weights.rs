//! Reads and writes weights for `bench/parity/weights`, which sets them beside PyTorch's.
//!
//! `weights read FILE` prints a JSON line for each tensor: name, shape, dtype, and `bits` of f32 or, of
//! whole numbers, `whole`. FILE may be a folder. `weights write FILE FOLDER BYTES` copies all tensors
//! into shards of at most so many bytes, one by one.

use std::path::Path;

use formats::safetensors::Entry;
use formats::shards::{ShardWriter, Weights};
use formats::{Error, Tensors};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["read", from] => read(Path::new(from)),
        ["write", from, to, bytes] => {
            write(Path::new(from), Path::new(to), bytes.parse().expect("a number of bytes"))
        }
        _ => panic!("weights read FILE | weights write FILE FOLDER BYTES"),
    };
    if let Err(error) = done {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn open(path: &Path) -> Result<Weights, Error> {
    if path.is_dir() { Weights::open(path) } else { Weights::open_file(path) }
}

fn read(from: &Path) -> Result<(), Error> {
    let weights = open(from)?;
    for name in weights.names() {
        let (shape, dtype) = (weights.shape(name)?, weights.dtype(name)?);
        let mut line = json!({"name": name, "shape": shape, "dtype": dtype.name()});
        match weights.i64(name) {
            Ok(whole) => line["whole"] = json!(whole),
            Err(_) => line["bits"] = weights.f32(name).map_or(Value::Null, bits),
        }
        if let (Value::Array(_), [rows, ..]) = (&line["bits"], shape) {
            let half = rows / 2;
            let (a, b) = (weights.f32_rows(name, 0, half)?, weights.f32_rows(name, half, *rows)?);
            assert_eq!(line["bits"], bits([a, b].concat()), "rows of {name}");
        }
        println!("{line}");
    }
    Ok(())
}

fn bits(values: Vec<f32>) -> Value {
    json!(values.iter().map(|v| v.to_bits()).collect::<Vec<u32>>())
}

fn write(from: &Path, to: &Path, max_shard_bytes: usize) -> Result<(), Error> {
    let weights = open(from)?;
    let mut writer = ShardWriter::new(to, max_shard_bytes)?;
    for name in weights.names() {
        let view = weights.view(name)?;
        writer.push(&Entry::raw(name, view.dtype(), view.shape(), &view.bytes()))?;
    }
    writer.finish()
}
