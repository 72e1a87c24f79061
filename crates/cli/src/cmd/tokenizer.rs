//! `lyceum tokenizer`: learn a vocabulary, look at what it makes of a text, and choose one.

mod compare;
mod info;
mod tradeoff;

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use data::{Documents, SourceOptions};
use serde_json::json;
use tokenizer::{Tokenizer, TrainOptions};

use crate::host::Host;
use crate::out;

/// Learn a vocabulary, look at what it makes of a text, and choose one
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer train --corpus books/ --vocab 8192 --out tokenizer.json
  lyceum tokenizer encode --tokenizer tokenizer.json \"Once upon a time\"
  lyceum tokenizer decode --tokenizer tokenizer.json 72 105
  lyceum tokenizer compare ours.json gpt2/ --corpus books/ --corpus src/
  lyceum tokenizer tradeoff --corpus books/ --vocab 512,2k,8k")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Learn byte-level BPE from a corpus and write a tokenizer.json
    Train {
        /// A file or a folder
        #[arg(long, value_name = "PATH")]
        corpus: PathBuf,
        /// Ids, special tokens included
        #[arg(long, value_name = "N", default_value_t = 4096)]
        vocab: usize,
        /// Where it goes
        #[arg(long, value_name = "FILE", default_value = "tokenizer.json")]
        out: PathBuf,
        /// Replace bytes that are no UTF-8 instead of giving up
        #[arg(long)]
        lossy: bool,
    },
    /// Print a text's tokens
    Encode {
        /// A tokenizer.json
        #[arg(long, value_name = "FILE")]
        tokenizer: PathBuf,
        /// The text [default: standard input]
        text: Option<String>,
        /// Print ids and tokens as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the text of ids
    Decode {
        /// A tokenizer.json
        #[arg(long, value_name = "FILE")]
        tokenizer: PathBuf,
        /// The ids
        ids: Vec<u32>,
    },
    Info(info::Args),
    Compare(compare::Args),
    Tradeoff(tradeoff::Args),
}

pub(crate) fn run(args: Args, host: &Host) -> Result<()> {
    match args.verb {
        Verb::Train { corpus, vocab, out, lossy } => learn(&corpus, vocab, &out, lossy, host),
        Verb::Encode { tokenizer, text, json } => {
            let text = match text {
                Some(text) => text,
                None => standard_input()?,
            };
            show(&load(&tokenizer)?, &text, json)
        }
        Verb::Decode { tokenizer, ids } => {
            out::line(load(&tokenizer)?.decode(&ids)?)?;
            Ok(())
        }
        Verb::Info(args) => info::run(&args),
        Verb::Compare(args) => compare::run(&args, host),
        Verb::Tradeoff(args) => tradeoff::run(&args, host),
    }
}

/// A file, or the tokenizer.json of a folder.
pub(super) fn load(path: &Path) -> Result<Tokenizer> {
    let inside = path.join("tokenizer.json");
    let path = if path.is_dir() { &inside } else { path };
    Tokenizer::load(path).with_context(|| format!("cannot use {}", path.display()))
}

/// What a tokenizer is called: by its file, or by the folder, or the run, where all files are called
/// tokenizer.json and all folders model.
pub(super) fn name_of(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let full = if full.is_dir() { full.join("tokenizer.json") } else { full };
    let names = std::iter::once(full.file_stem());
    let names = names.chain(full.ancestors().skip(1).map(Path::file_name)).flatten();
    let mut telling = names.filter(|name| *name != "tokenizer" && *name != "model");
    telling.next().unwrap_or(full.as_os_str()).to_string_lossy().into_owned()
}

fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input is no UTF-8 text")?;
    Ok(text)
}

fn learn(corpus: &Path, vocab: usize, target: &Path, lossy: bool, host: &Host) -> Result<()> {
    let options = SourceOptions { lossy, ..SourceOptions::default() };
    let mut failed = None;
    let documents = Documents::open(corpus, &options)?;
    let texts = documents.map_while(|document| match document {
        _ if host.interrupt.requested() => None,
        Ok(document) => Some(document.text),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let specials = chat::special::ALL.map(str::to_string).into();
    let options = TrainOptions { vocab_size: vocab, specials, ..TrainOptions::default() };
    let learnt = Tokenizer::train(texts, &options);
    if let Some(error) = failed {
        return Err(error.into());
    }
    if host.interrupt.requested() {
        return Err(life::Error::Interrupted { stage: "tokenizer" }.into());
    }
    learnt?.save(target)?;
    out::line(format_args!("{vocab} ids in {}", target.display()))?;
    Ok(())
}

fn show(tokenizer: &Tokenizer, text: &str, json: bool) -> Result<()> {
    let ids = tokenizer.encode(text)?;
    let tokens: Vec<String> = ids
        .iter()
        .map(|&id| String::from_utf8_lossy(tokenizer.token_bytes(id).unwrap_or_default()).into())
        .collect();
    if json {
        out::line(json!({"ids": ids, "tokens": tokens}))?;
        return Ok(());
    }
    for (id, token) in ids.iter().zip(&tokens) {
        out::line(format_args!("{id:>7}  {token:?}"))?;
    }
    let (n, bytes) = (ids.len(), text.len());
    eprintln!("{n} tokens for {bytes} bytes: {:.2} bytes a token", bytes as f64 / n.max(1) as f64);
    Ok(())
}
