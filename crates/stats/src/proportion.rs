//! A share of successes with its interval: Wilson, "Probable Inference, the Law of Succession, and
//! Statistical Inference" (1927). Unlike the normal approximation it stays between 0 and 1 and is
//! right near both ends.
//!
//! `(p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)` with `z` = 1.96 for 95 %.

use serde::{Deserialize, Serialize};

/// The quantile of the normal distribution that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;

/// A share, measured on `n` cases.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// Successes over cases; 0 where there are none.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Cases.
    pub n: u64,
}

impl Proportion {
    /// The share of `successes` in `n` cases.
    ///
    /// # Panics
    /// If there are more successes than cases.
    pub fn new(successes: u64, n: u64) -> Self {
        assert!(successes <= n, "{successes} successes in {n} cases");
        if n == 0 {
            return Self { value: 0.0, low: 0.0, high: 1.0, n };
        }
        let (cases, p) = (n as f64, successes as f64 / n as f64);
        let z2 = Z * Z / cases;
        let half = Z * (p * (1.0 - p) / cases + z2 / (4.0 * cases)).sqrt();
        let (middle, scale) = (p + z2 / 2.0, 1.0 + z2);
        let low = ((middle - half) / scale).max(0.0);
        let high = ((middle + half) / scale).min(1.0);
        Self { value: p, low: if successes == 0 { 0.0 } else { low }, high, n }
    }

    /// Whether the intervals do not overlap: a difference that is more than noise.
    pub fn differs(&self, other: &Self) -> bool {
        self.low > other.high || other.low > self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_interval_of_the_books() {
        // scipy 1.17.1, binomtest(x, n).proportion_ci(method="wilson").
        let check = |x, n, low: f64, high: f64| {
            let share = Proportion::new(x, n);
            assert!((share.low - low).abs() < 1e-6, "{share:?}");
            assert!((share.high - high).abs() < 1e-6, "{share:?}");
        };
        check(5, 10, 0.236593, 0.763407);
        check(0, 10, 0.0, 0.277533);
        check(10, 10, 0.722467, 1.0);
        check(450, 500, 0.870578, 0.923322);
    }

    #[test]
    fn nothing_measured_says_nothing() {
        let nothing = Proportion::new(0, 0);
        assert_eq!((nothing.low, nothing.high), (0.0, 1.0));
        assert!(!nothing.differs(&Proportion::new(1, 1)));
    }
}
