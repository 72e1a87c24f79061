//! `lyceum runs compare`: runs side by side.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use web::facts::{Facts, beside};

use crate::host::Host;
use crate::out;

/// Set runs side by side: where their settings differ, and what came of each
///
/// A metric's value is marked with * where its interval and that of the first run do not overlap.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum runs compare bard bard-2
  lyceum runs compare small middle large --json")]
pub(crate) struct Args {
    /// Two runs or more; the others are measured against the first
    #[arg(value_name = "RUN", num_args = 2.., required = true)]
    runs: Vec<String>,
}

pub(crate) fn run(args: &Args, host: &Host, json: bool) -> Result<()> {
    let mut runs: Vec<Facts> = Vec::new();
    for name in &args.runs {
        if runs.iter().any(|run| run.name == *name) {
            bail!("{name} is named twice; name each run once");
        }
        runs.push(Facts::of(&host.store.run(name)?)?);
    }
    if json {
        return Ok(out::line(object(&runs))?);
    }
    let (settings, results) = (beside::settings(&runs), beside::results(&runs));
    if settings.rows.is_empty() {
        out::line("all settings are the same")?;
    } else {
        out::piece(settings.to_text())?;
    }
    out::line("")?;
    out::piece(results.to_text())?;
    if beside::has_mark(&results) {
        out::line(beside::MARK_IN_WORDS)?;
    }
    Ok(())
}

fn object(runs: &[Facts]) -> Value {
    let metric = |name: &str| {
        let metrics = runs.iter().map(|run| run.outcome.as_ref()?.metrics.get(name));
        let values: Vec<_> = metrics.collect();
        json!({"metric": name, "values": values, "apart_from_first": beside::apart(name, runs)})
    };
    let result = |run: &Facts| {
        let progress = run.standing.progress;
        json!({
            "run": run.name,
            "state": run.standing.state,
            "step": run.standing.step,
            "loss": run.held_out_loss(),
            "bits_per_byte": run.bits_per_byte(),
            "training_loss": progress.map(|p| p.loss),
            "tokens": progress.map(|p| p.tokens),
            "seconds": progress.map(|p| p.seconds),
            "tokens_per_second": progress.and_then(|p| p.tokens_per_second()),
            "parameters": run.outcome.as_ref().and_then(|outcome| outcome.parameters),
        })
    };
    json!({
        "runs": runs.iter().map(|run| &run.name).collect::<Vec<_>>(),
        "differences": beside::differing(runs),
        "results": runs.iter().map(result).collect::<Vec<_>>(),
        "metrics": beside::metric_names(runs).into_iter().map(metric).collect::<Vec<_>>(),
    })
}
