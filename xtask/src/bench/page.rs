//! docs/bench.md: a table an area, and below them what was missed, said as plainly as the rest.

use std::collections::BTreeSet;

use super::{Area, Row};

const HEAD: &str = "\
# Beside the peers

Written by `cargo xtask bench`; do not edit. Each row is of one run of the command above its table,
ours and the peer's interleaved on the same machine. A ratio above 1 means that we are ahead,
whichever way the unit counts; a gate must hold, a target is the aim.
";

/// The whole page.
pub(super) fn render(areas: &[Area]) -> String {
    let mut page = HEAD.to_string();
    for area in areas {
        if area.rows.is_empty() {
            page.push_str(&format!("\n## {}\n\n`{}` was not run.\n", area.name, area.command));
            continue;
        }
        let machines: BTreeSet<&str> = area.rows.iter().map(|row| row.machine.as_str()).collect();
        let machines = machines.into_iter().collect::<Vec<_>>().join("; ");
        page.push_str(&format!("\n## {}\n\n`{}`, on {machines}\n\n", area.name, area.command));
        page.push_str(
            "| row | ours | peer | unit | ratio | gate | target | peer's name | date |\n",
        );
        page.push_str("|---|---:|---:|---|---:|---:|---:|---|---|\n");
        page.extend(area.rows.iter().map(line));
    }
    page.push_str(&misses(areas));
    page
}

fn line(row: &Row) -> String {
    let direction = if row.higher_is_better { "more is better" } else { "less is better" };
    let share = match (row.share, &row.of) {
        (Some(share), Some(of)) => format!(" ({:.0} % of {of})", 100.0 * share),
        _ => String::new(),
    };
    format!(
        "| {} | {}{share} | {} | {}, {direction} | {:.2} | {} | {} | {} {} | {} |\n",
        row.row,
        figure(row.ours),
        figure(row.peer),
        row.unit,
        row.ratio,
        bound(row.gate),
        bound(row.target),
        row.peer_name,
        row.peer_version,
        row.date,
    )
}

fn misses(areas: &[Area]) -> String {
    let mut text = "\n## Misses\n\n".to_owned();
    let rows = areas.iter().flat_map(|area| &area.rows);
    let missed: Vec<String> = rows.filter_map(miss).collect();
    match missed.is_empty() {
        true => text.push_str("None: every gate holds and every target is reached.\n"),
        false => text.extend(missed),
    }
    text
}

fn miss(row: &Row) -> Option<String> {
    if row.same_ids == Some(false) {
        return Some(format!("- {} against {}: other ids than ours.\n", row.row, row.peer_name));
    }
    let (what, wanted) = match (row.holds_gate(), row.reaches_target()) {
        (false, _) => ("gate", row.gate),
        (true, false) => ("target", row.target),
        (true, true) => return None,
    };
    Some(format!(
        "- {} against {}: ratio {:.2}, below its {what} of {}.\n",
        row.row,
        row.peer_name,
        row.ratio,
        bound(wanted)
    ))
}

fn bound(ratio: Option<f64>) -> String {
    ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"))
}

/// Three figures that mean something, however large the number is.
fn figure(value: f64) -> String {
    let decimals = (2.0 - value.abs().log10().floor()).clamp(0.0, 6.0);
    format!("{value:.*}", decimals as usize)
}
