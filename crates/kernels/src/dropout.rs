//! Dropout (Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
//! 2014), inverted: `y = x / (1 - p)` for what is kept, 0 for the share `p` that is not, so that
//! nothing changes where nothing is dropped.
//!
//! Whether value `i` is kept is a random word of [`crate::philox`], keyed by the seed, at a counter
//! made of the place and `i`. So the same seed and place give the same mask on any number of
//! threads and for either number type, and the backward pass makes the mask again instead of
//! keeping it. Value `i` takes word `(i % 64) / 16` of counter `i / 64 * 16 + i % 16`: sixteen
//! counters side by side give 64 values as they lie.

use crate::element::Element;
use crate::for_each_isa;
use crate::lanes::WIDTH;
use crate::parallel;
use crate::philox::words_in_lanes;

/// Values that one call of the generator serves.
const BLOCK: usize = 4 * WIDTH;
/// Elements done together, a whole number of blocks.
const CHUNK: usize = 128 * BLOCK;

/// What is dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// p, the share of values that become 0: at least 0, below 1.
    pub share: f32,
    /// The run's seed.
    pub seed: u64,
    /// Which use of dropout this is: another number for each layer and step.
    pub place: u64,
}

impl Dropout {
    /// What is kept is multiplied by this.
    fn scale(self) -> f32 {
        1.0 / (1.0 - self.share)
    }

    /// Words below this drop their value.
    fn threshold(self) -> u32 {
        // It fits: p below 1 is at most 1 - 2^-24.
        (f64::from(self.share) * 4_294_967_296.0) as u32
    }

    fn check(self) {
        let share = self.share;
        assert!((0.0..1.0).contains(&share), "dropout: a share of {share} is not in 0..1");
    }
}

/// `y` of `x`.
pub fn dropout<E: Element>(with: Dropout, x: &[E], y: &mut [E]) {
    with.check();
    assert_eq!(x.len(), y.len(), "dropout: x and y differ in length");
    parallel::rows_mut(y, 1, CHUNK, |at, y| dropout_chunk(with, at, &x[at..][..y.len()], y));
}

/// The gradient of [`dropout`]: what was dropped has none, the rest is scaled as it was.
pub fn dropout_backward<E: Element>(with: Dropout, dy: &[E], dx: &mut [E]) {
    dropout(with, dy, dx);
}

/// What [`dropout`] multiplies each value by: 0 or `1 / (1 - p)`.
pub fn mask(with: Dropout, n: usize) -> Vec<f32> {
    let mut mask = vec![f32::NAN; n];
    dropout(with, &vec![1.0; n], &mut mask);
    mask
}

for_each_isa!(
    fn dropout_chunk<E: Element>(with: Dropout, at: usize, x: &[E], y: &mut [E])
        => dropout_body
);

/// The values from `at` on, a whole number of blocks.
#[inline(always)]
fn dropout_body<E: Element>(with: Dropout, at: usize, x: &[E], y: &mut [E]) {
    let (threshold, scale) = (with.threshold(), with.scale());
    let key = [with.seed as u32, (with.seed >> 32) as u32];
    let words = |block: usize| {
        let first = (at / BLOCK + block) * WIDTH;
        words_in_lanes(first as u64, with.place, key)
    };
    let kept =
        |x: &E, word: u32| E::from_f32(if word < threshold { 0.0 } else { x.to_f32() * scale });
    let (blocks, rest) = x.as_chunks::<BLOCK>();
    let (y_blocks, y_rest) = y.as_chunks_mut::<BLOCK>();
    for (block, (x, y)) in blocks.iter().zip(y_blocks).enumerate() {
        for (i, word) in words(block).as_flattened().iter().enumerate() {
            y[i] = kept(&x[i], *word);
        }
    }
    if !rest.is_empty() {
        let words = words(blocks.len());
        for ((y, x), word) in y_rest.iter_mut().zip(rest).zip(words.as_flattened()) {
            *y = kept(x, *word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::bf16;
    use crate::philox;

    fn wave(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 0.7).sin() + 2.0).collect()
    }

    /// One value at a time, straight from what the module says.
    fn naive(with: Dropout, x: &[f32]) -> Vec<f32> {
        let key = [with.seed as u32, (with.seed >> 32) as u32];
        let value = |(i, &x): (usize, &f32)| {
            let low = (i / 64 * 16 + i % 16) as u64;
            let high = with.place;
            let counter = [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32];
            let word = philox::words(counter, key)[i % 64 / 16];
            let kept = f64::from(word) / 4_294_967_296.0 >= f64::from(with.share);
            if kept { x * (1.0 / (1.0 - with.share)) } else { 0.0 }
        };
        x.iter().enumerate().map(value).collect()
    }

    #[test]
    fn values_are_those_of_the_plain_rule_and_so_are_gradients() {
        let (seed, place) = (0x1234_5678_9abc_def0, 1 << 40);
        for share in [0.0, 0.1, 0.5, 0.999] {
            for n in [1, 15, 64, 65, 1000, 3 * CHUNK + 77] {
                let (with, x) = (Dropout { share, seed, place }, wave(n));
                let (mut y, mut dx, mut portable) = (x.clone(), x.clone(), x.clone());
                dropout(with, &x, &mut y);
                dropout_backward(with, &x, &mut dx);
                dropout_body(with, 0, &x, &mut portable);
                let expected = naive(with, &x);
                assert_eq!(y, expected, "{share} of {n}");
                assert_eq!((dx, portable), (expected.clone(), expected), "{share} of {n}");
            }
        }
    }

    #[test]
    fn the_share_is_kept_and_the_mean_stays() {
        let n = 1_000_000;
        for share in [0.05, 0.1, 0.5, 0.9] {
            let mask = mask(Dropout { share, seed: 1, place: 2 }, n);
            let dropped = mask.iter().filter(|&&m| m == 0.0).count() as f64 / n as f64;
            let share = f64::from(share);
            // Five standard deviations.
            let error = 5.0 * (share * (1.0 - share) / n as f64).sqrt();
            assert!((dropped - share).abs() < error, "{dropped} were dropped, not {share}");
            let mean = mask.iter().map(|&m| f64::from(m)).sum::<f64>() / n as f64;
            assert!((mean - 1.0).abs() < error / (1.0 - share) + 1e-6, "the mean is {mean}");
        }
    }

    #[test]
    fn seed_and_place_change_the_mask_and_nothing_else_does() {
        let with = Dropout { share: 0.5, seed: 1, place: 2 };
        let n = 100_000;
        let of = |with| mask(with, n);
        let agree = |a: &[f32], b: &[f32]| a.iter().zip(b).filter(|(a, b)| a == b).count();
        for other in [Dropout { seed: 3, ..with }, Dropout { place: 3, ..with }] {
            let same = agree(&of(with), &of(other));
            assert!(same.abs_diff(n / 2) < 1000, "{same} of {n} agree by chance");
        }
        // Neighbours know nothing of each other.
        let mask = of(with);
        let same = agree(&mask, &mask[1..]);
        assert!(same.abs_diff(n / 2) < 1000, "{same} of {n} are as their neighbours");
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| of(with))
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn bf16_has_the_same_mask_and_is_rounded_once() {
        let with = Dropout { share: 0.3, seed: 9, place: 0 };
        let x: Vec<bf16> = wave(1001).into_iter().map(Element::from_f32).collect();
        let wide: Vec<f32> = x.iter().map(|v| v.to_f32()).collect();
        let (mut y, mut expected) = (vec![bf16::NAN; 1001], vec![f32::NAN; 1001]);
        dropout(with, &x, &mut y);
        dropout(with, &wide, &mut expected);
        assert!(y.iter().zip(expected).all(|(y, e)| *y == <bf16 as Element>::from_f32(e)));
    }
}
