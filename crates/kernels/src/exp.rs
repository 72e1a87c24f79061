//! `e^x` and the logistic function in plain arithmetic, so that they become vector instructions
//! and give the same bits on every instruction set.
//!
//! `x = n ln 2 + r` with `|r| <= ln 2 / 2` (Cody & Waite's reduction), a polynomial for `e^r`, then
//! a product with `2^n` in two halves so that the whole range of `f32` is reached. The relative
//! error is below 2e-7 in the normal range.

/// `1.5 * 2^23`: adding it leaves the nearest whole number in the low bits.
const ROUND: f32 = 12_582_912.0;
/// `ln 2` cut to the bits for which `n * LN_2_HIGH` is exact, and the rest of it.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// `e^x`: infinity above 88.73, 0 below -104, NaN for NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Comparisons, not `clamp` or `max`, so that a NaN passes through.
    let x = if x < -105.0 { -105.0 } else { x };
    let x = if x > 89.0 { 89.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    let whole = shifted - ROUND;
    let r = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let half = n >> 1;
    polynomial(r) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `e^r` for `|r| <= 0.35`: 1 + r + r² times the rest of Taylor's series, its last term adjusted.
#[inline(always)]
fn polynomial(r: f32) -> f32 {
    let mut p = 1.388_888_9e-3 + r * 1.984_127e-4;
    p = 8.333_334e-3 + r * p;
    p = 4.166_666_7e-2 + r * p;
    p = 1.666_666_7e-1 + r * p;
    p = 0.5 + r * p;
    (r * r) * p + r + 1.0
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `a b + c`, rounded once if `fused`: for functions compiled for instructions that do so.
#[inline(always)]
pub(crate) fn multiply_add(fused: bool, a: f32, b: f32, c: f32) -> f32 {
    if fused { a.mul_add(b, c) } else { a * b + c }
}

/// `2^x` for `x` below 127, in less than half of [`exp`]'s operations: softmax asks for nothing else. 0
/// below -126, NaN for a NaN that arithmetic made (its low bits are 0). The relative error is below
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
    // `ROUND`'s own bits are shifted out.
    let power = f32::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 23));
    if x < -126.0 { 0.0 } else { power }
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_parts_in_ten_million() {
        for i in -870_000..=887_000 {
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
    fn the_ends_of_the_range_are_those_of_the_standard_library() {
        for x in [0.0, -0.0, 88.8, 1e30, f32::INFINITY, -104.5, -1e30, f32::NEG_INFINITY] {
            assert_eq!(exp(x), x.exp(), "{x}");
        }
        assert!(exp(f32::NAN).is_nan());
        assert!((exp(-100.0) - (-100.0_f32).exp()).abs() <= 1.5e-45);
        assert_eq!((sigmoid(-1e30), sigmoid(0.0), sigmoid(1e30)), (0.0, 0.5, 1.0));
    }
}
