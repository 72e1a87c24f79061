//! `lyceum resume`: go on with a run that was stopped or killed.

use anyhow::Result;

use super::speedrun::{live, recipe_of};
use crate::host::Host;
use crate::pick;

/// Go on with a run that was stopped or killed
///
/// It ends with the same weights, bit for bit, as if it had never stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum resume                the newest run
  lyceum resume speedrun")]
pub(crate) struct Args {
    /// The run [default: the newest]
    run: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let run = pick::run(host, args.run.as_deref())?;
    let recipe = recipe_of(&run)?;
    live(host, &run, &recipe, args.json)
}
