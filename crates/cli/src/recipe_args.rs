//! The dials of a training run as options of the command line, shared by `speedrun` and `pretrain`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use life::{Recipe, Source};
use train::config::{Learns, Offloaded, Precision, Recompute};
use train::plan::{Choice, Decay, Dials, Group};

use crate::host::Host;
use crate::pick;

/// A recipe, option by option. What is left out is derived.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct RecipeArgs {
    /// A model to begin with: a run, a pulled model, or the folder of a Hugging Face checkpoint. It keeps
    /// its shape and tokenizer, reads a --corpus if one is given, and is taught
    #[arg(long, value_name = "MODEL", help_heading = "Text")]
    from: Option<String>,
    /// Text to learn from: a file or a folder (.txt .md .jsonl .csv, also .gz .zst)
    #[arg(long, value_name = "PATH", help_heading = "Text")]
    corpus: Option<PathBuf>,
    /// The village to learn from, by its seed, if no corpus is given [default: 1]
    #[arg(long, value_name = "SEED", conflicts_with = "corpus", help_heading = "Text")]
    world: Option<u64>,
    /// Field of JSON lines, or column of tables, that holds the text [default: text]
    #[arg(long, value_name = "NAME", help_heading = "Text")]
    field: Option<String>,
    /// Replace bytes that are no UTF-8 instead of giving up
    #[arg(long, help_heading = "Text")]
    lossy: bool,
    /// Share of documents kept to measure with [default: 0.1]
    #[arg(long, value_name = "SHARE", value_parser = finite::<f64>, help_heading = "Text")]
    validation: Option<f64>,
    /// Ids of the tokenizer [default: by the size of the text]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Text")]
    vocab: Option<u64>,
    /// One token a byte, nothing merged
    #[arg(long, conflicts_with = "vocab", help_heading = "Text")]
    chars: bool,
    /// What to teach after reading: instruction data (JSON lines or lists; messages, ShareGPT,
    /// Alpaca, pairs); several are mixed, by the weight behind a = [default: the village's lessons]
    #[arg(long, value_name = "PATH[=WEIGHT]", help_heading = "Text")]
    instructions: Vec<life::Talks>,
    /// Exercises of each task in the exam [default: 500]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Text")]
    exam: Option<u64>,
    #[command(flatten)]
    pub(crate) dials: DialArgs,

    /// A recipe as JSON, whose settings the options here override
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The dials of training alone.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct DialArgs {
    /// Learn from random windows of one long text, as nanoGPT does, not from whole documents
    #[arg(long, help_heading = "Text")]
    windows: bool,

    /// Minutes: of training for a model that only reads [default: 5], of all for a whole life
    /// [default: 10]
    #[arg(long, short, value_name = "M", value_parser = finite::<f64>, help_heading = "How long")]
    minutes: Option<f64>,
    /// Tokens to train on, such as 10M
    #[arg(long, value_name = "N", value_parser = count, help_heading = "How long")]
    tokens: Option<u64>,
    /// Steps to take
    #[arg(long, value_name = "N", value_parser = count, help_heading = "How long")]
    steps: Option<u64>,

    /// Parameters in the blocks, such as 2M [default: what the time allows]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model")]
    size: Option<u64>,
    /// The family whose form the model has [default: llama; qwen2 for a whole life]
    #[arg(long, value_parser = families(), help_heading = "Model")]
    arch: Option<String>,
    /// Blocks
    #[arg(long, value_name = "N", help_heading = "Model")]
    layers: Option<usize>,
    /// Width of the stream
    #[arg(long, value_name = "D", help_heading = "Model")]
    width: Option<usize>,
    /// Query heads [default: one for 64 of width]
    #[arg(long, value_name = "N", help_heading = "Model")]
    heads: Option<usize>,
    /// Key and value heads [default: as many as query heads]
    #[arg(long, value_name = "N", help_heading = "Model")]
    kv_heads: Option<usize>,
    /// Inner width of the feed-forward block
    #[arg(long, value_name = "F", help_heading = "Model")]
    ff_width: Option<usize>,
    /// Whether layers have biases [default: as the family has them]
    #[arg(long, value_name = "BOOL", help_heading = "Model")]
    bias: Option<bool>,
    /// Whether the embedding is the output matrix too [default: true]
    #[arg(long, value_name = "BOOL", help_heading = "Model")]
    tied: Option<bool>,
    /// Tokens that the model sees at once [default: 256; 1024 for a whole life; with --from as many
    /// as the model can, up to 1024]
    #[arg(long, value_name = "T", help_heading = "Model")]
    context: Option<usize>,

    /// Rows in a batch [default: 2048 positions]
    #[arg(long, value_name = "B", help_heading = "Training")]
    batch: Option<usize>,
    /// Batches whose gradients make one step [default: 1]
    #[arg(long, value_name = "N", help_heading = "Training")]
    accumulate: Option<usize>,
    /// The largest learning rate [default: by the optimizer and the width; with --from a smaller
    /// one, by the size]
    #[arg(long, value_name = "RATE", value_parser = finite::<f64>, help_heading = "Training")]
    lr: Option<f64>,
    /// The last learning rate [default: a tenth of the largest]
    #[arg(long, value_name = "RATE", value_parser = finite::<f64>, help_heading = "Training")]
    min_lr: Option<f64>,
    /// Steps until the largest learning rate [default: one in fifty]
    #[arg(long, value_name = "N", help_heading = "Training")]
    warmup: Option<u64>,
    /// What the learning rate does after the warmup [default: cosine]
    #[arg(long, alias = "decay", value_enum, help_heading = "Training")]
    schedule: Option<ScheduleArg>,
    /// Pull of matrices towards zero [default: 0.1; lion 0.5, sgd 1e-4, adam and adafactor 0]
    #[arg(long, value_name = "X", value_parser = finite::<f32>, help_heading = "Training")]
    weight_decay: Option<f32>,
    /// How parameters move [default: muon for a new model's whole life, else adamw]
    #[arg(long, value_name = "NAME", value_parser = optimizers(), help_heading = "Training")]
    optimizer: Option<Choice>,
    /// How much of the last direction sgd and muon keep [default: sgd 0.9, muon 0.95]
    #[arg(long, value_name = "X", value_parser = finite::<f32>, help_heading = "Training")]
    momentum: Option<f32>,
    /// Whether sgd looks ahead along its momentum; muon does
    #[arg(long, help_heading = "Training")]
    nesterov: bool,
    /// First decay of Adam's kind, and lion's [default: 0.9]
    #[arg(long, value_name = "X", value_parser = finite::<f32>, help_heading = "Training")]
    beta1: Option<f32>,
    /// Second decay of Adam's kind, and lion's [default: 0.95; lion 0.99]
    #[arg(long, value_name = "X", value_parser = finite::<f32>, help_heading = "Training")]
    beta2: Option<f32>,
    /// Norm that gradients are clipped to; 0: not at all [default: 1]
    #[arg(long, value_name = "X", value_parser = finite::<f64>, help_heading = "Training")]
    clip: Option<f64>,
    /// bf16 products with f32 sums and weights, or f32 throughout [default: bf16]
    #[arg(long, value_enum, help_heading = "Training")]
    precision: Option<PrecisionArg>,
    /// Activations that the backward pass makes again instead of keeping them [default: nothing]
    #[arg(long, value_enum, help_heading = "Training")]
    recompute: Option<RecomputeArg>,
    /// What lies in files beside the checkpoints, and in memory only while there is room
    /// [default: nothing]
    #[arg(long, value_enum, help_heading = "Training")]
    offload: Option<OffloadArg>,
    /// Share of values dropped in training, of embeddings and of what blocks add; 0.1 where a small text
    /// is read often [default: 0]
    #[arg(long, value_name = "X", value_parser = finite::<f32>, help_heading = "Training")]
    dropout: Option<f32>,
    /// Share of each target that is spread over all tokens in training [default: 0]
    #[arg(long, value_name = "X", value_parser = finite::<f32>, help_heading = "Training")]
    label_smoothing: Option<f32>,
    /// How much of the square of log Z is added to the training loss; 1e-4 keeps logits small
    /// [default: 0]
    #[arg(long, value_name = "X", value_parser = finite::<f32>, help_heading = "Training")]
    z_loss: Option<f32>,
    /// Which parameters learn [default: all]
    #[arg(long, value_enum, help_heading = "Training")]
    learns: Option<LearnsArg>,
    /// Parameters that stay as they are, by a pattern over their paths, such as 'embedding.*' or
    /// 'blocks.0.*'; may be given several times
    #[arg(long, value_name = "PATTERN", help_heading = "Training")]
    freeze: Vec<String>,
    /// Parameters that learn otherwise, such as '*norm*:lr=0.1,weight-decay=0': lr times the learning
    /// rate; the first that fits a parameter counts; may be given several times
    #[arg(long, value_name = "PATTERN:…", help_heading = "Training")]
    group: Vec<Group>,
    /// What the learning rate is multiplied by from each block to the one below; 0.8 lets a model
    /// that knows something forget less
    #[arg(long, value_name = "X", value_parser = finite::<f64>, help_heading = "Training")]
    layer_decay: Option<f64>,
    /// Keep a running mean of the weights, of which a step keeps this much, such as 0.999: it is
    /// measured beside the model, and written to the run's model-ema
    #[arg(long, value_name = "X", value_parser = finite::<f64>, help_heading = "Training")]
    ema: Option<f64>,
    /// Of the first weights and the order of the text [default: 1]
    #[arg(long, value_name = "N", help_heading = "Training")]
    seed: Option<u64>,

    /// Steps between looks at held-out text; 0: only at the end [default: one in twenty]
    #[arg(long, value_name = "N", help_heading = "Keeping")]
    evaluate_every: Option<u64>,
    /// Held-out tokens of such a look; the last one takes all [default: 32k]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Keeping")]
    evaluate_tokens: Option<u64>,
    /// Steps between checkpoints; 0: only at the end [default: one in ten]
    #[arg(long, value_name = "N", help_heading = "Keeping")]
    checkpoint_every: Option<u64>,
    /// Checkpoints kept [default: 2]
    #[arg(long, value_name = "N", help_heading = "Keeping")]
    keep: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ScheduleArg {
    Cosine,
    /// A straight line down
    Linear,
    /// Nothing, then a line down over the last fifth
    Wsd,
    /// The inverse of the steps' root
    InverseSqrt,
    Constant,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PrecisionArg {
    F32,
    Bf16,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RecomputeArg {
    /// The fastest, and the largest
    Nothing,
    /// Those of feed-forward blocks
    FeedForward,
    /// All but each block's input: the smallest, and a third more work
    Blocks,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OffloadArg {
    Nothing,
    /// What the optimizer remembers of each parameter
    Moments,
    /// What --recompute keeps
    Activations,
    Both,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LearnsArg {
    All,
    /// Gains and biases; matrices stay as they are
    Vectors,
}

impl RecipeArgs {
    /// The recipe: the file's settings, then the options.
    pub(crate) fn recipe(&self, host: &Host) -> Result<Recipe> {
        let mut recipe = self.settings()?;
        if let Some(from) = &recipe.from {
            recipe.from = Some(pick::folder(host, &from.to_string_lossy())?);
        }
        Ok(recipe)
    }

    fn settings(&self) -> Result<Recipe> {
        let mut recipe = match &self.config {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the config {}", path.display()))?;
                Recipe::from_json(&text).with_context(|| format!("in {}", path.display()))?
            }
            None => Recipe::default(),
        };
        recipe.from = self.from.as_ref().map(PathBuf::from).or(recipe.from);
        if let Some(seed) = self.world {
            recipe.corpus = Source::World { seed };
        }
        if let Some(path) = &self.corpus {
            let found = path.canonicalize();
            let path =
                found.with_context(|| format!("cannot find the corpus {}", path.display()))?;
            recipe.corpus = Source::Files { path };
        }
        set(&mut recipe.field, &self.field);
        set(&mut recipe.validation, &self.validation);
        recipe.lossy |= self.lossy;
        recipe.chars |= self.chars;
        if !self.instructions.is_empty() {
            recipe.instructions = self.instructions.clone();
        }
        for talks in &mut recipe.instructions {
            let missing = || format!("cannot find the instructions {}", talks.path.display());
            talks.path = talks.path.canonicalize().with_context(missing)?;
        }
        recipe.exam = self.exam.map(|n| n as usize).or(recipe.exam);
        recipe.vocab = self.vocab.map(|n| n as usize).or(recipe.vocab);
        if let Source::Files { path } = &mut recipe.corpus {
            let found = path.canonicalize();
            *path = found.with_context(|| format!("cannot find the corpus {}", path.display()))?;
        }
        self.dials.dial(&mut recipe.train);
        recipe.check()?;
        Ok(recipe)
    }
}

impl DialArgs {
    /// Sets what was said on the command line.
    pub(crate) fn dial(&self, dials: &mut Dials) {
        macro_rules! take {
            ($($name:ident),*) => { $(if self.$name.is_some() { dials.$name = self.$name.clone(); })* };
        }
        if self.minutes.is_some() || self.tokens.is_some() || self.steps.is_some() {
            (dials.minutes, dials.tokens, dials.steps) = (None, None, None);
        }
        take!(minutes, tokens, steps, size, arch, layers, width, heads, kv_heads, ff_width);
        take!(bias, tied, context, batch, accumulate, lr, min_lr, warmup, weight_decay);
        take!(
            dropout,
            label_smoothing,
            z_loss,
            optimizer,
            momentum,
            layer_decay,
            ema,
            beta1,
            beta2,
            clip,
            seed,
            evaluate_every,
            evaluate_tokens,
            checkpoint_every,
            keep
        );
        if self.windows {
            dials.windows = Some(true);
        }
        if self.nesterov {
            dials.nesterov = Some(true);
        }
        if !self.freeze.is_empty() {
            dials.freeze = Some(self.freeze.clone());
        }
        if !self.group.is_empty() {
            dials.groups = Some(self.group.clone());
        }
        let schedule = self.schedule.map(|schedule| match schedule {
            ScheduleArg::Cosine => Decay::Cosine,
            ScheduleArg::Linear => Decay::Linear,
            ScheduleArg::Wsd => Decay::Wsd,
            ScheduleArg::InverseSqrt => Decay::InverseSqrt,
            ScheduleArg::Constant => Decay::Constant,
        });
        dials.schedule = schedule.or(dials.schedule);
        let precision = self.precision.map(|precision| match precision {
            PrecisionArg::F32 => Precision::F32,
            PrecisionArg::Bf16 => Precision::Bf16,
        });
        dials.precision = precision.or(dials.precision);
        let recompute = self.recompute.map(|recompute| match recompute {
            RecomputeArg::Nothing => Recompute::Nothing,
            RecomputeArg::FeedForward => Recompute::FeedForward,
            RecomputeArg::Blocks => Recompute::Blocks,
        });
        dials.recompute = recompute.or(dials.recompute);
        let offload = self.offload.map(|offload| match offload {
            OffloadArg::Nothing => Offloaded::Nothing,
            OffloadArg::Moments => Offloaded::Moments,
            OffloadArg::Activations => Offloaded::Activations,
            OffloadArg::Both => Offloaded::Both,
        });
        dials.offload = offload.or(dials.offload);
        let learns = self.learns.map(|learns| match learns {
            LearnsArg::All => Learns::All,
            LearnsArg::Vectors => Learns::Vectors,
        });
        dials.learns = learns.or(dials.learns);
    }
}

/// The names of all families.
pub(crate) fn families() -> PossibleValuesParser {
    arch::family::FAMILIES.iter().map(|family| family.name()).into()
}

/// All optimizers, each with what it is and the learning rate that it has by itself.
pub(crate) fn optimizers() -> impl TypedValueParser<Value = Choice> {
    let values = Choice::ALL.iter().map(|choice| {
        let (at_256, at_64) = (choice.rate(2e-3), choice.rate(4e-3));
        let rate = match at_256 == at_64 {
            true => format!("{at_256:.0e}"),
            false => format!("{at_256:.0e} at width 256"),
        };
        PossibleValue::new(choice.name()).help(format!("{} (--lr {rate})", choice.about()))
    });
    let named = |name: String| Choice::ALL.iter().copied().find(|choice| choice.name() == name);
    PossibleValuesParser::new(values.collect::<Vec<_>>())
        .try_map(move |name| named(name).ok_or("an optimizer that there is"))
}

fn set<T: Clone>(to: &mut T, from: &Option<T>) {
    if let Some(value) = from {
        *to = value.clone();
    }
}

/// A number that is one: no NaN, no infinity.
fn finite<T: std::str::FromStr + Copy + Into<f64>>(text: &str) -> Result<T, String> {
    let number = text.parse::<T>().ok().filter(|&n| n.into().is_finite());
    number.ok_or_else(|| format!("{text:?} is no number; write 0.1, 300 or 1e-3"))
}

/// A number such as 300, 10k, 2.5M or 1B.
pub(crate) fn count(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no number; write 300, 10k, 2.5M or 1B");
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1e3),
        Some((at, 'm' | 'M')) => (&text[..at], 1e6),
        Some((at, 'b' | 'B' | 'g' | 'G')) => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let whole = number * unit;
    if !(0.0..=9e15).contains(&whole) || whole.fract() != 0.0 {
        return Err(wrong());
    }
    Ok(whole as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        let good = [("300", 300), ("10k", 10_000), ("2.5M", 2_500_000), ("1B", 1_000_000_000)];
        good.iter().for_each(|(text, n)| assert_eq!(count(text), Ok(*n)));
        ["", "k", "-3", "1.5", "many", "1e400", "nan"]
            .iter()
            .for_each(|text| assert!(count(text).is_err(), "{text}"));
    }

    #[test]
    fn options_override_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let json = r#"{"vocab": 600, "train": {"minutes": 2, "width": 64, "layers": 1}}"#;
        std::fs::write(file.path(), json).unwrap();
        let args = RecipeArgs {
            config: Some(file.path().to_path_buf()),
            dials: DialArgs { steps: Some(9), layers: Some(3), ..DialArgs::default() },
            ..RecipeArgs::default()
        };
        let recipe = args.settings().unwrap();
        assert_eq!(
            (recipe.vocab, recipe.train.layers, recipe.train.width),
            (Some(600), Some(3), Some(64))
        );
        assert_eq!((recipe.train.minutes, recipe.train.steps), (None, Some(9)));
    }

    #[test]
    fn optimizers_are_known_by_the_names_of_their_list() {
        #[derive(Debug, clap::Parser)]
        struct Line {
            #[command(flatten)]
            dials: DialArgs,
        }
        let parse = |words: &str| {
            let words = std::iter::once("lyceum").chain(words.split_whitespace());
            let line = <Line as clap::Parser>::try_parse_from(words)?;
            let mut dials = Dials::default();
            line.dials.dial(&mut dials);
            Ok::<_, clap::Error>(dials)
        };
        for &choice in Choice::ALL {
            let dials = parse(&format!("--optimizer {}", choice.name())).unwrap();
            assert_eq!(dials.optimizer, Some(choice));
        }
        let dials =
            parse("--schedule inverse-sqrt --freeze a.* --freeze b --group *:lr=2 --ema 0.9");
        let dials = dials.unwrap();
        assert_eq!(dials.freeze.unwrap(), ["a.*", "b"]);
        assert_eq!((dials.groups.unwrap()[0].lr, dials.ema), (2.0, Some(0.9)));
        assert_eq!(parse("--decay linear").unwrap().schedule, Some(Decay::Linear));
        let message = parse("--optimizer adagrad").unwrap_err().to_string();
        assert!(message.contains("adafactor"), "{message}");
    }
}
