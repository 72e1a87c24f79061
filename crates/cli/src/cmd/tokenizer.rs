//! `lyceum tokenizer`: learn a vocabulary, look at what it makes of a text, and choose one.

mod compare;
mod convert;
mod info;
mod reading;
mod tradeoff;
mod train;

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::json;
use tokenizer::Tokenizer;

use self::reading::Reading;
use crate::host::Host;
use crate::out;

/// Learn a vocabulary, look at what it makes of a text, and choose one
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer train --corpus books/ --vocab 8192 --out tokenizer.json
  lyceum tokenizer encode --tokenizer tokenizer.json \"Once upon a time\"
  lyceum tokenizer decode --tokenizer tokenizer.json 72 105
  lyceum tokenizer convert spiece.model tokenizer.json
  lyceum tokenizer compare ours.json gpt2/ --corpus books/ --corpus src/
  lyceum tokenizer tradeoff --corpus books/ --vocab 512,2k,8k")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Train(train::Args),
    /// Print a text's tokens
    Encode {
        /// A file of any format, or a folder that holds one
        #[arg(long, value_name = "FILE")]
        tokenizer: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// The text [default: standard input]
        text: Option<String>,
        /// Find special tokens in the text, and put around it what the tokenizer puts around texts
        #[arg(long)]
        special: bool,
        /// Print ids and tokens as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the text of ids
    Decode {
        /// A file of any format, or a folder that holds one
        #[arg(long, value_name = "FILE")]
        tokenizer: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// The ids
        ids: Vec<u32>,
    },
    Info(info::Args),
    Convert(convert::Args),
    Compare(compare::Args),
    Tradeoff(tradeoff::Args),
}

pub(crate) fn run(args: Args, host: &Host) -> Result<()> {
    match args.verb {
        Verb::Train(args) => train::run(&args, host),
        Verb::Encode { tokenizer, reading, text, special, json } => {
            let text = match text {
                Some(text) => text,
                None => standard_input()?,
            };
            show(&reading.open(&tokenizer)?, &text, special, json)
        }
        Verb::Decode { tokenizer, reading, ids } => {
            out::line(reading.open(&tokenizer)?.decode(&ids)?)?;
            Ok(())
        }
        Verb::Info(args) => info::run(&args),
        Verb::Convert(args) => convert::run(&args),
        Verb::Compare(args) => compare::run(&args, host),
        Verb::Tradeoff(args) => tradeoff::run(&args, host),
    }
}

/// A file of any format, or the one in a folder.
pub(super) fn load(path: &Path) -> Result<Tokenizer> {
    Reading::default().open(path)
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

/// Ids, tokens and where each stands in the text, in bytes.
fn show(tokenizer: &Tokenizer, text: &str, special: bool, json: bool) -> Result<()> {
    let (ids, tokens, places) = match special {
        true => {
            let encoding = tokenizer.encoding(text, None, true)?;
            (encoding.ids, encoding.tokens, Some(encoding.offsets))
        }
        false => {
            let ids = tokenizer.encode(text)?;
            let bytes = ids.iter().map(|&id| tokenizer.token_bytes(id).unwrap_or_default());
            let tokens = bytes.map(|bytes| String::from_utf8_lossy(bytes).into()).collect();
            (ids, tokens, None)
        }
    };
    if json {
        let mut shown = json!({"ids": ids, "tokens": tokens});
        if let Some(places) = places {
            shown["offsets"] = json!(places);
        }
        out::line(shown)?;
        return Ok(());
    }
    for (id, token) in ids.iter().zip(&tokens) {
        out::line(format_args!("{id:>7}  {token:?}"))?;
    }
    let (n, bytes) = (ids.len(), text.len());
    eprintln!("{n} tokens for {bytes} bytes: {:.2} bytes a token", bytes as f64 / n.max(1) as f64);
    Ok(())
}
