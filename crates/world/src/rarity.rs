//! How often each fact is mentioned: evenly, or after Zipf, so that what a model recalls can be set
//! against how often it has read it.
//!
//! The facts are ranked by a seeded permutation. The fact of rank `r`, counted from 1, is drawn with
//! a probability in proportion to `1 / r^s`.

use stdx::Rng;

/// A way to draw facts, by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rarity {
    /// Facts by rank, the most frequent first.
    ranked: Vec<usize>,
    /// The weight of the fact of this rank and of all before it.
    up_to: Vec<u64>,
}

/// The weight of the most frequent fact. Weights are whole numbers, so that a last bit in which two
/// systems' powers differ does not matter.
const HEAVIEST: f64 = 4_294_967_296.0;

impl Rarity {
    /// Of `n` facts, with this exponent; 0 makes all alike.
    pub fn new(n: usize, exponent: f64, seed: u64) -> Self {
        let mut ranked: Vec<usize> = (0..n).collect();
        Rng::stream(seed, "rarity").shuffle(&mut ranked);
        let mut sum = 0;
        let up_to = (1..=n).map(|rank| {
            sum += (HEAVIEST * (rank as f64).powf(-exponent)).round() as u64;
            sum
        });
        Self { up_to: up_to.collect(), ranked }
    }

    /// One of the facts; the first if there are none.
    pub fn draw(&self, rng: &mut Rng) -> usize {
        let ticket = rng.below(self.up_to.last().copied().unwrap_or(0));
        let rank = self.up_to.partition_point(|&sum| sum <= ticket);
        self.ranked.get(rank).copied().unwrap_or(0)
    }

    /// The probability with which each fact is drawn, by its index.
    pub fn frequencies(&self) -> Vec<f64> {
        let total = self.up_to.last().copied().unwrap_or(0) as f64;
        let mut frequencies = vec![0.0; self.ranked.len()];
        let mut before = 0;
        for (&fact, &sum) in self.ranked.iter().zip(&self.up_to) {
            frequencies[fact] = (sum - before) as f64 / total;
            before = sum;
        }
        frequencies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_as_often_as_their_frequency_says() {
        for exponent in [0.0, 1.0, 2.0] {
            let rarity = Rarity::new(50, exponent, 3);
            let frequencies = rarity.frequencies();
            assert!((frequencies.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let mut rng = Rng::new(1);
            let mut counts = vec![0.0; 50];
            (0..200_000).for_each(|_| counts[rarity.draw(&mut rng)] += 1.0);
            for (count, frequency) in counts.iter().zip(&frequencies) {
                let expected = frequency * 200_000.0;
                assert!((count - expected).abs() < 6.0 * expected.sqrt(), "{count} {expected}");
            }
            let most = frequencies.iter().copied().fold(0.0, f64::max);
            let least = frequencies.iter().copied().fold(1.0, f64::min);
            let ratio = 50_f64.powf(exponent);
            assert!((most / least / ratio - 1.0).abs() < 1e-6, "{most} {least}");
        }
    }
}
