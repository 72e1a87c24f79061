//! `lyceum bench serve`: how long people wait for a server, by how many of them there are.
//!
//! It asks any server that speaks OpenAI's interface, so that ours and others are measured by the same askers.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use figure::{Block, Column, LineChart, Report, Section, Series, Table, quantity};
use serde_json::{Value, json};
use serve::load::{self, Percentiles, Shape, Summary, Target};

use crate::host::Host;
use crate::out;

/// How long people wait for a server, by how many there are
///
/// Either so many askers at once, each of whom asks again when it was answered (--askers), or askers that come
/// at random, so many a second, whatever became of others (--rate). Several values are tried one after the other.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum bench serve http://127.0.0.1:8000
  lyceum bench serve http://127.0.0.1:8000 --askers 1,2,4,8 --prompt 128 --output 128
  lyceum bench serve http://127.0.0.1:8000 --rate 0.25,0.5,1,2 --requests 60 --page load.html
  lyceum bench serve http://127.0.0.1:8000 --askers 16 --requests 16 --shared 256 --prompt 272 --output 16
  lyceum bench serve http://127.0.0.1:8000 --rate 0.5 --output 64 --output-spread 0.9
  lyceum bench serve http://127.0.0.1:8000 --askers 4 --stall 4000 --output 200")]
pub(super) struct Args {
    /// Where the server is
    #[arg(value_name = "URL")]
    url: String,
    /// Askers at once, one run for each number [default: 1,2,4,8]
    #[arg(long, value_name = "N,…", value_delimiter = ',', conflicts_with = "rate")]
    askers: Vec<usize>,
    /// Askers that come a second, one run for each number
    #[arg(long, value_name = "N,…", value_delimiter = ',')]
    rate: Vec<f64>,
    /// Requests of each run [default: four for each asker, or 32]
    #[arg(long, value_name = "N")]
    requests: Option<usize>,
    /// Tokens of each prompt
    #[arg(long, value_name = "N", default_value_t = 128)]
    prompt: usize,
    /// Tokens at the beginning that all prompts share
    #[arg(long, value_name = "N", default_value_t = 0)]
    shared: usize,
    /// Tokens of each answer, in the mean
    #[arg(long, value_name = "N", default_value_t = 128)]
    output: usize,
    /// How much shorter or longer than that answers are, each length as often: 0.9 for a tenth to 1.9 times
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, conflicts_with = "stall")]
    output_spread: f64,
    /// Askers wait for their next word while a prompt of so many tokens is read: how long?
    #[arg(long, value_name = "N")]
    stall: Option<usize>,
    /// Ids that prompts are made of are below this
    #[arg(long, value_name = "N", default_value_t = 32_000)]
    vocab: u32,
    /// Of prompts and moments
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Seconds after which an asker gives up
    #[arg(long, value_name = "SECONDS", default_value_t = 600.0)]
    patience: f64,
    /// The model to ask for, where there are several
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The key to bring
    #[arg(long, value_name = "KEY", env = "LYCEUM_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Write a page with the curves
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// Print JSON, a line each
    #[arg(long)]
    json: bool,
}

/// One run.
struct Level {
    /// Askers at once, or askers a second.
    load: f64,
    summary: Summary,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    ensure!(args.prompt > 0 && args.output > 0, "--prompt and --output are at least 1");
    ensure!((0.0..=1.0).contains(&args.output_spread), "--output-spread is from 0 to 1");
    ensure!(args.shared <= args.prompt, "--shared is at most --prompt");
    ensure!(args.vocab > 1, "--vocab is at least 2");
    ensure!(args.patience > 0.0 && args.patience < 1e9, "--patience is a number of seconds");
    let target = Target::at(&args.url)?;
    let target = Target { model: args.model.clone(), key: args.api_key.clone(), ..target };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("no threads for the askers")?;
    if let Some(prompt) = args.stall {
        return runtime.block_on(stall(args, &target, prompt));
    }
    let loads: Vec<f64> = match (&args.askers[..], &args.rate[..]) {
        ([], []) => vec![1.0, 2.0, 4.0, 8.0],
        (askers, []) => askers.iter().map(|&n| n as f64).collect(),
        (_, rates) => rates.to_vec(),
    };
    let is_load = |load: &f64| *load > 0.0 && load.is_finite();
    ensure!(loads.iter().all(is_load), "--askers and --rate are above 0");
    let mut progress = host.progress("ask", loads.len() as u64);
    let mut levels = Vec::new();
    for load in loads {
        // No prompt comes twice: it would be known then.
        let first = levels.len() << 20;
        let summary = runtime.block_on(level(args, &target, load, first));
        progress.set(levels.len() as u64 + 1, format!("{load}"));
        host.go_on("nothing was kept")?;
        if summary.whole == 0 {
            let why = summary.failures.first().map_or("", String::as_str);
            bail!("no request was answered at {}: {why}", args.url);
        }
        if args.json {
            out::line(json(args, load, &summary)?)?;
        }
        levels.push(Level { load, summary });
    }
    drop(progress);
    if !args.json {
        out::line(table(args, &levels).to_text())?;
    }
    if let Some(path) = &args.page {
        let written = std::fs::write(path, report(args, &levels).to_html());
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn shape(args: &Args, first: usize) -> Shape {
    let Args { prompt, shared, output, output_spread: spread, vocab: vocab_size, seed, .. } = *args;
    Shape { prompt, shared, output, spread, vocab_size, seed, first }
}

async fn level(args: &Args, target: &Target, load: f64, first: usize) -> Summary {
    let shape = shape(args, first);
    let patience = Duration::from_secs_f64(args.patience);
    let (answers, elapsed) = match args.rate[..] {
        [] => {
            let askers = load as usize;
            let requests = args.requests.unwrap_or(4 * askers);
            load::ask_closed(target, &shape, askers, requests, patience).await
        }
        _ => {
            let requests = args.requests.unwrap_or(32);
            load::ask_open(target, &shape, load, requests, patience).await
        }
    };
    Summary::of(&answers, elapsed)
}

/// Answers are under way; then comes a long prompt. How long do they wait for their next words meanwhile?
async fn stall(args: &Args, target: &Target, prompt: usize) -> Result<()> {
    let askers = args.askers.first().copied().unwrap_or(4);
    let patience = Duration::from_secs_f64(args.patience);
    let mut streams = Vec::new();
    for i in 0..askers {
        let (target, body) = (target.clone(), shape(args, 0).body(args.model.as_deref(), i));
        streams
            .push(tokio::spawn(async move { load::client::ask(&target, &body, patience).await }));
    }
    // All of them speak by then, unless they are slower than a person would wait for.
    tokio::time::sleep(Duration::from_secs_f64(args.prompt as f64 * askers as f64 / 100.0 + 1.0))
        .await;
    let long = Shape { prompt, shared: 0, output: 1, ..shape(args, 0) }
        .body(args.model.as_deref(), 1 << 20);
    let intruder = load::client::ask(target, &long, patience).await;
    let began = intruder.sent.context("the long prompt was not sent")?;
    ensure!(intruder.is_whole(), "the long prompt: {}", intruder.failure.unwrap_or_default());
    let (mut gaps, mut whole) = (Vec::new(), Vec::new());
    for stream in streams {
        let answer = stream.await?;
        ensure!(answer.is_whole(), "an answer: {}", answer.failure.unwrap_or_default());
        let sent = answer.sent.context("an answer was not asked for")?;
        let offset = (began - sent).as_secs_f64();
        let meanwhile = offset..offset + intruder.seconds;
        let pairs = answer.pieces.windows(2);
        let touched = pairs.filter(|pair| pair[1] > meanwhile.start && pair[0] < meanwhile.end);
        gaps.extend(touched.map(|pair| pair[1] - pair[0]));
        whole.push(answer);
    }
    ensure!(
        !gaps.is_empty(),
        "the answers were over before the long prompt came; use a longer --output"
    );
    let (n, itl) = (gaps.len(), Percentiles::of(gaps.into_iter()));
    let found = json!({
        "askers": askers, "stall_prompt": prompt, "seconds_of_prompt": intruder.seconds,
        "tokens_meanwhile": n, "itl": itl,
    });
    match args.json {
        true => Ok(out::line(found)?),
        false => {
            let seconds = quantity::duration(intruder.seconds);
            let [p50, p99, max] = [itl.p50, itl.p99, itl.max].map(milliseconds);
            Ok(out::line(format_args!(
                "{askers} answers wait while {prompt} tokens are read, which takes {seconds}: between two tokens \
                 {p50} (half), {p99} (99 of 100), {max} (longest)"
            ))?)
        }
    }
}

fn json(args: &Args, load: f64, summary: &Summary) -> Result<Value> {
    let mut value = serde_json::to_value(summary)?;
    value[if args.rate.is_empty() { "askers" } else { "rate" }] = load.into();
    value["prompt"] = args.prompt.into();
    value["shared"] = args.shared.into();
    value["output"] = args.output.into();
    value["output_spread"] = args.output_spread.into();
    Ok(value)
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.0} ms", 1e3 * seconds)
}

fn spread_of(args: &Args) -> String {
    let percent = 100.0 * args.output_spread;
    if percent > 0.0 {
        format!(" in the mean, {percent:.0} % shorter to longer")
    } else {
        String::new()
    }
}

fn load_name(args: &Args) -> &'static str {
    if args.rate.is_empty() { "askers" } else { "askers a second" }
}

fn table(args: &Args, levels: &[Level]) -> Table {
    let names = [
        load_name(args),
        "answered",
        "refused",
        "failed",
        "tokens/s",
        "first token",
        "99 of 100",
        "between tokens",
        "99 of 100",
        "to the end",
        "99 of 100",
    ];
    let row = |Level { load, summary }: &Level| {
        let Summary { whole, refused, failed, tokens_per_second, ttft, itl, e2e, .. } = summary;
        let seconds = |seconds: f64| format!("{seconds:.2} s");
        vec![
            format!("{load}"),
            whole.to_string(),
            refused.to_string(),
            failed.to_string(),
            format!("{tokens_per_second:.1}"),
            seconds(ttft.p50),
            seconds(ttft.p99),
            milliseconds(itl.p50),
            milliseconds(itl.p99),
            seconds(e2e.p50),
            seconds(e2e.p99),
        ]
    };
    let columns = names.into_iter().map(Column::right).collect();
    Table { columns, rows: levels.iter().map(row).collect() }
}

fn report(args: &Args, levels: &[Level]) -> Report {
    let line = |name: &str, of: &dyn Fn(&Summary) -> f64| Series {
        name: name.to_string(),
        points: levels.iter().map(|level| (level.load, of(&level.summary))).collect(),
        dashed: false,
    };
    let chart = |title: &str, y_label: &str, series: Vec<Series>, caption: &str| {
        Block::Chart(LineChart {
            title: title.to_string(),
            x_label: load_name(args).to_string(),
            y_label: y_label.to_string(),
            series,
            caption: caption.to_string(),
            ..LineChart::default()
        })
    };
    let of = |get: fn(&Summary) -> Percentiles, scale: f64| {
        vec![
            line("half", &|s| scale * get(s).p50),
            line("90 of 100", &|s| scale * get(s).p90),
            line("99 of 100", &|s| scale * get(s).p99),
        ]
    };
    let through = vec![line("", &|s: &Summary| s.tokens_per_second)];
    let blocks = vec![
        chart("Until the first token", "seconds", of(|s| s.ttft, 1.0), "What a person waits for."),
        chart(
            "Between tokens",
            "milliseconds",
            of(|s| s.itl, 1e3),
            "How steadily an answer comes.",
        ),
        chart("To the end", "seconds", of(|s| s.e2e, 1.0), "The whole answer."),
        chart("All together", "tokens a second", through, "What the server makes in all."),
        Block::Table(table(args, levels)),
    ];
    Report {
        title: "How long people wait".to_string(),
        subtitle: format!(
            "{}: prompts of {} tokens ({} shared), answers of {}{}.",
            args.url,
            args.prompt,
            args.shared,
            args.output,
            spread_of(args)
        ),
        sections: vec![Section { heading: "By load".to_string(), blocks }],
    }
}
