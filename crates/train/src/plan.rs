//! From a wish to a config: one dial, a size, a time or a number of tokens, sets every number, and
//! each number can be set by hand.
//!
//! - **Shape**: width `d` in steps of 64, `d/64 + 1` blocks, heads of 64. Of these rungs the one
//!   nearest to the size asked for; without a size, the largest that still gets
//!   [`TOKENS_PER_PARAMETER`] tokens for each parameter of its blocks (Hoffmann et al., "Training
//!   Compute-Optimal Large Language Models", 2022, found 20 to be best for one epoch).
//! - **Steps**: from the tokens; or from the time, over the seconds that a step of this very config
//!   was measured to take. A corpus is read [`MOST_EPOCHS`] times at most unless steps or tokens
//!   say otherwise.
//! - **Learning rate**: `2e-3 · sqrt(256/d)`, or what the optimizer makes of it, warmed up over 2 % of
//!   the steps, then a cosine to a tenth.
//!
//! A model that is there already has its shape; what is left to plan, [`plan_of_model`] says.

mod of_model;

use arch::{Biases, Norm, Spec, family};
use data::Sampling;
use optim::Knobs;
use optim::schedule::{Schedule, Shape};
pub use optim::{Choice, Group};
use serde::{Deserialize, Serialize};

pub use of_model::plan_of_model;

use crate::config::{Learns, Offloaded, Precision, Recompute};
use crate::{Config, Error};

/// Tokens for each parameter of the blocks, where the size is ours to choose.
pub const TOKENS_PER_PARAMETER: f64 = 10.0;
/// More often than this a corpus is not read, unless asked to.
pub const MOST_EPOCHS: f64 = 12.0;
/// The share of the time that goes into steps; the rest is for looks and checkpoints.
const SHARE_OF_STEPS: f64 = 0.93;
/// Without any wish.
const DEFAULT_MINUTES: f64 = 5.0;
/// A shape is checked before the vocabulary is known.
const SOME_VOCABULARY: usize = 512;
/// Positions in a step, about.
const STEP_POSITIONS: usize = 2048;

/// What the learning rate does after the warmup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// A cosine.
    Cosine,
    /// A straight line.
    Linear,
    /// Nothing, then a line down over the last fifth.
    Wsd,
    /// The inverse of the steps' root.
    InverseSqrt,
    /// Nothing.
    Constant,
}

impl From<Decay> for Shape {
    fn from(decay: Decay) -> Self {
        match decay {
            Decay::Cosine => Self::Cosine,
            Decay::Linear => Self::Linear,
            Decay::Wsd => Self::Wsd { decay_share: 0.2 },
            Decay::InverseSqrt => Self::InverseSqrt,
            Decay::Constant => Self::Constant,
        }
    }
}

/// What may be wished for. Everything left out is derived.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dials {
    /// Parameters in the blocks, about.
    pub size: Option<u64>,
    /// How long to train.
    pub minutes: Option<f64>,
    /// How many tokens to train on.
    pub tokens: Option<u64>,
    /// How many steps to take.
    pub steps: Option<u64>,
    /// `llama`, `qwen2` or `gpt2`.
    pub arch: Option<String>,
    /// Blocks.
    pub layers: Option<usize>,
    /// D.
    pub width: Option<usize>,
    /// Query heads.
    pub heads: Option<usize>,
    /// Key and value heads.
    pub kv_heads: Option<usize>,
    /// Inner width of the feed-forward block.
    pub ff_width: Option<usize>,
    /// Whether layers have biases.
    pub bias: Option<bool>,
    /// Whether the output matrix is the embedding.
    pub tied: Option<bool>,
    /// T.
    pub context: Option<usize>,
    /// Rows at once.
    pub batch: Option<usize>,
    /// Batches for one step.
    pub accumulate: Option<usize>,
    /// Random windows instead of packed documents.
    pub windows: Option<bool>,
    /// The largest learning rate.
    pub lr: Option<f64>,
    /// The last learning rate.
    pub min_lr: Option<f64>,
    /// Steps until the largest.
    pub warmup: Option<u64>,
    /// What follows.
    #[serde(alias = "decay")]
    pub schedule: Option<Decay>,
    /// How parameters move.
    pub optimizer: Option<Choice>,
    /// Pull of matrices towards zero.
    pub weight_decay: Option<f32>,
    /// Decay of the first moment.
    pub beta1: Option<f32>,
    /// Decay of the second moment.
    pub beta2: Option<f32>,
    /// How much of the last direction is kept.
    pub momentum: Option<f32>,
    /// Whether a step looks ahead along its momentum.
    pub nesterov: Option<bool>,
    /// What the learning rate is multiplied by from block to block, downwards.
    pub layer_decay: Option<f64>,
    /// Patterns of parameters that stay as they are.
    pub freeze: Option<Vec<String>>,
    /// Parameters that learn otherwise than the rest.
    pub groups: Option<Vec<Group>>,
    /// How much of the weights' running mean is kept in a step; no mean without it.
    pub ema: Option<f64>,
    /// Gradients' norm to clip at; 0: none.
    pub clip: Option<f64>,
    /// Numerics.
    pub precision: Option<Precision>,
    /// Memory for time.
    pub recompute: Option<Recompute>,
    /// What learns.
    pub learns: Option<Learns>,
    /// What lies in files; see [`Offloaded`].
    pub offload: Option<Offloaded>,
    /// Share of values that are dropped in training.
    pub dropout: Option<f32>,
    /// Spread of targets.
    pub label_smoothing: Option<f32>,
    /// Of log² Z.
    pub z_loss: Option<f32>,
    /// Of weights and data.
    pub seed: Option<u64>,
    /// Steps between looks.
    pub evaluate_every: Option<u64>,
    /// Tokens of a look.
    pub evaluate_tokens: Option<u64>,
    /// Steps between checkpoints.
    pub checkpoint_every: Option<u64>,
    /// Checkpoints kept.
    pub keep: Option<usize>,
}

impl Dials {
    /// Refuses wishes that exclude each other, before any work is done.
    ///
    /// # Errors
    /// [`Error::Contradiction`], [`Error::Option`].
    pub fn check(&self) -> Result<(), Error> {
        let given = [
            ("--minutes", self.minutes.is_some()),
            ("--tokens", self.tokens.is_some()),
            ("--steps", self.steps.is_some()),
        ];
        let lengths: Vec<&str> = given.iter().filter(|(_, g)| *g).map(|(name, _)| *name).collect();
        if let [first, second, ..] = lengths[..] {
            let why = format!("{first} and {second} both say how long to train; give one of them");
            return Err(Error::Contradiction(why));
        }
        if self.size.is_some() && (self.layers.is_some() || self.width.is_some()) {
            let why = "--size sets layers and width; give it, or --layers and --width, not both";
            return Err(Error::Contradiction(why.into()));
        }
        if self.layers.is_some() != self.width.is_some() {
            let why = "--layers and --width go together; give both, or --size instead";
            return Err(Error::Contradiction(why.into()));
        }
        let refuse = |name, got: String, expected: &str| {
            Err(Error::Option { name, got, expected: expected.to_string() })
        };
        if let Some(minutes) = self.minutes.filter(|m| !(*m > 0.0 && *m <= 525_600.0)) {
            return refuse("--minutes", minutes.to_string(), "above 0, at most a year");
        }
        if self.size == Some(0) || self.tokens == Some(0) {
            return refuse("--size or --tokens", "0".into(), "at least 1");
        }
        let most = rung_params(RUNGS[RUNGS.len() - 1]);
        if let Some(size) = self.size.filter(|&size| size > most + most / 2) {
            let expected = format!("at most {most}; for more give --layers and --width");
            return refuse("--size", size.to_string(), &expected);
        }
        self.sizes().try_for_each(|(name, value)| match value {
            0 => refuse(name, "0".into(), "at least 1"),
            _ => Ok(()),
        })?;
        if self.optimizer.is_some() {
            self.optimizer()?.check()?;
        }
        if self.size.is_some() || self.width.is_some() {
            draft(self, SOME_VOCABULARY, self.size.unwrap_or(0))?;
        }
        Ok(())
    }

    /// The first dial given that shapes a new model, if there is one.
    pub fn shaping(&self) -> Option<&'static str> {
        let given = [
            ("--size", self.size.is_some()),
            ("--arch", self.arch.is_some()),
            ("--layers", self.layers.is_some()),
            ("--width", self.width.is_some()),
            ("--heads", self.heads.is_some()),
            ("--kv-heads", self.kv_heads.is_some()),
            ("--ff-width", self.ff_width.is_some()),
            ("--bias", self.bias.is_some()),
            ("--tied", self.tied.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    /// The minutes to train, if it is time that bounds the training.
    fn time(&self) -> Option<f64> {
        let no_length = self.tokens.is_none() && self.steps.is_none();
        self.minutes.or_else(|| no_length.then_some(DEFAULT_MINUTES))
    }

    /// The optimizer's choices.
    fn optimizer(&self) -> Result<optim::Options, Error> {
        let Self { beta1, beta2, momentum, nesterov, .. } = *self;
        let choice = self.optimizer.unwrap_or(Choice::AdamW);
        let rule = choice.with(Knobs { beta1, beta2, momentum, nesterov })?;
        let frozen = self.freeze.iter().flatten().map(|pattern| Group::frozen(pattern));
        let usual = optim::Options::of(rule);
        Ok(optim::Options {
            weight_decay: self.weight_decay.unwrap_or(usual.weight_decay),
            clip: self.clip.unwrap_or(usual.clip),
            groups: frozen.chain(self.groups.iter().flatten().cloned()).collect(),
            layer_decay: self.layer_decay,
            ema: self.ema,
            ..usual
        })
    }

    fn sizes(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let all = [
            ("--layers", self.layers),
            ("--width", self.width),
            ("--heads", self.heads),
            ("--kv-heads", self.kv_heads),
            ("--ff-width", self.ff_width),
            ("--context", self.context),
            ("--batch", self.batch),
            ("--accumulate", self.accumulate),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// The config of a run. `corpus_tokens` is the length of the corpus where it has one; `measure`
/// gives the seconds that a step of a config takes, and is asked only where a time was given.
///
/// # Errors
/// [`Error::Contradiction`], [`Error::Option`], [`Error::Model`], and what `measure` says.
pub fn plan(
    dials: &Dials,
    vocab_size: usize,
    corpus_tokens: Option<u64>,
    measure: &mut dyn FnMut(&Config) -> Result<f64, Error>,
) -> Result<Config, Error> {
    dials.check()?;
    let most = corpus_tokens.map_or(f64::INFINITY, |n| n as f64 * MOST_EPOCHS);
    let mut config = match (dials.width, dials.size, dials.time()) {
        (Some(_), ..) | (_, Some(_), _) => draft(dials, vocab_size, dials.size.unwrap_or(0))?,
        (_, _, None) => {
            let step = dials.steps.map(|n| n.saturating_mul(STEP_POSITIONS as u64));
            let tokens = dials.tokens.or(step).unwrap_or(1 << 20);
            draft(dials, vocab_size, (tokens as f64 / TOKENS_PER_PARAMETER) as u64)?
        }
        (_, _, Some(minutes)) => affordable(dials, vocab_size, minutes, most, measure)?,
    };
    let steps = steps(dials, &config, most, measure)?;
    set_length(&mut config, dials, steps);
    config.check()?;
    Ok(config)
}

/// How many steps of `config` are wished for; those of a time take at most `most_tokens`.
fn steps(
    dials: &Dials,
    config: &Config,
    most_tokens: f64,
    measure: &mut dyn FnMut(&Config) -> Result<f64, Error>,
) -> Result<u64, Error> {
    let positions = config.tokens_per_step() as f64;
    Ok(match (dials.steps, dials.tokens, dials.time()) {
        (Some(steps), ..) => steps,
        (_, Some(tokens), _) => (tokens as f64 / positions).ceil() as u64,
        (_, _, Some(minutes)) => {
            let seconds = measure(config)?;
            let fits = (minutes * 60.0 * SHARE_OF_STEPS / seconds).max(1.0);
            fits.min((most_tokens / positions).ceil()) as u64
        }
        (None, None, None) => unreachable!("without a length there are the default minutes"),
    })
}

/// The largest rung that still gets enough tokens in the time.
fn affordable(
    dials: &Dials,
    vocab_size: usize,
    minutes: f64,
    most_tokens: f64,
    measure: &mut dyn FnMut(&Config) -> Result<f64, Error>,
) -> Result<Config, Error> {
    let fits = |width: &usize| dials.heads.is_none_or(|heads| width.is_multiple_of(heads));
    let rungs: Vec<usize> = RUNGS.into_iter().filter(fits).collect();
    let first = *rungs.first().unwrap_or(&RUNGS[0]); // With heads that fit none, its error tells.
    let middle = rungs.iter().copied().find(|&width| width >= 192).unwrap_or(first);
    let middle = draft(dials, vocab_size, rung_params(middle))?;
    let speed = middle.flops_per_step() / measure(&middle)?;
    let mut best = draft(dials, vocab_size, rung_params(first))?;
    for width in rungs {
        let config = draft(dials, vocab_size, rung_params(width))?;
        let flops = config.flops_per_step() / config.tokens_per_step() as f64;
        let tokens = (minutes * 60.0 * SHARE_OF_STEPS * speed / flops).min(most_tokens);
        if tokens < TOKENS_PER_PARAMETER * rung_params(width) as f64 {
            break;
        }
        best = config;
    }
    Ok(best)
}

/// Widths that are chosen by themselves.
const RUNGS: [usize; 16] =
    [64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048];

/// Parameters in the blocks of a rung.
fn rung_params(width: usize) -> u64 {
    (12 * width * width * (width / 64 + 1)) as u64
}

/// A config of about `size` parameters in its blocks, without its length.
fn draft(dials: &Dials, vocab_size: usize, size: u64) -> Result<Config, Error> {
    let spec = shape(dials, vocab_size, size)?;
    let (context, peak) = (spec.context, 2e-3 * (256.0 / spec.d_model as f64).sqrt());
    draft_of(dials, spec, context, peak)
}

/// A config of a model, in rows of `context`, without its length; `peak` is the learning rate if
/// nobody says another.
fn draft_of(dials: &Dials, spec: Spec, context: usize, peak: f64) -> Result<Config, Error> {
    let rows = dials.batch.unwrap_or((STEP_POSITIONS / context).max(1));
    let choice = dials.optimizer.unwrap_or(Choice::AdamW);
    let peak = dials.lr.unwrap_or_else(|| choice.rate(peak));
    let windows = dials.windows == Some(true);
    let config = Config {
        spec,
        seed: dials.seed.unwrap_or(1),
        precision: dials.precision.unwrap_or_default(),
        sampling: if windows { Sampling::Windows } else { Sampling::Documents },
        context,
        rows,
        accumulate: dials.accumulate.unwrap_or(1),
        recompute: dials.recompute.unwrap_or_default(),
        offload: dials.offload.unwrap_or_default(),
        learns: dials.learns.unwrap_or_default(),
        dropout: dials.dropout.unwrap_or(0.0),
        label_smoothing: dials.label_smoothing.unwrap_or(0.0),
        z_loss: dials.z_loss.unwrap_or(0.0),
        schedule: Schedule {
            peak,
            floor: dials.min_lr.unwrap_or(peak / 10.0),
            warmup: 0,
            steps: 1,
            shape: dials.schedule.unwrap_or(Decay::Cosine).into(),
        },
        optimizer: dials.optimizer()?,
        evaluate_every: 0,
        evaluate_tokens: dials.evaluate_tokens.unwrap_or(1 << 15),
        checkpoint_every: 0,
        keep: dials.keep.unwrap_or(2),
    };
    config.check()?; // Before anybody measures a step of it.
    Ok(config)
}

/// Sets what depends on the number of steps.
fn set_length(config: &mut Config, dials: &Dials, steps: u64) {
    config.schedule.steps = steps;
    config.schedule.warmup = dials.warmup.unwrap_or((steps / 50).clamp(1, 500).min(steps));
    config.evaluate_every = dials.evaluate_every.unwrap_or((steps / 20).max(1));
    config.checkpoint_every = dials.checkpoint_every.unwrap_or((steps / 10).max(1));
}

fn shape(dials: &Dials, vocab_size: usize, size: u64) -> Result<Spec, Error> {
    let nearest = RUNGS.into_iter().min_by_key(|&width| rung_params(width).abs_diff(size));
    let rung = nearest.unwrap_or(RUNGS[0]);
    let width = dials.width.unwrap_or(rung);
    let layers = dials.layers.unwrap_or(rung / 64 + 1);
    let heads = dials.heads.unwrap_or_else(|| heads_of(width));
    if !width.is_multiple_of(heads) {
        let expected = format!("a divisor of the width {width}");
        return Err(Error::Option { name: "--heads", got: heads.to_string(), expected });
    }
    let name = dials.arch.as_deref().unwrap_or("llama");
    let base = family::of_size(name, vocab_size, width, layers, heads)?;
    let biases = match dials.bias {
        None => base.biases,
        Some(false) => Biases::NONE,
        Some(true) => Biases { norm: base.norm == Norm::Layer, ..Biases::ALL },
    };
    let spec = Spec {
        n_kv_heads: dials.kv_heads.unwrap_or(base.n_kv_heads),
        d_ff: dials.ff_width.unwrap_or(base.d_ff),
        biases,
        tied: dials.tied.unwrap_or(base.tied),
        context: dials.context.unwrap_or(base.context),
        ..base
    };
    spec.check()?;
    // What the family's config could not express would be lost with the first save.
    family::to_config(&spec)?;
    Ok(spec)
}

/// The number of heads whose width is even and nearest to 64; one if the width is odd.
fn heads_of(width: usize) -> usize {
    let even = |heads: &usize| width.is_multiple_of(*heads) && (width / heads).is_multiple_of(2);
    (1..=width).filter(even).min_by_key(|heads| (width / heads).abs_diff(64)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that does 100 GFLOP/s on everything.
    fn steady(config: &Config) -> Result<f64, Error> {
        Ok(config.flops_per_step() / 1e11)
    }

    fn of(dials: &Dials, corpus: Option<u64>) -> Config {
        plan(dials, 1024, corpus, &mut steady).unwrap()
    }

    #[test]
    fn minutes_set_the_size_and_fill_the_time() {
        let widths: Vec<usize> = [0.2, 2.0, 20.0, 200.0]
            .map(|minutes| {
                let config = of(&Dials { minutes: Some(minutes), ..Dials::default() }, None);
                let seconds = config.steps() as f64 * steady(&config).unwrap();
                assert!((seconds / (minutes * 60.0) - SHARE_OF_STEPS).abs() < 0.02, "{seconds}");
                config.spec.d_model
            })
            .to_vec();
        assert!(widths.is_sorted() && widths[0] < widths[3], "{widths:?}");
    }

    #[test]
    fn a_small_corpus_is_not_read_for_ever() {
        let config = of(&Dials { minutes: Some(60.0), ..Dials::default() }, Some(100_000));
        let epochs = (config.steps() * config.tokens_per_step() as u64) as f64 / 100_000.0;
        assert!((MOST_EPOCHS..MOST_EPOCHS + 1.0).contains(&epochs), "{epochs}");
    }

    #[test]
    fn each_number_can_be_set() {
        let dials = Dials {
            layers: Some(3),
            width: Some(96),
            heads: Some(3),
            steps: Some(77),
            lr: Some(0.5),
            warmup: Some(7),
            context: Some(32),
            batch: Some(5),
            arch: Some("gpt2".into()),
            bias: Some(false),
            tied: Some(false),
            ..Dials::default()
        };
        let config = of(&dials, None);
        let Spec { n_layers, d_model, n_heads, context, biases, tied, .. } = config.spec;
        assert_eq!((n_layers, d_model, n_heads, context), (3, 96, 3, 32));
        assert_eq!((biases, tied), (Biases::NONE, false));
        assert_eq!((config.steps(), config.schedule.warmup, config.rows), (77, 7, 5));
    }

    #[test]
    fn contradictions_are_refused_and_say_what_to_do() {
        let check = |dials: Dials, word: &str| {
            let message = plan(&dials, 512, None, &mut steady).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        };
        let none = Dials::default;
        check(Dials { minutes: Some(1.0), steps: Some(3), ..none() }, "give one of them");
        check(Dials { size: Some(9), width: Some(64), layers: Some(1), ..none() }, "not both");
        check(Dials { width: Some(64), ..none() }, "go together");
        check(Dials { minutes: Some(f64::NAN), ..none() }, "at most a year");
        check(Dials { size: Some(10), heads: Some(7), steps: Some(1), ..none() }, "divisor");
        check(Dials { size: Some(10), batch: Some(0), ..none() }, "--batch");
        check(Dials { arch: Some("rnn".into()), steps: Some(1), ..none() }, "known are: llama");
        let qwen2 = Some("qwen2".to_string());
        check(
            Dials { arch: qwen2, bias: Some(true), steps: Some(1), ..none() },
            "no words for biases",
        );
        check(Dials { steps: Some(0), ..none() }, "steps");
        let gpt2 = Some("gpt2".to_string());
        check(
            Dials { arch: gpt2, kv_heads: Some(2), size: Some(3_000_000), ..none() },
            "n_kv_heads",
        );
        check(Dials { size: Some(100_000_000_000), ..none() }, "--layers and --width");
        check(Dials { context: Some(1 << 27), ..none() }, "at most 1048576");
        check(Dials { batch: Some(1 << 40), ..none() }, "positions");
        check(Dials { steps: Some(u64::MAX), ..none() }, "steps");
        check(Dials { heads: Some(13), minutes: Some(1.0), ..none() }, "divisor");
        let lion = Dials { optimizer: Some(Choice::Lion), steps: Some(1), ..none() };
        check(Dials { momentum: Some(0.9), ..lion.clone() }, "--optimizer muon, sgd");
        check(Dials { beta1: Some(2.0), ..lion.clone() }, "beta1 is 2");
        check(Dials { freeze: Some(vec!["no.such".into()]), ..lion.clone() }, "final_norm");
        check(Dials { layer_decay: Some(2.0), ..lion }, "layer to layer");
    }

    #[test]
    fn every_optimizer_has_its_own_rate_and_decay() {
        let config = |optimizer, lr| {
            of(
                &Dials {
                    optimizer,
                    lr,
                    steps: Some(9),
                    width: Some(256),
                    layers: Some(1),
                    ..Dials::default()
                },
                None,
            )
        };
        let adamw = config(None, None);
        assert_eq!((adamw.schedule.peak, adamw.optimizer.weight_decay), (2e-3, 0.1));
        for &choice in Choice::ALL {
            let config = config(Some(choice), None);
            assert_eq!(config.schedule.peak, choice.rate(2e-3));
            assert_eq!(config.optimizer, optim::Options::of(config.optimizer.rule));
            assert_eq!(config.optimizer.rule.choice(), choice);
        }
        assert_eq!(config(Some(Choice::Lion), Some(0.5)).schedule.peak, 0.5);
    }

    #[test]
    fn what_is_frozen_comes_before_other_groups() {
        let groups = Some(vec!["*:lr=0.5".parse().unwrap()]);
        let dials = Dials {
            freeze: Some(vec!["embedding.*".into()]),
            groups,
            steps: Some(1),
            ..Dials::default()
        };
        let config = of(&dials, None);
        let learnt = |path: &str| {
            let parameters = config.parameters();
            config.is_learnt(parameters.iter().find(|parameter| parameter.path == path).unwrap())
        };
        assert!(!learnt("embedding.tokens") && learnt("final_norm.gain"));
    }

    #[test]
    fn heads_fit_the_width_by_themselves() {
        for (width, heads) in [(384, 6), (128, 2), (200, 4), (100, 2), (64, 1), (32, 1), (7, 1)] {
            assert_eq!(heads_of(width), heads, "{width}");
        }
        let config = of(&Dials { heads: Some(6), minutes: Some(5.0), ..Dials::default() }, None);
        assert_eq!(config.spec.d_model % 6, 0, "a rung that six heads divide");
    }
}
