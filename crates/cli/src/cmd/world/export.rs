//! `lyceum world export`: texts as files that other programs read.
//!
//! A file is written beside its place and moved there when it is whole: an export that was stopped,
//! killed or met a full disk leaves what was there before.

mod format;
mod lines;
mod pictures;
mod table;
mod trees;

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use figure::quantity;
use stdx::progress::Progress;
use world::Sample;

use self::format::Format;
use super::which::{Which, WhichArgs};
use crate::host::Host;
use crate::out;
use crate::recipe_args::count;

/// Write texts of the world to a file: JSON lines, Parquet, CoNLL-U, or a folder of PNG pictures
///
/// The name decides on the format: .jsonl, .parquet, .conllu (sentences with their trees), or no
/// extension for a folder of pictures with captions.jsonl beside them. JSON lines and CoNLL-U may
/// also end in .gz or .zst. Parquet needs a program built with `--features parquet`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum world export village.jsonl
  lyceum world export talks.jsonl.zst --genre dialogue,lesson -n 100k
  lyceum world export trees.conllu -n 20k --split validation
  lyceum world export album -n 500 --force")]
pub(crate) struct Args {
    /// The file, or the folder for pictures
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// The format, where the name does not say it
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    which: WhichArgs,
    /// Number of the first text
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// How many texts
    #[arg(long, short = 'n', value_name = "N", default_value = "1000", value_parser = count)]
    count: u64,
    /// Replace what is there
    #[arg(long)]
    force: bool,
}

/// The texts on their way to the file, with progress and an ear for Ctrl-C.
struct Stream<'a> {
    which: Which,
    numbers: std::ops::Range<u64>,
    host: &'a Host,
    progress: Progress,
    n_texts: u64,
    n_bytes: u64,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let format = Format::of(args.format, &args.out)?;
    let which = args.which.which(format.usual_genres())?;
    format.check_genres(&which.genres)?;
    if format == Format::Parquet {
        data::sink::check_built(&args.out)?;
    }
    may_write(&args.out, format, args.force)?;
    let progress = host.progress("export", args.count);
    let numbers = args.first..args.first.saturating_add(args.count);
    let mut stream = Stream { which, numbers, host, progress, n_texts: 0, n_bytes: 0 };
    let written = match format {
        Format::Jsonl => lines::write(&args.out, &mut stream),
        Format::Parquet => table::write(&args.out, &mut stream),
        Format::Conllu => trees::write(&args.out, &mut stream),
        Format::Png => pictures::write(&args.out, &mut stream),
    };
    if written.is_err() {
        host.go_on("nothing was written")?;
    }
    written.with_context(|| format!("cannot write {}", args.out.display()))?;
    let (n, size) = (stream.n_texts, quantity::bytes(stream.n_bytes));
    stream.progress.finish(format!("{n} texts, {size} of text"));
    Ok(out::line(format_args!("{n} texts in {}", args.out.display()))?)
}

/// Whether the place is free, or holds what may be replaced.
fn may_write(out: &Path, format: Format, force: bool) -> Result<()> {
    let name = out.display();
    if out.file_name().is_none() {
        bail!("{name} is no name to write to; give the name of a new {}", format.place());
    }
    if !out.exists() {
        return Ok(());
    }
    match (format, out.is_dir()) {
        (Format::Png, false) => bail!("{name} is a file; pictures go into a folder"),
        (Format::Png, true) => pictures::may_replace(out)?,
        (_, true) => bail!("{name} is a folder; name a file in it"),
        (_, false) => {}
    }
    match force {
        true => Ok(()),
        false => bail!("{name} is there already; give another name, or --force to replace it"),
    }
}

impl Stream<'_> {
    /// The next text; an error once somebody wants it to stop.
    fn next(&mut self) -> io::Result<Option<Sample>> {
        if self.host.interrupt.requested() {
            return Err(io::Error::other("stopped"));
        }
        let Some(k) = self.numbers.next() else { return Ok(None) };
        let sample = self.which.sample(k);
        self.n_texts += 1;
        self.n_bytes += sample.text.len() as u64;
        if self.n_texts.is_multiple_of(64) {
            self.progress.set(self.n_texts, quantity::bytes(self.n_bytes));
        }
        Ok(Some(sample))
    }
}
