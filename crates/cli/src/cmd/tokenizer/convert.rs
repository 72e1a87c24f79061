//! `lyceum tokenizer convert`: the same tokenizer in another file format.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokenizer::formats::Format;

use super::reading::{Reading, format};
use crate::host::Host;
use crate::{out, pick};

/// Write a tokenizer in another file format
#[derive(Debug, clap::Args)]
#[command(after_help = "The format is told by the name of the file, or by --to:
  tokenizer.json     Hugging Face               *.gguf      llama.cpp (the tokenizer alone)
  *.model            SentencePiece              *.tiktoken  tiktoken's ranks
  vocab.json         GPT-2, with merges.txt     vocab.txt   BERT's WordPiece
  *.bin              llama2.c                   *.txt.gz    CLIP's merges
A format that cannot hold a model, or how it prepares text, is refused, with the reason. Where a
format has no place for special tokens and what is put around a text, they are left out.

Examples:
  lyceum tokenizer convert spiece.model tokenizer.json
  lyceum tokenizer convert model.gguf tokenizer.json
  lyceum tokenizer convert cl100k_base.tiktoken gpt4/tokenizer.json
  lyceum tokenizer convert ranks.bin tokenizer.json --from tiktoken --encoding o200k_base")]
pub(crate) struct Args {
    /// A file of any format, or a folder that holds one
    #[arg(value_name = "TOKENIZER")]
    from_path: PathBuf,
    /// Where it goes
    #[arg(value_name = "FILE")]
    to_path: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// The format to write [default: told by the name]
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    to: Option<Format>,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let format = format_of(&args.to_path, args.to)?;
    let tokenizer = args.reading.open(&pick::tokenizer(host, &args.from_path))?;
    let why = || format!("cannot write {}", args.to_path.display());
    tokenizer.save_as(&args.to_path, format).with_context(why)?;
    let (ids, name) = (tokenizer.vocab_size(), format.name());
    match args.json {
        true => out::line(json!({"vocab": ids, "file": args.to_path, "format": name}))?,
        false => out::line(format_args!("{ids} ids in {} ({name})", args.to_path.display()))?,
    }
    Ok(())
}

/// The format that a file is to be written in.
pub(super) fn format_of(path: &Path, wanted: Option<Format>) -> Result<Format> {
    let Some(format) = wanted.or_else(|| Format::guess(&path.to_string_lossy(), &[])) else {
        let names: Vec<&str> = Format::all().map(|(_, name)| name).collect();
        let (path, names) = (path.display(), names.join(", "));
        bail!(
            "the name {path} tells no format; end it in .json, .model, .gguf, .tiktoken, .txt or \
               .bin, or say which with --to ({names})"
        );
    };
    Ok(format)
}
