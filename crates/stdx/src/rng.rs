//! The project's random numbers: xoshiro256++ (Blackman & Vigna, "Scrambled Linear Pseudorandom
//! Number Generators", 2021), seeded through SplitMix64.
//!
//! Every method is defined on integers, so a seed gives the same stream on every machine. A
//! generator is four words that serialise as a checkpoint's `[u64; 4]`. Not for secrets.

/// A seeded generator. Cheap to copy out as [`Rng::state`] and to resume from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator for `seed`. Equal seeds give equal streams.
    pub fn new(seed: u64) -> Self {
        let mut word = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut word)) }
    }

    /// An independent generator for a named purpose: the same `seed` serves many streams without
    /// their numbers overlapping (`Rng::stream(seed, "init")`, `Rng::stream(seed, "shuffle")`).
    pub fn stream(seed: u64, purpose: &str) -> Self {
        // FNV-1a: stable for ever, unlike std's hasher.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        Self::new(seed ^ hash)
    }

    /// The four words to store in a checkpoint.
    pub fn state(&self) -> [u64; 4] {
        self.state
    }

    /// Continues a stream from words that [`Rng::state`] gave. All zeros is not a state that any
    /// generator reaches; it is replaced by seed 0.
    pub fn from_state(state: [u64; 4]) -> Self {
        if state == [0; 4] { Self::new(0) } else { Self { state } }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A uniform integer in `0..n`, without bias (Lemire, "Fast Random Integer Generation in an
    /// Interval", 2019). `n` of 0 gives 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// A uniform integer in `0..n` as an index.
    pub fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// A uniform integer in `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low) as u64 + 1) as i64
    }

    /// True once in `one_in` calls on average.
    pub fn one_in(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A uniform number in `[0, 1)` with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// A nearly normal number, mean 0 and variance 1: the sum of twelve uniforms (Irwin–Hall), so
    /// that it needs no logarithm whose last bit differs between systems. Never beyond ±6.
    pub fn normal(&mut self) -> f64 {
        let sum: u64 = (0..6).map(|_| self.next_u64()).map(|w| (w >> 32) + (w & 0xffff_ffff)).sum();
        sum as f64 / 4_294_967_296.0 - 6.0
    }

    /// One of `items`, each equally likely.
    ///
    /// # Panics
    /// If `items` is empty: there is nothing to choose.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }

    /// An index drawn in proportion to `weights`; 0 if all are zero.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut ticket = self.below(weights.iter().map(|&w| u64::from(w)).sum());
        for (i, &w) in weights.iter().enumerate() {
            if ticket < u64::from(w) {
                return i;
            }
            ticket -= u64::from(w);
        }
        0
    }

    /// Puts `items` in a uniformly random order (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.index(i + 1));
        }
    }
}

/// One step of SplitMix64 (Steele et al., 2014).
fn split_mix(word: &mut u64) -> u64 {
    *word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *word;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_published_one() {
        // First outputs of the reference C code (xoshiro256plusplus.c) from this state.
        let mut rng = Rng::from_state([1, 2, 3, 4]);
        let got: Vec<u64> = (0..4).map(|_| rng.next_u64()).collect();
        assert_eq!(got, [41943041, 58720359, 3588806011781223, 3591011842654386]);
    }

    #[test]
    fn a_stream_resumes_from_its_state() {
        let mut rng = Rng::new(3);
        rng.next_u64();
        let mut resumed = Rng::from_state(rng.state());
        assert_eq!(rng.next_u64(), resumed.next_u64());
    }

    #[test]
    fn below_is_uniform_and_in_range() {
        let mut rng = Rng::new(1);
        let mut counts = [0; 5];
        (0..50_000).for_each(|_| counts[rng.index(5)] += 1);
        assert!(counts.iter().all(|c| (9_500..10_500).contains(c)), "{counts:?}");
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.between(-3, -3), -3);
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut rng = Rng::new(2);
        let xs: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
        let mean = xs.iter().sum::<f64>() / xs.len() as f64;
        let var = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / xs.len() as f64;
        assert!(mean.abs() < 0.02 && (var - 1.0).abs() < 0.02, "{mean} {var}");
    }

    #[test]
    fn weights_are_kept() {
        let mut rng = Rng::new(5);
        let picks: Vec<usize> = (0..1000).map(|_| rng.weighted(&[0, 3, 0, 1])).collect();
        assert!(picks.iter().all(|p| [1, 3].contains(p)));
        assert!((650..850).contains(&picks.iter().filter(|&&p| p == 1).count()));
    }

    #[test]
    fn purposes_do_not_share_a_stream() {
        assert_ne!(Rng::stream(1, "init").next_u64(), Rng::stream(1, "shuffle").next_u64());
    }
}
