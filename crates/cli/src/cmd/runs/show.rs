//! `lyceum runs show`: one run on a screen: what it was made of, how it went, what it says.

use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Result;
use figure::{LineChart, Series, quantity, smoothed};
use journal::{Record, Run, State};
use serde_json::{Value, json};
use web::facts::{Facts, metric_in_words};

use crate::host::Host;
use crate::{out, pick};

/// Show one run: its plan, stages, losses, samples and files
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum runs show             the newest run
  lyceum runs show bard --json")]
pub(crate) struct Args {
    /// The run [default: the newest]
    #[arg(value_name = "RUN")]
    run: Option<String>,
}

/// Characters of the chart.
const CHART: (usize, usize) = (64, 9);
/// Evaluations that are listed.
const N_EVALUATIONS: usize = 3;
/// Samples on a screen, and lines of each.
const N_SAMPLES: usize = 3;
const N_SAMPLE_LINES: usize = 6;

pub(crate) fn run(args: &Args, host: &Host, json: bool) -> Result<()> {
    let run = pick::run(host, args.run.as_deref())?;
    let records = run.records()?;
    let facts = Facts::with(&run, &records)?;
    if json {
        return Ok(out::line(object(&run, &facts, &records))?);
    }
    head(&facts)?;
    stages(&facts)?;
    losses(&facts, &records)?;
    samples(&records)?;
    out::line("")?;
    for (name, path) in files(&run) {
        out::line(format_args!("{name:9}  {}", path.display()))?;
    }
    Ok(())
}

fn head(facts: &Facts) -> Result<()> {
    out::line(format_args!(
        "{}: {}, written {}, {}",
        facts.name,
        facts.standing.state.word(),
        facts.age(SystemTime::now()),
        quantity::bytes(facts.size_bytes)
    ))?;
    let mut lines = vec![("recipe", facts.recipe())];
    lines.extend(["model", "training"].into_iter().zip(facts.plan()));
    for (name, line) in lines.iter().filter(|(_, line)| !line.is_empty()) {
        out::said(&format!("{name:9}  {line}\n"))?;
    }
    // Of a run that went on and finished an old error says nothing.
    let has_ended = matches!(facts.standing.state, State::Failed | State::Stopped);
    if let Some(error) = facts.standing.error.as_ref().filter(|_| has_ended) {
        out::said(&format!("error      {error}\n"))?;
    }
    Ok(())
}

fn stages(facts: &Facts) -> Result<()> {
    if !facts.standing.stages.is_empty() {
        out::line("")?;
    }
    for stage in &facts.standing.stages {
        let seconds = stage.seconds.map(quantity::duration).unwrap_or_default();
        let word = stage.word(facts.standing.state);
        out::said(&format!("{}\n", format!("{:9}  {word:8} {seconds:>8}", stage.name).trim_end()))?;
    }
    Ok(())
}

fn losses(facts: &Facts, records: &[Record]) -> Result<()> {
    let steps = records.iter().filter_map(|record| match record {
        Record::Step { step, loss, .. } => Some((*step as f64, *loss)),
        _ => None,
    });
    let points = smoothed(&steps.collect::<Vec<_>>(), 2 * CHART.0);
    let series = vec![Series { points, ..Series::default() }];
    let chart = LineChart { log_y: true, series, ..LineChart::default() };
    let drawn = chart.to_text(CHART.0, CHART.1);
    if !drawn.is_empty() {
        out::line(format_args!("\ntraining loss, nats per token, over {} steps", facts.steps()))?;
        out::piece(drawn)?;
    }
    let evaluations = evaluations(records);
    if !evaluations.is_empty() {
        out::line("")?;
    }
    for (step, loss, bits) in &evaluations[evaluations.len().saturating_sub(N_EVALUATIONS)..] {
        let figures = format!("{loss:.4} nats a token, {bits:.4} bits a byte");
        out::line(format_args!("held out   step {step}: {figures}"))?;
    }
    if let Some(progress) = facts.standing.progress {
        let speed = progress.tokens_per_second().map(quantity::count).unwrap_or_default();
        out::line(format_args!(
            "trained    {} tokens in {}, {speed} a second, last loss {:.4}",
            quantity::count(progress.tokens as f64),
            quantity::duration(progress.seconds),
            progress.loss
        ))?;
    }
    for (name, metric) in facts.outcome.iter().flat_map(|outcome| &outcome.metrics) {
        out::said(&format!(
            "measured   {}: {}\n",
            name.replace('_', " "),
            metric_in_words(metric)
        ))?;
    }
    Ok(())
}

fn evaluations(records: &[Record]) -> Vec<(u64, f64, f64)> {
    let evaluations = records.iter().filter_map(|record| match record {
        Record::Eval { step, loss, bits_per_byte, .. } => Some((*step, *loss, *bits_per_byte)),
        _ => None,
    });
    evaluations.collect()
}

fn spoken(records: &[Record]) -> impl Iterator<Item = (u64, &str, &str)> {
    records.iter().filter_map(|record| match record {
        Record::Sample { step, prompt, text } => Some((*step, prompt.as_str(), text.as_str())),
        _ => None,
    })
}

/// Of the newest step that has samples: the first to each prompt, cut where they are long.
fn samples(records: &[Record]) -> Result<()> {
    let newest = spoken(records).map(|(step, ..)| step).max();
    let mut told: Vec<(u64, &str, &str)> = Vec::new();
    for sample in spoken(records).filter(|(step, ..)| Some(*step) == newest) {
        if told.iter().all(|(_, prompt, _)| *prompt != sample.1) {
            told.push(sample);
        }
    }
    for (step, prompt, text) in told.into_iter().take(N_SAMPLES) {
        let prompt = if prompt.is_empty() { "from nothing" } else { prompt };
        out::said(&format!("\n{prompt} (step {step})\n"))?;
        for line in text.lines().take(N_SAMPLE_LINES) {
            out::said(&format!("  {line}\n"))?;
        }
        if text.lines().count() > N_SAMPLE_LINES {
            out::line("  …")?;
        }
    }
    Ok(())
}

/// What lies where; what is not there yet is left out.
fn files(run: &Run) -> Vec<(&'static str, PathBuf)> {
    let files = [
        ("folder", run.folder().to_path_buf()),
        ("model", run.model_folder()),
        ("report", run.report_html_path()),
    ];
    let has_model = run.model_folder().join("model.safetensors").exists();
    let is_there = |(name, path): &(&str, PathBuf)| match *name {
        "model" => has_model,
        _ => path.exists(),
    };
    files.into_iter().filter(is_there).collect()
}

fn object(run: &Run, facts: &Facts, records: &[Record]) -> Value {
    let evaluation = |(step, loss, bits): (u64, f64, f64)| json!({"step": step, "loss": loss, "bits_per_byte": bits});
    let sample = |(step, prompt, text): (u64, &str, &str)| json!({"step": step, "prompt": prompt, "text": text});
    let files = files(run).into_iter().map(|(name, path)| (name.to_string(), json!(path)));
    json!({
        "run": facts.name,
        "standing": facts.standing,
        "settings": facts.settings,
        "outcome": facts.outcome,
        "evaluations": evaluations(records).into_iter().map(evaluation).collect::<Vec<_>>(),
        "samples": spoken(records).map(sample).collect::<Vec<_>>(),
        "bytes": facts.size_bytes,
        "files": files.collect::<serde_json::Map<_, _>>(),
    })
}
