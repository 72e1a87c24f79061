//! `lyceum tokenizer info`: what a vocabulary is made of.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use figure::{BarChart, Column, Group, Table};
use serde_json::json;
use tokenizer::Tokenizer;

use super::reading::Reading;
use crate::host::Host;
use crate::{out, pick};

/// Show what a vocabulary is made of
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum tokenizer info tokenizer.json
  lyceum tokenizer info gpt2/ --json")]
pub(crate) struct Args {
    /// A file of any format, or a folder that holds one
    #[arg(value_name = "TOKENIZER")]
    tokenizer: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Lengths that are told apart, in bytes; the last stands for all above.
const LENGTHS: [(&str, usize); 8] = [
    ("1", 1),
    ("2", 2),
    ("3", 3),
    ("4", 4),
    ("5–6", 6),
    ("7–8", 8),
    ("9–16", 16),
    ("17 and more", usize::MAX),
];
/// Tokens shown as the longest.
const LONGEST: usize = 5;

/// Ordinary tokens, counted.
#[derive(Default)]
struct Counted {
    tokens: usize,
    /// By [`LENGTHS`].
    lengths: [usize; LENGTHS.len()],
    begin_with_space: usize,
    /// Bytes that are no characters by themselves.
    not_text: usize,
    holes: usize,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let tokenizer = args.reading.open(&pick::tokenizer(host, &args.tokenizer))?;
    let counted = count(&tokenizer);
    let specials: Vec<(&str, u32)> = tokenizer.specials().collect();
    if args.json {
        let lengths = LENGTHS.iter().zip(counted.lengths);
        let lengths: serde_json::Map<_, _> =
            lengths.map(|((name, _), n)| ((*name).to_string(), n.into())).collect();
        let stages: serde_json::Map<_, _> = tokenizer
            .stages()
            .map(|(stage, names)| (stage.to_string(), names.into()))
            .into_iter()
            .collect();
        out::line(json!({
            "stages": stages, "vocab": tokenizer.vocab_size(),
            "tokens": counted.tokens, "specials": specials,
            "unused_ids": counted.holes, "begin_with_space": counted.begin_with_space,
            "not_utf8": counted.not_text, "bytes": lengths, "longest": longest(&tokenizer),
        }))?;
        return Ok(());
    }
    let share = |n: usize| format!("{:.0} %", 100.0 * n as f64 / counted.tokens.max(1) as f64);
    let names: Vec<String> = specials.iter().map(|(name, id)| format!("{name} {id}")).collect();
    let stages = tokenizer.stages().map(|(stage, names)| match names.is_empty() {
        true => (stage, "none".to_string()),
        false => (stage, names.join(", ")),
    });
    let rows = [
        ("ids", tokenizer.vocab_size().to_string()),
        ("ordinary tokens", counted.tokens.to_string()),
        ("special tokens", if names.is_empty() { "none".into() } else { names.join(", ") }),
        ("ids without a token", counted.holes.to_string()),
        ("begin with a space", share(counted.begin_with_space)),
        ("pieces of characters", counted.not_text.to_string()),
        (
            "longest",
            longest(&tokenizer).iter().map(|t| format!("{t:?}")).collect::<Vec<_>>().join(" "),
        ),
    ];
    let table = Table {
        columns: vec![Column::left(""), Column::left("")],
        rows: stages
            .into_iter()
            .chain(rows)
            .map(|(name, value)| vec![name.to_string(), value])
            .collect(),
    };
    out::piece(table.to_text())?;
    out::piece(format_args!("\n{}", lengths(&counted).to_text(60)))?;
    Ok(())
}

fn count(tokenizer: &Tokenizer) -> Counted {
    let mut counted = Counted::default();
    for id in 0..tokenizer.vocab_size() as u32 {
        let Some(bytes) = tokenizer.token_bytes(id) else {
            counted.holes += 1;
            continue;
        };
        if tokenizer.is_special(id) {
            continue;
        }
        counted.tokens += 1;
        let place = LENGTHS.iter().position(|(_, most)| bytes.len() <= *most);
        counted.lengths[place.unwrap_or(LENGTHS.len() - 1)] += 1;
        counted.begin_with_space += usize::from(bytes.starts_with(b" "));
        counted.not_text += usize::from(std::str::from_utf8(bytes).is_err());
    }
    counted
}

fn lengths(counted: &Counted) -> BarChart {
    let group = |((name, _), n): (&(&str, usize), usize)| Group {
        name: (*name).to_string(),
        values: vec![Some(n as f64)],
    };
    BarChart {
        title: "Tokens by their bytes".to_string(),
        names: vec!["tokens".to_string()],
        groups: LENGTHS.iter().zip(counted.lengths).map(group).collect(),
        ..BarChart::default()
    }
}

/// The longest tokens that are text, and not the same few characters again and again.
fn longest(tokenizer: &Tokenizer) -> Vec<String> {
    let ids = (0..tokenizer.vocab_size() as u32).filter(|id| !tokenizer.is_special(*id));
    let texts = ids.filter_map(|id| std::str::from_utf8(tokenizer.token_bytes(id)?).ok());
    let varied = |text: &&str| {
        let different: BTreeSet<char> = text.chars().collect();
        3 * different.len() >= text.chars().count()
    };
    let mut texts: Vec<&str> = texts.filter(varied).collect();
    texts.sort_by_key(|text| (std::cmp::Reverse(text.len()), *text));
    texts.into_iter().take(LONGEST).map(str::to_string).collect()
}
