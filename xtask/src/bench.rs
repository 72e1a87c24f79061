//! `cargo xtask bench`: runs every `bench/*/compare` and rewrites docs/bench.md.
//!
//! A compare is a program of its own (it starts the peers, whatever they are written in). It prints
//! a table as it goes and, with `--json FILE`, writes one [`Row`] a line. This file collects the
//! rows; [`page`] renders them. `--quick` passes on to the compares and writes no page: figures on
//! tiny input claim nothing. All rows together take hours, so they are kept beside their compare, in
//! `bench/AREA/rows/*.jsonl`, each with its date and machine: `--kept` runs nothing and makes the page
//! of them. Of a row that stands there several times the newest counts.

mod page;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// How much the compares are given to do.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Input {
    /// What docs/bench.md reports.
    Full,
    /// The same code on tiny input.
    Quick,
    /// Nothing: the rows of earlier runs.
    Kept,
}

/// One comparison with one peer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    row: String,
    ours: f64,
    peer: f64,
    peer_name: String,
    peer_version: String,
    /// When it was measured: `2026-11-27`.
    date: String,
    /// What on.
    machine: String,
    unit: String,
    /// Above one: we are ahead, whichever way the unit counts.
    ratio: f64,
    higher_is_better: bool,
    /// The ratio that must hold.
    gate: Option<f64>,
    /// The ratio aimed at.
    target: Option<f64>,
    /// Whether the peer's output was ours, where that was looked at.
    #[serde(default)]
    same_ids: Option<bool>,
    /// What share ours is of what the machine allows, where that was measured beside it.
    #[serde(default)]
    share: Option<f64>,
    /// Of what.
    #[serde(default)]
    of: Option<String>,
}

impl Row {
    fn holds_gate(&self) -> bool {
        self.gate.is_none_or(|gate| self.ratio >= gate) && self.same_ids != Some(false)
    }

    fn reaches_target(&self) -> bool {
        self.target.is_none_or(|target| self.ratio >= target)
    }

    /// A compare that contradicts itself is a bug, not a result.
    fn validate(self) -> Result<Row> {
        ensure!(self.ours > 0.0 && self.peer > 0.0, "ours and peer must be above zero");
        let quotient =
            if self.higher_is_better { self.ours / self.peer } else { self.peer / self.ours };
        let is_close = (self.ratio / quotient - 1.0).abs() < 0.02;
        ensure!(
            is_close,
            "ratio {} does not follow from ours and peer ({quotient:.3})",
            self.ratio
        );
        Ok(self)
    }
}

/// The rows of one compare.
struct Area {
    name: String,
    command: String,
    rows: Vec<Row>,
}

/// Runs all compares; an error where one fails or a gate does not hold.
pub(crate) fn run(root: &Path, input: Input) -> Result<()> {
    let compares = compares(root)?;
    ensure!(!compares.is_empty(), "there is no executable bench/*/compare to run");
    let mut areas = Vec::new();
    for (name, program) in compares {
        areas.push(match input {
            Input::Full | Input::Quick => run_compare(root, name, &program, input)?,
            Input::Kept => kept(root, name)?,
        });
    }
    if input != Input::Quick {
        let has_rows = areas.iter().any(|area| !area.rows.is_empty());
        ensure!(
            has_rows,
            "no row is kept under bench/*/rows; a compare's --json writes them there"
        );
        let text = page::render(&areas);
        let path = root.join("docs/bench.md");
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let rows = areas.iter().flat_map(|area| &area.rows);
    let failed: Vec<&str> = rows.filter(|r| !r.holds_gate()).map(|r| r.row.as_str()).collect();
    // On tiny input the start of a process outweighs the work: its ratios decide nothing.
    if input != Input::Quick && !failed.is_empty() {
        bail!("below their gates, or with other ids: {}", failed.join(", "));
    }
    Ok(())
}

/// Area and program of every executable compare, in the order of their names.
fn compares(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let Ok(areas) = fs::read_dir(root.join("bench")) else { return Ok(found) };
    for area in areas {
        let area = area?;
        let program = area.path().join("compare");
        if is_executable(&program) {
            found.push((area.file_name().to_string_lossy().into_owned(), program));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

fn run_compare(root: &Path, name: String, program: &Path, input: Input) -> Result<Area> {
    let json = root.join("target/bench").join(format!("{name}.jsonl"));
    fs::create_dir_all(root.join("target/bench")).context("making target/bench")?;
    fs::write(&json, "").with_context(|| format!("emptying {}", json.display()))?;
    let quick = if input == Input::Quick { Some("--quick") } else { None };
    let status = Command::new(program)
        .arg("--json")
        .arg(&json)
        .args(quick)
        .current_dir(root)
        .status()
        .with_context(|| format!("starting {}", program.display()))?;
    ensure!(status.success(), "bench/{name}/compare failed ({status})");
    let text = fs::read_to_string(&json).with_context(|| format!("reading {}", json.display()))?;
    let rows = parse(&text).with_context(|| format!("rows of bench/{name}/compare"))?;
    ensure!(!rows.is_empty(), "bench/{name}/compare wrote no row to its --json file");
    if input == Input::Full {
        let folder = rows_folder(root, &name);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        fs::rename(&json, folder.join("all.jsonl")).context("keeping the rows")?;
    }
    Ok(Area { command: format!("bench/{name}/compare"), name, rows })
}

fn rows_folder(root: &Path, area: &str) -> PathBuf {
    root.join("bench").join(area).join("rows")
}

/// The rows that earlier runs of an area's compare left, none where it was never run. A newer row
/// takes the place of all older ones of its name, whoever the peer is.
fn kept(root: &Path, name: String) -> Result<Area> {
    let mut files: Vec<PathBuf> = vec![];
    for file in fs::read_dir(rows_folder(root, &name)).into_iter().flatten() {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    let mut rows: Vec<Row> = vec![];
    for path in &files {
        let text =
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let more = parse(&text).with_context(|| format!("rows of {}", path.display()))?;
        rows.extend(more);
    }
    let newest = |row: &Row| rows.iter().filter(|o| o.row == row.row).map(|o| &o.date).max();
    let rows = rows.iter().filter(|row| newest(row) == Some(&row.date)).cloned().collect();
    Ok(Area { command: format!("bench/{name}/compare"), name, rows })
}

fn parse(text: &str) -> Result<Vec<Row>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            let row: Row = serde_json::from_str(line).with_context(|| format!("line {}", n + 1))?;
            let name = row.row.clone();
            row.validate().with_context(|| format!("row `{name}`"))
        })
        .collect()
}

#[cfg(test)]
mod tests;
