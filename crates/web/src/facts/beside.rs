//! Runs side by side: where their settings differ, and what came of each.
//!
//! A metric is marked where its interval lies apart from that of the first run: by this the two
//! differ for certain, and not by chance. By how much stands behind it.

use figure::{Column, Table, quantity};
use journal::{Difference, differences};

use super::{Facts, metric_in_words};

/// Before a value whose interval lies apart from the first run's.
pub const MARK: &str = "* ";
/// What the mark means.
pub const MARK_IN_WORDS: &str =
    "* its interval and that of the first run do not overlap; by how much they differ stands last";

/// Settings that are not the same in all runs.
pub fn differing(runs: &[Facts]) -> Vec<Difference> {
    let settings: Vec<_> = runs.iter().map(|facts| facts.settings.clone()).collect();
    differences(&settings)
}

/// The same as a table, one column a run.
pub fn settings(runs: &[Facts]) -> Table {
    let row =
        |difference: &Difference| [vec![difference.setting.clone()], difference.words()].concat();
    Table { columns: columns("setting", runs), rows: differing(runs).iter().map(row).collect() }
}

/// What came of the runs, one column a run; a line that no run can fill is left out.
pub fn results(runs: &[Facts]) -> Table {
    type Cell = fn(&Facts) -> Option<String>;
    let lines: [(&str, Cell); 9] = [
        ("state", |run| Some(run.standing.state.word().to_string())),
        ("steps", |run| Some(run.steps())),
        ("held-out loss, nats a token", |run| run.held_out_loss().map(|x| format!("{x:.4}"))),
        ("bits a byte", |run| run.bits_per_byte().map(|x| format!("{x:.4}"))),
        ("last training loss", |run| Some(format!("{:.4}", run.standing.progress?.loss))),
        ("parameters", |run| run.outcome.as_ref()?.parameters.map(quantity::count)),
        ("tokens", |run| Some(quantity::count(run.standing.progress?.tokens as f64))),
        ("tokens a second", |run| run.standing.progress?.tokens_per_second().map(quantity::count)),
        ("training time", |run| Some(quantity::duration(run.standing.progress?.seconds))),
    ];
    let mut rows = Vec::new();
    for (name, cell) in lines {
        let cells: Vec<Option<String>> = runs.iter().map(cell).collect();
        if cells.iter().any(Option::is_some) {
            rows.push(row(name, cells));
        }
    }
    rows.extend(metric_names(runs).into_iter().map(|name| metric_row(name, runs)));
    Table { columns: columns("", runs), rows }
}

/// Whether the metric of each run lies apart from that of the first.
pub fn apart(name: &str, runs: &[Facts]) -> Vec<bool> {
    let metric = |run: &Facts| run.outcome.as_ref()?.metrics.get(name).copied();
    let first = runs.first().and_then(metric);
    let from_first =
        |run| metric(run).zip(first).is_some_and(|(metric, first)| metric.differs_from(&first));
    runs.iter().map(from_first).collect()
}

/// Whether a table of results has a mark to explain.
pub fn has_mark(table: &Table) -> bool {
    table.rows.iter().flatten().any(|cell| cell.starts_with(MARK))
}

/// All metrics that any of the runs has.
pub fn metric_names(runs: &[Facts]) -> Vec<&str> {
    let outcomes = runs.iter().filter_map(|run| run.outcome.as_ref());
    let mut names: Vec<&str> =
        outcomes.flat_map(|outcome| outcome.metrics.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn metric_row(name: &str, runs: &[Facts]) -> Vec<String> {
    let metric = |run: &Facts| run.outcome.as_ref()?.metrics.get(name).copied();
    let first = runs.first().and_then(metric);
    let cells = runs.iter().zip(apart(name, runs)).map(|(run, is_apart)| {
        let metric = metric(run)?;
        let words = metric_in_words(&metric);
        match first.filter(|_| is_apart) {
            Some(first) => Some(format!("{MARK}{words}, {:+.3}", metric.value - first.value)),
            None => Some(words),
        }
    });
    row(&name.replace('_', " "), cells.collect())
}

fn row(name: &str, cells: Vec<Option<String>>) -> Vec<String> {
    let words = cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".to_string()));
    [name.to_string()].into_iter().chain(words).collect()
}

fn columns(first: &str, runs: &[Facts]) -> Vec<Column> {
    let runs = runs.iter().map(|run| Column::right(&run.name));
    [Column::left(first)].into_iter().chain(runs).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CONFIG, run, step};
    use super::*;

    fn facts(config: &str, metrics: &str) -> Facts {
        let report = format!(r#"{{"loss": 1.5, "metrics": {metrics}}}"#);
        let (_home, run) = run(config, &[step(10, 2.0)], Some(&report));
        Facts::of(&run).unwrap()
    }

    #[test]
    fn only_settings_that_differ_are_shown() {
        let other = CONFIG.replace("\"minutes\": 4.0", "\"tokens\": 9");
        let table = settings(&[facts(CONFIG, "{}"), facts(&other, "{}")]);
        let expected = [["recipe.train.minutes", "4.0", "–"], ["recipe.train.tokens", "–", "9"]];
        assert_eq!(table.rows, expected);
        assert!(settings(&[facts(CONFIG, "{}"), facts(CONFIG, "{}")]).rows.is_empty());
    }

    #[test]
    fn results_stand_in_a_row_and_certain_differences_are_marked() {
        let metric = |low: f64| {
            let (value, high) = (low + 0.1, low + 0.2);
            format!(r#"{{"true_answers": {{"value": {value}, "low": {low}, "high": {high}}}}}"#)
        };
        let runs = [metric(0.0), metric(0.1), metric(0.5)].map(|m| facts(CONFIG, &m));
        let table = results(&runs);
        let line = |name: &str| table.rows.iter().find(|row| row[0] == name).cloned();
        assert_eq!(line("held-out loss, nats a token").unwrap()[1..], ["1.5000"; 3]);
        assert_eq!(line("tokens a second").unwrap()[1], "200");
        assert_eq!(line("training time").unwrap()[1], "5.0 s");
        assert_eq!(line("bits a byte"), None, "no run has it");
        let cells = ["0.1 (0–0.2)", "0.2 (0.1–0.3)", "* 0.6 (0.5–0.7), +0.500"];
        assert_eq!(line("true answers").unwrap()[1..], cells);
        assert!(has_mark(&table) && !has_mark(&results(&runs[..2])));
        assert_eq!(apart("true_answers", &runs), [false, false, true]);
        assert_eq!(apart("absent", &runs), [false; 3]);
    }
}
