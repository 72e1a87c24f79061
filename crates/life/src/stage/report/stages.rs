//! The life in a table: each stage with what it changed, how fast it went and how long it took.

use figure::{Align, Block, Column, Table};
use journal::Record;
use stats::Proportion;
use world::Task;

use super::{Facts, count};

/// Bits in a nat.
const BITS: f64 = std::f64::consts::LOG2_E;

/// A stage as it is told.
struct Row {
    name: &'static str,
    measured: &'static str,
    before: String,
    after: String,
    speed: String,
}

/// The table, one row for each stage that changed something.
pub(super) fn blocks(facts: &Facts<'_>, records: &[Record]) -> Vec<Block> {
    let rows: Vec<Row> = [
        Some(tokenizer(facts)),
        Some(reading(facts, records)),
        teaching(facts, records),
        exam(facts),
    ]
    .into_iter()
    .flatten()
    .collect();
    let rows = rows.into_iter().map(|row| {
        let stage = facts.stages.iter().find(|stage| stage.name == row.name);
        let time = stage.map_or("–".into(), |stage| format!("{:.1} s", stage.seconds));
        let memory = stage.and_then(|stage| stage.memory);
        let memory = memory.map_or("–".into(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6));
        let (name, measured) = (row.name.to_string(), row.measured.to_string());
        vec![name, measured, row.before, row.after, row.speed, memory, time]
    });
    let column = |name: &str, align| Column { name: name.to_string(), align };
    let table = Table {
        columns: vec![
            column("Stage", Align::Left),
            column("What is measured", Align::Left),
            column("Before", Align::Right),
            column("After", Align::Right),
            column("Speed", Align::Right),
            column("Memory so far", Align::Right),
            column("Time", Align::Right),
        ],
        rows: rows.collect(),
    };
    vec![Block::Table(table)]
}

/// Bytes of held-out text that a token stands for.
fn bytes_per_token(facts: &Facts<'_>) -> f64 {
    let shard = &facts.tokens.held_out.shard;
    shard.n_bytes() as f64 / shard.n_tokens().max(1) as f64
}

fn tokenizer(facts: &Facts<'_>) -> Row {
    Row {
        name: "tokenizer",
        measured: "bytes of text a token",
        before: "1".into(),
        after: format!("{:.2}", bytes_per_token(facts)),
        speed: "–".into(),
    }
}

/// The first training of the life: reading, or teaching where the model could read already.
fn reading(facts: &Facts<'_>, records: &[Record]) -> Row {
    let has_read = facts.stages.iter().any(|stage| stage.name == "pretrain");
    let steps = 0..=facts.read.step;
    let bits = |bits: f64| format!("{bits:.3}");
    let after = facts.read.evaluation.map_or("–".into(), |e| bits(e.bits_per_byte));
    let speed = speed(records, steps.clone());
    if has_read {
        let guess = (facts.config.spec.vocab_size as f64).log2() / bytes_per_token(facts).max(1e-9);
        let measured = "bits a byte of held-out text (before: a guess)";
        return Row { name: "pretrain", measured, before: bits(guess), after, speed };
    }
    let first = records.iter().find_map(|record| match record {
        Record::Eval { step, bits_per_byte, .. } if steps.contains(step) => Some(*bits_per_byte),
        _ => None,
    });
    let measured = "bits a byte of held-out answers (before: at the first look)";
    Row { name: "teach", measured, before: first.map_or("–".into(), bits), after, speed }
}

fn teaching(facts: &Facts<'_>, records: &[Record]) -> Option<Row> {
    let taught = facts.taught?;
    let steps = facts.read.step + 1..=facts.read.step + taught.step;
    let first = records.iter().find_map(|record| match record {
        Record::Eval { step, loss, .. } if steps.contains(step) => Some(*loss),
        _ => None,
    });
    let bits = |nats: f64| format!("{:.3}", nats * BITS);
    Some(Row {
        name: "teach",
        measured: "bits a token of held-out answers (before: at the first look)",
        before: first.map_or("–".into(), bits),
        after: taught.evaluation.map_or("–".into(), |e| bits(e.loss)),
        speed: speed(records, steps),
    })
}

/// Without a look at the story, and with one.
fn exam(facts: &Facts<'_>) -> Option<Row> {
    let exam = facts.exam?;
    let percent = |p: &Proportion| format!("{:.1} %", 100.0 * p.value);
    let blind = exam.baselines.iter().find(|(name, _)| name == "closed_book");
    Some(Row {
        name: "exam",
        measured: "story questions right (before: the story withheld)",
        before: blind.map_or("–".into(), |(_, p)| percent(p)),
        after: exam.scores.tasks.get(&Task::StoryQa).map_or("–".into(), percent),
        speed: "–".into(),
    })
}

/// Tokens learnt a second in these steps.
fn speed(records: &[Record], steps: std::ops::RangeInclusive<u64>) -> String {
    let speeds: Vec<f64> = records
        .iter()
        .filter_map(|record| match record {
            Record::Step { step, tokens_per_second, .. } if steps.contains(step) => {
                Some(*tokens_per_second)
            }
            _ => None,
        })
        .collect();
    match speeds.len() {
        0 => "–".into(),
        n => format!("{} tokens/s", count((speeds.iter().sum::<f64>() / n as f64) as u64)),
    }
}
