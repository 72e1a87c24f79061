//! `lyceum model`: a model as what lies on the disk: made, looked at, written anew, set beside another.

mod convert;
mod diff;
mod imatrix;
mod info;
mod new;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use model::convert::SHARD_BYTES;

use crate::host::Host;
use crate::recipe_args::count;

/// Make a model, look at one, convert it, see which of its columns count, compare two
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum model new fresh --arch qwen3 --size 10M      random weights
  lyceum model info fresh                             layers, parameters, FLOPs, memory
  lyceum model convert fresh half --dtype bf16        other numbers, shards, GGUF, llama2.c
  lyceum model imatrix fresh --text a.txt -o fresh.imatrix.gguf   which columns count, to round with
  lyceum model diff fresh half                        tensor by tensor

A model is a run, a model's folder, a pulled model, a GGUF file, or a file of llama2.c.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    New(new::Args),
    Info(info::Args),
    Convert(convert::Args),
    Imatrix(imatrix::Args),
    Diff(diff::Args),
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    match &args.action {
        Action::New(new) => new::run(new, host),
        Action::Info(info) => info::run(info, host),
        Action::Convert(convert) => convert::run(convert, host),
        Action::Imatrix(imatrix) => imatrix::run(imatrix, host),
        Action::Diff(diff) => diff::run(diff, host),
    }
}

/// How weights are written.
#[derive(Clone, Debug, clap::Args)]
struct FormArgs {
    /// The numbers of the weights: f32, f16 or bf16; for GGUF also q8_0, q6_k, q5_k_m, q5_k_s, q4_k_m, q4_k_s,
    /// q3_k_l, q3_k_m, q3_k_s, q2_k, iq4_nl, iq4_xs, q5_1, q5_0, q4_1 and q4_0 [default: as they are; for GGUF f16]
    #[arg(long, value_name = "TYPE")]
    dtype: Option<String>,
    /// Bytes of a file at most, such as 500M; more weights come in several
    #[arg(long, value_name = "BYTES", value_parser = count, default_value_t = SHARD_BYTES as u64)]
    shard_size: u64,
}

impl FormArgs {
    /// How a folder is written.
    fn form(&self) -> Result<model::convert::Form> {
        let shard_bytes = usize::try_from(self.shard_size).unwrap_or(usize::MAX);
        let dtype = self.dtype.as_deref().map(|text| {
            let name = match text.to_ascii_lowercase().as_str() {
                "f32" | "float32" => "F32",
                "f16" | "float16" | "half" => "F16",
                "bf16" | "bfloat16" => "BF16",
                _ => bail!("--dtype {text}: a folder's weights are f32, f16 or bf16"),
            };
            formats::Dtype::named(name).with_context(|| format!("{name} is not known"))
        });
        Ok(model::convert::Form { dtype: dtype.transpose()?, shard_bytes })
    }

    /// The types of a GGUF file's matrices.
    fn mixture(&self) -> Result<model::gguf::Mixture> {
        let name = self.dtype.as_deref().unwrap_or("f16");
        model::gguf::Mixture::named(name).map_err(|why| anyhow!("--dtype: {why}"))
    }
}

/// Refuses a folder that has a model already.
fn ensure_free(folder: &Path) -> Result<()> {
    let config = folder.join("config.json");
    let free = !config.exists() && !model::folder::has_weights(folder);
    ensure!(free, "there is a model in {} already; name another folder", folder.display());
    Ok(())
}

/// Refuses a file that is there.
fn ensure_new(path: &Path) -> Result<()> {
    ensure!(!path.exists(), "{} is there already; name another file", path.display());
    Ok(())
}

/// Files that stand beside a model's weights and belong to it.
const BESIDE: [&str; 12] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
    "generation_config.json",
    "LICENSE",
    "README.md",
];

/// Copies what belongs to a model beside its weights.
fn copy_beside(from: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    let mut copied = Vec::new();
    for name in BESIDE.iter().filter(|name| from.join(name).is_file()) {
        let target = to.join(name);
        stdx::atomic_file::write(&target, &std::fs::read(from.join(name))?)?;
        copied.push(target);
    }
    Ok(copied)
}
