//! The nonlinearities between two products: GELU (Hendrycks & Gimpel 2016, its tanh form, as in
//! GPT-2) and SwiGLU (Shazeer 2020, as in Llama).
//!
//! `gelu(x) = x/2 (1 + tanh u) = x σ(2u)` with `u = sqrt(2/π) (x + 0.044715 x³)`.
//! `swiglu(gate, up) = gate σ(gate) up`; a row of `(rows, 2F)` holds its gates, then its ups.

use crate::element::Element;
use crate::exp::sigmoid;
use crate::for_each_isa;
use crate::parallel;

/// Elements done together.
const CHUNK: usize = 8 * 1024;
/// `2 sqrt(2/π)`.
const TWICE_ROOT: f32 = 1.595_769_2;
const CUBIC: f32 = 0.044_715;

/// `y = gelu(x)`.
pub fn gelu_tanh<E: Element>(x: &[E], y: &mut [E]) {
    assert_eq!(x.len(), y.len(), "gelu_tanh: x and y differ in length");
    parallel::rows_mut(y, 1, CHUNK, |at, y| gelu_chunk(&x[at..][..y.len()], y));
}

for_each_isa!(fn gelu_chunk<E: Element>(x: &[E], y: &mut [E]) => gelu_body);

#[inline(always)]
fn gelu_body<E: Element>(x: &[E], y: &mut [E]) {
    for (y, x) in y.iter_mut().zip(x) {
        let x = x.to_f32();
        *y = E::from_f32(x * sigmoid(TWICE_ROOT * (x + CUBIC * x * x * x)));
    }
}

/// `dx = dy (σ + x σ (1 - σ) (2u)')`.
pub fn gelu_tanh_backward<E: Element>(x: &[E], dy: &[E], dx: &mut [E]) {
    assert_eq!(x.len(), dx.len(), "gelu_tanh_backward: x and dx differ in length");
    assert_eq!(x.len(), dy.len(), "gelu_tanh_backward: x and dy differ in length");
    parallel::rows_mut(dx, 1, CHUNK, |at, dx| {
        gelu_backward_chunk(&x[at..][..dx.len()], &dy[at..][..dx.len()], dx);
    });
}

for_each_isa!(
    fn gelu_backward_chunk<E: Element>(x: &[E], dy: &[E], dx: &mut [E]) => gelu_backward_body
);

#[inline(always)]
fn gelu_backward_body<E: Element>(x: &[E], dy: &[E], dx: &mut [E]) {
    for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
        let x = x.to_f32();
        let s = sigmoid(TWICE_ROOT * (x + CUBIC * x * x * x));
        let slope = TWICE_ROOT * (1.0 + 3.0 * CUBIC * x * x);
        *dx = E::from_f32(dy.to_f32() * (s + x * s * (1.0 - s) * slope));
    }
}

/// `y = gate σ(gate) up` for each row of `gate_up`, `(rows, 2F)` to `(rows, F)`.
pub fn swiglu<E: Element>(gate_up: &[E], d_ff: usize, y: &mut [E]) {
    assert!(d_ff > 0 && y.len().is_multiple_of(d_ff), "swiglu: y is no whole number of rows");
    assert_eq!(gate_up.len(), 2 * y.len(), "swiglu: gate_up is not twice as long as y");
    parallel::rows_mut(y, d_ff, CHUNK.div_ceil(d_ff), |row, y| {
        swiglu_rows(&gate_up[2 * row * d_ff..][..2 * y.len()], d_ff, y);
    });
}

for_each_isa!(fn swiglu_rows<E: Element>(gate_up: &[E], d_ff: usize, y: &mut [E]) => swiglu_body);

#[inline(always)]
fn swiglu_body<E: Element>(gate_up: &[E], d_ff: usize, y: &mut [E]) {
    for (row, y) in gate_up.chunks_exact(2 * d_ff).zip(y.chunks_exact_mut(d_ff)) {
        let (gate, up) = row.split_at(d_ff);
        for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
            let g = g.to_f32();
            *y = E::from_f32(g * sigmoid(g) * u.to_f32());
        }
    }
}

/// `dgate = dy up (σ + gate σ (1 - σ))`, `dup = dy gate σ`.
pub fn swiglu_backward<E: Element>(gate_up: &[E], dy: &[E], d_ff: usize, dgate_up: &mut [E]) {
    assert!(
        d_ff > 0 && dy.len().is_multiple_of(d_ff),
        "swiglu_backward: dy is no whole number of rows"
    );
    assert_eq!(gate_up.len(), 2 * dy.len(), "swiglu_backward: gate_up is not twice dy");
    assert_eq!(gate_up.len(), dgate_up.len(), "swiglu_backward: gate_up and dgate_up differ");
    parallel::rows_mut(dgate_up, 2 * d_ff, CHUNK.div_ceil(d_ff), |row, out| {
        let gate_up = &gate_up[2 * row * d_ff..][..out.len()];
        swiglu_backward_rows(gate_up, &dy[row * d_ff..][..out.len() / 2], d_ff, out);
    });
}

for_each_isa!(
    fn swiglu_backward_rows<E: Element>(
        gate_up: &[E],
        dy: &[E],
        d_ff: usize,
        dgate_up: &mut [E],
    ) => swiglu_backward_body
);

#[inline(always)]
fn swiglu_backward_body<E: Element>(gate_up: &[E], dy: &[E], d_ff: usize, dgate_up: &mut [E]) {
    let rows = gate_up.chunks_exact(2 * d_ff).zip(dgate_up.chunks_exact_mut(2 * d_ff));
    for ((row, out), dy) in rows.zip(dy.chunks_exact(d_ff)) {
        let (gate, up) = row.split_at(d_ff);
        let (dgate, dup) = out.split_at_mut(d_ff);
        let inputs = gate.iter().zip(up).zip(dy);
        for ((dg, du), ((g, u), dy)) in dgate.iter_mut().zip(dup).zip(inputs) {
            let (g, u, dy) = (g.to_f32(), u.to_f32(), dy.to_f32());
            let s = sigmoid(g);
            *dg = E::from_f32(dy * u * (s + g * s * (1.0 - s)));
            *du = E::from_f32(dy * g * s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::bf16;

    fn wave(n: usize, step: f32) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * step).sin() * 6.0).collect()
    }

    fn gelu(x: f64) -> f64 {
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
    }

    fn silu(x: f64) -> f64 {
        x / (1.0 + (-x).exp())
    }

    fn slope(f: impl Fn(f64) -> f64, x: f32) -> f64 {
        (f(f64::from(x) + 1e-5) - f(f64::from(x) - 1e-5)) / 2e-5
    }

    fn close(got: f32, expected: f64, what: &str) {
        let error = (f64::from(got) - expected).abs();
        assert!(error < 3e-6 * (1.0 + expected.abs()), "{what}: {got} is not {expected}");
    }

    #[test]
    fn gelu_is_the_tanh_formula_and_its_slope() {
        for n in [1, 15, 16, 37, 20_000] {
            let (x, dy) = (wave(n, 0.37), wave(n, 0.11));
            let (mut y, mut dx) = (vec![f32::NAN; n], vec![f32::NAN; n]);
            gelu_tanh(&x, &mut y);
            gelu_tanh_backward(&x, &dy, &mut dx);
            for i in 0..n {
                close(y[i], gelu(f64::from(x[i])), "gelu");
                close(dx[i], f64::from(dy[i]) * slope(gelu, x[i]), "its slope");
            }
        }
    }

    #[test]
    fn swiglu_is_its_formula_and_its_slopes() {
        for (rows, d_ff) in [(1, 1), (3, 5), (2, 48), (40, 300)] {
            let (x, dy) = (wave(2 * rows * d_ff, 0.37), wave(rows * d_ff, 0.11));
            let (mut y, mut dx) = (vec![f32::NAN; dy.len()], vec![f32::NAN; x.len()]);
            swiglu(&x, d_ff, &mut y);
            swiglu_backward(&x, &dy, d_ff, &mut dx);
            for i in 0..dy.len() {
                let at = i / d_ff * 2 * d_ff + i % d_ff;
                let (gate, up, d) = (x[at], f64::from(x[at + d_ff]), f64::from(dy[i]));
                close(y[i], silu(f64::from(gate)) * up, "swiglu");
                close(dx[at], d * up * slope(silu, gate), "dgate");
                close(dx[at + d_ff], d * silu(f64::from(gate)), "dup");
            }
        }
    }

    #[test]
    fn bf16_is_the_rounded_f32_and_every_isa_gives_the_bits_of_the_portable_one() {
        let x: Vec<bf16> = wave(998, 0.37).into_iter().map(Element::from_f32).collect();
        let wide: Vec<f32> = x.iter().map(|v| v.to_f32()).collect();
        let (mut y, mut expected) = (vec![bf16::NAN; 998], vec![f32::NAN; 998]);
        gelu_tanh(&x, &mut y);
        gelu_body(&wide, &mut expected);
        assert!(y.iter().zip(&expected).all(|(y, e)| *y == <bf16 as Element>::from_f32(*e)));
        swiglu(&x, 499, &mut y[..499]);
        swiglu_body(&wide, 499, &mut expected[..499]);
        assert!(y.iter().zip(&expected).all(|(y, e)| *y == <bf16 as Element>::from_f32(*e)));
        let mut dx = vec![f32::NAN; 998];
        gelu_tanh_backward(&wide, &wide, &mut dx);
        gelu_backward_body(&wide, &wide, &mut expected);
        assert_eq!(dx, expected);
        swiglu_backward(&wide, &wide[..499], 499, &mut dx);
        swiglu_backward_body(&wide, &wide[..499], 499, &mut expected);
        assert_eq!(dx, expected);
    }
}
