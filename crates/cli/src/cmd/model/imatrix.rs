//! `lyceum model imatrix`: what a model's matrices are multiplied with on a text, for whoever rounds them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arch::{Decoder as _, Input, Logits};
use figure::quantity;
use generate::TokenLogprobs;
use generate::{Importance, Runtime};
use life::Loaded;
use life::load::marks;
use serde_json::json;

use crate::host::Host;
use crate::{out, pick};

/// Tokens of a piece, where the model's context holds as many.
const CHUNK: usize = 512;

/// Make an importance matrix: which columns of a model's matrices count, by a text that it reads
///
/// `lyceum model convert --imatrix` rounds with it, and so does llama.cpp, whose form the file has. The text
/// should be of the kind that the model will read and write; a hundred pieces are plenty.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum model imatrix bard --text plays.txt -o bard.imatrix.gguf
  lyceum model convert bard bard.gguf --dtype q3_k_m --imatrix bard.imatrix.gguf
  lyceum model imatrix big.gguf --text plays.txt -o big.imatrix.gguf --chunks 100")]
pub(crate) struct Args {
    /// A run, a model's folder, a pulled model, a GGUF or a llama2.c file
    #[arg(value_name = "MODEL")]
    model: String,
    /// What it reads
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
    /// Where the matrix goes, a .gguf
    #[arg(long, short, value_name = "PATH")]
    output: PathBuf,
    /// Tokens of a piece, each read from nothing [default: 512, or the model's context if that is less]
    #[arg(long, value_name = "N")]
    chunk: Option<usize>,
    /// Pieces at most [default: all of the text]
    #[arg(long, value_name = "N")]
    chunks: Option<usize>,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    super::ensure_new(&args.output)?;
    let text = std::fs::read_to_string(&args.text)
        .with_context(|| format!("cannot read {}", args.text.display()))?;
    let Loaded { decoding, tokenizer, options, .. } = pick::model(host, Some(&args.model))?;
    let begin = marks(&tokenizer, &options.config).begin;
    let pieces = Pieces::new(&tokenizer.encode(&text)?, begin, &decoding, args)?;
    let importance = Arc::new(Importance::default());
    decoding.watch(importance.clone());
    let perplexity = read(&pieces, &decoding, host)?;
    let mut made = model::gguf::imatrix(decoding.spec(), &importance.entries()?)?;
    let (n, size) = (pieces.each.len(), pieces.size);
    made.datasets = vec![name(&args.text)];
    made.chunks = u32::try_from(n).unwrap_or(u32::MAX);
    made.chunk_size = u32::try_from(size).unwrap_or(u32::MAX);
    made.save(&args.output)?;
    if args.json {
        let said = json!({
            "to": args.output, "matrices": made.len(), "chunks": n, "chunk_size": size,
            "perplexity": perplexity,
        });
        return Ok(out::line(said)?);
    }
    Ok(out::line(format_args!(
        "{} matrices by {} tokens in {}; perplexity of the second half of each piece {perplexity:.3}",
        made.len(),
        quantity::count((n * size) as f64),
        args.output.display(),
    ))?)
}

/// A text in pieces, each of which begins as a text does.
struct Pieces {
    each: Vec<Vec<u32>>,
    size: usize,
}

impl Pieces {
    fn new(ids: &[u32], begin: Option<u32>, model: &Runtime, args: &Args) -> Result<Self> {
        let context = model.spec().context;
        let size = args.chunk.unwrap_or(CHUNK.min(context));
        ensure!(size >= 2, "--chunk {size}: a piece has two tokens at least");
        ensure!(
            size <= context,
            "--chunk {size} is more than the model's context of {context} tokens"
        );
        ensure!(args.chunks != Some(0), "--chunks 0: give one at least, or leave it out");
        let pieces = ids.chunks_exact(size).take(args.chunks.unwrap_or(usize::MAX));
        let each: Vec<Vec<u32>> = pieces
            .map(|ids| {
                begin.into_iter().chain(ids.iter().copied().skip(begin.iter().len())).collect()
            })
            .collect();
        ensure!(
            !each.is_empty(),
            "{} has {} tokens, a piece takes {size}; give more text, or a smaller --chunk",
            args.text.display(),
            ids.len(),
        );
        Ok(Self { each, size })
    }
}

/// Reads all pieces; the perplexity of the second half of each, as llama.cpp tells it.
fn read(pieces: &Pieces, model: &Runtime, host: &Host) -> Result<f64> {
    let n = pieces.each.len() as u64;
    let mut progress = host.progress("imatrix", n);
    let (vocabulary, mut sum, mut tokens) = (model.spec().vocab_size, 0.0, 0);
    for (piece, done) in pieces.each.iter().zip(1..) {
        // All logits are asked for, so that nothing of any position is left out.
        let mut cache = model.new_cache();
        let logits = model.forward(Input::Ids(piece), &mut cache, Logits::All)?;
        let rows = logits.chunks_exact(vocabulary).zip(&piece[1..]).skip(pieces.size / 2);
        for (row, id) in rows {
            sum -= TokenLogprobs::of(row, *id, 0).logprob;
            tokens += 1;
        }
        host.go_on("nothing was written")?;
        progress.set(done, format!("{done} of {n} pieces"));
    }
    Ok((sum / f64::from(tokens.max(1))).exp())
}

/// What a file is called, without where it lies.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
