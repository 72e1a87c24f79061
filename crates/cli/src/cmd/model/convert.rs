//! `lyceum model convert`: the same model in other files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use figure::quantity;
use model::Opened;
use model::convert::{to_folder, to_llama2c};
use serde_json::json;
use tokenizer::Tokenizer;

use super::FormArgs;
use crate::host::Host;
use crate::{out, pick};

/// Write a model in other files: as a folder of safetensors, or for llama2.c
///
/// Numbers that keep their type keep their bits. What stands beside the weights comes along: the
/// tokenizer, the chat template, other settings of the config.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum model convert bard half --dtype bf16
  lyceum model convert Qwen/Qwen2.5-7B-Instruct small-files --shard-size 1G
  lyceum model convert old/ new/                         pytorch_model.bin to safetensors
  lyceum model convert stories260K.bin stories --tokenizer tok512.bin
  lyceum model convert stories stories.bin               back to llama2.c")]
pub(crate) struct Args {
    /// A run, a model's folder, a pulled model, or a llama2.c file
    #[arg(value_name = "MODEL")]
    from: String,
    /// Where it goes: a folder, or a .bin for llama2.c
    #[arg(value_name = "PATH")]
    to: PathBuf,
    #[command(flatten)]
    form: FormArgs,
    /// A tokenizer to go with it, in any format [default: the model's own]
    #[arg(long, value_name = "PATH")]
    tokenizer: Option<PathBuf>,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let from = pick::model_path(host, &args.from)?;
    let opened = Opened::open(&from)?;
    let own = args.tokenizer.as_ref().map(|path| {
        let path = pick::tokenizer(host, path);
        let opened = Tokenizer::open(&path);
        opened.with_context(|| format!("cannot read the tokenizer {}", path.display()))
    });
    let own = own.transpose()?;
    if let Some(own) = &own {
        let (ids, rows) = (own.vocab_size(), opened.spec().vocab_size);
        ensure!(
            ids <= rows,
            "the tokenizer has {ids} ids, the model only {rows}: is it another's?"
        );
    }
    let is_llama2c = args.to.extension().is_some_and(|extension| extension == "bin");
    if is_llama2c {
        ensure!(
            args.form.dtype.is_none_or(|dtype| dtype.name() == "F32"),
            "a llama2.c file holds f32; leave out --dtype"
        );
        ensure!(!args.to.exists(), "{} is there already; name another file", args.to.display());
        to_llama2c(&opened, &args.to)?;
        if let Some(own) = &own {
            let path = args.to.with_file_name("tokenizer.bin");
            own.save_as(&path, tokenizer::formats::Format::Llama2c)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    } else {
        super::ensure_free(&args.to)?;
        let n = opened.names()?.len() as u64;
        let mut progress = host.progress("convert", n);
        let mut done = 0;
        let written = to_folder(&opened, &args.to, args.form.form(), &mut || {
            done += 1;
            progress.set(done, format!("{done} of {n} tensors"));
            !host.interrupt.requested()
        });
        host.go_on("nothing was written")?;
        written?;
        if from.is_dir() {
            super::copy_beside(&from, &args.to)?;
        }
        if let Some(own) = &own {
            write_tokenizer(own, &args.to)?;
        }
    }
    let n = opened.spec().n_params();
    if args.json {
        let family = &opened.spec().family;
        return Ok(out::line(json!({"to": args.to, "family": family, "parameters": n}))?);
    }
    let n = quantity::count(n as f64);
    Ok(out::line(format_args!("{n} parameters in {}", args.to.display()))?)
}

/// Writes a tokenizer, and which of its tokens begins and ends a text where nothing says so yet.
fn write_tokenizer(tokenizer: &Tokenizer, folder: &Path) -> Result<()> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        let written = stdx::atomic_file::write(&path, text.as_bytes());
        written.with_context(|| format!("cannot write {}", path.display()))
    };
    put("tokenizer.json", &tokenizer.to_json())?;
    // llama2.c has them between line breaks.
    let mark = |name: &str| tokenizer.specials().find(|(content, _)| content.trim() == name);
    let marks = mark("<s>").zip(mark("</s>"));
    let is_told = folder.join("tokenizer_config.json").exists();
    if let Some(((begin, first), (end, last))) = marks.filter(|_| !is_told) {
        put("tokenizer_config.json", &json!({"bos_token": begin, "eos_token": end}).to_string())?;
        // llama2.c ends where the next text would begin.
        let ids = json!({"bos_token_id": first, "eos_token_id": [last, first]});
        put("generation_config.json", &ids.to_string())?;
    }
    Ok(())
}
