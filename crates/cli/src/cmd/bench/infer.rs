//! `lyceum bench infer`: how fast a model reads a prompt and writes an answer, against what this machine's
//! memory and arithmetic allow, which are measured in between.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use arch::{Cache as _, Decoder, Input, Logits};
use figure::{Column, Table, quantity};
use generate::Runtime;
use generate::runtime::{Cache, Next};
use kernels::bandwidth::Memory;
use model::Opened;
use serde_json::{Value, json};

use crate::cache_args::CacheArgs;
use crate::host::Host;
use crate::{out, pick};

/// Speed of prompts and of answers, by batch
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A GGUF file, a run, or a model's folder
    #[arg(value_name = "MODEL")]
    model: String,
    /// Tokens of the prompt that is read at once
    #[arg(long, value_name = "N", default_value_t = 512)]
    prompt: usize,
    /// Tokens that are written
    #[arg(long, value_name = "N", default_value_t = 64)]
    tokens: usize,
    /// Positions that lie before those that are written
    #[arg(long, value_name = "N", default_value_t = 0)]
    depth: usize,
    #[command(flatten)]
    cache: CacheArgs,
    /// Sequences that are written at once, one run each
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "1,2,4,8,16")]
    batch: Vec<usize>,
    /// Times that each is measured; the median counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was measured of one number of sequences.
struct Batch {
    sequences: usize,
    /// All sequences together.
    tokens_per_second: f64,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let Args { prompt, tokens, depth, rounds, .. } = *args;
    ensure!(
        prompt > 0 && tokens > 0 && rounds > 0,
        "--prompt, --tokens and --rounds are at least 1"
    );
    ensure!(args.batch.iter().all(|&n| (1..=256).contains(&n)), "--batch is 1 to 256 sequences");
    let path = pick::model_path(host, &args.model)?;
    let began = Instant::now();
    let opened = Opened::open(&path)?;
    let runtime = args.cache.with(Runtime::new(opened.spec(), &opened)?);
    let (loading, spec) = (began.elapsed().as_secs_f64(), opened.spec().clone());
    let needed = prompt.max(depth + tokens);
    ensure!(
        needed <= spec.context,
        "{needed} positions are asked for; the model has {}",
        spec.context
    );
    let memory = Memory::default();
    let (mut prefill, mut reads, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    let mut written = vec![Vec::new(); args.batch.len()];
    let full = filled(&runtime, depth)?;
    let mut progress = host.progress("measure", (rounds * (1 + args.batch.len())) as u64);
    let mut done = 0;
    // Once before the clock runs: threads wake, memory is taken.
    read(&runtime, prompt)?;
    for _ in 0..rounds {
        memory.read(); // What lay still through the last round is not at once at its rate.
        reads.push(rate(|| memory.read() as f64));
        peaks.push(rate(|| kernels::quantized::peak::work().unwrap_or(0.0)));
        prefill.push(read(&runtime, prompt)?);
        for (&sequences, written) in args.batch.iter().zip(&mut written) {
            done += 1;
            progress.set(done, format!("{sequences} at once"));
            host.go_on("nothing was kept")?;
            written.push(write(&runtime, &full, sequences, tokens)?);
        }
    }
    drop(progress);
    let batches = args
        .batch
        .iter()
        .zip(written)
        .map(|(&sequences, rates)| Batch { sequences, tokens_per_second: median(rates) });
    let found = Found {
        loading,
        prefill: median(prefill),
        batches: batches.collect(),
        read: median(reads),
        int8: median(peaks),
    };
    let json = found.json(args, &runtime, &opened)?;
    if args.json { Ok(out::line(json)?) } else { describe(&json, args, &path) }
}

struct Found {
    loading: f64,
    prefill: f64,
    batches: Vec<Batch>,
    /// Bytes a second.
    read: f64,
    /// Operations a second.
    int8: f64,
}

impl Found {
    fn json(&self, args: &Args, runtime: &Runtime, opened: &Opened) -> Result<Value> {
        let spec = opened.spec();
        let per_token = 2.0 * (spec.n_layers * spec.n_active_block_matrix_params()) as f64;
        let bytes = runtime.bytes_per_token() as f64;
        let alone = self.batches.iter().find(|batch| batch.sequences == 1);
        let per_position = runtime.cache_bytes_per_position();
        let batches = self.batches.iter().map(|batch| {
            let steps = batch.tokens_per_second / batch.sequences as f64;
            let cache = (batch.sequences * (args.depth + args.tokens / 2) * per_position) as f64;
            json!({
                "sequences": batch.sequences,
                "tokens_per_second": batch.tokens_per_second,
                "weights_gb_per_second": steps * bytes / 1e9,
                "share_of_bandwidth": steps * (bytes + cache) / self.read,
            })
        });
        Ok(json!({
            "parameters": spec.n_params(), "types": opened.types()?.0,
            "bytes_per_token": bytes, "matrix_bytes": runtime.len_bytes(),
            "cache": runtime.cache_kind().name(), "cache_bytes_per_position": per_position,
            "resident_bytes": stdx::memory::peak(), "seconds_to_load": self.loading,
            "threads": kernels::parallel::threads(),
            "read_gb_per_second": self.read / 1e9, "int8_gops": self.int8 / 1e9,
            "prefill": {
                "tokens": args.prompt, "tokens_per_second": self.prefill,
                "gops": self.prefill * per_token / 1e9,
                "share_of_int8_peak": self.prefill * per_token / self.int8,
            },
            "depth": args.depth, "batches": batches.collect::<Vec<Value>>(),
            "prefill_over_decode": alone.map(|alone| self.prefill / alone.tokens_per_second),
        }))
    }
}

/// A cache that holds so many positions.
fn filled(runtime: &Runtime, depth: usize) -> Result<Cache> {
    let mut cache = runtime.new_cache();
    let ids: Vec<u32> = (0..depth).map(|i| id(runtime, i)).collect();
    for ids in ids.chunks(512) {
        runtime.forward(Input::Ids(ids), &mut cache, Logits::None)?;
    }
    Ok(cache)
}

fn id(runtime: &Runtime, i: usize) -> u32 {
    ((i * 7919 + 13) % runtime.spec().vocab_size) as u32
}

/// Reads a prompt, and gives its tokens a second.
fn read(runtime: &Runtime, prompt: usize) -> Result<f64> {
    let ids: Vec<u32> = (0..prompt).map(|i| id(runtime, i)).collect();
    let began = Instant::now();
    runtime.forward(Input::Ids(&ids), &mut runtime.new_cache(), Logits::Last)?;
    Ok(prompt as f64 / began.elapsed().as_secs_f64())
}

/// Writes tokens to several sequences at once, and gives how many a second all together.
fn write(runtime: &Runtime, full: &Cache, sequences: usize, tokens: usize) -> Result<f64> {
    let mut caches: Vec<Cache> = (0..sequences).map(|_| full.fork()).collect();
    let ids: Vec<[u32; 1]> = (0..sequences * (tokens + 1)).map(|i| [id(runtime, i)]).collect();
    let mut steps = ids.chunks_exact(sequences);
    let mut step = || -> Result<()> {
        let ids = steps.next().context("ids for every step")?;
        let each = ids.iter().zip(&mut caches);
        let each = each.map(|(ids, cache)| Next { ids, cache, logits: Logits::Last, states: None });
        runtime.forward_each(&mut each.collect::<Vec<_>>())?;
        Ok(())
    };
    // The first one is not counted.
    if full.len() + tokens < runtime.spec().context {
        step()?;
    }
    let began = Instant::now();
    for _ in 0..tokens {
        step()?;
    }
    Ok((sequences * tokens) as f64 / began.elapsed().as_secs_f64())
}

/// How much a second.
fn rate(work: impl FnOnce() -> f64) -> f64 {
    let began = Instant::now();
    let done = work();
    done / began.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn describe(found: &Value, args: &Args, path: &Path) -> Result<()> {
    let number = |value: &Value| value.as_f64().unwrap_or(0.0);
    let of = |key: &str| number(&found[key]);
    let types = found["types"].as_object().into_iter().flatten();
    let types: Vec<String> = types.map(|(name, n)| format!("{n} of {name}")).collect();
    out::line(format_args!(
        "{}: {} parameters, {} a token, tensors: {}",
        path.display(),
        quantity::count(of("parameters")),
        quantity::bytes(of("bytes_per_token") as u64),
        types.join(", ")
    ))?;
    out::line(format_args!(
        "memory is read at {:.1} GB/s, eight-bit integers are multiplied at {:.0} GOPS ({} threads)\n",
        of("read_gb_per_second"),
        of("int8_gops"),
        found["threads"]
    ))?;
    let prefill = &found["prefill"];
    let mut rows = vec![vec![
        format!("prompt of {}", args.prompt),
        format!("{:.1}", number(&prefill["tokens_per_second"])),
        String::new(),
        format!("{:.0} % of int8", 100.0 * number(&prefill["share_of_int8_peak"])),
    ]];
    for batch in found["batches"].as_array().into_iter().flatten() {
        let sequences = number(&batch["sequences"]);
        rows.push(vec![
            if sequences == 1.0 { "answer".into() } else { format!("{sequences} answers at once") },
            format!("{:.1}", number(&batch["tokens_per_second"])),
            format!("{:.1}", number(&batch["tokens_per_second"]) / sequences),
            format!("{:.0} % of bandwidth", 100.0 * number(&batch["share_of_bandwidth"])),
        ]);
    }
    let columns = vec![
        Column::left("what"),
        Column::right("tokens/s"),
        Column::right("each"),
        Column::right("share"),
    ];
    Ok(out::piece(Table { columns, rows }.to_text())?)
}
