//! Sums, norms and checks over a whole array, in a fixed order.
//!
//! Chunks of [`CHUNK`] values are summed in sixteen f64 lanes, then the chunks in order: the same
//! bits on any number of threads and any instruction set.

use crate::for_each_isa;
use crate::lanes::WIDTH;
use crate::parallel;

/// Values summed together.
pub const CHUNK: usize = 16 * 1024;

/// `Σ x`.
pub fn sum(x: &[f32]) -> f64 {
    by_chunk(x, sum_chunk).into_iter().sum()
}

/// `Σ x²`.
pub fn sum_of_squares(x: &[f32]) -> f64 {
    by_chunk(x, squares_chunk).into_iter().sum()
}

/// [`sum_of_squares`] on the calling thread alone: the same bits.
pub fn sum_of_squares_alone(x: &[f32]) -> f64 {
    x.chunks(CHUNK).map(squares_chunk).sum()
}

/// The greatest `|x|`, 0 if empty, NaN if there is one.
pub fn max_abs(x: &[f32]) -> f32 {
    f32::from_bits(by_chunk(x, greatest_bits).into_iter().max().unwrap_or(0))
}

/// Where the first infinity or NaN is.
pub fn first_non_finite(x: &[f32]) -> Option<usize> {
    let greatest = by_chunk(x, greatest_bits);
    let chunk = greatest.into_iter().position(|bits| bits >= f32::INFINITY.to_bits())?;
    let from = chunk * CHUNK;
    x[from..].iter().position(|v| !v.is_finite()).map(|i| from + i)
}

fn by_chunk<R: Send>(x: &[f32], work: impl Fn(&[f32]) -> R + Sync + Send) -> Vec<R> {
    let chunk = |i: usize| work(&x[i * CHUNK..x.len().min((i + 1) * CHUNK)]);
    parallel::map(x.len().div_ceil(CHUNK), x.len() >= 4 * CHUNK, chunk)
}

for_each_isa!(fn sum_chunk(x: &[f32]) -> f64 => sum_body);
for_each_isa!(fn squares_chunk(x: &[f32]) -> f64 => squares_body);
for_each_isa!(fn greatest_bits(x: &[f32]) -> u32 => greatest_bits_body);

#[inline(always)]
fn sum_body(x: &[f32]) -> f64 {
    in_lanes(x, |v| v)
}

#[inline(always)]
fn squares_body(x: &[f32]) -> f64 {
    in_lanes(x, |v| v * v)
}

/// The bits of the greatest magnitude: without the sign they are ordered as the numbers are, with
/// infinity above and NaN above that.
#[inline(always)]
fn greatest_bits_body(x: &[f32]) -> u32 {
    x.iter().fold(0, |most, v| most.max(v.to_bits() & 0x7fff_ffff))
}

#[inline(always)]
fn in_lanes(x: &[f32], term: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0_f64; WIDTH];
    let mut chunks = x.chunks_exact(WIDTH);
    for chunk in &mut chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane += term(f64::from(v));
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane += term(f64::from(v));
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_a_plain_loop() {
        for n in [0, 1, 17, CHUNK, CHUNK + 1, 5 * CHUNK + 3] {
            let x: Vec<f32> = (0..n).map(|i| (i as f32).sin()).collect();
            let plain: f64 = x.iter().map(|&v| f64::from(v)).sum();
            let squares: f64 = x.iter().map(|&v| f64::from(v).powi(2)).sum();
            assert!((sum(&x) - plain).abs() < 1e-9);
            assert!((sum_of_squares(&x) - squares).abs() < 1e-8);
            assert_eq!(max_abs(&x), x.iter().fold(0.0, |m, v| v.abs().max(m)));
            let portable: f64 = x.chunks(CHUNK).map(squares_body).sum();
            assert_eq!(sum_of_squares(&x), portable, "same bits on every instruction set");
            assert_eq!(sum_of_squares_alone(&x), portable, "same bits on one thread");
        }
    }

    #[test]
    fn the_first_bad_value_is_found() {
        let mut x = vec![1.0_f32; 6 * CHUNK + 5];
        assert_eq!(first_non_finite(&x), None);
        x[6 * CHUNK + 4] = f32::NAN;
        assert_eq!(first_non_finite(&x), Some(6 * CHUNK + 4));
        x[CHUNK] = f32::NEG_INFINITY;
        assert_eq!(first_non_finite(&x), Some(CHUNK));
        assert!(max_abs(&x).is_nan());
        assert_eq!(max_abs(&x[..2 * CHUNK]), f32::INFINITY);
    }

    #[test]
    fn threads_change_no_bit() {
        let x: Vec<f32> = (0..9 * CHUNK).map(|i| (i as f32).sin()).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| (sum(&x), sum_of_squares(&x)))
        };
        assert_eq!(run(1), run(3));
    }
}
