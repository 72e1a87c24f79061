//! The natural logarithm of a weight, the same on every machine, for the reason that [`super::weight()`]
//! has.
//!
//! `ln(2^n · m) = n · ln 2 + 2 artanh((m − 1) / (m + 1))` with `m` in `[√½, √2)`; the series of artanh to
//! the 23rd power, whose error is below `1e-16`.

/// `ln weight`, of a weight above 0.
pub(super) fn ln(weight: u64) -> f64 {
    let mut whole = i32::try_from(weight.max(1).ilog2()).unwrap_or(0);
    // Exact: a weight has at most 33 bits, and a power of two takes none.
    let mut m = weight as f64 / (1_u64 << whole) as f64;
    if m >= std::f64::consts::SQRT_2 {
        (m, whole) = (m / 2.0, whole + 1);
    }
    let x = (m - 1.0) / (m + 1.0);
    let square = x * x;
    let series = (0..12).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    f64::from(whole) * std::f64::consts::LN_2 + 2.0 * x * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logarithm() {
        let all = (1..5000).chain((0..5000).map(|i| (1 << 32) - i * 777_777));
        for weight in all {
            let exact = (weight as f64).ln();
            assert!((ln(weight) - exact).abs() <= 4e-15 * exact.max(1.0), "{weight}: {exact}");
        }
        assert_eq!(ln(1), 0.0);
    }
}
