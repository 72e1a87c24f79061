//! `lyceum world`: read what the village has to tell, measure it, and take it along.

mod export;
mod knobs;
mod sample;
mod show;
mod stats;
mod which;

use anyhow::Result;

use crate::host::Host;

/// Read the world that models learn from: print samples, measure its language, export it
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  lyceum world                                    the first of a few genres
  lyceum world --genre sentence -n 2              sentences with their trees
  lyceum world --seed 7 --first 100 -n 3
  lyceum world --json -n 1000 > village.jsonl
  lyceum world stats --html language.html
  lyceum world export village.jsonl.zst -n 100k"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    sample: sample::Args,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Sample(sample::Args),
    Stats(stats::Args),
    Export(export::Args),
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    match &args.action {
        None => sample::run(&args.sample, host),
        Some(Action::Sample(sample)) => sample::run(sample, host),
        Some(Action::Stats(stats)) => stats::run(stats, host),
        Some(Action::Export(export)) => export::run(export, host),
    }
}
