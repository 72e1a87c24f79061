//! `lyceum tokenizer tradeoff`: how large a vocabulary should be, by trying.
//!
//! A larger vocabulary makes texts shorter, and its two tables larger: the embedding takes memory, the
//! output layer time. What that comes to is measured by small models, one a size, alike but for their
//! vocabularies and trained for the same time on the same text; bits per byte of held-out text compare
//! them, since bits per token would not. Each is a run like any other and is not made twice.

mod page;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use figure::{Column, Table, quantity};
use journal::Run;
use life::{Recipe, Source};
use serde_json::{Value, json};
use tokenizer::Tokenizer;
use tokenizer::measure::Measure;
use train::config::Precision;

use crate::host::Host;
use crate::out;
use crate::recipe_args;

/// Bytes of the corpus that compression is measured on.
const MEASURED: u64 = 4 << 20;

/// Try several sizes of vocabulary on small models: compression, memory, time, bits per byte
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer tradeoff --corpus books/
  lyceum tokenizer tradeoff --corpus books/ --vocab 512,2k,8k,32k --minutes 3 --html sizes.html
  lyceum runs compare tradeoff-1024 tradeoff-4096     what was trained stays as runs")]
pub(crate) struct Args {
    /// Text to learn from, a file or a folder
    #[arg(long, value_name = "PATH")]
    corpus: PathBuf,
    /// The sizes to try
    #[arg(long, value_name = "N,…", default_value = "512,1024,2048,4096,8192", value_delimiter = ',',
          value_parser = recipe_args::count)]
    vocab: Vec<u64>,
    /// Minutes of training for each
    #[arg(long, short, value_name = "M", default_value_t = 1.0)]
    minutes: f64,
    /// Parameters in the blocks of each
    #[arg(long, value_name = "N", default_value = "1M", value_parser = recipe_args::count)]
    size: u64,
    /// Of the first weights and the order of the text
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// What the runs' names begin with
    #[arg(long, value_name = "NAME", default_value = "tradeoff")]
    name: String,
    /// Print one JSON object a size
    #[arg(long)]
    json: bool,
    /// Write a page with pictures too, in place of what is there
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What came of one size.
struct Size {
    run: String,
    vocab: usize,
    bytes_per_token: f64,
    fertility: f64,
    /// Bytes of the embedding, which is the output matrix too, in f32.
    table_bytes: u64,
    /// Share of the operations of a step that the output layer takes.
    output_share: f64,
    parameters: f64,
    /// Bytes of text trained on.
    read: f64,
    bits_per_byte: f64,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    ensure!(args.minutes > 0.0, "--minutes is {}; expected more than 0", args.minutes);
    let found = args.corpus.canonicalize();
    let corpus = found.with_context(|| format!("cannot find {}", args.corpus.display()))?;
    let texts = super::compare::texts(&corpus, MEASURED)?;
    let mut sizes = Vec::new();
    for (i, &vocab) in args.vocab.iter().enumerate() {
        eprintln!("vocabulary {} of {}: {vocab} ids", i + 1, args.vocab.len());
        let run = trained(args, corpus.clone(), vocab, host)?;
        sizes.push(size(&run, &texts)?);
    }
    if let Some(path) = &args.html {
        out::page(path, &page::report(args, &sizes))?;
    }
    if args.json {
        return sizes.iter().try_for_each(|size| Ok(out::line(object(size))?));
    }
    out::piece(table(&sizes).to_text())?;
    out::line(format_args!("\n{}", verdict(&sizes)))?;
    if let Some(path) = &args.html {
        out::line(format_args!("page: {}", path.display()))?;
    }
    Ok(())
}

/// The run of one size, finished: made now, gone on with, or there from before.
fn trained(args: &Args, corpus: PathBuf, vocab: u64, host: &Host) -> Result<Run> {
    let mut recipe = Recipe { corpus: Source::Files { path: corpus }, ..Recipe::default() };
    recipe.vocab = Some(vocab as usize);
    recipe.train.minutes = Some(args.minutes);
    recipe.train.size = Some(args.size);
    recipe.train.seed = Some(args.seed);
    recipe.check()?;
    let name = format!("{}-{vocab}", args.name);
    let run = life::open(&host.store, &name, &recipe)
        .with_context(|| format!("the run {name} is of another trial; choose another --name"))?;
    if run.report_json_path().exists() {
        eprintln!("the run {name} is finished");
    } else {
        life::speedrun(&run, &host.session(Precision::Bf16))
            .with_context(|| "give the command again to go on where it stopped")?;
    }
    Ok(run)
}

fn size(run: &Run, texts: &[String]) -> Result<Size> {
    let figures: Value = serde_json::from_str(&std::fs::read_to_string(run.report_json_path())?)?;
    let config: train::Config = serde_json::from_value(figures["config"].clone())?;
    let tokenizer = Tokenizer::load(&run.model_folder().join("tokenizer.json"))?;
    let mut measure = Measure::default();
    for text in texts {
        measure += &Measure::of(&tokenizer, text)?;
    }
    let number = |key: &str| figures[key].as_f64().unwrap_or_default();
    let spec = &config.spec;
    let table = spec.vocab_size * spec.d_model;
    let bytes_per_token = measure.bytes_per_token().unwrap_or_default();
    Ok(Size {
        run: run.name(),
        vocab: spec.vocab_size,
        bytes_per_token,
        fertility: measure.fertility().unwrap_or_default(),
        table_bytes: 4 * table as u64,
        output_share: 6.0 * table as f64 / spec.train_flops_per_token(config.context),
        parameters: number("parameters"),
        read: number("tokens") * bytes_per_token,
        bits_per_byte: number("bits_per_byte"),
    })
}

/// The size whose model says most.
fn best(sizes: &[Size]) -> Option<&Size> {
    sizes.iter().min_by(|a, b| a.bits_per_byte.total_cmp(&b.bits_per_byte))
}

fn verdict(sizes: &[Size]) -> String {
    let Some(best) = best(sizes) else { return String::new() };
    format!(
        "best on this text, at this size and time: {} ids, {:.3} bits a byte. One seed each: differences \
         below a hundredth say little",
        best.vocab, best.bits_per_byte
    )
}

fn table(sizes: &[Size]) -> Table {
    let columns = [
        "ids",
        "bytes/token",
        "tokens/word",
        "table",
        "output layer",
        "parameters",
        "text read",
        "bits/byte",
    ];
    let row = |size: &Size| {
        vec![
            size.vocab.to_string(),
            format!("{:.2}", size.bytes_per_token),
            format!("{:.2}", size.fertility),
            quantity::bytes(size.table_bytes),
            format!("{:.0} %", 100.0 * size.output_share),
            quantity::count(size.parameters),
            quantity::bytes(size.read as u64),
            format!("{:.3}", size.bits_per_byte),
        ]
    };
    Table {
        columns: columns.into_iter().map(Column::right).collect(),
        rows: sizes.iter().map(row).collect(),
    }
}

fn object(size: &Size) -> Value {
    json!({
        "run": size.run, "vocab": size.vocab, "bytes_per_token": size.bytes_per_token,
        "fertility": size.fertility, "table_bytes": size.table_bytes,
        "output_share": size.output_share, "parameters": size.parameters,
        "bytes_read": size.read, "bits_per_byte": size.bits_per_byte,
    })
}
