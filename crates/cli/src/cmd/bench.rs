//! `lyceum bench`: how fast this machine does the parts of the work, ours alone.
//! `bench/train/compare` sets the same figures beside PyTorch's, `bench/infer/compare` beside llama.cpp's.
//!
//! Each size runs in a process of its own, so that its memory is its own.

mod infer;
mod products;
mod rows;
mod serve;
mod speculation;

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use figure::{Column, Table, quantity};
use serde_json::{Map, Value, json};
use train::Config;
use train::config::Precision;
use train::device::Device;
use train::plan::{Dials, plan};

use self::rows::Row;
use crate::host::{Host, peak_of};
use crate::out;
use crate::recipe_args::{DialArgs, count};

/// Measure how fast this machine works
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum bench train
  lyceum bench train --row d768
  lyceum bench train --arch llama --size 25M --vocab 8192 --json
  lyceum bench infer model.gguf
  lyceum bench infer model.gguf --depth 8000 --batch 1,8 --json
  lyceum bench speculation model.gguf --draft small.gguf
  lyceum bench serve http://127.0.0.1:8000 --askers 1,4,16
  lyceum bench gemm")]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Whole training steps on random tokens: all sizes, one of them, or one of your own
    Train {
        #[command(flatten)]
        dials: Box<DialArgs>,
        /// One of the sizes: nanogpt-char, d128, 10.6M, 10.6M-T1024, 10.6M-T4096, d768, frozen-0.5B;
        /// options change it
        #[arg(long, value_name = "NAME")]
        row: Option<String>,
        /// Ids of the vocabulary [default: 4096, or the row's]
        #[arg(long, value_name = "N", value_parser = count)]
        vocab: Option<u64>,
        /// Print JSON, a line each
        #[arg(long)]
        json: bool,
    },
    Infer(infer::Args),
    Speculation(speculation::Args),
    Serve(serve::Args),
    /// Matrix products of the shapes that steps are made of, against this machine's peak
    Gemm {
        /// Of f32 values as they are, not rounded to bf16
        #[arg(long)]
        f32: bool,
        /// Print JSON, a line each
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: &Args, host: &Host) -> Result<()> {
    let (dials, row, vocab, json) = match &args.verb {
        Verb::Train { dials, row, vocab, json } => (dials, row, vocab, json),
        Verb::Infer(args) => return infer::run(args, host),
        Verb::Speculation(args) => return speculation::run(args, host),
        Verb::Serve(args) => return serve::run(args, host),
        Verb::Gemm { f32, json } => {
            return products::run(if *f32 { Precision::F32 } else { Precision::Bf16 }, *json);
        }
    };
    let mut asked = Dials::default();
    dials.dial(&mut asked);
    if row.is_none() && asked == Dials::default() && vocab.is_none() {
        return every_size(*json);
    }
    let mut base = Dials::default();
    let mut ids = 4096;
    if let Some(name) = row {
        let rows = rows::all();
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        let Some(row) = rows.into_iter().find(|row| row.name == name) else {
            bail!("there is no row {name:?}; there are {}", names.join(", "));
        };
        (base, ids) = (row.dials, row.vocab);
    }
    dials.dial(&mut base);
    let measured = measure(base, vocab.map_or(ids, |n| n as usize), &host.device)?;
    if *json {
        out::line(measured)?;
        return Ok(());
    }
    describe(&measured)
}

/// One process after the other.
fn every_size(json: bool) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut table = Table {
        columns: [
            Column::left("size"),
            Column::right("tokens/s"),
            Column::right("ms/step"),
            Column::right("GFLOP/s"),
            Column::right("of peak"),
            Column::right("memory"),
            Column::right("planned"),
            Column::right("faults"),
            Column::left("most time in"),
        ]
        .into(),
        rows: Vec::new(),
    };
    for Row { name, about, .. } in rows::all() {
        // Threads, device and home are those of this process.
        let given = std::env::args_os().skip(1).filter(|word| word != "--json");
        let out = Command::new(&program).args(given).args(["--json", "--row", name]).output();
        let out = out.with_context(|| format!("cannot measure {name}"))?;
        if !out.status.success() {
            let why = String::from_utf8_lossy(&out.stderr);
            out::line(format_args!("{name}: {}", why.trim()))?;
            continue;
        }
        let mut found: Value = serde_json::from_slice(&out.stdout)?;
        found["row"] = name.into();
        if json {
            out::line(found)?;
            continue;
        }
        let number = |key: &str| found[key].as_f64().unwrap_or(0.0);
        let parts = found["seconds"].as_object().into_iter().flatten();
        let mut parts: Vec<(&String, f64)> =
            parts.map(|(part, s)| (part, s.as_f64().unwrap_or(0.0))).collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        let whole: f64 = parts.iter().map(|(_, s)| s).sum();
        let share = |(part, s): &(&String, f64)| format!("{part} {:.0} %", 100.0 * s / whole);
        let most: Vec<String> = parts.iter().take(3).map(share).collect();
        table.rows.push(vec![
            format!("{name}: {about}"),
            quantity::count(number("tokens_per_second")),
            format!("{:.1}", number("milliseconds_per_step")),
            format!("{:.0}", number("gflops")),
            format!("{:.0} %", 100.0 * number("share_of_peak")),
            quantity::bytes(number("peak_bytes") as u64),
            quantity::bytes(number("planned_bytes") as u64),
            format!("{:.0}", number("page_faults_per_step")),
            most.join(", "),
        ]);
    }
    if !json {
        out::piece(table.to_text())?;
    }
    Ok(())
}

fn measure(mut dials: Dials, vocab: usize, device: &Device) -> Result<Value> {
    ensure!(dials.minutes.is_none() && dials.tokens.is_none(), "say how many --steps");
    if dials.size.is_none() && dials.width.is_none() && dials.layers.is_none() {
        dials.size = Some(10_000_000);
    }
    let steps = dials.steps.unwrap_or(10);
    ensure!((1..10_000).contains(&steps), "--steps is {steps}; expected 1 to 9999");
    dials.steps = Some(steps);
    let wanted = dials.precision.unwrap_or_default();
    dials.precision = Some(train::device::precision(device, wanted));
    let config: Config = plan(&dials, vocab, None, &mut |_| Ok(0.0))?;
    let taken = train::speed::steps(&config, device, steps as usize)?;
    let mut seconds: Vec<f64> = taken.iter().map(|t| t.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    let mut faults: Vec<u64> = taken.iter().filter_map(|t| t.page_faults).collect();
    faults.sort_unstable();
    let on_cpu = *device == Device::flex();
    // Another device's memory is not this process's.
    let peak_bytes = on_cpu.then(stdx::memory::peak).flatten();
    let planned_bytes = on_cpu.then(|| train::memory::memory(&config).peak as u64);
    // Now that the threads are awake.
    let peak = match on_cpu {
        true => peak_of(config.precision),
        false => train::speed::peak(config.precision, device),
    };
    let parts = train::speed::parts(&config, device, (steps as usize).min(5))?;
    let flops = config.flops_per_step();
    Ok(json!({
        "tokens_per_second": (config.tokens_per_step() as f64 / median).round(),
        "milliseconds_per_step": median * 1e3,
        "fastest_ms": seconds[0] * 1e3, "slowest_ms": seconds[seconds.len() - 1] * 1e3,
        "steps": steps, "precision": config.precision, "flops_per_step": flops, "gflops": flops / median / 1e9,
        "peak_gflops": peak / 1e9, "share_of_peak": flops / median / peak,
        "parameters": config.spec.n_params(),
        "peak_bytes": peak_bytes, "planned_bytes": planned_bytes,
        "page_faults_per_step": faults.get(faults.len() / 2),
        "seconds": parts.into_iter().map(|(part, s)| (part, s.into())).collect::<Map<_, _>>(),
    }))
}

/// One size in sentences, and where its time goes.
fn describe(found: &Value) -> Result<()> {
    let number = |key: &str| found[key].as_f64().unwrap_or(0.0);
    out::line(format_args!(
        "{:.0} tokens a second, {:.1} ms a step (median of {})",
        number("tokens_per_second"),
        number("milliseconds_per_step"),
        number("steps")
    ))?;
    out::line(format_args!(
        "{:.0} GFLOP/s, {:.0} % of {:.0}; {:.0} page faults a step",
        number("gflops"),
        100.0 * number("share_of_peak"),
        number("peak_gflops"),
        number("page_faults_per_step")
    ))?;
    if found["peak_bytes"].is_number() {
        let [peak, planned] = ["peak_bytes", "planned_bytes"].map(|key| number(key) as u64);
        let [peak, planned] = [peak, planned].map(quantity::bytes);
        out::line(format_args!("{peak} of memory, {planned} planned"))?;
    }
    out::line("")?;
    let parts: Vec<(&String, f64)> = found["seconds"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(part, seconds)| (part, seconds.as_f64().unwrap_or(0.0)))
        .collect();
    let whole: f64 = parts.iter().map(|(_, seconds)| seconds).sum();
    let row = |(part, seconds): &(&String, f64)| {
        vec![
            (*part).clone(),
            format!("{:.2}", 1e3 * seconds),
            format!("{:.1} %", 100.0 * seconds / whole),
        ]
    };
    let columns = vec![Column::left("part"), Column::right("ms/step"), Column::right("share")];
    out::piece(Table { columns, rows: parts.iter().map(row).collect() }.to_text())?;
    Ok(())
}
