//! How much memory a run will take at most, told before it begins.
//!
//! The weights, their moments and their gradients are exact. Activations are counted operation by
//! operation, as [`ops`] keeps them for the backward pass; B·T positions of a block keep
//!
//! ```text
//! stream into each norm     2 · 4·D        norms' results              2 · e·D
//! queries, keys, values     e·(Hq + 2·Hkv)·d     mixed values              e·Hq·d
//! attention's denominators  4·Hq           feed-forward, up and down   e·(gF + F)
//! ```
//!
//! with e = 2 bytes (bf16) or 4 (f32) and g = 2 with a gate. Norms on heads keep e·(Hq + 2·Hkv)·d more,
//! those of a sandwich 2 · 4·D, latent attention its vectors ([`Sizes::kept_for_latents`]), a mixture what
//! goes to its experts and comes back ([`Sizes::kept_for_experts`]). On top come the largest block of logits,
//! what one block's backward needs at once, packed operands, and a share for what an allocator cannot
//! use again. The estimate is meant to lie above what is measured by no more than a tenth
//! (`bench/train/memory` compares).

use arch::{Arrangement, Positions};
use burn::tensor::Device;
use serde::Serialize;

use optim::Chosen;

use crate::config::{Learns, Offloaded, Precision, Recompute};
use crate::{Config, Error};

/// The program itself, its threads' stacks, a tokenizer, batches that wait.
const BASE: f64 = 61e6;
/// Of freed blocks and pages that fit no request.
const SLACK: f64 = 1.10;
/// The same where experts see other numbers of tokens at each step, and what one step left fits the next less.
const SLACK_OF_EXPERTS: f64 = 1.15;
/// Rows of A that a thread packs at once.
const PACKED_ROWS: f64 = 128.0;

/// Bytes, by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Memory {
    /// The parameters.
    pub weights: f64,
    /// What the optimizer remembers of them.
    pub moments: f64,
    /// Their gradients.
    pub gradients: f64,
    /// What the forward pass keeps for the backward pass.
    pub activations: f64,
    /// What is needed for a moment: logits, gradients of activations, packed operands.
    pub workspace: f64,
    /// Of moments and activations, what lies in files and does not count below.
    pub offloaded: f64,
    /// At most at one time; less than the sum, for gradients grow while activations go.
    pub peak: f64,
}

/// What a run of `config` takes.
pub fn memory(config: &Config) -> Memory {
    let sizes = Sizes::of(config);
    let spec = &config.spec;
    // Frozen matrices are held as products take them.
    let bytes = if config.learns == Learns::Vectors { sizes.element } else { 4.0 };
    let weights = bytes * spec.n_params() as f64;
    let Learnt { params, matrices, head, moments } = Learnt::of(config);
    // With several batches a step, those of the batch under way and the sum of all before.
    let sets = if config.accumulate > 1 { 2.0 } else { 1.0 };
    let gradients = sets * 4.0 * params;
    // A sum is a new tensor before the old one goes.
    let adding = (sets - 1.0) * 8.0 * head;
    let kept = match config.recompute {
        Recompute::Nothing => 0.0,
        Recompute::FeedForward | Recompute::Blocks => sizes.stream,
    };
    let in_files = if config.offload.activations() { kept } else { 0.0 };
    let block = sizes.kept_by_a_block(config.recompute) - in_files;
    let end = sizes.stream + sizes.normed;
    let activations = spec.n_layers as f64 * block + end;
    let again = sizes.kept_by_a_block(Recompute::Nothing) - block;
    let in_files = spec.n_layers as f64 * in_files;
    let (moments, in_files) = match config.offload.moments() {
        true => (0.0, in_files + moments),
        false => (moments, in_files),
    };
    // Under Muon both threads make a matrix orthogonal by themselves, the largest at once at worst.
    let (updates, more_packs) = match config.optimizer.rule {
        Chosen::Muon(_) if matrices > 0.0 => {
            let largest = (spec.d_model * spec.d_ff) as f64;
            let square = (spec.d_model * spec.d_model) as f64;
            (4.0 * matrices + 2.0 * (4.0 * largest + 8.0 * square), 2.0 * largest)
        }
        _ => (0.0, 0.0),
    };
    let (logits, packs) = (sizes.logits, sizes.packs() + more_packs);
    let backward = sizes.backward_of_a_block();
    let workspace = packs
        + match (config.recompute, sizes.frozen) {
            // What the output layer frees serves the backward pass by half: its blocks are larger.
            (Recompute::Nothing, false) => logits.max(backward) + 0.5 * logits.min(backward),
            (Recompute::Nothing, true) => logits.max(backward),
            // What went into the last product goes before the gradient of what made it comes.
            _ => logits.max(backward + again - sizes.down),
        };
    // The head's gradient is there before the backward pass through the blocks begins, all are there
    // at its end, when one block's activations are left.
    let with_head = 4.0 * head + (sets - 1.0) * 4.0 * params;
    let begin = activations + with_head + workspace;
    // A table that is the output matrix too gets two gradients and their sum.
    let tied = if spec.tied { 8.0 * head } else { 0.0 };
    let finish = tied + block + gradients + packs + backward + again;
    let step = begin.max(finish) + adding;
    // A checkpoint copies the weights once, in f32, when gradients and activations are gone.
    let copy = 4.0 * spec.n_params() as f64;
    let slack = if spec.experts.is_some() { SLACK_OF_EXPERTS } else { SLACK };
    let peak = BASE + slack * (weights + moments + step.max(copy).max(updates));
    Memory { weights, moments, gradients, activations, workspace, offloaded: in_files, peak }
}

/// Of what learns.
struct Learnt {
    /// Numbers.
    params: f64,
    /// Those in the blocks' matrices.
    matrices: f64,
    /// Those in the output matrix.
    head: f64,
    /// Bytes that the optimizer remembers of all.
    moments: f64,
}

impl Learnt {
    fn of(config: &Config) -> Self {
        let (mut params, mut matrices, mut head, mut moments) = (0, 0, 0, 0);
        let parameters = config.parameters();
        for parameter in parameters.iter().filter(|parameter| config.is_learnt(parameter)) {
            let n = parameter.n();
            params += n;
            moments += config.optimizer.bytes_of(parameter);
            matrices += if parameter.stack.is_some() { n } else { 0 };
            head += if is_head(config, &parameter.path) { n } else { 0 };
        }
        let [params, matrices, head, moments] = [params, matrices, head, moments].map(|n| n as f64);
        Self { params, matrices, head, moments }
    }
}

/// Whether a parameter is the output matrix.
fn is_head(config: &Config, path: &str) -> bool {
    path == if config.spec.tied { "embedding.tokens" } else { "head" }
}

/// Refuses a run on `device` that will not fit, and says what would. The memory of other devices than
/// the CPU is not looked at.
///
/// # Errors
/// [`Error::Memory`].
pub(crate) fn check_on(device: &Device, config: &Config) -> Result<(), Error> {
    if ops::storage::on_cpu(device) { check(config, stdx::memory::available()) } else { Ok(()) }
}

/// Refuses a run that will not fit into what is left, and says what would.
///
/// # Errors
/// [`Error::Memory`].
pub fn check(config: &Config, available: Option<u64>) -> Result<(), Error> {
    let needed = memory(config).peak;
    match available {
        Some(available) if needed > available as f64 => {
            let advice = advice(config, available as f64);
            Err(Error::Memory { needed: needed as u64, available, advice })
        }
        _ => Ok(()),
    }
}

/// What to change so that it fits: first what costs only time.
fn advice(config: &Config, available: f64) -> String {
    let fits = |config: &Config| memory(config).peak <= available;
    for (recompute, name) in
        [(Recompute::FeedForward, "feed-forward"), (Recompute::Blocks, "blocks")]
    {
        if fits(&Config { recompute, ..config.clone() }) {
            return format!("it fits with --recompute {name}, for more time");
        }
    }
    let smaller = Config { recompute: Recompute::Blocks, ..config.clone() };
    let halves = |rows: usize| (rows, config.accumulate * config.rows.div_ceil(rows));
    let batches: Vec<(usize, usize)> =
        (1..=config.rows.ilog2()).map(|n| halves(config.rows >> n)).collect();
    for offload in [config.offload, Offloaded::Both] {
        let option = if offload == config.offload { "" } else { " --offload both" };
        let smaller = Config { offload, ..smaller.clone() };
        if fits(&smaller) {
            return format!("it fits with --recompute blocks{option}, for more time");
        }
        for &(rows, accumulate) in &batches {
            if fits(&Config { rows, accumulate, ..smaller.clone() }) {
                return format!(
                    "it fits with --recompute blocks{option} --batch {rows} --accumulate {accumulate}"
                );
            }
        }
    }
    let mut short = Config { rows: 1, accumulate: 1, offload: Offloaded::Both, ..smaller };
    while short.context > 64 {
        short.context /= 2;
        if fits(&short) {
            return format!(
                "it fits with --recompute blocks --offload both --batch 1 --accumulate 1 --context {}",
                short.context
            );
        }
    }
    "take a smaller model, or a machine with more memory".to_string()
}

/// Bytes of arrays over all B·T positions at once.
struct Sizes {
    /// The residual stream.
    stream: f64,
    /// The same as a product takes it.
    normed: f64,
    qkv: f64,
    mixed: f64,
    denominators: f64,
    up: f64,
    down: f64,
    /// What the output layer needs at once, with its gradient.
    logits: f64,
    width: f64,
    widest: f64,
    inner: f64,
    positions: f64,
    element: f64,
    /// Of a packed value.
    word: f64,
    attention: f64,
    /// What heads' norms, the norms of a sandwich, and latent attention keep of each block.
    around_attention: f64,
    /// The same of the second half: of a sandwich, of a mixture.
    around_feed_forward: f64,
    /// Gradients of heads in f32, where they are made of others.
    latent: f64,
    /// Gradients of what experts gave and of what they were given, in f32.
    routed: f64,
    /// How many matrices stand in one.
    stacked: f64,
    turned: bool,
    frozen: bool,
}

impl Sizes {
    fn of(config: &Config) -> Self {
        let spec = &config.spec;
        let n = (config.rows * config.context) as f64;
        let element = match config.precision {
            Precision::Bf16 => 2.0,
            Precision::F32 => 4.0,
        };
        let (d, f) = (spec.d_model as f64, spec.d_ff as f64);
        let gate = if spec.activation.is_gated() { 2.0 } else { 1.0 };
        // Each token goes through so many feed-forward blocks.
        let through = spec.experts.as_ref().map_or(1.0, |experts| experts.active as f64);
        let heads = (spec.n_heads * spec.head_dim) as f64;
        let qkv = spec.qkv_width() as f64;
        let head_norms = if spec.attention.head_norm { element * n * qkv } else { 0.0 };
        let sandwich = spec.arrangement == Arrangement::Sandwich;
        let post_norm = if sandwich { 4.0 * n * d } else { 0.0 };
        Self {
            stream: 4.0 * n * d,
            normed: element * n * d,
            qkv: element * n * qkv,
            mixed: element * n * heads,
            denominators: 4.0 * n * spec.n_heads as f64,
            up: through * element * n * gate * f,
            down: through * element * n * f,
            logits: logits(config) + element * n * d,
            width: d,
            widest: (gate * f).max(spec.qkv_width() as f64),
            inner: f.max(d),
            positions: n,
            element,
            word: ops::packed_bytes(config.precision.into()) as f64,
            // Keys, values and their gradients of one head, in f32, on each of two threads.
            attention: 2.0 * 6.0 * 4.0 * (config.context * spec.head_dim) as f64,
            around_attention: head_norms + post_norm + Self::kept_for_latents(config, element),
            around_feed_forward: post_norm + Self::kept_for_experts(config, element),
            latent: if spec.attention.latent.is_some() { 8.0 * n * qkv } else { 0.0 },
            routed: spec.experts.as_ref().map_or(0.0, |e| 4.0 * n * d * (1.0 + e.active as f64)),
            stacked: spec.experts.as_ref().map_or(1.0, |experts| experts.n as f64),
            turned: matches!(spec.positions, Positions::Rope { .. }),
            frozen: Learnt::of(config).matrices == 0.0,
        }
    }

    /// Both vectors before their norms, in f32, and behind them; and values without what filled them up.
    fn kept_for_latents(config: &Config, element: f64) -> f64 {
        let Some(latent) = config.spec.attention.latent else { return 0.0 };
        let n = (config.rows * config.context) as f64;
        let vectors = (latent.query_rank.unwrap_or(0) + latent.rank) as f64;
        let values = if latent.value_dim < config.spec.head_dim {
            config.spec.n_heads * latent.value_dim
        } else {
            0
        };
        n * (vectors * (4.0 + element) + element * values as f64)
    }

    /// The router's input in f32, each expert's rows, and what they came to in f32.
    fn kept_for_experts(config: &Config, element: f64) -> f64 {
        let Some(experts) = &config.spec.experts else { return 0.0 };
        let stream = (config.rows * config.context * config.spec.d_model) as f64;
        stream * (4.0 + experts.active as f64 * (element + 4.0))
    }

    fn kept_by_a_block(&self, recompute: Recompute) -> f64 {
        // What goes into a product is kept for the gradient of its weight only; what attention mixed
        // it keeps itself.
        let into_products = if self.frozen { 0.0 } else { 1.0 };
        let normed = into_products * self.normed;
        let attention = self.stream
            + normed
            + self.qkv
            + self.mixed
            + self.denominators
            + self.around_attention;
        match recompute {
            Recompute::Nothing => {
                let feed_forward = self.up + into_products * self.down + self.around_feed_forward;
                attention + self.stream + normed + feed_forward
            }
            Recompute::FeedForward => attention + self.stream,
            Recompute::Blocks => self.stream,
        }
    }

    /// Gradients of activations that are there at once, and the largest matrix's.
    fn backward_of_a_block(&self) -> f64 {
        let feed_forward = 2.0 * self.stream + self.up + self.down + self.normed + self.routed;
        let turned = if self.turned { self.qkv } else { 0.0 };
        let attention =
            2.0 * self.stream + self.qkv + turned + self.mixed + self.attention + self.latent;
        let matrix = if self.frozen { 0.0 } else { 4.0 * self.width * self.widest * self.stacked };
        feed_forward.max(attention) + matrix
    }

    /// The right operand of the largest product, and blocks of the left one on two threads.
    fn packs(&self) -> f64 {
        let right = (self.width * self.widest).max(self.positions * self.inner);
        let left = 2.0 * PACKED_ROWS * self.widest.max(self.positions);
        self.word * (right + left)
    }
}

/// What the output layer needs while it makes its loss.
fn logits(config: &Config) -> f64 {
    let spec = &config.spec;
    let sizes = (config.rows * config.context, spec.vocab_size, spec.d_model);
    let frozen = Learnt::of(config).head == 0.0;
    let (precision, with) = (config.precision.into(), config.regularization());
    ops::linear_cross_entropy::workspace(sizes, precision, with, frozen) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Choice, Dials, plan};

    fn config(change: impl FnOnce(&mut Dials)) -> Config {
        let mut dials = Dials {
            arch: Some("gpt2".into()),
            layers: Some(6),
            width: Some(384),
            context: Some(256),
            batch: Some(8),
            steps: Some(1),
            ..Dials::default()
        };
        change(&mut dials);
        plan(&dials, 4096, None, &mut |_| unreachable!("no time was given")).unwrap()
    }

    #[test]
    fn what_is_made_again_is_not_kept() {
        let peak = |recompute| memory(&config(|d| d.recompute = Some(recompute))).peak;
        let all = [Recompute::Nothing, Recompute::FeedForward, Recompute::Blocks].map(peak);
        assert!(all.is_sorted_by(|a, b| a > b), "{all:?}");
    }

    #[test]
    fn what_each_optimizer_remembers_is_counted() {
        let moments = |change: &dyn Fn(&mut Dials)| memory(&config(change)).moments;
        let params = config(|_| {}).spec.n_params() as f64;
        let of = |choice| moments(&|d| d.optimizer = Some(choice)) / params;
        assert_eq!((of(Choice::AdamW), of(Choice::Adam), of(Choice::Lion)), (8.0, 8.0, 4.0));
        assert_eq!(of(Choice::Sgd), 4.0);
        assert!(of(Choice::Adafactor) < 0.1 && (4.0..6.0).contains(&of(Choice::Muon)));
        // A quarter, but of the table, which is some seventh here.
        assert!((2.0..3.5).contains(&of(Choice::Adam8bit)), "{}", of(Choice::Adam8bit));
        let plain = |d: &mut Dials| (d.optimizer, d.momentum) = (Some(Choice::Sgd), Some(0.0));
        assert_eq!(moments(&plain), 0.0);
        let averaged = moments(&|d| d.ema = Some(0.9));
        assert_eq!(averaged / params, 12.0);
    }

    #[test]
    fn what_is_frozen_takes_neither_gradients_nor_moments() {
        let whole = memory(&config(|_| {}));
        let half = memory(&config(|d| d.freeze = Some(vec!["blocks.*".into()])));
        assert!(half.gradients < 0.3 * whole.gradients && half.moments < 0.3 * whole.moments);
        assert!(half.activations < whole.activations && half.peak < whole.peak);
        assert_eq!(half.weights, whole.weights);
    }

    #[test]
    fn a_run_that_cannot_fit_is_refused_with_what_would() {
        let config = config(|d| d.batch = Some(64));
        assert!(check(&config, None).is_ok() && check(&config, Some(1 << 40)).is_ok());
        let refused =
            |available: f64| check(&config, Some(available as u64)).unwrap_err().to_string();
        let peak = memory(&config).peak;
        let message = refused(0.95 * peak);
        assert!(message.contains("--recompute feed-forward"), "{message}");
        let blocks = memory(&Config { recompute: Recompute::Blocks, ..config.clone() }).peak;
        let message = refused(1.01 * blocks);
        assert!(message.contains("--recompute blocks, for"), "{message}");
        let message = refused(0.8 * blocks);
        assert!(message.contains("--batch 32 --accumulate 2"), "{message}");
        // What is left when nothing of a batch is: weights and gradients, but no moments.
        let least = Config {
            recompute: Recompute::Blocks,
            rows: 1,
            accumulate: 64,
            offload: Offloaded::Both,
            ..config.clone()
        };
        let message = refused(1.01 * memory(&least).peak);
        assert!(message.contains("--offload both --batch 1 --accumulate 64"), "{message}");
        let message = refused(0.997 * memory(&Config { accumulate: 1, ..least }).peak);
        assert!(message.contains("--accumulate 1 --context"), "{message}");
        let message = refused(1e6);
        assert!(message.contains("smaller model"), "{message}");
    }
}
