//! `lyceum tokenizer`: learn a vocabulary, look at what it makes of a text, and choose one.

mod compare;
mod convert;
mod encode;
mod info;
mod reading;
mod tradeoff;
mod train;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokenizer::Tokenizer;

use self::reading::Reading;
use crate::host::Host;
use crate::{out, pick};

/// Learn a vocabulary, look at what it makes of a text, and choose one
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer train --corpus books/ --vocab 8192 --out tokenizer.json
  lyceum tokenizer encode --tokenizer tokenizer.json \"Once upon a time\"
  lyceum tokenizer decode --tokenizer tokenizer.json 72 105
  lyceum tokenizer convert spiece.model tokenizer.json
  lyceum tokenizer compare ours.json gpt2/ --corpus books/ --corpus src/
  lyceum tokenizer tradeoff --corpus books/ --vocab 512,2k,8k

A pulled model's name (`lyceum models`) stands for its tokenizer.")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Train(train::Args),
    Encode(encode::Args),
    /// Print the text of ids
    Decode {
        /// A file of any format, or a folder that holds one
        #[arg(long, value_name = "FILE")]
        tokenizer: PathBuf,
        #[command(flatten)]
        reading: Reading,
        /// The ids [default: standard input, apart by spaces or commas]
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
        Verb::Encode(args) => encode::run(args, host),
        Verb::Decode { tokenizer, reading, ids } => {
            let ids = if ids.is_empty() { given_ids()? } else { ids };
            Ok(out::line(reading.open(&pick::tokenizer(host, &tokenizer))?.decode(&ids)?)?)
        }
        Verb::Info(args) => info::run(&args, host),
        Verb::Convert(args) => convert::run(&args, host),
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

/// Ids as [`encode`] prints them with `--json`, or bare.
fn given_ids() -> Result<Vec<u32>> {
    let text = encode::standard_input()?;
    let words = text.split(|c: char| c.is_whitespace() || "[],".contains(c));
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| word.parse().with_context(|| format!("{word:?} is no id"))).collect()
}
