//! `lyceum runs`: what there is and how it stands.

use anyhow::Result;
use journal::{Record, Run, StageStatus};
use serde_json::{Value, json};

use crate::host::Host;
use crate::out;

/// List all runs, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum runs
  lyceum runs --json")]
pub(crate) struct Args {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let runs = host.store.runs()?;
    if runs.is_empty() && !args.json {
        eprintln!("there are no runs yet; make a first model with `lyceum speedrun`");
    }
    for run in runs {
        let line = standing(&run).unwrap_or_else(|error| {
            // One damaged journal must not hide the other runs.
            eprintln!("{}: {error}", run.name());
            json!({"run": run.name(), "state": "damaged", "folder": run.folder()})
        });
        if args.json {
            out::line(line)?;
        } else {
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_string();
            let bits = line["bits_per_byte"].as_f64().map(|b| format!("  {b:.3} bits/byte"));
            let step = line["step"].as_u64().unwrap_or(0);
            out::line(format_args!(
                "{:24} {:11} step {step}{}",
                text("run"),
                text("state"),
                bits.unwrap_or_default()
            ))?;
        }
    }
    Ok(())
}

/// Whether the last stage that ended did so by an error.
fn has_failed(records: &[Record]) -> bool {
    let last = records.iter().rev().find_map(|record| match record {
        Record::Stage { status, .. } => Some(*status),
        _ => None,
    });
    last == Some(StageStatus::Failed)
}

fn standing(run: &Run) -> Result<Value> {
    let records = run.records()?;
    let step = records.iter().rev().find_map(Record::step);
    let bits = records.iter().rev().find_map(|record| match record {
        Record::Eval { bits_per_byte, .. } => Some(*bits_per_byte),
        _ => None,
    });
    let state = match (run.is_locked(), run.report_json_path().exists()) {
        (true, _) => "running",
        (false, true) => "finished",
        (false, false) if has_failed(&records) => "failed",
        (false, false) => "stopped",
    };
    Ok(json!({
        "run": run.name(), "state": state, "step": step, "bits_per_byte": bits,
        "folder": run.folder(),
    }))
}
