//! Functions of a gate and what it lets through, each beside its gradient.

use super::curve::{Curve, Swish};

/// A function of two numbers.
pub(super) trait Gate: Copy + Send + Sync {
    /// The result.
    fn value(self, gate: f32, up: f32) -> f32;
    /// The gradients of gate and up.
    fn gradients(self, gate: f32, up: f32, dy: f32) -> (f32, f32);
}

/// `f(gate) up`: `dgate = dy up f'(gate)`, `dup = dy f(gate)`.
#[derive(Clone, Copy)]
pub(super) struct By<C>(pub(super) C);

impl<C: Curve> Gate for By<C> {
    #[inline(always)]
    fn value(self, gate: f32, up: f32) -> f32 {
        self.0.value(gate) * up
    }

    #[inline(always)]
    fn gradients(self, gate: f32, up: f32, dy: f32) -> (f32, f32) {
        let (value, slope) = self.0.value_and_slope(gate);
        (dy * up * slope, dy * value)
    }
}

/// `g σ(α g) (u + 1)` for `g = min(gate, limit)` and `u` within `±limit`; what was cut off has no
/// gradient.
#[derive(Clone, Copy)]
pub(super) struct Clamped {
    pub(super) limit: f32,
    pub(super) alpha: f32,
}

impl Clamped {
    #[inline(always)]
    fn cut(self, gate: f32, up: f32) -> (f32, f32) {
        let limit = self.limit;
        // Comparisons, not `min` and `max`, so that a NaN passes through.
        let up = if up < -limit { -limit } else { up };
        (if gate > limit { limit } else { gate }, if up > limit { limit } else { up })
    }
}

impl Gate for Clamped {
    #[inline(always)]
    fn value(self, gate: f32, up: f32) -> f32 {
        let (gate, up) = self.cut(gate, up);
        Swish { alpha: self.alpha }.value(gate) * (up + 1.0)
    }

    #[inline(always)]
    fn gradients(self, gate: f32, up: f32, dy: f32) -> (f32, f32) {
        let (g, u) = self.cut(gate, up);
        let (dgate, dup) = By(Swish { alpha: self.alpha }).gradients(g, u + 1.0, dy);
        let (gate_counts, up_counts) = (gate <= self.limit, up.abs() <= self.limit);
        (if gate_counts { dgate } else { 0.0 }, if up_counts { dup } else { 0.0 })
    }
}
