//! `lyceum report`: what came of a run.

use anyhow::{Result, bail};

use crate::host::Host;
use crate::out;
use crate::pick;

/// Show the report of a finished run
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum report                of the newest run
  lyceum report bard --json")]
pub(crate) struct Args {
    /// The run [default: the newest]
    run: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let run = pick::run(host, args.run.as_deref())?;
    let path = if args.json { run.report_json_path() } else { run.report_markdown_path() };
    if !path.exists() {
        bail!("{0} is not finished and has no report; go on with `lyceum resume {0}`", run.name());
    }
    out::piece(std::fs::read_to_string(path)?)?;
    if !args.json {
        out::line(format_args!("\nreport: {}", run.report_html_path().display()))?;
    }
    Ok(())
}
