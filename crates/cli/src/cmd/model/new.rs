//! `lyceum model new`: a family's form at a size, with random weights.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use arch::Spec;
use figure::quantity;
use model::init;
use serde_json::json;
use train::device::Device;
use train::plan::{Dials, plan};

use super::FormArgs;
use crate::host::Host;
use crate::recipe_args::{count, families};
use crate::{out, pick};

/// Ids, if neither a tokenizer nor an option says how many.
const SOME_VOCABULARY: u64 = 4096;
/// Parameters in the blocks, if nobody says how many.
const SOME_SIZE: u64 = 1_000_000;

/// Make a model of a family and size with random weights
///
/// The same seed makes the same weights, bit for bit. Train it with `lyceum pretrain --from`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum model new fresh --arch llama --size 10M
  lyceum model new tiny --arch gemma2 --layers 4 --width 128 --heads 4 --vocab 512
  lyceum model new fresh --tokenizer Qwen/Qwen2.5-0.5B --size 25M
  lyceum model new same-shape --config pulled/config.json --seed 7 --dtype bf16")]
pub(crate) struct Args {
    /// Where it goes
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The family whose form it has [default: llama]
    #[arg(long, value_parser = families())]
    arch: Option<String>,
    /// Parameters in the blocks, such as 10M [default: 1M]
    #[arg(long, value_name = "N", value_parser = count)]
    size: Option<u64>,
    /// Blocks
    #[arg(long, value_name = "N")]
    layers: Option<usize>,
    /// Width of the stream
    #[arg(long, value_name = "D")]
    width: Option<usize>,
    /// Query heads [default: one for 64 of width]
    #[arg(long, value_name = "N")]
    heads: Option<usize>,
    /// Key and value heads [default: as many as query heads]
    #[arg(long, value_name = "N")]
    kv_heads: Option<usize>,
    /// Inner width of the feed-forward block
    #[arg(long, value_name = "F")]
    ff_width: Option<usize>,
    /// Whether layers have biases [default: as the family has them]
    #[arg(long, value_name = "BOOL")]
    bias: Option<bool>,
    /// Whether the embedding is the output matrix too [default: true]
    #[arg(long, value_name = "BOOL")]
    tied: Option<bool>,
    /// Tokens that it sees at once [default: 256]
    #[arg(long, value_name = "T")]
    context: Option<usize>,
    /// Ids of the vocabulary [default: those of --tokenizer, else 4096]
    #[arg(long, value_name = "N", value_parser = count, conflicts_with = "tokenizer")]
    vocab: Option<u64>,
    /// A tokenizer to go with it: a file, a folder, or a pulled model
    #[arg(long, value_name = "PATH")]
    tokenizer: Option<PathBuf>,
    /// A config.json that says the whole shape, in the place of all options of it
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "arch", "size", "layers", "width", "heads", "kv_heads", "ff_width", "bias", "tied", "context",
        "vocab",
    ])]
    config: Option<PathBuf>,
    /// Of the weights
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    form: FormArgs,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    super::ensure_free(&args.folder)?;
    let form = args.form.form()?;
    let tokenizer = args.tokenizer.as_ref().map(|path| {
        let path = pick::tokenizer(host, path);
        let opened = tokenizer::Tokenizer::open(&path);
        opened.with_context(|| format!("cannot read the tokenizer {}", path.display()))
    });
    let tokenizer = tokenizer.transpose()?;
    let ids = tokenizer.as_ref().map(tokenizer::Tokenizer::vocab_size);
    let spec = spec(args, ids)?;
    if let Some(ids) = ids {
        let fits = ids <= spec.vocab_size;
        ensure!(fits, "the tokenizer has {ids} ids, the config only {}", spec.vocab_size);
    }
    let made = init::random(&spec, args.seed, &Device::flex())?;
    host.go_on("nothing was written")?;
    model::convert::save(&made, &args.folder, form)?;
    if let Some(tokenizer) = &tokenizer {
        let json = args.folder.join("tokenizer.json");
        stdx::atomic_file::write(&json, tokenizer.to_json().as_bytes())?;
    }
    let (n, folder) = (spec.n_params(), &args.folder);
    if args.json {
        return Ok(out::line(json!({
            "folder": folder, "family": spec.family, "parameters": n, "seed": args.seed,
        }))?);
    }
    let n = quantity::count(n as f64);
    out::line(format_args!("{n} parameters ({}) in {}", spec.family, folder.display()))?;
    Ok(())
}

/// The shape that the options describe, or the config.
fn spec(args: &Args, ids: Option<usize>) -> Result<Spec> {
    if let Some(path) = &args.config {
        let read = || format!("cannot read {}", path.display());
        let text = std::fs::read_to_string(path).with_context(read)?;
        let config = serde_json::from_str(&text).with_context(read)?;
        return Ok(arch::family::from_config(&config)?);
    }
    let sized = args.width.is_some() || args.layers.is_some();
    let dials = Dials {
        arch: args.arch.clone(),
        size: args.size.or((!sized).then_some(SOME_SIZE)),
        layers: args.layers,
        width: args.width,
        heads: args.heads,
        kv_heads: args.kv_heads,
        ff_width: args.ff_width,
        bias: args.bias,
        tied: args.tied,
        context: args.context,
        steps: Some(1),
        ..Dials::default()
    };
    let ids = ids.unwrap_or(args.vocab.unwrap_or(SOME_VOCABULARY) as usize);
    let config = plan(&dials, ids, None, &mut |_| Ok(1.0))?;
    Ok(config.spec)
}
