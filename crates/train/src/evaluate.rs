//! How well a model knows text that it was not trained on.
//!
//! Bits per byte: the nats of all targets, the marks between documents included, over the bytes
//! that the targets stand for, over ln 2. Unlike the loss per token it can be compared between
//! tokenizers.

use std::sync::Arc;

use data::Shard;
use model::Transformer;

use crate::Error;
use crate::config::{Config, Precision};
use crate::feed::feed;

/// Held-out text to measure on.
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// Its tokens.
    pub shard: Arc<Shard>,
    /// Bytes of text that each id stands for; 0 for a mark.
    pub token_bytes: Arc<[u32]>,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean loss in nats per token.
    pub loss: f64,
    /// The same per byte of text, in bits.
    pub bits_per_byte: f64,
    /// Tokens that were predicted.
    pub n_targets: u64,
}

/// Measures on `most_tokens` at most, in whole batches of a fixed order. The model's tensors must
/// not be tracked by autodiff.
///
/// # Errors
/// [`Error::Data`] if the shard has nothing to predict.
pub fn evaluate(
    model: &Transformer,
    held_out: &HeldOut,
    config: &Config,
    most_tokens: u64,
) -> Result<Evaluation, Error> {
    // Nothing is kept for a backward pass, so more rows fit than in training.
    let rows = config.rows.max(2048 / config.context);
    let (mut nats, mut n_targets, mut n_bytes) = (0.0, 0, 0);
    for mut batch in data::Pass::new(held_out.shard.clone(), rows, config.context)? {
        // What counts at all counts whole: a measure is not to depend on how training was steered.
        batch.weights.iter_mut().filter(|w| **w > 0).for_each(|w| *w = data::WHOLE);
        nats += loss(model, &batch, config.precision);
        n_targets += batch.n_targets() as u64;
        n_bytes += bytes(&batch, &held_out.token_bytes);
        if n_targets >= most_tokens {
            break;
        }
    }
    let bits_per_byte = nats / std::f64::consts::LN_2 / n_bytes.max(1) as f64;
    Ok(Evaluation { loss: nats / n_targets.max(1) as f64, bits_per_byte, n_targets })
}

fn loss(model: &Transformer, batch: &data::Batch, precision: Precision) -> f64 {
    let loss = model.loss(&feed(batch, precision), 1.0);
    ops::storage::with_values(&loss, |v| f64::from(v[0]))
}

fn bytes(batch: &data::Batch, token_bytes: &[u32]) -> u64 {
    let counted = batch.targets.iter().zip(&batch.weights).filter(|(_, weight)| **weight > 0);
    counted.map(|(&id, _)| token_bytes.get(id as usize).map_or(0, |&n| u64::from(n))).sum()
}
