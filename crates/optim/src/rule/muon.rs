//! Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): momentum,
//! then the nearest orthogonal matrix as the update, so that all directions of a matrix learn. The
//! arithmetic is in `kernels::muon` and `kernels::newton_schulz`.
//!
//! The update is scaled by `0.2 sqrt(max(rows, columns))` (Liu et al., "Muon is Scalable for LLM
//! Training", 2025): its size is then that of AdamW's, and one learning rate serves both. Embeddings,
//! gains and biases stay with AdamW.

use burn::tensor::Tensor;
use kernels::muon::{Muon, stacked};
use kernels::newton_schulz;
use ops::storage::update_in_place;
use serde::{Deserialize, Serialize};

use super::{Listed, Parameter, Rule, Step, adamw, expect_share};
use crate::Error;
use crate::memory::{Memory, Slot, View, numbers, tensors};
use crate::registry::Knobs;

/// The choices of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Decay of the momentum, which is Nesterov's.
    pub momentum: f32,
    /// Of what is no hidden matrix.
    pub rest: adamw::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self { momentum: 0.95, rest: adamw::Options::default() }
    }
}

impl Options {
    fn kernel(self, step: &Step<'_>) -> Muon {
        Muon { lr: step.lr, momentum: self.momentum, weight_decay: step.weight_decay }
    }
}

impl Listed for Options {
    const ABOUT: &'static str = "Orthogonal updates for matrices in blocks, AdamW for the rest";
    const WEIGHT_DECAY: f32 = 0.1;

    fn take(knobs: &mut Knobs) -> Self {
        let momentum = knobs.momentum.take().unwrap_or(Self::default().momentum);
        Self { momentum, rest: adamw::Options::take(knobs) }
    }

    fn of(&self, parameter: &Parameter) -> &dyn Rule {
        if stack(parameter).is_some() { self } else { &self.rest }
    }

    fn check(&self) -> Result<(), Error> {
        expect_share("Muon's momentum", self.momentum)?;
        self.rest.check()
    }
}

impl Rule for Options {
    /// Its name is that of AdamW's first moment, where checkpoints had it first.
    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        vec![Slot::numbers("adamw.first", parameter.n())]
    }

    fn in_place(
        &self,
        step: &Step<'_>,
        _: &mut [f32],
        gradient: &[f32],
        memory: &mut [View<'_>],
    ) -> Option<Waiting> {
        let (kernel, [m]) = (self.kernel(step), numbers(memory));
        let (rows, columns) = stack(step.parameter)?;
        let update = kernel.direction(gradient, m);
        Some(Waiting { kernel, rows: rows.to_vec(), columns, update })
    }

    fn plain(
        &self,
        step: &Step<'_>,
        p: Tensor<1>,
        g: Tensor<1>,
        memory: Vec<Memory>,
    ) -> (Tensor<1>, Vec<Memory>) {
        let kernel = self.kernel(step);
        let ([m], n) = (tensors::<1>(memory), p.shape().num_elements());
        let Muon { lr, momentum, weight_decay } = kernel;
        let m = m.clone() + (g.clone() - m) * (1.0 - momentum);
        let u = g.clone() + (m.clone() - g) * momentum;
        let (rows, columns) = stack(step.parameter).expect("Muon is given hidden matrices only");
        let u = u.reshape([n / columns, columns]);
        let mut from = 0;
        let parts = rows.iter().map(|&r| {
            let part = u.clone().narrow(0, from, r);
            from += r;
            orthogonalize(part) * kernel.size(r, columns)
        });
        let u = Tensor::cat(parts.collect(), 0).reshape([n]);
        (p * (1.0 - lr * weight_decay) - u, vec![Memory::Numbers(m)])
    }
}

/// Rows of the matrices that are stacked in a hidden one, and their columns.
fn stack(parameter: &Parameter) -> Option<(&[usize], usize)> {
    let (_, columns) = parameter.matrix()?;
    parameter.stack.as_deref().map(|rows| (rows, columns))
}

/// A stack of matrices whose update is not orthogonal yet: all of a model become so at once.
#[derive(Debug)]
pub(crate) struct Waiting {
    kernel: Muon,
    rows: Vec<usize>,
    columns: usize,
    update: Vec<f32>,
}

impl Waiting {
    /// Makes the updates orthogonal.
    pub(crate) fn orthogonalize<'w>(all: impl Iterator<Item = &'w mut Self>) {
        let matrices =
            all.flat_map(|Self { rows, columns, update, .. }| stacked(update, rows, *columns));
        newton_schulz::orthogonalize_each(matrices.collect());
    }

    /// Moves what waited.
    pub(crate) fn apply<const D: usize>(&self, values: Tensor<D>) -> Tensor<D> {
        let Self { kernel, rows, columns, update } = self;
        update_in_place(values, |p| kernel.apply(p, update, rows, *columns))
    }
}

/// `kernels::newton_schulz` in Burn's own operations.
fn orthogonalize(x: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = x.dims();
    let norm = x.clone().square().sum().sqrt() + newton_schulz::EPS;
    let x = x / norm.unsqueeze();
    let mut x = if rows > columns { x.transpose() } else { x };
    let [a, b, c] = newton_schulz::COEFFICIENTS;
    for _ in 0..newton_schulz::STEPS {
        let gram = x.clone().matmul(x.clone().transpose());
        let mixed = gram.clone() * b + gram.clone().matmul(gram) * c;
        x = x.clone() * a + mixed.matmul(x);
    }
    if rows > columns { x.transpose() } else { x }
}
