//! `exp` as an integer, the same on every machine: the library's `exp` differs in its last bit
//! between systems, and one bit is enough to tell another story.
//!
//! `exp(x) = 2^n · 2^f` with `n = ⌊x · log₂e⌋` and `f` in `[0, 1)`; `2^f` is its Taylor series to
//! the 13th power, whose error is below `1e-14`.

/// The weight of the likeliest token.
pub const ONE: u64 = 1 << 32;

/// `⌊ONE · exp(gap)⌋` for a `gap` of at most 0 (to within one unit).
pub fn weight(gap: f64) -> u64 {
    let bits = gap * std::f64::consts::LOG2_E;
    if bits.is_nan() || bits < -33.0 {
        return 0;
    }
    let whole = bits.floor();
    let x = (bits - whole) * std::f64::consts::LN_2;
    // Horner's scheme: 1 + x(1 + x/2(1 + x/3(…))).
    let two_to_f = (1..=13).rev().fold(1.0, |sum, k| 1.0 + sum * x / f64::from(k));
    // An exact power of two, as whole is in −33..=0.
    let scale = ONE as f64 / (1_u64 << (-whole.min(0.0)) as u32) as f64;
    (two_to_f * scale) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_exp() {
        assert_eq!(weight(0.0), ONE);
        for i in 0..30_000 {
            let gap = -f64::from(i) / 1000.0;
            let exact = ONE as f64 * gap.exp();
            assert!((weight(gap) as f64 - exact).abs() <= 1.001, "{gap}: {} {exact}", weight(gap));
        }
        assert_eq!(weight(-30.0), 0);
        assert_eq!(weight(f64::NEG_INFINITY), 0);
    }

    #[test]
    fn it_never_rises_as_the_gap_widens() {
        let weights: Vec<u64> = (0..25_000).map(|i| weight(-f64::from(i) / 1000.0)).collect();
        assert!(weights.is_sorted_by(|a, b| a >= b));
    }
}
