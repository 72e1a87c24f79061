//! `lyceum runs list`: one line a run, the newest first.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use figure::{Column, Table, quantity};
use journal::Run;
use serde_json::{Value, json};
use web::facts::Facts;

use crate::host::Host;
use crate::out;

/// List all runs, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum runs list
  lyceum runs list --json")]
pub(crate) struct Args {}

pub(crate) fn run(host: &Host, json: bool) -> Result<()> {
    let runs = host.store.runs()?;
    if runs.is_empty() && !json {
        eprintln!("there are no runs yet; make a first model with `lyceum speedrun`");
        return Ok(());
    }
    let mut told = Vec::new();
    for run in &runs {
        let facts = Facts::of(run);
        if let Err(error) = &facts {
            // One damaged journal must not hide the other runs.
            eprintln!("{}: {error}", run.name());
        }
        if json {
            out::line(facts.as_ref().map_or_else(|_| damaged(run), |facts| line(run, facts)))?;
        }
        told.push((run.name(), facts.ok()));
    }
    if !json {
        out::piece(table(&told).to_text())?;
    }
    Ok(())
}

fn line(run: &Run, facts: &Facts) -> Value {
    let since_1970 = facts.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({
        "run": facts.name,
        "state": facts.standing.state,
        "step": facts.standing.step,
        "bits_per_byte": facts.bits_per_byte(),
        "story_qa": facts.story_qa(),
        "modified": since_1970.as_secs(),
        "bytes": facts.size_bytes,
        "folder": run.folder(),
    })
}

fn damaged(run: &Run) -> Value {
    json!({"run": run.name(), "state": "damaged", "folder": run.folder()})
}

fn table(runs: &[(String, Option<Facts>)]) -> Table {
    let has_stories =
        runs.iter().flat_map(|(_, facts)| facts).any(|facts| facts.story_qa().is_some());
    let mut columns = vec![
        Column::left("run"),
        Column::left("state"),
        Column::right("step"),
        Column::right("bits/byte"),
    ];
    if has_stories {
        columns.push(Column::right("stories"));
    }
    columns.extend([Column::right("written"), Column::right("size")]);
    let now = SystemTime::now();
    let row = |(name, facts): &(String, Option<Facts>)| match facts {
        None => vec![name.clone(), "damaged".to_string()],
        Some(facts) => row(facts, has_stories, now),
    };
    Table { columns, rows: runs.iter().map(row).collect() }
}

fn row(facts: &Facts, has_stories: bool, now: SystemTime) -> Vec<String> {
    let dash = || "–".to_string();
    let mut cells = vec![
        facts.name.clone(),
        facts.standing.state.word().to_string(),
        facts.steps(),
        facts.bits_per_byte().map_or_else(dash, |bits| format!("{bits:.3}")),
    ];
    if has_stories {
        let share = facts.story_qa().map(|metric| 100.0 * metric.value);
        cells.push(share.map_or_else(dash, |share| format!("{share:.0} %")));
    }
    cells.extend([facts.age(now), quantity::bytes(facts.size_bytes)]);
    cells
}
