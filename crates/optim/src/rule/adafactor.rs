//! Adafactor (Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018):
//! of a matrix's squares the means of rows and columns alone are remembered. The arithmetic, and which
//! form of the paper's it is, are in `kernels::adafactor`.
//!
//! Steps are relative to the size of what moves, so that its learning rate is not AdamW's. Momentum,
//! which the paper leaves out to save memory, is left out.

use burn::tensor::Tensor;
use kernels::adafactor::{Adafactor, Factors};
use serde::{Deserialize, Serialize};

use super::muon::Waiting;
use super::{Listed, Parameter, Rule, Step, expect};
use crate::Error;
use crate::memory::{Memory, Slot, View, numbers, tensors};
use crate::registry::Knobs;

/// The learning rate, if nobody says another: T5's.
const RATE: f64 = 1e-2;

/// The choices of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// The memory of squares is `1 - t^decay` after t steps.
    pub decay: f32,
    /// The root of a square at least.
    pub eps: f32,
    /// The size that a parameter is taken to have at least.
    pub least_size: f32,
    /// The size that an update has at most, before the learning rate.
    pub clip: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { decay: -0.8, eps: f32::EPSILON, least_size: 1e-3, clip: 1.0 }
    }
}

impl Options {
    fn kernel(self, step: &Step<'_>) -> Adafactor {
        let Self { decay, eps, least_size, clip } = self;
        let (lr, weight_decay) = (step.lr, step.weight_decay);
        Adafactor { lr, beta2_decay: decay, eps, least_size, clip, weight_decay }
    }
}

impl Listed for Options {
    const ABOUT: &'static str = "Squares by row and column: next to no memory";
    const WEIGHT_DECAY: f32 = 0.0;

    fn rate(_: f64) -> f64 {
        RATE
    }

    fn take(_: &mut Knobs) -> Self {
        Self::default()
    }

    fn check(&self) -> Result<(), Error> {
        let Self { decay, eps, least_size, clip } = *self;
        expect(decay < 0.0 && decay.is_finite(), "Adafactor's decay", decay, "below 0")?;
        for (name, value) in [
            ("Adafactor's eps", eps),
            ("Adafactor's least size", least_size),
            ("Adafactor's clip", clip),
        ] {
            expect(value > 0.0 && value.is_finite(), name, value, "above 0")?;
        }
        Ok(())
    }
}

impl Rule for Options {
    fn slots(&self, parameter: &Parameter) -> Vec<Slot> {
        let n = parameter.n();
        match parameter.matrix() {
            Some((rows, columns)) => vec![
                Slot::numbers("adafactor.rows", n / columns.max(1)),
                Slot::numbers("adafactor.columns", n / rows.max(1)),
            ],
            None => vec![Slot::numbers("adafactor.second", n)],
        }
    }

    fn in_place(
        &self,
        step: &Step<'_>,
        values: &mut [f32],
        gradient: &[f32],
        memory: &mut [View<'_>],
    ) -> Option<Waiting> {
        let (kernel, t, scale) = (self.kernel(step), step.t, step.scale);
        match step.parameter.matrix() {
            Some(shape) => {
                let [rows, columns] = numbers(memory);
                let factors = Factors { rows, columns, shape };
                kernel.step_matrices(t, values, gradient, scale, factors);
            }
            None => {
                let [v] = numbers(memory);
                kernel.step_vector(t, values, gradient, scale, v);
            }
        }
        None
    }

    fn plain(
        &self,
        step: &Step<'_>,
        p: Tensor<1>,
        gradient: Tensor<1>,
        memory: Vec<Memory>,
    ) -> (Tensor<1>, Vec<Memory>) {
        let (kernel, g, t) = (self.kernel(step), gradient * step.scale, step.t as f64);
        let share = t.powf(f64::from(kernel.beta2_decay));
        let towards = |old: Tensor<1>, new: Tensor<1>| old.clone() + (new - old) * share;
        let squares = g.clone().square();
        let (v, memory) = match step.parameter.matrix() {
            Some(shape) => {
                let [rows, columns] = tensors(memory);
                let [of_rows, of_columns] = means(squares, shape);
                let (rows, columns) = (towards(rows, of_rows), towards(columns, of_columns));
                let v = product(rows.clone(), columns.clone(), shape, kernel.eps);
                (v, vec![rows, columns])
            }
            None => {
                let [v] = tensors(memory);
                let v = towards(v, squares);
                (v.clone(), vec![v])
            }
        };
        let u = g / v.clamp_min(kernel.eps * kernel.eps).sqrt();
        let rms = |x: Tensor<1>| x.square().mean().sqrt();
        let size = rms(p.clone()).clamp_min(kernel.least_size);
        let clip = (rms(u.clone()) / kernel.clip).clamp_min(1.0);
        let rate = f64::from(kernel.lr).min(1.0 / t.sqrt());
        let keep = 1.0 - kernel.lr * kernel.weight_decay;
        let p = p * keep - u * (size / clip * rate);
        (p, memory.into_iter().map(Memory::Numbers).collect())
    }
}

/// Means over the rows and over the columns of matrices `(r, c)`, one behind the other.
fn means(x: Tensor<1>, (r, c): (usize, usize)) -> [Tensor<1>; 2] {
    let n = x.shape().num_elements() / (r * c);
    let x = x.reshape([n, r, c]);
    [x.clone().mean_dim(2).reshape([n * r]), x.mean_dim(1).reshape([n * c])]
}

/// `rows columnsᵀ / mean(rows)`, matrix by matrix.
fn product(rows: Tensor<1>, columns: Tensor<1>, (r, c): (usize, usize), eps: f32) -> Tensor<1> {
    let n = rows.shape().num_elements() / r;
    let (rows, columns) = (rows.reshape([n, r, 1]), columns.reshape([n, 1, c]));
    let mean = rows.clone().mean_dim(1).clamp_min(eps); // (n, 1, 1)
    (rows / mean * columns).reshape([n * r * c])
}
