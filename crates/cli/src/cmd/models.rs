//! `lyceum models`: published models on this machine: which there are, how one comes, how one goes.

mod list;
mod pull;
mod rm;

use anyhow::Result;
use hub::Store;

use crate::host::Host;

/// List, pull and remove published models
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum models                                      the list
  lyceum models pull HuggingFaceTB/SmolLM2-135M      bring one from the hub
  lyceum generate --model HuggingFaceTB/SmolLM2-135M \"One warm morning\"
  lyceum models rm HuggingFaceTB/SmolLM2-135M

A pulled model's name stands wherever a model's folder may.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    List(list::Args),
    Pull(pull::Args),
    Rm(rm::Args),
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let store = Store::at(host.store.home());
    match &args.action {
        None | Some(Action::List(_)) => list::run(&store, args.json),
        Some(Action::Pull(pull)) => pull::run(pull, &store, host, args.json),
        Some(Action::Rm(rm)) => rm::run(rm, &store, args.json),
    }
}
