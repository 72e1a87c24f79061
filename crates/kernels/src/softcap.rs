//! A soft cap on logits, `y = c tanh(x / c)`, and its slope (Gemma Team, "Gemma 2", 2024, section 2).
//! The slope is `1 − (y/c)²`, so that it can be told from what the cap gave.

use crate::element::Element;
use crate::exp::tanh;
use crate::for_each_isa;

for_each_isa!(
    /// Caps in place.
    pub fn cap(x: &mut [f32], c: f32) => cap_body
);

#[inline(always)]
fn cap_body(x: &mut [f32], c: f32) {
    let inverse = 1.0 / c;
    x.iter_mut().for_each(|v| *v = c * tanh(*v * inverse));
}

for_each_isa!(
    /// Multiplies by the slopes at which the cap gave `capped`.
    pub fn backward<E: Element>(dx: &mut [E], capped: &[f32], c: f32) => backward_body
);

#[inline(always)]
fn backward_body<E: Element>(dx: &mut [E], capped: &[f32], c: f32) {
    for (d, y) in dx.iter_mut().zip(capped) {
        *d = E::from_f32(d.to_f32() * slope(*y, c));
    }
}

/// The slope at which the cap gave `capped`.
#[inline(always)]
pub fn slope(capped: f32, c: f32) -> f32 {
    let share = capped / c;
    1.0 - share * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_values_stay_and_large_ones_near_the_cap() {
        let mut x = [0.0, 0.01, -3.0, 1e9, f32::NEG_INFINITY];
        cap(&mut x, 30.0);
        assert!((x[1] - 0.01).abs() < 1e-7 && (x[2] + 2.990_033).abs() < 1e-5, "{x:?}");
        assert_eq!((x[0], x[3], x[4]), (0.0, 30.0, -30.0));
    }

    #[test]
    fn slopes_are_those_of_differences() {
        let c = 5.0_f64;
        let f = |x: f64| c * (x / c).tanh();
        for i in -40..=40 {
            let x = f64::from(i) * 0.3;
            let expected = (f(x + 1e-4) - f(x - 1e-4)) / 2e-4;
            let mut y = [x as f32];
            cap(&mut y, c as f32);
            let mut dx = [2.0_f32];
            backward(&mut dx, &y, c as f32);
            assert!((f64::from(dx[0]) / 2.0 - expected).abs() < 1e-5, "{x}: {dx:?} {expected}");
        }
    }
}
