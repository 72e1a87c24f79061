//! `lyceum tokenizer train`: learn a tokenizer of any kind from a corpus.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::{Context, Result};
use data::{Documents, SourceOptions};
use serde_json::json;
use stdx::progress::Progress as Bar;
use tokenizer::formats::Format;
use tokenizer::{Kind, LearnOptions, Progress, Tokenizer};

use crate::host::Host;
use crate::{out, recipe_args};

/// Longer texts are read and counted piece by piece.
const PIECE_BYTES: usize = 1 << 20;

/// Learn a tokenizer from a corpus
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer train --corpus books/ --vocab 8k --out tokenizer.json
  lyceum tokenizer train --corpus books/ --kind unigram --vocab 8k --out spiece.model
  lyceum tokenizer train --corpus books/ --kind wordpiece --lowercase --out vocab.txt
  lyceum tokenizer train --corpus books/ --special \"<|user|>\" --special \"<|end|>\"")]
pub(crate) struct Args {
    /// A file or a folder
    #[arg(long, value_name = "PATH")]
    corpus: PathBuf,
    /// bpe (on bytes), sentencepiece-bpe, unigram, wordpiece or wordlevel
    #[arg(long, value_name = "KIND", default_value = "bpe", value_parser = kind)]
    kind: Kind,
    /// Ids, special tokens included
    #[arg(long, value_name = "N", default_value = "4096", value_parser = recipe_args::count)]
    vocab: u64,
    /// A special token; may be given again [default: those of the chat template]
    #[arg(long, value_name = "TOKEN")]
    special: Vec<String>,
    /// Pairs and words rarer than this make no token (all kinds but unigram)
    #[arg(long, value_name = "N", default_value_t = 1)]
    min_frequency: u64,
    /// All text in small letters (wordpiece and wordlevel)
    #[arg(long)]
    lowercase: bool,
    /// Where it goes; the name tells the format, as in `tokenizer convert`
    #[arg(long, value_name = "FILE", default_value = "tokenizer.json")]
    out: PathBuf,
    /// Replace bytes that are no UTF-8 instead of giving up
    #[arg(long)]
    lossy: bool,
    /// Print what was learnt as JSON
    #[arg(long)]
    json: bool,
}

fn kind(name: &str) -> Result<Kind, String> {
    let names: Vec<&str> = Kind::all().map(|(_, name)| name).collect();
    Kind::named(name).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let format = super::convert::format_of(&args.out, None)?;
    let specials = match args.special.is_empty() {
        true => chat::special::ALL.map(str::to_string).into(),
        false => args.special.clone(),
    };
    let options = LearnOptions {
        kind: args.kind,
        vocab_size: usize::try_from(args.vocab)?,
        specials,
        min_frequency: args.min_frequency,
        lowercase: args.lowercase,
    };
    let learnt = learn(args, &options, host)?;
    save(&learnt, args, format)?;
    let size = learnt.vocab_size();
    match args.json {
        true => out::line(json!({"vocab": size, "file": args.out, "format": format.name()}))?,
        false => out::line(format_args!("{size} ids in {}", args.out.display()))?,
    }
    Ok(())
}

fn learn(args: &Args, options: &LearnOptions, host: &Host) -> Result<Tokenizer> {
    let source = SourceOptions {
        lossy: args.lossy,
        piece_bytes: Some(PIECE_BYTES),
        ..SourceOptions::default()
    };
    let documents = Documents::open(&args.corpus, &source)?;
    let failed = RefCell::new(None);
    let texts = documents.map_while(|document| match document {
        _ if host.interrupt.requested() => None,
        Ok(document) => Some(document.text),
        Err(error) => {
            failed.replace(Some(error));
            None
        }
    });
    let mut shown = Shown { host, bar: None };
    let learnt = Tokenizer::learn(texts, options, &mut |progress| {
        shown.show(progress);
        // Nothing is learnt from half a corpus.
        !host.interrupt.requested() && failed.borrow().is_none()
    });
    if let Some(error) = failed.take() {
        return Err(error.into());
    }
    host.go_on("no tokenizer was written; start it again")?;
    let learnt = learnt.with_context(|| format!("cannot learn from {}", args.corpus.display()))?;
    if let Some((_, mut bar)) = shown.bar {
        bar.finish(format!("{} ids", learnt.vocab_size()));
    }
    Ok(learnt)
}

fn save(learnt: &Tokenizer, args: &Args, format: Format) -> Result<()> {
    let why = || format!("cannot write {}", args.out.display());
    learnt.save_as(&args.out, format).with_context(why)
}

/// One bar after the other: reading, whose length nobody knows, then learning.
struct Shown<'h> {
    host: &'h Host,
    bar: Option<(&'static str, Bar)>,
}

impl Shown<'_> {
    fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Counted { bytes, words } => {
                let (bytes, words) = (figure::quantity::count(bytes as f64), words as f64);
                let words = figure::quantity::count(words);
                self.bar("read", 0).set(0, format!("{bytes} bytes, {words} different words"));
            }
            Progress::Merged { ids, of } => {
                self.bar("merge", of as u64).set(ids as u64, format!("{ids} of {of} ids"));
            }
            Progress::Fitted { pieces, target } => {
                // From a million to the wished size by quarters: equal steps on a scale of ratios.
                let ratio = (pieces as f64 / target.max(1) as f64).ln().max(0.0);
                let left = (1000.0 * ratio / 1e6_f64.ln()).min(1000.0);
                self.bar("fit", 1000).set(1000 - left as u64, format!("{pieces} pieces left"));
            }
        }
    }

    fn bar(&mut self, name: &'static str, total: u64) -> &mut Bar {
        if self.bar.as_ref().is_none_or(|(shown, _)| *shown != name) {
            if let Some((_, bar)) = &mut self.bar {
                bar.finish("done");
            }
            self.bar = Some((name, self.host.progress(name, total)));
        }
        &mut self.bar.as_mut().expect("it was just set").1
    }
}
