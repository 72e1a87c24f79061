//! Functions of one number, each beside its slope. Where there is a kink the slope is 0; a NaN
//! passes through.

use crate::exp::sigmoid;
use crate::normal::{cumulative, cumulative_and_density};

/// `2 sqrt(2/π)`.
const TWICE_ROOT: f32 = 1.595_769_2;
const CUBIC: f32 = 0.044_715;

/// A function and its slope; what is not asked for is not computed once this is inlined.
pub(super) trait Curve: Copy + Send + Sync {
    /// `f(x)`.
    fn value(self, x: f32) -> f32;
    /// `f(x)` and `f'(x)`.
    fn value_and_slope(self, x: f32) -> (f32, f32);
}

/// `max(x, 0)`.
#[derive(Clone, Copy)]
pub(super) struct Relu;

impl Curve for Relu {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        if x < 0.0 { 0.0 } else { x }
    }

    #[inline(always)]
    fn value_and_slope(self, x: f32) -> (f32, f32) {
        (self.value(x), if x <= 0.0 { 0.0 } else { 1.0 })
    }
}

/// `max(x, 0)²`, with the slope `2 max(x, 0)`.
#[derive(Clone, Copy)]
pub(super) struct ReluSquared;

impl Curve for ReluSquared {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        let x = Relu.value(x);
        x * x
    }

    #[inline(always)]
    fn value_and_slope(self, x: f32) -> (f32, f32) {
        (self.value(x), 2.0 * Relu.value(x))
    }
}

/// `x Φ(x)`, with the slope `Φ + x φ`.
#[derive(Clone, Copy)]
pub(super) struct Gelu;

impl Curve for Gelu {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        x * cumulative(x)
    }

    #[inline(always)]
    fn value_and_slope(self, x: f32) -> (f32, f32) {
        let (cumulative, density) = cumulative_and_density(x);
        (x * cumulative, cumulative + x * density)
    }
}

/// `x/2 (1 + tanh u) = x σ(2u)` with `u = sqrt(2/π) (x + 0.044715 x³)`, and the slope
/// `σ + x σ (1 - σ) (2u)'`.
#[derive(Clone, Copy)]
pub(super) struct GeluTanh;

impl Curve for GeluTanh {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        x * sigmoid(TWICE_ROOT * (x + CUBIC * x * x * x))
    }

    #[inline(always)]
    fn value_and_slope(self, x: f32) -> (f32, f32) {
        let s = sigmoid(TWICE_ROOT * (x + CUBIC * x * x * x));
        let slope = TWICE_ROOT * (1.0 + 3.0 * CUBIC * x * x);
        (x * s, s + x * s * (1.0 - s) * slope)
    }
}

/// `x σ(x)`, with the slope `σ + x σ (1 - σ)`.
#[derive(Clone, Copy)]
pub(super) struct Silu;

impl Curve for Silu {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        x * sigmoid(x)
    }

    #[inline(always)]
    fn value_and_slope(self, x: f32) -> (f32, f32) {
        let s = sigmoid(x);
        (x * s, s + x * s * (1.0 - s))
    }
}

/// `x σ(α x)`, with the slope `σ + x σ (1 - σ) α` (Ramachandran et al. 2017).
#[derive(Clone, Copy)]
pub(super) struct Swish {
    pub(super) alpha: f32,
}

impl Curve for Swish {
    #[inline(always)]
    fn value(self, x: f32) -> f32 {
        x * sigmoid(self.alpha * x)
    }

    #[inline(always)]
    fn value_and_slope(self, x: f32) -> (f32, f32) {
        let s = sigmoid(self.alpha * x);
        (x * s, s + x * s * (1.0 - s) * self.alpha)
    }
}
