//! Where a NaN came from, and why, most likely.
//!
//! The batch goes through the model once more on its open path, where every named activation can
//! be looked at: the first that is not finite names the layer. If all are, the backward pass made
//! it, and the first parameter whose gradient is spoilt names the place.

use burn::module::Module;
use burn::tensor::Tensor;
use model::Transformer;

use crate::config::{Config, Precision};
use crate::feed::feed;
use crate::step::Slope;

/// What is known of a step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What is not finite.
    pub what: &'static str,
    /// The name of an activation or of a parameter.
    pub at: String,
    /// The likely cause and what to do.
    pub cause: String,
}

/// Looks for the place. `lr` is the learning rate that the last step had.
pub fn diagnose(
    model: &Transformer,
    batches: &[data::Batch],
    slope: &Slope,
    config: &Config,
    lr: f64,
) -> Diagnosis {
    let what = if slope.loss.is_finite() { "the gradient" } else { "the loss" };
    let plain = model.valid();
    if let Some(weight) = spoilt_weight(&plain) {
        // Checkpoints hold none, so the last update made it.
        let cause = format!("A weight itself became so. {}", cause(config, lr, true));
        return Diagnosis { what, at: weight, cause };
    }
    let forward = batches.iter().find_map(|batch| first_in_forward(&plain, batch, config));
    let at = forward.clone().or_else(|| slope.norm.spoilt.clone());
    let at = at.unwrap_or_else(|| "the output layer".to_string());
    Diagnosis { what, at, cause: cause(config, lr, forward.is_some()) }
}

fn cause(config: &Config, lr: f64, in_forward: bool) -> String {
    let rate = format!(
        "Likely the learning rate ({lr:.1e}) is too high: begin anew with --lr {:.1e} or a longer \
         --warmup",
        lr / 3.0
    );
    let clip = if config.optimizer.clip == 0.0 { ", and clip gradients (--clip 1)" } else { "" };
    let numerics = match (in_forward, config.precision) {
        (false, Precision::Bf16) => "; if that does not help, try --precision f32",
        _ => "",
    };
    format!("{rate}{clip}{numerics}.")
}

fn spoilt_weight(model: &Transformer) -> Option<String> {
    let bad = |values: &[f32]| values.iter().any(|v| !v.is_finite());
    let mut slots = model.slots().into_iter();
    slots.find(|(_, tensor)| bad(&tensor.values)).map(|(slot, _)| format!("{slot:?}"))
}

fn first_in_forward(model: &Transformer, batch: &data::Batch, config: &Config) -> Option<String> {
    let fed = feed(batch, config.precision);
    let mut first = None;
    let mut look = |name: &str, activation: Tensor<3>| {
        let finite = ops::storage::with_values(&activation, |v| v.iter().all(|v| v.is_finite()));
        if !finite && first.is_none() {
            first = Some(name.to_string());
        }
        activation
    };
    model.forward_open(fed.inputs.clone(), &fed.pass, &mut look);
    first
}
