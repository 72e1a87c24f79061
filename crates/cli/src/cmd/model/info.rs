//! `lyceum model info`: layers, parameters, FLOPs, memory.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use arch::{Layers, Positions, Spec};
use figure::{Column, Table, quantity};
use model::{Opened, folder, paths};
use serde_json::{Value, json};
use train::config::Recompute;
use train::memory::memory;
use train::plan::{Choice, Dials, plan_of_model};

use crate::host::Host;
use crate::recipe_args::optimizers;
use crate::{out, pick};

/// Show a model's layers, parameters, FLOPs a token, and the memory that it takes
///
/// A config.json alone will do. Memory for training is what a run with these settings is planned
/// with; memory for inference is that of `generate`, `chat` and `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lyceum model info bard
  lyceum model info Qwen/Qwen2.5-0.5B --context 2048 --batch 4
  lyceum model info downloads/config.json
  lyceum model info stories260K.bin --json")]
pub(crate) struct Args {
    /// A run, a model's folder, a pulled model, a llama2.c file, or a config.json
    #[arg(value_name = "MODEL")]
    model: String,
    /// Tokens in a row [default: as many as the model sees, for training up to 1024]
    #[arg(long, value_name = "T")]
    context: Option<usize>,
    /// Rows in a batch of training [default: 2048 positions]
    #[arg(long, value_name = "B")]
    batch: Option<usize>,
    /// The optimizer of the training [default: adamw]
    #[arg(long, value_name = "NAME", value_parser = optimizers())]
    optimizer: Option<Choice>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<()> {
    let path = pick::model_path(host, &args.model)?;
    let about = About::of(&path, args)?;
    if args.json {
        return Ok(out::line(about.object())?);
    }
    about.show()
}

/// All that is told of a model.
struct About {
    spec: Spec,
    files: Option<Files>,
    /// Positions that FLOPs and the cache are counted at.
    context: usize,
    training: Training,
}

/// The memory of a training.
struct Training {
    optimizer: &'static str,
    rows: usize,
    context: usize,
    bytes: u64,
    /// With activations of blocks made again, where that can be.
    less_bytes: Option<u64>,
}

/// What the weights are.
struct Files {
    /// Tensors of each type of numbers.
    dtypes: BTreeMap<&'static str, usize>,
    bytes: u64,
}

impl About {
    fn of(path: &Path, args: &Args) -> Result<Self> {
        let is_config = path.extension().is_some_and(|extension| extension == "json");
        let (spec, files) = if is_config {
            let read = || format!("cannot read {}", path.display());
            let config = serde_json::from_str(&std::fs::read_to_string(path).with_context(read)?);
            (arch::family::from_config(&config.with_context(read)?)?, None)
        } else if path.is_dir() && !folder::has_weights(path) {
            (folder::spec(path)?, None)
        } else {
            let opened = Opened::open(path)?;
            (opened.spec().clone(), Some(Files::of(&opened)?))
        };
        let training = Training::of(&spec, args)?;
        let context = args.context.unwrap_or(spec.context);
        Ok(Self { spec, files, context, training })
    }

    fn n_params(&self) -> usize {
        self.spec.n_params()
    }

    /// Parameters that one token meets.
    fn n_active(&self) -> usize {
        let spec = &self.spec;
        let unmet = spec.n_block_matrix_params() - spec.n_active_block_matrix_params();
        self.n_params() - spec.n_layers * unmet
    }

    fn train_flops(&self) -> f64 {
        self.spec.train_flops_per_token(self.context)
    }

    /// Keys and values of one token, in f32.
    fn cache_bytes_per_token(&self) -> u64 {
        let spec = &self.spec;
        4 * 2 * (spec.n_layers * spec.n_kv_heads * spec.head_dim) as u64
    }

    fn weight_bytes(&self) -> u64 {
        4 * self.n_params() as u64
    }

    fn object(&self) -> Value {
        let layer = |layer: &Layer| {
            json!({
                "layer": layer.path, "shape": layer.shape, "count": layer.count,
                "parameters": layer.parameters(),
            })
        };
        let Training { optimizer, rows, context, bytes, less_bytes } = self.training;
        json!({
            "family": self.spec.family,
            "parameters": self.n_params(),
            "active_parameters": self.n_active(),
            "layers": layers(&self.spec).iter().map(layer).collect::<Vec<_>>(),
            "spec": self.spec,
            "context": self.context,
            "train_flops_per_token": self.train_flops(),
            "inference_flops_per_token": self.train_flops() / 3.0,
            "inference_memory": {
                "weight_bytes": self.weight_bytes(),
                "cache_bytes_per_token": self.cache_bytes_per_token(),
                "bytes": self.weight_bytes() + self.context as u64 * self.cache_bytes_per_token(),
            },
            "training_memory": {
                "optimizer": optimizer, "batch": rows, "context": context, "bytes": bytes,
                "bytes_recomputing_blocks": less_bytes,
            },
            "files": self.files.as_ref().map(|f| json!({"dtypes": f.dtypes, "bytes": f.bytes})),
        })
    }

    fn show(&self) -> Result<()> {
        let spec = &self.spec;
        let n = |n: usize| quantity::count(n as f64);
        let (all, active) = (self.n_params(), self.n_active());
        let met = match active == all {
            true => String::new(),
            false => format!(", {} of them for each token", n(active)),
        };
        out::line(format_args!("{}: {all} parameters ({}){met}", spec.family, n(all)))?;
        out::line("")?;
        out::piece(table(spec).to_text())?;
        out::line("")?;
        for line in in_words(spec) {
            out::line(line)?;
        }
        out::line("")?;
        self.show_costs()?;
        if let Some(files) = &self.files {
            let types: Vec<String> =
                files.dtypes.iter().map(|(name, n)| format!("{n} of {name}")).collect();
            let bytes = quantity::bytes(files.bytes);
            out::line(format_args!(
                "{:<14}{bytes} of weights, tensors: {}",
                "files",
                types.join(", ")
            ))?;
        }
        Ok(())
    }

    fn show_costs(&self) -> Result<()> {
        let t = self.context;
        let (flops, bytes) = (self.train_flops(), quantity::bytes);
        out::line(format_args!(
            "{:<14}{} FLOP a token in training, {} in inference, at {t} positions",
            "work",
            quantity::count(flops),
            quantity::count(flops / 3.0)
        ))?;
        let (weights, each) = (self.weight_bytes(), self.cache_bytes_per_token());
        out::line(format_args!(
            "{:<14}{} to speak: weights {}, and {} for each token's keys and values",
            "memory",
            bytes(weights + t as u64 * each),
            bytes(weights),
            bytes(each)
        ))?;
        let Training { optimizer, rows, context, bytes: whole, less_bytes } = self.training;
        let less = less_bytes.map(|n| format!(", {} with --recompute blocks", bytes(n)));
        out::line(format_args!(
            "{:<14}{} to train by {optimizer} on {rows} × {context} tokens{}",
            "",
            bytes(whole),
            less.unwrap_or_default()
        ))?;
        Ok(())
    }
}

impl Training {
    fn of(spec: &Spec, args: &Args) -> Result<Self> {
        let optimizer = args.optimizer.unwrap_or(Choice::AdamW);
        let of = |recompute| {
            let dials = Dials {
                steps: Some(1),
                context: args.context,
                batch: args.batch,
                optimizer: Some(optimizer),
                recompute: Some(recompute),
                ..Dials::default()
            };
            plan_of_model(&dials, spec, None, &mut |_| Ok(1.0))
        };
        let whole = of(Recompute::Nothing)?;
        let less = of(Recompute::Blocks).ok();
        Ok(Self {
            optimizer: optimizer.name(),
            rows: whole.rows,
            context: whole.context,
            bytes: memory(&whole).peak as u64,
            less_bytes: less.map(|config| memory(&config).peak as u64),
        })
    }
}

impl Files {
    fn of(opened: &Opened) -> Result<Self> {
        let (dtypes, bytes) = opened.types()?;
        Ok(Self { dtypes, bytes: bytes as u64 })
    }
}

/// A parameter, and in how many blocks it is.
struct Layer {
    path: String,
    shape: Vec<usize>,
    count: usize,
}

impl Layer {
    fn parameters(&self) -> usize {
        self.count * self.shape.iter().product::<usize>()
    }
}

/// Every parameter; those of blocks, which are alike, once.
fn layers(spec: &Spec) -> Vec<Layer> {
    let mut all = Vec::new();
    for (path, shape) in paths::parameters(spec) {
        let (path, count) = match path.strip_prefix("blocks.") {
            None => (path, 1),
            Some(rest) => match rest.strip_prefix("0.") {
                Some(part) => (format!("blocks.*.{part}"), spec.n_layers),
                None => continue,
            },
        };
        all.push(Layer { path, shape, count });
    }
    all
}

fn table(spec: &Spec) -> Table {
    let columns = vec![
        Column::left("layer"),
        Column::right("shape"),
        Column::right("times"),
        Column::right("parameters"),
        Column::right("share"),
    ];
    let all = spec.n_params().max(1) as f64;
    let row = |layer: &Layer| {
        let sizes: Vec<String> = layer.shape.iter().map(ToString::to_string).collect();
        let n = layer.parameters();
        vec![
            layer.path.clone(),
            sizes.join(" × "),
            layer.count.to_string(),
            n.to_string(),
            format!("{:.1} %", 100.0 * n as f64 / all),
        ]
    };
    Table { columns, rows: layers(spec).iter().map(row).collect() }
}

/// What the table does not show, a line each.
fn in_words(spec: &Spec) -> Vec<String> {
    let line = |name: &str, text: String| format!("{name:<14}{text}");
    let attention = &spec.attention;
    let mut heads = format!("{} heads of {}", spec.n_heads, spec.head_dim);
    if spec.n_kv_heads < spec.n_heads {
        heads.push_str(&format!(", {} of keys and values", spec.n_kv_heads));
    }
    let extras = [
        (attention.head_norm, "queries and keys normalised"),
        (attention.sinks, "sinks"),
        (attention.softcap.is_some(), "scores capped"),
    ];
    extras.iter().filter(|(there, _)| *there).for_each(|(_, what)| heads += &format!(", {what}"));
    let mut lines = vec![line("attention", heads)];
    if let Some(window) = attention.window.filter(|_| !attention.sliding.is_none()) {
        let which = which(&attention.sliding, spec.n_layers);
        lines.push(line("window", format!("{window} positions in {which}")));
    }
    let mut positions = match &spec.positions {
        Positions::Rope(rope) => {
            let n = rope.n_turned(spec.head_dim);
            let part =
                if n < spec.head_dim { format!(" of {n} dimensions") } else { String::new() };
            let scaled = if rope.scaling.is_none() { "" } else { ", stretched" };
            format!("RoPE{part}, θ {}{scaled}", rope.theta)
        }
        Positions::Learned => "learned".to_string(),
        Positions::Sinusoidal => "sines and cosines".to_string(),
        Positions::Alibi => "ALiBi".to_string(),
        Positions::None => "none".to_string(),
    };
    if !attention.unturned.is_none() {
        positions += &format!(", none in {}", which(&attention.unturned, spec.n_layers));
    }
    lines.push(line("positions", format!("{positions}; {} at most", spec.context)));
    let mut feed_forward = format!("{}, {} inside", spec.activation.name(), spec.d_ff);
    if let Some(experts) = &spec.experts {
        feed_forward += &format!(", {} of {} experts for each token", experts.active, experts.n);
    }
    lines.push(line("feed-forward", feed_forward));
    let (norm, place) = (spec.norm.name(), spec.arrangement.name());
    lines.push(line("norm", format!("{norm} {place}")));
    let output = if spec.tied { "the embedding" } else { "a matrix of its own" };
    lines.push(line("output", output.to_string()));
    lines
}

/// Blocks in words.
fn which(layers: &Layers, n: usize) -> String {
    let those: Vec<String> = (0..n).filter(|&i| layers.has(i)).map(|i| i.to_string()).collect();
    match those.len() == n {
        true => "every block".to_string(),
        false => format!("blocks {}", those.join(" ")),
    }
}
