//! `lyceum world sample`: texts to read, or JSON lines with the truth behind them.

use std::io::IsTerminal;

use anyhow::Result;
use clap::ValueEnum;
use world::Genre;

use super::show::{Look, show};
use super::which::WhichArgs;
use crate::host::Host;
use crate::out;
use crate::recipe_args::count;

/// Print texts of the world (what `lyceum world` does by itself)
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum world sample --genre diary,letter -n 4
  lyceum world sample --genre picture --seed 5
  lyceum world sample --genre story --noise 0.05 --length 2 -n 1
  lyceum world sample --genre dialogue --split test --json -n 1000 > talks.jsonl")]
pub(crate) struct Args {
    #[command(flatten)]
    which: WhichArgs,
    /// Number of the first text
    #[arg(long, value_name = "N", default_value_t = 0)]
    first: u64,
    /// How many texts
    #[arg(long, short = 'n', value_name = "N", default_value = "3", value_parser = count)]
    count: u64,
    /// Print one JSON object a line, with the truth behind the text
    #[arg(long)]
    json: bool,
    /// Colours, and pictures in them
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    color: When,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    /// On a terminal that has them
    Auto,
    Always,
    Never,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let which = args.which.which(&Genre::ALL)?;
    let look = look(args.color);
    for k in args.first..args.first.saturating_add(args.count) {
        host.go_on("more texts were asked for")?;
        let sample = which.sample(k);
        if args.json {
            out::line(serde_json::to_string(&sample)?)?;
        } else {
            out::piece(show(&which.sampler, &sample, look) + "\n")?;
        }
    }
    Ok(())
}

fn look(when: When) -> Look {
    let says = |name: &str| std::env::var(name).unwrap_or_default();
    let has_colours = std::io::stdout().is_terminal()
        && says("NO_COLOR").is_empty()
        && !matches!(says("TERM").as_str(), "dumb" | "");
    match when {
        When::Always => Look::TrueColour,
        When::Auto if has_colours => match says("COLORTERM").as_str() {
            "truecolor" | "24bit" => Look::TrueColour,
            _ => Look::Colour,
        },
        When::Auto | When::Never => Look::Plain,
    }
}
