//! `lyceum tokenizer compare`: which vocabulary fits which text, and what languages pay.
//!
//! Everything is counted on the text as it lies there. The clock runs over a second reading of the same
//! documents, so that what is measured is the tokenizer and not the disk, by a copy that has seen none
//! of their words, on as many threads as there are. What the figures mean, `tokenizer::measure` and `tokenizer::translations` say.

mod languages;
mod page;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use data::{Documents, SourceOptions};
use figure::{Column, Table, quantity};
use serde_json::json;
use tokenizer::Tokenizer;
use tokenizer::measure::Measure;

use self::languages::Languages;
use crate::host::Host;
use crate::{out, pick, recipe_args};

/// Compare vocabularies on texts: compression, fertility, what languages pay, unused ids, speed
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer compare ours.json gpt2/ --corpus books/ --corpus src/
  lyceum tokenizer compare ours.json gpt2/ --languages declaration/ --html page.html
  lyceum tokenizer compare *.json --corpus books/ --json | jq .bytes_per_token")]
pub(crate) struct Args {
    /// Files of any format, or folders that hold one
    #[arg(required = true, value_name = "TOKENIZER")]
    tokenizers: Vec<PathBuf>,
    /// Text to measure on, a file or a folder; sources of programs are read too. May be given again
    #[arg(long, value_name = "PATH")]
    corpus: Vec<PathBuf>,
    /// A folder with the same text in several languages, a file each
    #[arg(long, value_name = "FOLDER")]
    languages: Option<PathBuf>,
    /// What the other languages are held against: the first file whose name begins so
    #[arg(long, value_name = "NAME", default_value = "English")]
    reference: String,
    /// Bytes that are read of each corpus at most
    #[arg(long, value_name = "N", default_value = "20M", value_parser = recipe_args::count)]
    most: u64,
    /// Print one JSON object for each corpus, and one for each language, with each tokenizer
    #[arg(long)]
    json: bool,
    /// Write a page with pictures too, in place of what is there
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// A tokenizer and what it is called here.
struct Named {
    name: String,
    tokenizer: Tokenizer,
}

/// One tokenizer on one corpus.
struct Found {
    measure: Measure,
    /// Bytes a second.
    speed: f64,
}

/// A corpus with what each tokenizer made of it, in their order.
struct Corpus {
    name: String,
    found: Vec<Found>,
}

/// All that was measured.
struct Compared {
    tokenizers: Vec<Named>,
    corpora: Vec<Corpus>,
    languages: Option<Languages>,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    if args.corpus.is_empty() && args.languages.is_none() {
        bail!("nothing to measure on; name a text with --corpus, or translations with --languages");
    }
    let tokenizers = named(&args.tokenizers, host)?;
    let mut corpora = Vec::new();
    for path in &args.corpus {
        corpora.push(measured(path, args.most, &tokenizers, host)?);
    }
    let languages = match &args.languages {
        Some(folder) => Some(languages::read(folder, &args.reference, &tokenizers, host)?),
        None => None,
    };
    let compared = Compared { tokenizers, corpora, languages };
    if let Some(path) = &args.html {
        out::page(path, &page::report(&compared))?;
    }
    if args.json {
        return print_json(&compared);
    }
    print_tables(&compared)?;
    if let Some(path) = &args.html {
        out::line(format_args!("\npage: {}", path.display()))?;
    }
    Ok(())
}

/// Loads them and gives each a name of its own.
fn named(paths: &[PathBuf], host: &Host) -> Result<Vec<Named>> {
    let mut all: Vec<Named> = Vec::new();
    for path in paths.iter().map(|path| pick::tokenizer(host, path)) {
        let (tokenizer, name) = (super::load(&path)?, super::name_of(&path));
        let same = all.iter().filter(|other| other.name.split('#').next() == Some(&name)).count();
        let name = if same == 0 { name } else { format!("{name}#{}", same + 1) };
        all.push(Named { name, tokenizer });
    }
    Ok(all)
}

fn measured(path: &Path, most: u64, tokenizers: &[Named], host: &Host) -> Result<Corpus> {
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let texts = texts(path, most)?;
    let mut progress = host.progress(&name, tokenizers.len() as u64);
    let mut found = Vec::new();
    for (done, Named { name, tokenizer }) in tokenizers.iter().enumerate() {
        host.go_on("nothing was written")?;
        progress.set(done as u64, name.clone());
        let mut measure = Measure::default();
        for text in &texts {
            let of_text = Measure::of(tokenizer, text);
            measure +=
                &of_text.with_context(|| format!("{name} cannot read {}", path.display()))?;
        }
        let unseen = tokenizer.clone();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let start = Instant::now();
        black_box(unseen.encode_batch(&texts)?);
        let speed = measure.bytes as f64 / start.elapsed().as_secs_f64().max(1e-9);
        found.push(Found { measure, speed });
    }
    progress.finish("measured");
    Ok(Corpus { name, found })
}

/// The documents of a corpus from its beginning, the last one perhaps cut.
pub(super) fn texts(path: &Path, most: u64) -> Result<Vec<String>> {
    let options = SourceOptions { code: true, ..SourceOptions::default() };
    let (mut texts, mut left) = (Vec::new(), most as usize);
    for document in Documents::open(path, &options)? {
        let mut text = document?.text;
        let whole = text.len();
        text.truncate(text.floor_char_boundary(left));
        left -= text.len();
        let is_cut = text.len() < whole;
        texts.push(text);
        if is_cut || left == 0 {
            break;
        }
    }
    ensure!(texts.iter().any(|text| !text.is_empty()), "{} has no text", path.display());
    Ok(texts)
}

fn print_tables(compared: &Compared) -> Result<()> {
    if !compared.corpora.is_empty() {
        out::piece(table(compared).to_text())?;
    }
    if let Some(languages) = &compared.languages {
        let gap = if compared.corpora.is_empty() { "" } else { "\n" };
        out::piece(format_args!("{gap}{}", languages.table(&compared.tokenizers).to_text()))?;
        out::line(languages.summary())?;
    }
    Ok(())
}

/// A row for each corpus with each tokenizer.
fn table(compared: &Compared) -> Table {
    let columns = ["ids", "tokens", "bytes/token", "tokens/word", "unused", "MB/s"];
    let columns = columns.into_iter().map(Column::right);
    let mut rows = Vec::new();
    for corpus in &compared.corpora {
        for (Named { name, tokenizer }, found) in compared.tokenizers.iter().zip(&corpus.found) {
            let ratio = |n: Option<f64>| n.map_or("–".to_string(), |n| format!("{n:.2}"));
            rows.push(vec![
                corpus.name.clone(),
                name.clone(),
                tokenizer.vocab_size().to_string(),
                quantity::count(found.measure.tokens as f64),
                ratio(found.measure.bytes_per_token()),
                ratio(found.measure.fertility()),
                format!("{:.0} %", 100.0 * unused(tokenizer, found)),
                format!("{:.1}", found.speed / 1e6),
            ]);
        }
    }
    let heads = [Column::left("corpus"), Column::left("tokenizer")];
    Table { columns: heads.into_iter().chain(columns).collect(), rows }
}

/// The share of ids that never occurred.
fn unused(tokenizer: &Tokenizer, found: &Found) -> f64 {
    1.0 - found.measure.used() as f64 / tokenizer.vocab_size().max(1) as f64
}

fn print_json(compared: &Compared) -> Result<()> {
    for corpus in &compared.corpora {
        for (Named { name, tokenizer }, found) in compared.tokenizers.iter().zip(&corpus.found) {
            let measure = &found.measure;
            out::line(json!({
                "corpus": corpus.name, "tokenizer": name, "vocab": tokenizer.vocab_size(),
                "bytes": measure.bytes, "chars": measure.chars, "words": measure.words,
                "tokens": measure.tokens, "bytes_per_token": measure.bytes_per_token(),
                "fertility": measure.fertility(), "unused_share": unused(tokenizer, found),
                "bytes_per_second": found.speed,
            }))?;
        }
    }
    if let Some(languages) = &compared.languages {
        languages.objects(&compared.tokenizers).into_iter().try_for_each(out::line)?;
    }
    Ok(())
}
