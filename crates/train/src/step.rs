//! One update: batches forward and backward, their gradients added up, the parameters moved.
//!
//! The loss of a step is the weighted mean over all targets of all its batches, whatever their
//! number in each: a batch's sum is scaled by one over the step's total weight before its gradients
//! are made.

use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams};
use model::Transformer;
use ops::offload::Offload;
use optim::Optimizer;

use crate::Config;
use crate::feed::feed;

/// What a step's batches gave, before anything moved.
#[derive(Debug)]
pub struct Slope {
    /// Weighted mean loss in nats per target.
    pub loss: f64,
    /// Targets that counted.
    pub n_targets: u64,
    /// Of all parameters.
    pub gradients: GradientsParams,
    /// The gradients' length, and who spoilt it.
    pub norm: optim::gradients::Norm,
}

/// The loss of all `batches` as one, and its gradients.
/// `step`, from 0, says which values dropout takes; `offload`, where what recomputing keeps lies, if the
/// config wants it offloaded.
pub fn slope(
    model: &Transformer,
    batches: &[data::Batch],
    config: &Config,
    step: u64,
    offload: Option<&Offload>,
) -> Slope {
    let n_targets: usize = batches.iter().map(data::Batch::n_targets).sum();
    let weight: f64 = batches.iter().map(data::Batch::total_weight).sum();
    // Where nothing counts, nothing moves.
    let scale = if weight > 0.0 { (1.0 / weight) as f32 } else { 0.0 };
    let raised = raised(model, weight);
    let mut loss = 0.0;
    let mut sum = GradientsAccumulator::new();
    let mut only = None;
    for (i, batch) in batches.iter().enumerate() {
        let mut fed = feed(batch, config.precision);
        fed.pass.recompute = config.recompute.into();
        fed.pass.offload = offload.filter(|_| config.offload.activations()).cloned();
        fed.pass.dropout = config.dropout(step * batches.len() as u64 + i as u64);
        fed.regularization = config.regularization();
        let scaled = model.loss(&fed, scale * raised);
        let gradients = GradientsParams::from_grads(scaled.backward(), model);
        loss += ops::storage::with_values(&scaled.inner(), |v| f64::from(v[0] / raised));
        if batches.len() == 1 {
            only = Some(gradients);
        } else {
            sum.accumulate(model, gradients);
        }
    }
    let gradients = only.unwrap_or_else(|| sum.grads());
    let gradients = optim::gradients::scaled(model, gradients, 1.0 / raised);
    let norm = optim::gradients::norm(model, &gradients);
    Slope { loss, n_targets: n_targets as u64, gradients, norm }
}

/// What the loss is raised by before its gradients are made: on other devices than the CPU products of f32
/// may be made of half precision's numbers, whose smallest are beyond the gradients of a mean over many
/// tokens (Micikevicius et al., "Mixed Precision Training", 2018, section 3.2). A power of two of about the
/// targets' weight, which changes no digit.
fn raised(model: &Transformer, weight: f64) -> f32 {
    let device = model.devices().into_iter().next();
    let on_cpu = device.is_none_or(|device| ops::storage::on_cpu(&device));
    if on_cpu { 1.0 } else { weight.max(1.0).log2().ceil().exp2() as f32 }
}

/// Moves every parameter down the slope.
pub fn descend(
    model: Transformer,
    optimizer: &mut Optimizer,
    slope: Slope,
    lr: f64,
) -> Transformer {
    optimizer.step(model, slope.gradients, slope.norm.norm, lr)
}
