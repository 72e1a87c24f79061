//! Every nonlinearity against its formula in f64 and that formula's slope.

use super::*;
use crate::element::bf16;

const CLAMPED: Activation = Activation::ClampedSwiGlu { limit: 7.0, alpha: 1.702 };
const CURVES: [Activation; 6] = [
    Activation::Relu,
    Activation::ReluSquared,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::QuickGelu,
    Activation::Silu,
];
const GATED: [Activation; 5] =
    [Activation::ReGlu, Activation::GeGlu, Activation::GeGluTanh, Activation::SwiGlu, CLAMPED];

fn wave(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * step).sin() * 9.0).collect()
}

/// `x Φ(x)`, Φ by Marsaglia's series, which is exact to f64 within what [`wave`] gives.
fn gelu(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for k in 1..400 {
        term *= x * x / f64::from(2 * k + 1);
        sum += term;
    }
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    x * (0.5 + density * sum)
}

fn gelu_tanh(x: f64) -> f64 {
    0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
}

fn swish(x: f64, alpha: f64) -> f64 {
    x / (1.0 + (-alpha * x).exp())
}

/// The formula, of a gate and an up where there are two.
fn formula(which: Activation, x: f64, up: f64) -> f64 {
    match which {
        Activation::Relu => x.max(0.0),
        Activation::ReluSquared => x.max(0.0).powi(2),
        Activation::Gelu => gelu(x),
        Activation::GeluTanh => gelu_tanh(x),
        Activation::QuickGelu => swish(x, 1.702),
        Activation::Silu => swish(x, 1.0),
        Activation::ReGlu => x.max(0.0) * up,
        Activation::GeGlu => gelu(x) * up,
        Activation::GeGluTanh => gelu_tanh(x) * up,
        Activation::SwiGlu => swish(x, 1.0) * up,
        Activation::ClampedSwiGlu { limit, alpha } => {
            let (limit, alpha) = (f64::from(limit), f64::from(alpha));
            swish(x.min(limit), alpha) * (up.clamp(-limit, limit) + 1.0)
        }
    }
}

fn slope(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
}

fn close(got: f32, expected: f64, scale: f64, what: &str) {
    let error = (f64::from(got) - expected).abs();
    assert!(error < 3e-6 * (1.0 + scale), "{what}: {got} is not {expected}");
}

fn check_curve(which: Activation, n: usize) {
    let (mut x, dy) = (wave(n, 0.37), wave(n, 0.11));
    x[0] = 0.5; // not where ReLU has its kink
    let (mut y, mut dx) = (vec![f32::NAN; n], vec![f32::NAN; n]);
    activation(which, &x, n, &mut y);
    activation_backward(which, &x, &dy, n, &mut dx);
    for i in 0..n {
        let (x, d) = (f64::from(x[i]), f64::from(dy[i]));
        let expected = formula(which, x, 0.0);
        close(y[i], expected, expected.abs(), &format!("{which:?} of {x}"));
        let expected = d * slope(|x| formula(which, x, 0.0), x);
        close(dx[i], expected, d.abs() + expected.abs(), &format!("the slope of {which:?} at {x}"));
    }
}

fn check_gated(which: Activation, rows: usize, d_ff: usize) {
    let (mut x, dy) = (wave(2 * rows * d_ff, 0.37), wave(rows * d_ff, 0.11));
    x[0] = 0.5;
    let (mut y, mut dx) = (vec![f32::NAN; dy.len()], vec![f32::NAN; x.len()]);
    activation(which, &x, d_ff, &mut y);
    activation_backward(which, &x, &dy, d_ff, &mut dx);
    for i in 0..dy.len() {
        let at = i / d_ff * 2 * d_ff + i % d_ff;
        let (gate, up, d) = (f64::from(x[at]), f64::from(x[at + d_ff]), f64::from(dy[i]));
        let what = format!("{which:?} of {gate} and {up}");
        let expected = formula(which, gate, up);
        close(y[i], expected, up.abs() + expected.abs(), &what);
        let expected = d * slope(|gate| formula(which, gate, up), gate);
        close(dx[at], expected, (d * up).abs() + expected.abs(), &format!("dgate, {what}"));
        let expected = d * slope(|up| formula(which, gate, up), up);
        close(dx[at + d_ff], expected, d.abs() + expected.abs(), &format!("dup, {what}"));
    }
}

#[test]
fn curves_are_their_formulas_and_slopes() {
    for which in CURVES {
        assert!(!which.is_gated());
        [1, 15, 16, 37, 20_000].into_iter().for_each(|n| check_curve(which, n));
    }
}

#[test]
fn gated_ones_are_their_formulas_and_slopes() {
    for which in GATED {
        assert!(which.is_gated());
        for (rows, d_ff) in [(1, 1), (3, 5), (2, 48), (40, 300)] {
            check_gated(which, rows, d_ff);
        }
    }
}

#[test]
fn what_is_cut_off_has_no_gradient_and_at_zero_there_is_none_either() {
    // A gate too large, an up too large, one too small, a gate far below, which is not cut.
    let (x, dy) = ([8.0, 1.0, 1.0, -9.0, 1.0, 7.5, -7.5, 2.0_f32], [1.0_f32; 4]);
    let mut dx = [f32::NAN; 8];
    activation_backward(CLAMPED, &x, &dy, 4, &mut dx);
    assert_eq!((dx[0], dx[5], dx[6]), (0.0, 0.0, 0.0));
    assert!(dx[4] > 0.0 && dx[1] > 0.0 && dx[2] < 0.0 && dx[3] < 0.0 && dx[7] < 0.0);
    for which in [Activation::Relu, Activation::ReluSquared] {
        let mut dx = [f32::NAN];
        activation_backward(which, &[0.0_f32], &[1.0], 1, &mut dx);
        assert_eq!(dx, [0.0]);
    }
}

#[test]
fn a_nan_is_not_lost() {
    for which in CURVES.into_iter().chain(GATED) {
        let (x, mut y) = ([f32::NAN, 1.0], [0.0_f32; 2]);
        let n = if which.is_gated() { 1 } else { 2 };
        activation(which, &x, n, &mut y[..n]);
        assert!(y[0].is_nan(), "{which:?}");
    }
}

/// Both ways with the bodies that no instruction set was chosen for.
fn portable(which: Activation, x: &[f32], dy: &[f32], y: &mut [f32], dx: &mut [f32]) {
    fn curve<C: Curve>(f: C, x: &[f32], dy: &[f32], y: &mut [f32], dx: &mut [f32]) {
        curve_body(f, x, y);
        curve_backward_body(f, x, dy, dx);
    }
    fn gated<G: Gate>(f: G, x: &[f32], dy: &[f32], y: &mut [f32], dx: &mut [f32]) {
        gated_body(f, x, dy.len(), y);
        gated_backward_body(f, x, dy, dy.len(), dx);
    }
    match which {
        Activation::Relu => curve(Relu, x, dy, y, dx),
        Activation::ReluSquared => curve(ReluSquared, x, dy, y, dx),
        Activation::Gelu => curve(Gelu, x, dy, y, dx),
        Activation::GeluTanh => curve(GeluTanh, x, dy, y, dx),
        Activation::QuickGelu => curve(Swish { alpha: QUICK }, x, dy, y, dx),
        Activation::Silu => curve(Silu, x, dy, y, dx),
        Activation::ReGlu => gated(By(Relu), x, dy, y, dx),
        Activation::GeGlu => gated(By(Gelu), x, dy, y, dx),
        Activation::GeGluTanh => gated(By(GeluTanh), x, dy, y, dx),
        Activation::SwiGlu => gated(By(Silu), x, dy, y, dx),
        Activation::ClampedSwiGlu { limit, alpha } => {
            gated(Clamped { limit, alpha }, x, dy, y, dx);
        }
    }
}

#[test]
fn bf16_is_the_rounded_f32_and_every_isa_gives_the_bits_of_the_portable_one() {
    let round = |v: &f32| <bf16 as Element>::from_f32(*v);
    for which in CURVES.into_iter().chain(GATED) {
        let n = if which.is_gated() { 499 } else { 998 };
        let x: Vec<bf16> = wave(998, 0.37).iter().map(round).collect();
        let dy: Vec<bf16> = wave(n, 0.11).iter().map(round).collect();
        let wide = |v: &[bf16]| -> Vec<f32> { v.iter().map(|v| v.to_f32()).collect() };
        let (mut y, mut dx) = (vec![f32::NAN; n], vec![f32::NAN; 998]);
        portable(which, &wide(&x), &wide(&dy), &mut y, &mut dx);
        let (mut got, mut slope) = (vec![f32::NAN; n], vec![f32::NAN; 998]);
        activation(which, &wide(&x), n, &mut got);
        activation_backward(which, &wide(&x), &wide(&dy), n, &mut slope);
        assert_eq!((got, slope), (y.clone(), dx.clone()), "{which:?}");
        let (mut got, mut slope) = (vec![bf16::NAN; n], vec![bf16::NAN; 998]);
        activation(which, &x, n, &mut got);
        activation_backward(which, &x, &dy, n, &mut slope);
        let rounded = |v: &[f32]| -> Vec<bf16> { v.iter().map(round).collect() };
        assert_eq!((got, slope), (rounded(&y), rounded(&dx)), "{which:?} of brain floats");
    }
}
