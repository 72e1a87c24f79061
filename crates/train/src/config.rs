//! Every number of a run. It is frozen before the first step and written down, so that a resumed
//! run, or the same run elsewhere, does the same: nothing is measured or guessed after this.

pub mod before;

use std::path::Path;

use arch::Spec;
use data::{BatchOptions, Sampling};
use model::{Held, Transformer};
use ops::dropout::Dropout;
use ops::linear_cross_entropy::Regularization;
use ops::offload::Offload;
use optim::schedule::{Schedule, Shape};
use optim::{Optimizer, Parameter, groups};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Longer contexts are taken for a mistake: their tables of angles alone would fill the memory.
const MOST_CONTEXT: usize = 1 << 20;
/// More blocks are taken for a mistake: naming all their parameters would fill the memory.
const MOST_BLOCKS: usize = 10_000;
/// More positions in a step are taken for a mistake.
const MOST_POSITIONS: usize = 1 << 22;
/// More steps than this are never taken; products with it do not overflow.
const MOST_STEPS: u64 = 1 << 34;

/// How products round their operands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Not at all.
    F32,
    /// To bf16, with sums in f32; weights stay f32.
    #[default]
    Bf16,
}

impl From<Precision> for ops::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Self::F32,
            Precision::Bf16 => Self::Bf16,
        }
    }
}

/// Which activations the backward pass makes again, so that they take no memory meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recompute {
    /// None.
    #[default]
    Nothing,
    /// Those of feed-forward blocks.
    FeedForward,
    /// All but the input of each block.
    Blocks,
}

impl From<Recompute> for nn::pass::Recompute {
    fn from(recompute: Recompute) -> Self {
        match recompute {
            Recompute::Nothing => Self::Nothing,
            Recompute::FeedForward => Self::FeedForward,
            Recompute::Blocks => Self::Blocks,
        }
    }
}

impl Recompute {
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

/// What lies in files, and in memory only while there is room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Offloaded {
    /// Nothing.
    #[default]
    Nothing,
    /// What the optimizer remembers.
    Moments,
    /// What recomputing keeps.
    Activations,
    /// Both.
    Both,
}

impl Offloaded {
    fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }

    /// Whether moments are.
    pub fn moments(self) -> bool {
        matches!(self, Self::Moments | Self::Both)
    }

    /// Whether what recomputing keeps is.
    pub fn activations(self) -> bool {
        matches!(self, Self::Activations | Self::Both)
    }
}

/// Which parameters learn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Learns {
    /// All.
    #[default]
    All,
    /// Gains and biases; matrices stay as they are, and cost neither gradients nor moments
    /// (Ben Zaken et al., "BitFit", 2022).
    Vectors,
}

impl Learns {
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// A training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The model.
    pub spec: Spec,
    /// Of the weights' first values and of the order of the data.
    pub seed: u64,
    /// Numerics of the products.
    pub precision: Precision,
    /// How rows are chosen.
    pub sampling: Sampling,
    /// Positions in a row: T.
    pub context: usize,
    /// Rows that go through the model at once: B.
    pub rows: usize,
    /// Batches of `rows` whose gradients are added up for one step.
    pub accumulate: usize,
    /// What the backward pass makes again; nothing that is learnt depends on it.
    #[serde(default, skip_serializing_if = "Recompute::is_nothing")]
    pub recompute: Recompute,
    /// What lies in files; nothing that is learnt depends on it.
    #[serde(default, skip_serializing_if = "Offloaded::is_nothing")]
    pub offload: Offloaded,
    /// What learns.
    #[serde(default, skip_serializing_if = "Learns::is_all")]
    pub learns: Learns,
    /// The share of values dropped from embeddings and from what each half of a block adds (Srivastava et
    /// al., "Dropout", 2014).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dropout: f32,
    /// The share of each target that is spread over all tokens in training.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f32,
    /// Of the square of log Z in the training loss.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub z_loss: f32,
    /// Learning rates, and how many steps.
    pub schedule: Schedule,
    /// How parameters move, and which.
    pub optimizer: optim::Options,
    /// Steps between two looks at held-out text; 0: only at the end.
    pub evaluate_every: u64,
    /// Held-out tokens to look at each time; all of them at the end.
    pub evaluate_tokens: u64,
    /// Steps between two checkpoints; 0: only at the end.
    pub checkpoint_every: u64,
    /// Checkpoints kept, newest first.
    pub keep: usize,
}

fn is_zero(x: &f32) -> bool {
    *x == 0.0
}

impl Config {
    /// What is mixed into the training loss.
    pub fn regularization(&self) -> Regularization {
        Regularization { label_smoothing: self.label_smoothing, z_loss: self.z_loss }
    }

    /// What is dropped from in batch `batch` of the run, counted from 0.
    pub fn dropout(&self, batch: u64) -> Option<Dropout> {
        let Self { dropout: share, seed, .. } = *self;
        (share > 0.0).then_some(Dropout { share, seed, place: batch })
    }

    /// All steps.
    pub fn steps(&self) -> u64 {
        self.schedule.steps
    }

    /// Positions in a step, padding included.
    pub fn tokens_per_step(&self) -> usize {
        self.rows * self.accumulate * self.context
    }

    /// What batches look like.
    pub fn batches(&self) -> BatchOptions {
        let Self { rows, context, sampling, seed, .. } = *self;
        BatchOptions { rows, context, sampling, seed }
    }

    /// An optimizer of `model` that has taken no step.
    pub fn optimizer(&self, model: &Transformer) -> Optimizer {
        Optimizer::new(self.optimizer.clone(), optim::parameters(model, &model.stacks()))
    }

    /// The model's parameters, known before there is a model.
    pub fn parameters(&self) -> Vec<Parameter> {
        let stacks = model::paths::stacks(&self.spec);
        let all = model::paths::parameters(&self.spec).into_iter();
        all.map(|(path, shape)| {
            let stack = stacks.get(&path).cloned();
            Parameter { path, shape, stack }
        })
        .collect()
    }

    /// Whether a parameter learns.
    pub fn is_learnt(&self, parameter: &Parameter) -> bool {
        self.can_learn(parameter) && self.optimizer.learns(parameter)
    }

    fn can_learn(&self, parameter: &Parameter) -> bool {
        match self.learns {
            Learns::All => true,
            Learns::Vectors => !parameter.is_matrix(),
        }
    }

    /// How matrices are held: where none learns, as products take them. Those that are frozen by a
    /// pattern stay the bits that they are.
    pub fn held(&self) -> Held {
        match (self.learns, self.precision) {
            (Learns::Vectors, Precision::Bf16) => Held::HalfMatrices,
            _ => Held::Whole,
        }
    }

    /// The model with those parameters frozen that do not learn.
    pub fn learning(&self, model: Transformer) -> Transformer {
        let model = match self.learns {
            Learns::All => model,
            Learns::Vectors => model::freeze::matrices(model, self.held()),
        };
        groups::freeze(model, &self.optimizer.groups)
    }

    /// Floating-point operations of one step.
    pub fn flops_per_step(&self) -> f64 {
        self.spec.train_flops_per_token(self.context) * self.tokens_per_step() as f64
    }

    /// Checks that the numbers make a run.
    ///
    /// # Errors
    /// [`Error::Option`], [`Error::Model`].
    pub fn check(&self) -> Result<(), Error> {
        self.spec.check()?;
        let refuse = |name, got: String, expected: &str| {
            Err(Error::Option { name, got, expected: expected.to_string() })
        };
        for (name, value) in [
            ("the number of rows", self.rows),
            ("the number of batches accumulated", self.accumulate),
            ("the context", self.context),
            ("the number of checkpoints kept", self.keep),
        ] {
            if value == 0 {
                return refuse(name, "0".into(), "at least 1");
            }
        }
        if self.spec.n_layers > MOST_BLOCKS {
            let expected = format!("at most {MOST_BLOCKS}");
            return refuse("the number of blocks", self.spec.n_layers.to_string(), &expected);
        }
        if self.context > MOST_CONTEXT {
            let expected = format!("at most {MOST_CONTEXT}");
            return refuse("the context", self.context.to_string(), &expected);
        }
        let rows = self.rows.checked_mul(self.accumulate);
        let positions = rows.and_then(|n| n.checked_mul(self.context));
        if positions.is_none_or(|n| n > MOST_POSITIONS) {
            let expected = "at most 2^22 of them: rows, times batches accumulated, times context";
            return refuse("the number of positions in a step", "larger".into(), expected);
        }
        if self.steps() > MOST_STEPS {
            let expected = format!("at most {MOST_STEPS}");
            return refuse("the number of steps", self.steps().to_string(), &expected);
        }
        if self.context > self.spec.context {
            let expected = format!("at most the model's {}", self.spec.context);
            return refuse("the context", self.context.to_string(), &expected);
        }
        if self.steps() == 0 {
            return refuse("the number of steps", "0".into(), "at least 1");
        }
        if self.offload.activations() && self.recompute == Recompute::Nothing {
            let expected = "moments, or --recompute blocks beside it: only what that keeps can be";
            return refuse("what is offloaded", "activations".into(), expected);
        }
        let balanced = self.spec.experts.as_ref().is_some_and(|experts| experts.balance > 0.0);
        if balanced && self.recompute != Recompute::Nothing {
            let expected =
                "nothing: the load of a mixture of experts is balanced over all blocks at once";
            return refuse("what is made again", "more".into(), expected);
        }
        self.optimizer.check()?;
        let can_learn = |parameter: &Parameter| self.can_learn(parameter);
        groups::check(&self.optimizer.groups, &self.parameters(), can_learn)?;
        self.check_rates()
    }

    /// Where to offload to, if anything is: the disk that `folder` is on.
    ///
    /// # Errors
    /// [`Error::Io`] if nothing can be written there.
    pub(crate) fn offload(&self, folder: &Path) -> Result<Option<Offload>, Error> {
        if self.offload.is_nothing() {
            return Ok(None);
        }
        let io = |source| Error::Io { path: folder.to_path_buf(), source };
        Offload::to(folder).map(Some).map_err(io)
    }

    fn check_rates(&self) -> Result<(), Error> {
        let Schedule { peak, floor, warmup, steps, shape } = self.schedule;
        let share = |x: f32| (0.0..1.0).contains(&x);
        let decay = match shape {
            Shape::Wsd { decay_share } => decay_share,
            Shape::Constant | Shape::Cosine | Shape::Linear | Shape::InverseSqrt => 0.0,
        };
        let rules = [
            ("the learning rate", peak, peak > 0.0 && (peak as f32).is_finite(), "above 0"),
            (
                "the last learning rate",
                floor,
                (0.0..=peak).contains(&floor),
                "from 0 to the learning rate",
            ),
            ("the warmup", warmup as f64, warmup <= steps, "at most the number of steps"),
            ("the share of steps that decay", decay, (0.0..=1.0).contains(&decay), "from 0 to 1"),
            ("the dropout", f64::from(self.dropout), share(self.dropout), "from 0 to below 1"),
            (
                "the label smoothing",
                f64::from(self.label_smoothing),
                share(self.label_smoothing),
                "from 0 to below 1",
            ),
            (
                "the z-loss",
                f64::from(self.z_loss),
                (0.0..=1.0).contains(&self.z_loss),
                "from 0 to 1",
            ),
        ];
        let broken = rules.into_iter().find(|(.., holds, _)| !holds);
        broken.map_or(Ok(()), |(name, got, _, expected)| {
            Err(Error::Option { name, got: got.to_string(), expected: expected.to_string() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Dials, plan};

    fn config() -> Config {
        let dials = Dials { tokens: Some(1 << 20), ..Dials::default() };
        plan(&dials, 300, None, &mut |_| unreachable!()).unwrap()
    }

    #[test]
    fn impossible_numbers_are_named() {
        let check = |change: &dyn Fn(&mut Config), word: &str| {
            let mut config = config();
            change(&mut config);
            let message = config.check().unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        };
        config().check().unwrap();
        check(&|c| c.rows = 0, "rows");
        check(&|c| c.accumulate = 0, "accumulated");
        check(&|c| c.context = 100_000, "at most the model's");
        check(&|c| c.context = usize::MAX, "at most");
        check(&|c| c.rows = usize::MAX / 2, "positions in a step");
        check(&|c| c.schedule.steps = u64::MAX, "the number of steps");
        check(&|c| c.optimizer.clip = f64::INFINITY, "clip");
        check(&|c| c.schedule.peak = 1e39, "learning rate");
        check(&|c| c.schedule.peak = f64::NAN, "learning rate");
        check(&|c| c.schedule.floor = 1.0, "from 0 to the learning rate");
        check(&|c| c.schedule.warmup = 1 << 40, "warmup");
        check(&|c| c.optimizer.weight_decay = -1.0, "weight decay");
        let frozen = |pattern: &str| vec![optim::Group::frozen(pattern)];
        check(&|c| c.optimizer.groups = frozen("blocks.99.*"), "embedding.tokens");
        check(&|c| c.optimizer.groups = frozen("*"), "nothing to learn");
        let both = |c: &mut Config| {
            (c.learns, c.optimizer.groups) = (Learns::Vectors, frozen("*gain"));
        };
        check(&both, "nothing to learn");
        check(&|c| c.optimizer.clip = f64::NAN, "clip");
        check(&|c| c.keep = 0, "kept");
        check(&|c| c.spec.n_heads = 0, "n_heads");
        check(&|c| c.spec.n_layers = 1 << 28, "blocks");
    }

    #[test]
    fn it_reads_back_as_it_was_written_and_refuses_unknown_keys() {
        let mut json = serde_json::to_value(config()).unwrap();
        assert_eq!(serde_json::from_value::<Config>(json.clone()).unwrap(), config());
        json["learning_rat"] = 1.into();
        let message = serde_json::from_value::<Config>(json).unwrap_err().to_string();
        assert!(message.contains("learning_rat"), "{message}");
    }
}
