//! `lyceum world stats`: how rich the language of the world is, how much it repeats itself, and how
//! fast it comes.
//!
//! Texts are made on one thread, one after the other; the clock runs while they are made and stands
//! while they are counted or the thread has to wait. What a word, a shape and a duplicate is, `world::survey` says.

mod count;
mod page;

use std::path::PathBuf;

use anyhow::Result;
use figure::{Column, Table, quantity};
use serde_json::{Value, json};
use world::Genre;

use self::count::{Counted, Row, counted};
use super::which::WhichArgs;
use crate::host::Host;
use crate::out;
use crate::recipe_args;

/// Measure the language: words, sentence shapes, duplicates, and how fast texts are made
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum world stats
  lyceum world stats --genre story,diary,letter -n 20k
  lyceum world stats --html language.html
  lyceum world stats --json --seed 2")]
pub(crate) struct Args {
    #[command(flatten)]
    which: WhichArgs,
    /// Texts of each genre
    #[arg(long, short = 'n', value_name = "N", default_value = "2000", value_parser = recipe_args::count)]
    count: u64,
    /// Print one JSON object a genre, then one for all prose and one for all
    #[arg(long)]
    json: bool,
    /// Write a page with curves and examples too, in place of what is there
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let which = args.which.which(&Genre::ALL)?;
    let counted = counted(&which, args.count, host)?;
    if let Some(path) = &args.html {
        out::page(path, &page::report(&which, args.count, &counted))?;
    }
    if args.json {
        rows(&counted).try_for_each(|(name, row)| out::line(object(name, row)))?;
    } else {
        out::piece(table(&counted).to_text())?;
    }
    if let Some(path) = args.html.as_ref().filter(|_| !args.json) {
        out::line(format_args!("\npage: {}", path.display()))?;
    }
    Ok(())
}

/// Every row with its name: the genres, prose, all.
fn rows(counted: &Counted) -> impl Iterator<Item = (&'static str, &Row)> {
    let genres = counted.genres.iter().map(|(genre, row)| (genre.name(), row));
    let prose = counted.prose.iter().map(|row| ("prose", row));
    genres.chain(prose).chain([("all", &counted.all)])
}

/// A row a genre, one of all prose, and one of all.
fn table(counted: &Counted) -> Table {
    let columns = ["texts", "size", "MB/s", "words", "shapes", "words/sent.", "copies", "alike"];
    let columns = columns.into_iter().map(Column::right);
    let row = |(name, row): (&str, &Row)| {
        let found = &row.found;
        let share = |n: u64| format!("{:.2} %", 100.0 * n as f64 / found.documents.max(1) as f64);
        vec![
            name.to_string(),
            quantity::count(found.documents as f64),
            quantity::bytes(found.bytes),
            speed(row),
            quantity::count(found.types as f64),
            quantity::count(found.shapes as f64),
            format!("{:.1}", found.words_in_a_sentence()),
            share(found.duplicates),
            share(found.near_duplicates),
        ]
    };
    Table {
        columns: std::iter::once(Column::left("genre")).chain(columns).collect(),
        rows: rows(counted).map(row).collect(),
    }
}

/// Megabytes a second in a few digits.
fn speed(row: &Row) -> String {
    match row.megabytes_a_second() {
        speed if speed < 9.95 => format!("{speed:.1}"),
        speed => format!("{speed:.0}"),
    }
}

fn object(name: &str, row: &Row) -> Value {
    let found = &row.found;
    json!({
        "genre": name,
        "texts": found.documents,
        "bytes": found.bytes,
        "seconds": row.seconds,
        "megabytes_per_second": row.megabytes_a_second(),
        "words": found.tokens,
        "different_words": found.types,
        "sentences": found.sentences,
        "shapes": found.shapes,
        "words_per_sentence": found.words_in_a_sentence(),
        "duplicates": found.duplicates,
        "near_duplicates": found.near_duplicates,
        "different_words_after_words": found.curve,
        "shapes_after_sentences": row.shape_curve,
    })
}
