//! Sixteen `f32` side by side: what one AVX-512 register holds, two AVX2 registers, four NEON ones.
//!
//! A sum over a slice is kept in [`WIDTH`] separate sums and folded in a fixed order at the end,
//! so that its bits do not depend on the instructions it was compiled to.

use crate::element::Element;

/// How many numbers go side by side.
pub const WIDTH: usize = 16;

/// The numbers themselves.
pub type Lanes = [f32; WIDTH];

/// The sum over the lanes, halves onto halves.
#[inline(always)]
pub fn sum(mut lanes: Lanes) -> f32 {
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            lanes[i] += lanes[i + half];
        }
    }
    lanes[0]
}

/// `Σ term(i)` for `i` in `0..n`; index `i` goes to lane `i % WIDTH`.
#[inline(always)]
pub fn sum_of(n: usize, term: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0; WIDTH];
    let whole = n - n % WIDTH;
    for start in (0..whole).step_by(WIDTH) {
        for (l, lane) in lanes.iter_mut().enumerate() {
            *lane += term(start + l);
        }
    }
    for (i, lane) in (whole..n).zip(&mut lanes) {
        *lane += term(i);
    }
    sum(lanes)
}

/// `Σ term(v)` over the values of `x`, as [`sum_of`] makes it; chunks of known length are what the
/// compiler turns into vector code.
#[inline(always)]
pub fn sum_over<E: Element>(x: &[E], term: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; WIDTH];
    let mut chunks = x.chunks_exact(WIDTH);
    for chunk in &mut chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane += term(v.to_f32());
        }
    }
    for (lane, v) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane += term(v.to_f32());
    }
    sum(lanes)
}

/// `Σ a b`, as [`sum_of`] makes it.
#[inline(always)]
pub fn dot<E: Element>(a: &[E], b: &[E]) -> f32 {
    let mut lanes = [0.0; WIDTH];
    let (a, rest_of_a) = a.as_chunks::<WIDTH>();
    let (b, rest_of_b) = b.as_chunks::<WIDTH>();
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a.to_f32() * b.to_f32();
        }
    }
    for (lane, (a, b)) in lanes.iter_mut().zip(rest_of_a.iter().zip(rest_of_b)) {
        *lane += a.to_f32() * b.to_f32();
    }
    sum(lanes)
}

/// The greatest of `x` (`-inf` if empty); a NaN among them may or may not be seen.
#[inline(always)]
pub fn max(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; WIDTH];
    let mut chunks = x.chunks_exact(WIDTH);
    for chunk in &mut chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = if v > *lane { v } else { *lane };
        }
    }
    lanes
        .iter()
        .chain(chunks.remainder())
        .fold(f32::NEG_INFINITY, |m, &v| if v > m { v } else { m })
}

/// The greatest `|x|` (0 if empty); a NaN among them may or may not be seen.
#[inline(always)]
pub fn max_abs(x: &[f32]) -> f32 {
    let mut lanes = [0.0; WIDTH];
    let (chunks, rest) = x.as_chunks::<WIDTH>();
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane = if v.abs() > *lane { v.abs() } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(0.0, |m, v| if v.abs() > m { v.abs() } else { m })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_maxima_see_every_value_once() {
        for n in [0, 1, 15, 16, 17, 40] {
            let x: Vec<f32> = (1..=n).map(|i| i as f32).collect();
            assert_eq!(sum_of(n, |i| x[i]), (n * (n + 1) / 2) as f32);
            assert_eq!(sum_over(&x, |v| v), (n * (n + 1) / 2) as f32);
            assert_eq!(dot(&x, &x), (n * (n + 1) * (2 * n + 1) / 6) as f32);
            assert_eq!(max(&x), if n == 0 { f32::NEG_INFINITY } else { n as f32 });
            let turned: Vec<f32> = x.iter().map(|v| -v).collect();
            assert_eq!((max_abs(&x), max_abs(&turned)), (n as f32, n as f32));
        }
    }
}
