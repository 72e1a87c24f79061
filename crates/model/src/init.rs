//! Random weights: normal with standard deviation 0.02, the two projections that write to the
//! stream scaled by `1/sqrt(2·L)` (Radford et al., 2019), gains 1, biases 0. Where queries, keys and values
//! alone have biases, some heads begin with a sense of place ([`bearings`]).
//!
//! Each tensor has a stream of its own from the seed and its slot, so that a model of more layers
//! starts with the same first layers.

use arch::{Biases, Error, Part, Slot, Spec, Tensor as Weights};
use burn::tensor::Device;
use stdx::Rng;

use crate::{Held, Transformer};

mod bearings;

/// Standard deviation of a weight.
const STD: f64 = 0.02;

/// A model of `spec` with random weights.
///
/// # Errors
/// [`Error::Shape`] if the spec is impossible.
pub fn random(spec: &Spec, seed: u64, device: &Device) -> Result<Transformer, Error> {
    random_held(spec, seed, device, Held::Whole)
}

/// The same, its matrices held in another form.
///
/// # Errors
/// As [`random`].
pub fn random_held(
    spec: &Spec,
    seed: u64,
    device: &Device,
    held: Held,
) -> Result<Transformer, Error> {
    Transformer::build_held(spec, device, held, |slot, shape| Ok(weights(spec, seed, slot, shape)))
}

fn weights(spec: &Spec, seed: u64, slot: Slot, shape: &[usize]) -> Weights {
    let n = shape.iter().product();
    let values = match kind(slot) {
        Kind::Bias if spec.biases == Biases::QKV => match slot {
            Slot::Block(block, Part::QkvBias) => bearings::biases(spec, block),
            _ => vec![0.0; n],
        },
        Kind::Gain if spec.gain_above_one => vec![0.0; n],
        Kind::Gain => vec![1.0; n],
        Kind::Bias => vec![0.0; n],
        Kind::Matrix { writes_to_stream } => {
            let depth = if writes_to_stream { (2.0 * spec.n_layers as f64).sqrt() } else { 1.0 };
            let mut rng = Rng::stream(seed, &format!("init {slot:?}"));
            (0..n).map(|_| (rng.normal() * STD / depth) as f32).collect()
        }
    };
    Weights { shape: shape.to_vec(), values }
}

enum Kind {
    Gain,
    Bias,
    Matrix { writes_to_stream: bool },
}

fn kind(slot: Slot) -> Kind {
    let Slot::Block(_, part) = slot else {
        return match slot {
            Slot::FinalNormGain => Kind::Gain,
            Slot::FinalNormBias => Kind::Bias,
            _ => Kind::Matrix { writes_to_stream: false },
        };
    };
    use Part::{
        AttentionNormGain, AttentionOut, AttentionPostNormGain, ExpertIn, ExpertOut, FeedForwardIn,
        FeedForwardNormGain, FeedForwardOut, FeedForwardPostNormGain, KeyNormGain, KeyValueDown,
        KeyValueUp, LatentNormGain, LatentQueryNormGain, Qkv, QueryDown, QueryNormGain, QueryUp,
        Router,
    };
    match part {
        AttentionNormGain
        | AttentionPostNormGain
        | FeedForwardNormGain
        | FeedForwardPostNormGain
        | QueryNormGain
        | LatentQueryNormGain
        | LatentNormGain
        | KeyNormGain => Kind::Gain,
        AttentionOut | FeedForwardOut | ExpertOut(_) => Kind::Matrix { writes_to_stream: true },
        Qkv | QueryDown | QueryUp | KeyValueDown | KeyValueUp | FeedForwardIn | ExpertIn(_)
        | Router => Kind::Matrix { writes_to_stream: false },
        // Biases, and sinks, which begin as a score of 0.
        _ => Kind::Bias,
    }
}
