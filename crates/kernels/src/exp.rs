//! `e^x`, the logistic function and the hyperbolic tangent in plain arithmetic, so that they become
//! vector instructions and give the same bits on every instruction set.
//!
//! `x = n ln 2 + r` with `|r| <= ln 2 / 2` (Cody & Waite's reduction), a polynomial for `e^r`, then n is
//! added to its exponent. The relative error is below 2e-7; results below the normal range are 0.

/// `1.5 * 2^23`: adding it leaves the nearest whole number in the low bits.
const ROUND: f32 = 12_582_912.0;
/// `ln 2` cut to the bits for which `n * LN_2_HIGH` is exact, and the rest of it.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// `ln 2^-126` and `ln 2^128`: the ends of the normal range.
const LOWEST: f32 = -87.336_54;
const HIGHEST: f32 = 88.722_84;

/// `e^x`: infinity above 88.72, 0 below -87.33, NaN for NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let power = times_power_of_two(polynomial(r), shifted);
    // Comparisons, not `clamp` or `max`, so that a NaN passes through.
    let power = if x < LOWEST { 0.0 } else { power };
    if x > HIGHEST { f32::INFINITY } else { power }
}

/// `e^r` for `|r| <= 0.35`: 1 + r + r² times a polynomial, whose coefficients make the largest relative
/// error least (1.1e-7), found by reweighted least squares.
#[inline(always)]
fn polynomial(r: f32) -> f32 {
    let mut p = 8.312_501e-3;
    p = 4.189_033e-2 + r * p;
    p = 1.666_711_6e-1 + r * p;
    p = 4.999_923e-1 + r * p;
    (r * r) * p + r + 1.0
}

/// `p 2^n`, where `shifted` is `n + ROUND`, within the normal range: `ROUND`'s own bits are shifted out.
#[inline(always)]
fn times_power_of_two(p: f32, shifted: f32) -> f32 {
    f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// `a b + c`, rounded once if `fused`: for functions compiled for instructions that do so.
#[inline(always)]
pub(crate) fn multiply_add(fused: bool, a: f32, b: f32, c: f32) -> f32 {
    if fused { a.mul_add(b, c) } else { a * b + c }
}

/// `2^x` for `x` below 127, in fewer operations than [`exp`]: attention asks for nothing else. 0 below -126, NaN for a NaN that arithmetic made (its low bits are 0). The relative error is below
/// 3e-7; the last bits differ with `fused`.
#[expect(clippy::approx_constant, reason = "a coefficient fitted with the others, near ln 2")]
#[inline(always)]
pub(crate) fn exp2(fused: bool, x: f32) -> f32 {
    let shifted = x + ROUND;
    let r = x - (shifted - ROUND);
    // The least relative error of this degree for |r| <= 1/2 with 1 at 0, found by reweighted least
    // squares.
    let mut p = 1.326_472_6e-3;
    for c in [9.671_513e-3, 5.550_733_6e-2, 2.402_224_2e-1, 6.931_47e-1, 1.0] {
        p = multiply_add(fused, p, r, c);
    }
    let power = times_power_of_two(p, shifted);
    if x < -126.0 { 0.0 } else { power }
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `tanh x = m / (m + 2)` with `m = e^2x - 1`: odd to the bit, NaN for NaN. A small `x` keeps its digits,
/// since `m = 2^n (e^r - 1) + (2^n - 1)` and nothing but 0 is added where `n` is 0. The relative error
/// is below 3e-7.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let twice = 2.0 * x.abs();
    // From here on it is 1 to the last bit; a comparison, so that a NaN passes through.
    let twice = if twice > 20.0 { 20.0 } else { twice };
    let shifted = twice * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let r = (twice - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let power = times_power_of_two(1.0, shifted);
    let m = power * beyond_one(r) + (power - 1.0);
    (m / (m + 2.0)).copysign(x)
}

/// `e^r - 1` for `|r| <= 0.35`, by Taylor's series, whose error is relative to `r`, not to `e^r`.
#[inline(always)]
fn beyond_one(r: f32) -> f32 {
    let mut p = 1.0 / 5040.0;
    for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5] {
        p = c + r * p;
    }
    (r * r) * p + r
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_parts_in_ten_million() {
        for i in -873_300..=887_200 {
            let x = i as f32 * 1e-4;
            let expected = f64::from(x).exp();
            let relative = (f64::from(exp(x)) / expected - 1.0).abs();
            assert!(relative < 2e-7, "exp({x}): relative error {relative}");
        }
    }

    #[test]
    fn powers_of_two_are_within_three_parts_in_ten_million() {
        for i in -1_260_000..=1_269_000 {
            let x = i as f32 * 1e-4;
            let expected = f64::from(x).exp2();
            for power in [exp2(false, x), exp2(true, x)] {
                let relative = (f64::from(power) / expected - 1.0).abs();
                assert!(relative < 3e-7, "2^{x}: relative error {relative}");
            }
        }
        for x in [-126.1, -1e30, f32::NEG_INFINITY] {
            assert_eq!(exp2(true, x), 0.0, "{x}");
        }
        assert_eq!((exp2(true, 0.0), exp2(false, -3.0)), (1.0, 0.125));
        assert!(exp2(true, f32::NAN).is_nan());
    }

    #[test]
    fn tanh_is_within_three_parts_in_ten_million_from_the_least_to_the_greatest() {
        let steps = (1..=1_100_000).map(|i| i as f32 * 1e-5);
        let powers = (-126..0).map(|n| 2.0_f32.powi(n));
        for x in steps.chain(powers) {
            let relative = (f64::from(tanh(x)) / f64::from(x).tanh() - 1.0).abs();
            assert!(relative < 3e-7, "tanh({x}): relative error {relative}");
            assert_eq!(tanh(-x), -tanh(x), "{x}");
        }
        assert_eq!((tanh(0.0), tanh(9.1), tanh(f32::INFINITY)), (0.0, 1.0, 1.0));
        assert_eq!(tanh(f32::NEG_INFINITY), -1.0);
        assert!(tanh(f32::NAN).is_nan());
    }

    #[test]
    fn the_ends_of_the_range_are_those_of_the_standard_library() {
        for x in [0.0, -0.0, 88.8, 1e30, f32::INFINITY, -104.5, -1e30, f32::NEG_INFINITY] {
            assert_eq!(exp(x), x.exp(), "{x}");
        }
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(-87.4), 0.0);
        assert_eq!((sigmoid(-1e30), sigmoid(0.0), sigmoid(1e30)), (0.0, 0.5, 1.0));
    }
}
