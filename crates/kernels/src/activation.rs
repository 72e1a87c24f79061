//! The nonlinearities between two products, of one number and of a gate with what it lets through.
//!
//! Of one number: ReLU, its square (So et al., "Primer", 2021), GELU `x Φ(x)` (Hendrycks & Gimpel
//! 2016) itself, by tanh as in GPT-2 and by a logistic function as in CLIP, SiLU `x σ(x)`. Gated
//! (Shazeer 2020): `f(gate) up`, where a row of `(rows, 2F)` holds its gates, then its ups. gpt-oss
//! has a gated form of its own, which is cut off far out.
//!
//! Reading order: `curve` (functions of one number, each beside its slope), `gate`, then the two
//! loops here that all of them run in.

use crate::element::Element;
use crate::for_each_isa;
use crate::parallel;

mod curve;
mod gate;
#[cfg(test)]
mod tests;

use curve::{Curve, Gelu, GeluTanh, Relu, ReluSquared, Silu, Swish};
use gate::{By, Clamped, Gate};

/// Elements done together.
const CHUNK: usize = 8 * 1024;
/// With which `x σ(1.702 x)` is nearest to GELU.
const QUICK: f32 = 1.702;

/// Which nonlinearity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `max(x, 0)²`.
    ReluSquared,
    /// `x Φ(x)`.
    Gelu,
    /// `x/2 (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))`.
    GeluTanh,
    /// `x σ(1.702 x)`.
    QuickGelu,
    /// `x σ(x)`.
    Silu,
    /// `max(gate, 0) up`.
    ReGlu,
    /// `gate Φ(gate) up`.
    GeGlu,
    /// The same by tanh.
    GeGluTanh,
    /// `gate σ(gate) up`.
    SwiGlu,
    /// `g σ(alpha g) (u + 1)`, where `g = min(gate, limit)` and `u` is up within `±limit`. In gpt-oss
    /// the limit is 7 and alpha 1.702.
    ClampedSwiGlu {
        /// How far out gates and ups count.
        limit: f32,
        /// How steep the logistic function is.
        alpha: f32,
    },
}

impl Activation {
    /// Whether it reads two numbers for each that it gives.
    pub fn is_gated(self) -> bool {
        match self {
            Self::Relu | Self::ReluSquared | Self::Gelu => false,
            Self::GeluTanh | Self::QuickGelu | Self::Silu => false,
            Self::ReGlu | Self::GeGlu | Self::GeGluTanh | Self::SwiGlu => true,
            Self::ClampedSwiGlu { .. } => true,
        }
    }
}

/// `y` of `x`, in rows of `d_ff` values of y.
pub fn activation<E: Element>(which: Activation, x: &[E], d_ff: usize, y: &mut [E]) {
    match which {
        Activation::Relu => curve(Relu, x, y),
        Activation::ReluSquared => curve(ReluSquared, x, y),
        Activation::Gelu => curve(Gelu, x, y),
        Activation::GeluTanh => curve(GeluTanh, x, y),
        Activation::QuickGelu => curve(Swish { alpha: QUICK }, x, y),
        Activation::Silu => curve(Silu, x, y),
        Activation::ReGlu => gated(By(Relu), x, d_ff, y),
        Activation::GeGlu => gated(By(Gelu), x, d_ff, y),
        Activation::GeGluTanh => gated(By(GeluTanh), x, d_ff, y),
        Activation::SwiGlu => gated(By(Silu), x, d_ff, y),
        Activation::ClampedSwiGlu { limit, alpha } => gated(Clamped { limit, alpha }, x, d_ff, y),
    }
}

/// The gradient of [`activation`]: `dx` from `x` and `dy`.
pub fn activation_backward<E: Element>(
    which: Activation,
    x: &[E],
    dy: &[E],
    d_ff: usize,
    dx: &mut [E],
) {
    match which {
        Activation::Relu => curve_backward(Relu, x, dy, dx),
        Activation::ReluSquared => curve_backward(ReluSquared, x, dy, dx),
        Activation::Gelu => curve_backward(Gelu, x, dy, dx),
        Activation::GeluTanh => curve_backward(GeluTanh, x, dy, dx),
        Activation::QuickGelu => curve_backward(Swish { alpha: QUICK }, x, dy, dx),
        Activation::Silu => curve_backward(Silu, x, dy, dx),
        Activation::ReGlu => gated_backward(By(Relu), x, dy, d_ff, dx),
        Activation::GeGlu => gated_backward(By(Gelu), x, dy, d_ff, dx),
        Activation::GeGluTanh => gated_backward(By(GeluTanh), x, dy, d_ff, dx),
        Activation::SwiGlu => gated_backward(By(Silu), x, dy, d_ff, dx),
        Activation::ClampedSwiGlu { limit, alpha } => {
            gated_backward(Clamped { limit, alpha }, x, dy, d_ff, dx);
        }
    }
}

fn curve<C: Curve, E: Element>(f: C, x: &[E], y: &mut [E]) {
    assert_eq!(x.len(), y.len(), "activation: x and y differ in length");
    parallel::rows_mut(y, 1, CHUNK, |at, y| curve_chunk(f, &x[at..][..y.len()], y));
}

for_each_isa!(fn curve_chunk<C: Curve, E: Element>(f: C, x: &[E], y: &mut [E]) => curve_body);

#[inline(always)]
fn curve_body<C: Curve, E: Element>(f: C, x: &[E], y: &mut [E]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = E::from_f32(f.value(x.to_f32()));
    }
}

/// `dx = dy f'(x)`.
fn curve_backward<C: Curve, E: Element>(f: C, x: &[E], dy: &[E], dx: &mut [E]) {
    assert_eq!(x.len(), dx.len(), "activation_backward: x and dx differ in length");
    assert_eq!(x.len(), dy.len(), "activation_backward: x and dy differ in length");
    parallel::rows_mut(dx, 1, CHUNK, |at, dx| {
        curve_backward_chunk(f, &x[at..][..dx.len()], &dy[at..][..dx.len()], dx);
    });
}

for_each_isa!(
    fn curve_backward_chunk<C: Curve, E: Element>(f: C, x: &[E], dy: &[E], dx: &mut [E])
        => curve_backward_body
);

#[inline(always)]
fn curve_backward_body<C: Curve, E: Element>(f: C, x: &[E], dy: &[E], dx: &mut [E]) {
    for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
        let (_, slope) = f.value_and_slope(x.to_f32());
        *dx = E::from_f32(dy.to_f32() * slope);
    }
}

/// Each row of `gate_up`, `(rows, 2F)` to `(rows, F)`.
fn gated<G: Gate, E: Element>(f: G, gate_up: &[E], d_ff: usize, y: &mut [E]) {
    assert!(d_ff > 0 && y.len().is_multiple_of(d_ff), "activation: y is no whole number of rows");
    assert_eq!(gate_up.len(), 2 * y.len(), "activation: gate_up is not twice as long as y");
    parallel::rows_mut(y, d_ff, CHUNK.div_ceil(d_ff), |row, y| {
        gated_rows(f, &gate_up[2 * row * d_ff..][..2 * y.len()], d_ff, y);
    });
}

for_each_isa!(
    fn gated_rows<G: Gate, E: Element>(f: G, gate_up: &[E], d_ff: usize, y: &mut [E])
        => gated_body
);

#[inline(always)]
fn gated_body<G: Gate, E: Element>(f: G, gate_up: &[E], d_ff: usize, y: &mut [E]) {
    for (row, y) in gate_up.chunks_exact(2 * d_ff).zip(y.chunks_exact_mut(d_ff)) {
        let (gate, up) = row.split_at(d_ff);
        for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
            *y = E::from_f32(f.value(g.to_f32(), u.to_f32()));
        }
    }
}

fn gated_backward<G: Gate, E: Element>(
    f: G,
    gate_up: &[E],
    dy: &[E],
    d_ff: usize,
    dgate_up: &mut [E],
) {
    let whole = d_ff > 0 && dy.len().is_multiple_of(d_ff);
    assert!(whole, "activation_backward: dy is no whole number of rows");
    assert_eq!(gate_up.len(), 2 * dy.len(), "activation_backward: gate_up is not twice dy");
    assert_eq!(gate_up.len(), dgate_up.len(), "activation_backward: gate_up and dgate_up differ");
    parallel::rows_mut(dgate_up, 2 * d_ff, CHUNK.div_ceil(d_ff), |row, out| {
        let gate_up = &gate_up[2 * row * d_ff..][..out.len()];
        gated_backward_rows(f, gate_up, &dy[row * d_ff..][..out.len() / 2], d_ff, out);
    });
}

for_each_isa!(
    fn gated_backward_rows<G: Gate, E: Element>(
        f: G,
        gate_up: &[E],
        dy: &[E],
        d_ff: usize,
        dgate_up: &mut [E],
    ) => gated_backward_body
);

#[inline(always)]
fn gated_backward_body<G: Gate, E: Element>(
    f: G,
    gate_up: &[E],
    dy: &[E],
    d_ff: usize,
    dgate_up: &mut [E],
) {
    let rows = gate_up.chunks_exact(2 * d_ff).zip(dgate_up.chunks_exact_mut(2 * d_ff));
    for ((row, out), dy) in rows.zip(dy.chunks_exact(d_ff)) {
        let (gate, up) = row.split_at(d_ff);
        let (dgate, dup) = out.split_at_mut(d_ff);
        let inputs = gate.iter().zip(up).zip(dy);
        for ((dg, du), ((g, u), dy)) in dgate.iter_mut().zip(dup).zip(inputs) {
            let (dgate, dup) = f.gradients(g.to_f32(), u.to_f32(), dy.to_f32());
            *dg = E::from_f32(dgate);
            *du = E::from_f32(dup);
        }
    }
}
