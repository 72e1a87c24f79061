//! LayerNorm (Ba, Kiros & Hinton 2016) and RMSNorm (Zhang & Sennrich 2019), row by row.
//!
//! `x̂ = (x - mean) / sqrt(mean((x - mean)²) + eps)`, `y = x̂ * gain + bias`; RMSNorm takes 0 for the
//! mean. `x` is `(rows, D)` with `D = gain.len()`. The backward pass computes mean and scale again:
//! that is cheaper than reading them back. [`Row`] is the norm of one row, of which the norms of
//! heads ([`crate::head_norm`]) are made too.

use crate::element::Element;
use crate::for_each_isa;
use crate::lanes::{self, WIDTH, sum_over};
use crate::parallel;

/// Rows done together; the sums over rows are made of such chunks, in order.
const ROWS: usize = 32;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// LayerNorm.
    Layer,
    /// RMSNorm.
    Rms,
}

/// `y = x̂ * gain (+ bias)` for each row of `gain.len()` values.
pub fn norm<O: Element>(
    kind: NormKind,
    x: &[f32],
    gain: &[f32],
    bias: Option<&[f32]>,
    eps: f32,
    y: &mut [O],
) {
    let width = gain.len();
    assert!(width > 0 && x.len().is_multiple_of(width), "norm: x is no whole number of rows");
    assert_eq!(x.len(), y.len(), "norm: x and y differ in length");
    assert!(bias.is_none_or(|b| b.len() == width), "norm: bias and gain differ in length");
    parallel::rows_mut(y, width, ROWS, |row, y| {
        norm_rows(kind, &x[row * width..][..y.len()], gain, bias, eps, y);
    });
}

for_each_isa!(
    fn norm_rows<O: Element>(
        kind: NormKind,
        x: &[f32],
        gain: &[f32],
        bias: Option<&[f32]>,
        eps: f32,
        y: &mut [O],
    ) => norm_rows_body
);

#[inline(always)]
fn norm_rows_body<O: Element>(
    kind: NormKind,
    x: &[f32],
    gain: &[f32],
    bias: Option<&[f32]>,
    eps: f32,
    y: &mut [O],
) {
    let (row, width) = (Row { kind, gain, eps }, gain.len());
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        row.forward(x, bias, y);
    }
}

/// The norm of one row of `gain.len()` values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) kind: NormKind,
    pub(crate) gain: &'a [f32],
    pub(crate) eps: f32,
}

impl Row<'_> {
    #[inline(always)]
    pub(crate) fn forward<X: Element, O: Element>(
        self,
        x: &[X],
        bias: Option<&[f32]>,
        y: &mut [O],
    ) {
        let (mean, scale) = self.mean_and_scale(x);
        if let Some(bias) = bias {
            for (((y, x), g), b) in y.iter_mut().zip(x).zip(self.gain).zip(bias) {
                *y = O::from_f32((x.to_f32() - mean) * scale * g + b);
            }
        } else {
            for ((y, x), g) in y.iter_mut().zip(x).zip(self.gain) {
                *y = O::from_f32((x.to_f32() - mean) * scale * g);
            }
        }
    }

    /// Writes `dx`; adds to `sums`, which holds those of `dgain`, then those of `dbias`.
    #[inline(always)]
    pub(crate) fn backward<X: Element, G: Element>(
        self,
        x: &[X],
        dy: &[G],
        dx: &mut [X],
        sums: &mut [f32],
    ) {
        let (gain, width) = (self.gain, self.gain.len());
        let (dgain, dbias) = sums.split_at_mut(width);
        let dbias = &mut dbias[..width];
        let (x, dy, dx) = (&x[..width], &dy[..width], &mut dx[..width]);
        let (mean, scale) = self.mean_and_scale(x);
        let (along, shift) = means(x, gain, dy, |v| (v - mean) * scale);
        let shift = if self.kind == NormKind::Layer { shift } else { 0.0 };
        for i in 0..width {
            let d = dy[i].to_f32();
            let unit = (x[i].to_f32() - mean) * scale;
            dx[i] = X::from_f32((d * gain[i] - shift - unit * along) * scale);
            dgain[i] += d * unit;
            dbias[i] += d;
        }
    }

    #[inline(always)]
    fn mean_and_scale<X: Element>(self, x: &[X]) -> (f32, f32) {
        let n = x.len() as f32;
        let mean = match self.kind {
            NormKind::Layer => sum_over(x, |v| v) / n,
            NormKind::Rms => 0.0,
        };
        let variance = sum_over(x, |v| (v - mean) * (v - mean)) / n;
        (mean, 1.0 / (variance + self.eps).sqrt())
    }
}

/// What [`norm_backward`] reads and writes.
#[derive(Debug)]
pub struct NormBackward<'a, G> {
    /// As in the forward pass.
    pub kind: NormKind,
    /// The input of the forward pass.
    pub x: &'a [f32],
    /// As in the forward pass.
    pub gain: &'a [f32],
    /// As in the forward pass.
    pub eps: f32,
    /// The gradient of the output.
    pub dy: &'a [G],
    /// Receives the gradient of `x`.
    pub dx: &'a mut [f32],
    /// Receives the gradient of `gain`.
    pub dgain: &'a mut [f32],
    /// Receives the gradient of the bias, if there is one.
    pub dbias: Option<&'a mut [f32]>,
}

/// With `g = dy * gain`: `dx = (g - mean(g) - x̂ mean(g x̂)) / sqrt(...)` (RMSNorm: without
/// `mean(g)`), `dgain = Σ dy x̂`, `dbias = Σ dy` over the rows.
pub fn norm_backward<G: Element>(args: NormBackward<'_, G>) {
    let NormBackward { kind, x, gain, eps, dy, dx, dgain, dbias } = args;
    let width = gain.len();
    assert!(
        width > 0 && x.len().is_multiple_of(width),
        "norm_backward: x is no whole number of rows"
    );
    assert_eq!(x.len(), dy.len(), "norm_backward: x and dy differ in length");
    assert_eq!(x.len(), dx.len(), "norm_backward: x and dx differ in length");
    assert_eq!(width, dgain.len(), "norm_backward: gain and dgain differ in length");
    let partial = parallel::rows_map(dx, width, ROWS, |row, dx| {
        let (x, dy) = (&x[row * width..][..dx.len()], &dy[row * width..][..dx.len()]);
        let mut sums = vec![0.0; 2 * width];
        norm_backward_rows(kind, x, gain, eps, dy, dx, &mut sums);
        sums
    });
    add_up(&partial, 0, dgain);
    if let Some(dbias) = dbias {
        assert_eq!(width, dbias.len(), "norm_backward: gain and dbias differ in length");
        add_up(&partial, width, dbias);
    }
}

/// The sums of `out.len()` values from `from` on, chunk by chunk in order.
pub(crate) fn add_up(partial: &[Vec<f32>], from: usize, out: &mut [f32]) {
    out.fill(0.0);
    for sums in partial {
        out.iter_mut().zip(&sums[from..]).for_each(|(o, s)| *o += s);
    }
}

for_each_isa!(
    fn norm_backward_rows<G: Element>(
        kind: NormKind,
        x: &[f32],
        gain: &[f32],
        eps: f32,
        dy: &[G],
        dx: &mut [f32],
        sums: &mut [f32],
    ) => norm_backward_rows_body
);

#[inline(always)]
fn norm_backward_rows_body<G: Element>(
    kind: NormKind,
    x: &[f32],
    gain: &[f32],
    eps: f32,
    dy: &[G],
    dx: &mut [f32],
    sums: &mut [f32],
) {
    let (row, width) = (Row { kind, gain, eps }, gain.len());
    let rows = x.chunks_exact(width).zip(dy.chunks_exact(width)).zip(dx.chunks_exact_mut(width));
    for ((x, dy), dx) in rows {
        row.backward(x, dy, dx, sums);
    }
}

/// `mean(dy · gain · x̂)` and `mean(dy · gain)` of a row, in lanes.
#[inline(always)]
fn means<X: Element, G: Element>(
    x: &[X],
    gain: &[f32],
    dy: &[G],
    unit: impl Fn(f32) -> f32,
) -> (f32, f32) {
    let (mut along, mut shift) = ([0.0; WIDTH], [0.0; WIDTH]);
    let whole = x.len() - x.len() % WIDTH;
    let rows = x.chunks_exact(WIDTH).zip(gain.chunks_exact(WIDTH)).zip(dy.chunks_exact(WIDTH));
    for ((x, gain), dy) in rows {
        for l in 0..WIDTH {
            let g = dy[l].to_f32() * gain[l];
            along[l] += g * unit(x[l].to_f32());
            shift[l] += g;
        }
    }
    for (l, ((x, gain), dy)) in x[whole..].iter().zip(&gain[whole..]).zip(&dy[whole..]).enumerate()
    {
        let g = dy.to_f32() * gain;
        along[l] += g * unit(x.to_f32());
        shift[l] += g;
    }
    let n = x.len() as f32;
    (lanes::sum(along) / n, lanes::sum(shift) / n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::bf16;

    fn wave(n: usize, step: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * step).sin() + 0.3).collect()
    }

    /// In f64, straight from the formula.
    fn naive(kind: NormKind, x: &[f32], gain: &[f32], bias: &[f32], eps: f32) -> Vec<f64> {
        let n = gain.len() as f64;
        let mut y = Vec::new();
        for row in x.chunks(gain.len()) {
            let layer = kind == NormKind::Layer;
            let mean = if layer { row.iter().map(|&v| f64::from(v)).sum::<f64>() / n } else { 0.0 };
            let var = row.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
            let scale = 1.0 / (var + f64::from(eps)).sqrt();
            y.extend(
                row.iter().zip(gain).zip(bias).map(|((&v, &g), &b)| {
                    (f64::from(v) - mean) * scale * f64::from(g) + f64::from(b)
                }),
            );
        }
        y
    }

    fn check(kind: NormKind, rows: usize, width: usize) {
        let (x, gain, bias) = (wave(rows * width, 0.7), wave(width, 1.3), wave(width, 2.1));
        let dy = wave(rows * width, 0.9);
        let expected = naive(kind, &x, &gain, &bias, 1e-5);
        let mut y = vec![f32::NAN; x.len()];
        norm(kind, &x, &gain, Some(&bias), 1e-5, &mut y);
        let mut rounded = vec![bf16::NAN; x.len()];
        norm(kind, &x, &gain, Some(&bias), 1e-5, &mut rounded);
        for i in 0..x.len() {
            assert!((f64::from(y[i]) - expected[i]).abs() < 1e-5, "{kind:?} {rows}x{width} at {i}");
            assert_eq!(rounded[i].to_bits(), <bf16 as Element>::from_f32(y[i]).to_bits());
        }
        let mut portable = vec![f32::NAN; x.len()];
        norm_rows_body(kind, &x, &gain, Some(&bias), 1e-5, &mut portable);
        assert_eq!(portable, y, "same bits on every instruction set");
        check_gradients(kind, &x, &gain, &bias, &dy);
    }

    fn check_gradients(kind: NormKind, x: &[f32], gain: &[f32], bias: &[f32], dy: &[f32]) {
        let (mut dx, mut dgain) = (vec![f32::NAN; x.len()], vec![f32::NAN; gain.len()]);
        let mut dbias = dgain.clone();
        norm_backward(NormBackward {
            kind,
            x,
            gain,
            eps: 1e-5,
            dy,
            dx: &mut dx,
            dgain: &mut dgain,
            dbias: Some(&mut dbias),
        });
        let loss = |x: &[f32], gain: &[f32], bias: &[f32]| -> f64 {
            let y = naive(kind, x, gain, bias, 1e-5);
            y.iter().zip(dy).map(|(y, d)| y * f64::from(*d)).sum()
        };
        let slope = |which: usize, i: usize| {
            let mut ends = [0.0; 2];
            let mut at = [0.0; 2];
            for (e, sign) in [-1.0_f32, 1.0].into_iter().enumerate() {
                let mut all = [x.to_vec(), gain.to_vec(), bias.to_vec()];
                all[which][i] += sign * 1e-3;
                at[e] = f64::from(all[which][i]);
                ends[e] = loss(&all[0], &all[1], &all[2]);
            }
            (ends[1] - ends[0]) / (at[1] - at[0])
        };
        for (which, got) in [&dx, &dgain, &dbias].into_iter().enumerate() {
            for i in (0..got.len()).step_by(1 + got.len() / 20) {
                let (got, expected) = (f64::from(got[i]), slope(which, i));
                let close = (got - expected).abs() < 2e-3 * (1.0 + expected.abs());
                assert!(close, "{kind:?} input {which} at {i}: {got} is not {expected}");
            }
        }
    }

    #[test]
    fn both_kinds_agree_with_the_formula_and_its_slopes() {
        for kind in [NormKind::Layer, NormKind::Rms] {
            for (rows, width) in [(1, 2), (3, 5), (2, 16), (67, 33), (3, 384)] {
                check(kind, rows, width);
            }
        }
    }

    #[test]
    fn work_for_many_threads_gives_the_bits_of_one() {
        let (x, gain) = (wave(300 * 96, 0.7), wave(96, 1.3));
        let dy: Vec<bf16> = wave(300 * 96, 0.9).into_iter().map(Element::from_f32).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut dx, mut dgain) = (vec![f32::NAN; x.len()], vec![f32::NAN; 96]);
            pool.install(|| {
                norm_backward(NormBackward {
                    kind: NormKind::Layer,
                    x: &x,
                    gain: &gain,
                    eps: 1e-5,
                    dy: &dy,
                    dx: &mut dx,
                    dgain: &mut dgain,
                    dbias: None,
                });
            });
            (dx, dgain)
        };
        assert_eq!(run(1), run(3));
    }
}
