//! `lyceum runs rm`: runs go for good, after a question.

use std::io::{IsTerminal, stdin};

use anyhow::{Result, bail};
use figure::quantity;
use serde_json::json;

use crate::host::Host;
use crate::out;

/// Remove runs for good: model, checkpoints, journal and report
///
/// Each must be named in full. One that is running is refused, and then none is removed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum runs rm bard-2
  lyceum runs rm bard-2 bard-3 --yes     without asking")]
pub(crate) struct Args {
    /// The runs
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(crate) fn run(args: &Args, host: &Host, json: bool) -> Result<()> {
    let mut runs = Vec::new();
    for name in &args.runs {
        let run = host.store.may_remove(name)?;
        if !runs.contains(&run) {
            runs.push(run);
        }
    }
    let sizes = runs.iter().map(journal::Run::size_bytes).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<String> = runs.iter().map(journal::Run::name).collect();
    if !args.yes && !agreed(host, &names, sizes.iter().sum())? {
        bail!("nothing was removed");
    }
    for name in names {
        let freed = host.store.remove(&name)?;
        if json {
            out::line(json!({"run": name, "freed_bytes": freed}))?;
        } else {
            let size = quantity::bytes(freed);
            out::line(format_args!("removed {name}: {size} ({freed} bytes) freed"))?;
        }
    }
    Ok(())
}

/// Asks the person at the terminal; where nobody sits there, nobody agrees.
fn agreed(host: &Host, names: &[String], n_bytes: u64) -> Result<bool> {
    let (names, size) = (names.join(", "), quantity::bytes(n_bytes));
    if !stdin().is_terminal() {
        bail!("removing {names} ({size}) needs a yes, and this is no terminal; give --yes");
    }
    eprint!("remove {names} for good, {size}? [y/N] ");
    let mut answer = String::new();
    host.at_prompt(|| stdin().read_line(&mut answer))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
