//! Loss and dx of a W that does not learn, a piece of the vocabulary at a time. What was summed under an
//! older maximum is scaled down when a greater one comes; what the target itself takes away is
//! subtracted at the end, in f32.

use super::{Aims, Layer, Made};
use crate::element::{Element, Values, bf16};
use crate::exp::exp;
use crate::fresh::for_overwrite;
use crate::gemm::{Epilogue, Gemm, Operand, Precision};
use crate::lanes::{self, Lanes, WIDTH};
use crate::{for_each_isa, parallel, softcap};

/// Tokens whose logits are made together: whole panels of products, and no multiple of a page, so
/// that the rows of a panel do not all fall into the same few places of a cache.
const PIECE: usize = if cfg!(test) { 512 } else { 4080 };
/// Rows that go over W together.
const ROWS: usize = if cfg!(test) { 100 } else { 512 };

pub(super) fn run<E: Element>(layer: &Layer<'_, E>, aims: &Aims<'_>, wants_dx: bool) -> Made<E> {
    let (m, width) = (aims.ids.len(), layer.width);
    let (mut loss, mut dx) = (0.0, for_overwrite::<E>(if wants_dx { m * width } else { 0 }));
    // In even parts, so that no small one goes another way.
    let step = m.div_ceil(m.div_ceil(ROWS).max(1)).max(1);
    for from in (0..m).step_by(step) {
        let rows = from..m.min(from + step);
        let some = rows.start * width..rows.end * width;
        let layer = Layer { x: &layer.x[some.clone()], ..*layer };
        let dx = dx.get_mut(some).unwrap_or_default();
        loss += match layer.precision {
            Precision::F32 => Rows::new(&layer, aims.some(rows)).pass::<f32>(dx),
            Precision::Bf16 => Rows::new(&layer, aims.some(rows)).pass::<bf16>(dx),
        };
    }
    Made { loss, dx, dweight: Vec::new() }
}

/// See [`super::workspace`]: logits, their shares, sums of dx, both operands of a product.
pub(super) fn workspace(
    (m, vocab, width): (usize, usize, usize),
    number: usize,
    word: usize,
) -> usize {
    let (rows, piece) = (m.min(ROWS), vocab.min(PIECE));
    4 * rows * (piece + width) + number * rows * piece + word * (rows + piece) * width
}

/// Some rows on their way through the vocabulary.
struct Rows<'a, E> {
    layer: &'a Layer<'a, E>,
    aims: Aims<'a>,
    running: Vec<Running>,
}

/// What is known of a row's logits so far.
#[derive(Clone, Copy)]
struct Running {
    max: f32,
    /// Of `exp(logit − max)`.
    sum: f64,
    /// The target's logit.
    aim: f32,
    /// What a new maximum makes of what was summed before.
    shrink: f32,
}

impl<'a, E: Element> Rows<'a, E> {
    fn new(layer: &'a Layer<'a, E>, aims: Aims<'a>) -> Self {
        let nothing = Running { max: f32::NEG_INFINITY, sum: 0.0, aim: f32::NAN, shrink: 0.0 };
        Self { layer, aims, running: vec![nothing; aims.ids.len()] }
    }

    /// The scaled loss; `dx` is written if there is room. `P`: how probabilities are rounded.
    fn pass<P: Element>(mut self, dx: &mut [E]) -> f64 {
        let Layer { width, precision, .. } = *self.layer;
        let (m, vocab) = (self.aims.ids.len(), self.layer.vocab());
        let mut sums = for_overwrite::<f32>(dx.len());
        for first in (0..vocab).step_by(PIECE) {
            let n = PIECE.min(vocab - first);
            let weight = part(self.layer.weight, first * width, n * width);
            let mut logits = for_overwrite::<f32>(m * n);
            let mut shares = for_overwrite::<P>(if dx.is_empty() { 0 } else { m * n });
            let a = Operand::rows(E::values(self.layer.x), width);
            let b = Operand::transposed(weight, width);
            Gemm { precision, m, n, k: width, a, b }.run::<f32>(&mut logits);
            self.see(first, &mut logits, &mut shares, &mut sums);
            if !dx.is_empty() {
                let (a, b) = (Operand::rows(P::values(&shares), n), Operand::rows(weight, width));
                let epilogue = Epilogue { accumulate: first > 0, ..Epilogue::default() };
                Gemm { precision, m, n: width, k: n, a, b }.run_with::<f32>(&mut sums, epilogue);
            }
        }
        self.finish(&sums, dx)
    }

    /// Goes on by a piece of the logits and leaves `exp(logit − max)` in `shares`; what was summed
    /// of x's gradient is brought under the new maximum.
    fn see<P: Element>(
        &mut self,
        first: usize,
        logits: &mut [f32],
        shares: &mut [P],
        sums: &mut [f32],
    ) {
        let (n, width) = (logits.len() / self.running.len(), self.layer.width);
        let ids = self.aims.ids;
        let mut shares = shares.chunks_mut(n);
        let (cap, heavy) = (self.aims.softcap, logits.len() >= parallel::MIN_WORK);
        let rows: Vec<_> = self
            .running
            .iter_mut()
            .zip(logits.chunks_exact_mut(n))
            .zip(sums.chunks_mut(width.max(1)).map(Some).chain(std::iter::repeat_with(|| None)))
            .map(|((running, row), sums)| (running, row, sums, shares.next().unwrap_or_default()))
            .collect();
        parallel::each(rows, heavy, |i, (running, row, sums, shares)| {
            if let Some(c) = cap {
                softcap::cap(row, c);
            }
            if let Some(aim) = (ids[i] as usize).checked_sub(first).and_then(|at| row.get(at)) {
                running.aim = *aim;
            }
            let max = lanes::max(row).max(running.max);
            // A row of nothing but -inf so far must not meet -inf - -inf.
            let shift = if max == f32::NEG_INFINITY { 0.0 } else { max };
            running.shrink = exp(running.max - shift);
            let added = if shares.is_empty() { sum(row, shift) } else { store(row, shift, shares) };
            if let Some(c) = cap {
                softcap::backward(shares, row, c);
            }
            running.sum = running.sum * f64::from(running.shrink) + f64::from(added);
            running.max = max;
            if let Some(sums) = sums
                && running.shrink != 1.0
                && first > 0
            {
                sums.iter_mut().for_each(|v| *v *= running.shrink);
            }
        });
    }

    /// The loss, and `dx = slope · Σ_j softmax_j W_j − scale · W[target]`.
    fn finish(&self, sums: &[f32], dx: &mut [E]) -> f64 {
        let (width, z_loss) = (self.layer.width, f64::from(self.aims.with.z_loss));
        let rounds = self.layer.precision == Precision::Bf16;
        let log_z = |i: usize| self.running[i].sum.ln() + f64::from(self.running[i].max);
        parallel::rows_mut(dx, width, 1, |i, dx| {
            let scale = self.aims.scale * self.aims.weights[i];
            let slope = 1.0 + 2.0 * z_loss * log_z(i);
            let by = (f64::from(scale) * slope / self.running[i].sum) as f32;
            let aim = self.running[i].aim;
            let scale = scale * self.aims.softcap.map_or(1.0, |c| softcap::slope(aim, c));
            let target = self.aims.ids[i] as usize * width;
            for (d, out) in dx.iter_mut().enumerate() {
                let weight = self.layer.weight.get(target + d);
                let weight = if rounds { bf16::from_f32(weight).to_f32() } else { weight };
                let taken = scale * weight;
                *out = E::from_f32(sums[i * width + d] * by - taken);
            }
        });
        let loss = |i: usize| {
            let (log_z, aim) = (log_z(i), f64::from(self.running[i].aim));
            f64::from(self.aims.weights[i]) * (log_z - aim + z_loss * log_z * log_z)
        };
        (0..self.running.len()).map(loss).sum::<f64>() * f64::from(self.aims.scale)
    }
}

fn part(values: Values<'_>, from: usize, n: usize) -> Values<'_> {
    match values {
        Values::F32(v) => Values::F32(&v[from..from + n]),
        Values::Bf16(v) => Values::Bf16(&v[from..from + n]),
    }
}

for_each_isa!(
    /// `Σ exp(x − max)`.
    fn sum(x: &[f32], max: f32) -> f32 => sum_body
);

#[inline(always)]
fn sum_body(x: &[f32], max: f32) -> f32 {
    lanes::sum_over(x, |v| exp(v - max))
}

for_each_isa!(
    /// The same, with the terms left in `out`.
    fn store<P: Element>(x: &[f32], max: f32, out: &mut [P]) -> f32 => store_body
);

#[inline(always)]
fn store_body<P: Element>(x: &[f32], max: f32, out: &mut [P]) -> f32 {
    let mut sums: Lanes = [0.0; WIDTH];
    let (whole, rest) = x.as_chunks::<WIDTH>();
    let (outs, out_rest) = out.as_chunks_mut::<WIDTH>();
    for (x, out) in whole.iter().zip(outs) {
        for ((v, out), sum) in x.iter().zip(out).zip(&mut sums) {
            let share = exp(v - max);
            *sum += share;
            *out = P::from_f32(share);
        }
    }
    for ((v, out), sum) in rest.iter().zip(out_rest).zip(&mut sums) {
        let share = exp(v - max);
        *sum += share;
        *out = P::from_f32(share);
    }
    lanes::sum(sums)
}
