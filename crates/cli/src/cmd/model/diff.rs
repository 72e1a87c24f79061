//! `lyceum model diff`: two models, tensor by tensor.

use anyhow::{Result, bail, ensure};
use arch::spec::Difference;
use figure::{Column, Table, quantity};
use model::Opened;
use model::diff::{Diff, Found};
use serde_json::{Value, json};

use crate::host::Host;
use crate::{out, pick};

/// Tensors shown before the rest is counted.
const SHOWN: usize = 20;

/// Compare two models tensor by tensor; exit code 1 if they differ
///
/// Models of one family are compared by the names in their files, others by the places that their
/// tensors have in a model, so that a llama2.c file can be set beside the folder it came from.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum model diff bard bard-taught
  lyceum model diff full half --tolerance 0.01        bf16 keeps three digits
  lyceum model diff a b --all --json")]
pub(crate) struct Args {
    /// A run, a model's folder, a pulled model, a GGUF or a llama2.c file
    #[arg(value_name = "MODEL")]
    first: String,
    /// The other
    #[arg(value_name = "MODEL")]
    second: String,
    /// How far numbers may be apart, times the tensor's largest where that is above 1
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    tolerance: f64,
    /// List every tensor, equal ones too
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let tolerance = args.tolerance;
    ensure!(tolerance >= 0.0, "--tolerance {tolerance} is below 0");
    let [first, second] = [&args.first, &args.second]
        .map(|name| Ok::<_, anyhow::Error>(Opened::open(&pick::model_path(host, name)?)?));
    let (first, second) = (first?, second?);
    let mut progress = host.progress("diff", first.names()?.len() as u64);
    let mut done = 0;
    let found = Diff::of(&first, &second, &mut || {
        done += 1;
        progress.set(done, String::new());
        !host.interrupt.requested()
    });
    host.go_on("nothing was changed")?;
    let diff = found?;
    drop(progress);
    match args.json {
        true => out::line(object(&diff, args))?,
        false => show(&diff, args)?,
    }
    if diff.within(tolerance) {
        return Ok(());
    }
    let far = diff.tensors.iter().filter(|(_, found)| !found.within(tolerance)).count();
    bail!("the models differ: in {} settings, in {far} tensors", diff.spec.len())
}

/// The settings that differ, then the tensors: the farthest apart first, or all in order.
fn show(diff: &Diff, args: &Args) -> Result<()> {
    for Difference { field, first, second } in &diff.spec {
        out::line(format_args!("{field}: {first} | {second}"))?;
    }
    let mut shown: Vec<&(String, Found)> = diff.tensors.iter().collect();
    if !args.all {
        shown.retain(|(_, found)| !found.within(0.0));
        shown.sort_by(|(_, a), (_, b)| apart(b).total_cmp(&apart(a)));
    }
    let (n, different) = (diff.tensors.len(), shown.len());
    if !args.all {
        shown.truncate(SHOWN);
    }
    if !shown.is_empty() {
        out::piece(table(&shown).to_text())?;
    }
    if different > shown.len() {
        out::line(format_args!("and {} more; --all lists every one", different - shown.len()))?;
    }
    let equal = diff.tensors.iter().filter(|(_, found)| found.within(0.0)).count();
    let within = diff.tensors.iter().filter(|(_, found)| found.within(args.tolerance)).count();
    out::line(match args.tolerance > 0.0 {
        true => format!("{equal} of {n} tensors are equal, {within} within {}", args.tolerance),
        false => format!("{equal} of {n} tensors are equal"),
    })?;
    Ok(())
}

/// How far apart, for an order: what cannot be compared first.
fn apart(found: &Found) -> f64 {
    match found {
        Found::Values(values) if !values.largest.is_nan() => values.largest,
        _ => f64::INFINITY,
    }
}

fn table(shown: &[&(String, Found)]) -> Table {
    let columns = vec![
        Column::left("tensor"),
        Column::right("numbers"),
        Column::right("different"),
        Column::right("largest |a − b|"),
        Column::right("‖a − b‖ / ‖a‖"),
    ];
    let row = |(name, found): &&(String, Found)| {
        let words =
            |text: String| vec![name.clone(), text, String::new(), String::new(), String::new()];
        match found {
            Found::First => words("only in the first".into()),
            Found::Second => words("only in the second".into()),
            Found::Shapes(first, second) => words(format!("{first:?} | {second:?}")),
            Found::Values(values) => vec![
                name.clone(),
                quantity::count(values.n as f64),
                format!("{:.1} %", 100.0 * values.different as f64 / values.n.max(1) as f64),
                small(values.largest),
                small(values.relative),
            ],
        }
    };
    Table { columns, rows: shown.iter().map(row).collect() }
}

fn small(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.2e}") }
}

fn object(diff: &Diff, args: &Args) -> Value {
    let setting = |Difference { field, first, second }: &Difference| json!({"field": field, "first": first, "second": second});
    let tensor = |(name, found): &(String, Found)| match found {
        Found::First => json!({"tensor": name, "only_in": "first"}),
        Found::Second => json!({"tensor": name, "only_in": "second"}),
        Found::Shapes(first, second) => json!({"tensor": name, "shapes": [first, second]}),
        Found::Values(v) => json!({
            "tensor": name, "numbers": v.n, "different": v.different, "largest": v.largest,
            "relative": v.relative, "within": v.within(args.tolerance),
        }),
    };
    let listed = diff.tensors.iter().filter(|(_, found)| args.all || !found.within(0.0));
    json!({
        "same": diff.within(args.tolerance),
        "tolerance": args.tolerance,
        "settings": diff.spec.iter().map(setting).collect::<Vec<_>>(),
        "tensors": listed.map(tensor).collect::<Vec<_>>(),
        "n_tensors": diff.tensors.len(),
        "n_equal": diff.tensors.iter().filter(|(_, found)| found.within(0.0)).count(),
    })
}
