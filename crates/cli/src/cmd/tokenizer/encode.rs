//! `lyceum tokenizer encode`: a text's tokens, or other ways to cut it.

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::json;
use stdx::Rng;
use tokenizer::Tokenizer;

use super::reading::Reading;
use crate::host::Host;
use crate::{out, pick};

/// Print a text's tokens, or other ways to cut it
///
/// A model that is to know words in all their pieces is trained on texts that are cut by chance:
/// --dropout passes over merges of a BPE model, --alpha draws from a unigram model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer encode --tokenizer tokenizer.json \"Once upon a time\"
  lyceum tokenizer encode --tokenizer tokenizer.json --dropout 0.1 --seed 7 \"Once upon a time\"
  lyceum tokenizer encode --tokenizer spiece.model --n-best 5 internationalization
  lyceum tokenizer encode --tokenizer spiece.model --alpha 0.2 --json < book.txt")]
pub(crate) struct Args {
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
    #[command(flatten)]
    way: Way,
    /// Print ids and tokens as JSON
    #[arg(long)]
    json: bool,
}

/// Another way to cut than the best.
#[derive(Debug, clap::Args)]
struct Way {
    /// Pass over each merge of a BPE model with this probability
    #[arg(long, value_name = "P", conflicts_with_all = ["alpha", "n_best", "special"])]
    dropout: Option<f64>,
    /// Draw from a unigram model, scores times this: 0 makes all ways alike
    #[arg(long, value_name = "ALPHA", conflicts_with_all = ["n_best", "special"])]
    alpha: Option<f64>,
    /// The seed of --dropout and --alpha
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// Print so many ways of a unigram model, the best first
    #[arg(long, value_name = "N", conflicts_with = "special")]
    n_best: Option<usize>,
}

pub(super) fn run(args: Args, host: &Host) -> Result<()> {
    let text = match args.text {
        Some(text) => text,
        None => standard_input()?,
    };
    let tokenizer = args.reading.open(&pick::tokenizer(host, &args.tokenizer))?;
    if let Some(n) = args.way.n_best {
        return show_best(&tokenizer, &text, n, args.json);
    }
    let (ids, places) = match (args.way.dropout, args.way.alpha) {
        (None, None) if args.special => {
            let encoding = tokenizer.encoding(&text, None, true)?;
            return show(
                &encoding.ids,
                encoding.tokens,
                Some(json!(encoding.offsets)),
                &text,
                args.json,
            );
        }
        (None, None) => (tokenizer.encode(&text)?, None),
        (dropout, alpha) => {
            check_kind(&tokenizer, dropout.is_some())?;
            let amount = dropout.or(alpha).unwrap_or_default();
            (tokenizer.sample(&text, amount, &mut Rng::new(args.way.seed))?, None)
        }
    };
    show(&ids, tokens(&tokenizer, &ids), places, &text, args.json)
}

/// Each model has its own way of chance.
fn check_kind(tokenizer: &Tokenizer, is_dropout: bool) -> Result<()> {
    let kind = tokenizer.model().kind();
    let wanted = if is_dropout { "BPE" } else { "Unigram" };
    let flag = if is_dropout { "--dropout" } else { "--alpha" };
    anyhow::ensure!(kind == wanted, "{flag} is for {wanted} models, and this one is {kind}");
    Ok(())
}

fn tokens(tokenizer: &Tokenizer, ids: &[u32]) -> Vec<String> {
    let bytes = ids.iter().map(|&id| tokenizer.token_bytes(id).unwrap_or_default());
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into()).collect()
}

pub(super) fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input is no UTF-8 text")?;
    Ok(text)
}

/// Ids, tokens and where each stands in the text, in bytes.
fn show(
    ids: &[u32],
    tokens: Vec<String>,
    places: Option<serde_json::Value>,
    text: &str,
    json: bool,
) -> Result<()> {
    if json {
        let mut shown = json!({"ids": ids, "tokens": tokens});
        if let Some(places) = places {
            shown["offsets"] = places;
        }
        return Ok(out::line(shown)?);
    }
    for (id, token) in ids.iter().zip(&tokens) {
        out::line(format_args!("{id:>7}  {token:?}"))?;
    }
    let (n, bytes) = (ids.len(), text.len());
    eprintln!("{n} tokens for {bytes} bytes: {:.2} bytes a token", bytes as f64 / n.max(1) as f64);
    Ok(())
}

/// A way a line: its score and its tokens.
fn show_best(tokenizer: &Tokenizer, text: &str, n: usize, json: bool) -> Result<()> {
    for (ids, score) in tokenizer.n_best(text, n)? {
        let tokens = tokens(tokenizer, &ids);
        match json {
            true => out::line(json!({"score": score, "ids": ids, "tokens": tokens}))?,
            false => out::line(format_args!("{score:>9.3}  {}", tokens.join(" ")))?,
        }
    }
    Ok(())
}
