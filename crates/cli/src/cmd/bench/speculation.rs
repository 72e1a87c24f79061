//! `lyceum bench speculation`: how fast answers are written with and without guesses, behind a prompt
//! that asks for a copy and behind one that does not. Ways take turns; each writes the same text, or that is said.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use arch::Decoder as _;
use figure::{Column, Table};
use generate::runtime::Cache;
use generate::{
    Flow, Memory, Ngram, Options, Runtime, Sampling, Speculation, Statistics, Steer, generate_with,
    speculate,
};
use life::load::marks;
use serde_json::{Value, json};

use crate::host::Host;
use crate::speculation_args::{self, draft_model};
use crate::{out, pick};

/// Speed of answers with and without guessing ahead
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A GGUF file, a run, or a model's folder
    #[arg(value_name = "MODEL")]
    model: String,
    /// A smaller model with the same tokenizer, to guess as well
    #[arg(long, value_name = "MODEL")]
    draft: Option<String>,
    /// What is gone on from; may be given again [default: a text to copy, and the beginning of a tale]
    #[arg(long, value_name = "TEXT")]
    prompt: Vec<String>,
    /// Tokens of an answer
    #[arg(long, value_name = "N", default_value_t = 128)]
    tokens: usize,
    /// How tokens are chosen: 0 takes the likeliest, 1 the model's own distribution
    #[arg(long, value_name = "T,…", value_delimiter = ',', default_value = "0,1")]
    temperature: Vec<f32>,
    /// Times that each is measured; the median counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const PASSAGE: &str = "The baker opened the door before the sun was up. She carried two sacks of \
                       flour to the table, lit the oven, and began to knead. By noon all the bread \
                       was sold, and the miller, who came late, went home without any.";

/// A way to write an answer.
struct Way {
    name: &'static str,
    speculation: Option<Speculation>,
}

/// A prompt that the model has read.
struct Read {
    text: String,
    ids: Vec<u32>,
    memory: Memory<Cache>,
}

/// What was found of a way behind a prompt.
struct Found {
    seconds: Vec<f64>,
    statistics: Option<Statistics>,
    tokens: Vec<u32>,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    ensure!(args.tokens > 1 && args.rounds > 0, "--tokens is at least 2, --rounds at least 1");
    let loaded = pick::model(host, Some(&args.model))?;
    let (runtime, tokenizer) = (&loaded.decoding, &loaded.tokenizer);
    let way = |name, speculation| Way { name, speculation };
    let lookup = speculation_args::of(Box::new(Ngram::new()));
    let mut ways = vec![way("off", None), way("ngram", Some(lookup))];
    if let Some(name) = &args.draft {
        let draft = draft_model(host, name, tokenizer)?;
        ways.push(way("draft", Some(speculation_args::of(draft))));
    }
    let mut prompts = args.prompt.clone();
    if prompts.is_empty() {
        prompts =
            vec![format!("{PASSAGE}\n\n{PASSAGE}\n\n{PASSAGE} By"), "Once upon a time".into()];
    }
    // Of a long prompt its end is read, as `generate` does.
    let context = runtime.spec().context;
    ensure!(args.tokens < context, "--tokens must be below the model's context of {context}");
    let begin = marks(tokenizer, &loaded.options.config).begin;
    let mut lines = Vec::new();
    for text in prompts {
        let ids: Vec<u32> = begin.into_iter().chain(tokenizer.encode(&text)?).collect();
        let ids = ids[ids.len() - ids.len().min(context - args.tokens)..].to_vec();
        let mut memory = Memory::new(runtime);
        memory.read(runtime, &ids)?;
        let read = Read { text, ids, memory };
        for &temperature in &args.temperature {
            lines.extend(beside(args, host, runtime, &read, temperature, &mut ways)?);
        }
    }
    if args.json { Ok(out::line(Value::from(lines))?) } else { describe(&lines) }
}

/// All ways behind one prompt, in turns.
fn beside(
    args: &Args,
    host: &Host,
    runtime: &Runtime,
    read: &Read,
    temperature: f32,
    ways: &mut [Way],
) -> Result<Vec<Value>> {
    let sampling = Sampling { temperature, ..Sampling::default() };
    let options = Options { sampling, max_tokens: args.tokens, ..Options::default() };
    let new = |_: &Way| Found { seconds: Vec::new(), statistics: None, tokens: Vec::new() };
    let mut found: Vec<Found> = ways.iter().map(new).collect();
    for _ in 0..args.rounds {
        for (way, found) in ways.iter_mut().zip(&mut found) {
            host.go_on("nothing was kept")?;
            let mut memory = read.memory.fork();
            let (began, memory) = (Instant::now(), &mut memory);
            let steer = Steer { on_token: &mut |_| Flow::Continue, constraint: None };
            let generated = match &mut way.speculation {
                None => generate_with(runtime, memory, &read.ids, &options, steer)?,
                Some(ahead) => {
                    let (generated, statistics) =
                        speculate(runtime, memory, &read.ids, &options, steer, ahead)?;
                    found.statistics = Some(statistics);
                    generated
                }
            };
            found.seconds.push(began.elapsed().as_secs_f64());
            found.tokens = generated.tokens;
        }
    }
    let off = found.first().context("there is a way")?;
    let (plain, expected) = (median(&off.seconds), off.tokens.clone());
    let line = |(way, found): (&Way, &Found)| {
        let seconds = median(&found.seconds);
        json!({
            "prompt": read.text, "prompt_tokens": read.ids.len(), "temperature": temperature,
            "way": way.name, "tokens": found.tokens.len(),
            "tokens_per_second": found.tokens.len() as f64 / seconds,
            "times_off": plain / seconds, "same_text": found.tokens == expected,
            "statistics": found.statistics.as_ref().map(speculation_args::json),
        })
    };
    Ok(ways.iter().zip(&found).map(line).collect())
}

fn median(seconds: &[f64]) -> f64 {
    let mut seconds = seconds.to_vec();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn describe(lines: &[Value]) -> Result<()> {
    let rows = lines.iter().map(|line| {
        let number = |value: &Value| value.as_f64().unwrap_or(0.0);
        let statistics = &line["statistics"];
        let text: String = line["prompt"].as_str().unwrap_or_default().chars().take(24).collect();
        vec![
            format!("{text}… ({} tokens)", line["prompt_tokens"]),
            line["temperature"].to_string(),
            line["way"].as_str().unwrap_or_default().to_string(),
            format!("{:.1}", number(&line["tokens_per_second"])),
            format!("{:.2}", number(&line["times_off"])),
            statistics
                .as_object()
                .map_or(String::new(), |s| format!("{:.2}", number(&s["tokens_per_pass"]))),
            statistics
                .as_object()
                .map_or(String::new(), |s| format!("{} of {}", s["accepted"], s["proposed"])),
            if line["same_text"] == true { "yes".into() } else { "NO".into() },
        ]
    });
    let columns = vec![
        Column::left("prompt"),
        Column::right("T"),
        Column::left("way"),
        Column::right("tokens/s"),
        Column::right("times off"),
        Column::right("a pass"),
        Column::right("came true"),
        Column::left("same text"),
    ];
    Ok(out::piece(Table { columns, rows: rows.collect() }.to_text())?)
}
