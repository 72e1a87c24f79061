//! `lyceum runs`: what there is, how it stands, how two compare, and how one goes.

mod compare;
mod list;
mod rm;
mod show;

use anyhow::Result;

use crate::host::Host;

/// List, show, compare and remove runs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum runs                       the list
  lyceum runs --json
  lyceum runs show bard
  lyceum runs compare bard bard-2
  lyceum runs rm bard-2")]
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
    Show(show::Args),
    Compare(compare::Args),
    Rm(rm::Args),
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    match &args.action {
        None | Some(Action::List(_)) => list::run(host, args.json),
        Some(Action::Show(show)) => show::run(show, host, args.json),
        Some(Action::Compare(compare)) => compare::run(compare, host, args.json),
        Some(Action::Rm(rm)) => rm::run(rm, host, args.json),
    }
}
