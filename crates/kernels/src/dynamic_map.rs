//! Bytes that stand for numbers from 0 to 1, or from -1 to 1: the dynamic map of Dettmers ("8-Bit
//! Approximations for Parallelism in Deep Learning", 2015; Dettmers et al., "8-bit Optimizers via
//! Block-wise Quantization", 2022, section 2.2).
//!
//! Seven decades from 1e-7 to 1, each with twice the numbers of the one below: of decade i,
//! `10^(i-7)` to `10^(i-6)`, the middles of F equal parts, F = 2^i, or 2^(i+1) without a sign. Besides them
//! 0 and 1; there is no -1. Codes are in the order of their numbers, and a number's code is that of
//! the nearest.
//!
//! The nearest is found by the upper half of a number's bits: they name an interval so narrow that
//! one border between two codes lies in it at most.

use std::sync::LazyLock;

/// Numbers from -1 to 1.
pub static SIGNED: LazyLock<Map> = LazyLock::new(|| Map::new(true));
/// Numbers from 0 to 1.
pub static UNSIGNED: LazyLock<Map> = LazyLock::new(|| Map::new(false));

/// Decades.
const DECADES: i32 = 7;
/// The upper half of the bits of 1.
const OF_ONE: usize = 0x3f80;

/// A map.
#[derive(Debug)]
pub struct Map {
    /// By code.
    values: [f32; 256],
    /// The code of zero.
    zero: u8,
    /// Of magnitudes, the zero first: what lies between one and the next; infinity at the end.
    borders: [f32; 256],
    /// By the upper half of a magnitude's bits: the place of the smallest such magnitude.
    places: Box<[u8]>,
}

impl Map {
    fn new(is_signed: bool) -> Self {
        let magnitudes = magnitudes(is_signed);
        let negative = if is_signed { magnitudes.len() - 2 } else { 0 };
        let mut values = [0.0; 256];
        for (place, &magnitude) in magnitudes.iter().enumerate() {
            values[negative + place] = magnitude;
            if place > 0 && place <= negative {
                values[negative - place] = -magnitude;
            }
        }
        let mut borders = [f32::INFINITY; 256];
        for (border, pair) in borders.iter_mut().zip(magnitudes.windows(2)) {
            *border = 0.5 * (pair[0] + pair[1]);
        }
        let place = |half: usize| {
            let least = f32::from_bits((half as u32) << 16);
            borders.iter().take_while(|&&border| least > border).count() as u8
        };
        let places = (0..=OF_ONE).map(place).collect();
        Self { values, zero: negative as u8, borders, places }
    }

    /// The number that a code stands for.
    #[inline(always)]
    pub fn value(&self, code: u8) -> f32 {
        self.values[usize::from(code)]
    }

    /// All numbers, by code.
    pub fn values(&self) -> &[f32; 256] {
        &self.values
    }

    /// The code of the number nearest to `x`; the smaller magnitude half way between two.
    #[inline(always)]
    pub fn code(&self, x: f32) -> u8 {
        let magnitude = x.abs();
        let place = self.places[((magnitude.to_bits() >> 16) as usize).min(OF_ONE)];
        let place = place + u8::from(magnitude > self.borders[usize::from(place)]);
        // There is no -1: the last place is for 1 alone.
        if x < 0.0 { self.zero - place.min(self.zero) } else { self.zero + place }
    }
}

/// The numbers from 0 on, in order.
fn magnitudes(is_signed: bool) -> Vec<f32> {
    let mut all = vec![0.0];
    for decade in 0..DECADES {
        let parts: u32 = 1 << if is_signed { decade } else { decade + 1 };
        let middle = |i: u32| 0.1 + 0.9 * (f64::from(i) + 0.5) / f64::from(parts);
        let size = 10_f64.powi(decade + 1 - DECADES);
        all.extend((0..parts).map(|i| (size * middle(i)) as f32));
    }
    all.push(1.0);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The nearest by looking at all.
    fn naive(map: &Map, x: f32) -> f32 {
        let off = |v: &f32| (f64::from(*v) - f64::from(x)).abs();
        let nearest = map.values.iter().min_by(|a, b| off(a).total_cmp(&off(b)));
        *nearest.expect("there are 256")
    }

    #[test]
    fn codes_are_those_of_the_nearest_numbers() {
        for map in [&*SIGNED, &*UNSIGNED] {
            assert!(map.values.is_sorted_by(|a, b| a < b), "256 numbers, in order");
            let mut x = 1.0_f32;
            while x > 1e-9 {
                for x in [x, -x] {
                    if x < map.values[0] - 1.0 {
                        continue;
                    }
                    let (got, expected) = (map.value(map.code(x)), naive(map, x));
                    let off = (f64::from(got) - f64::from(x)).abs();
                    let least = (f64::from(expected) - f64::from(x)).abs();
                    assert!(off <= least * (1.0 + 1e-6), "{x}: {got}, not {expected}");
                }
                x *= 0.9997;
            }
            for code in 0..=255 {
                assert_eq!(map.code(map.value(code)), code, "a number's own code");
            }
            assert_eq!((map.code(0.0), map.code(1.0)), (map.zero, 255));
            assert_eq!(map.value(map.zero), 0.0);
        }
        assert_eq!(SIGNED.code(-1.0), 0);
        assert_eq!(UNSIGNED.code(-1.0), 0, "less than all");
    }

    #[test]
    fn no_interval_holds_two_borders() {
        for map in [&*SIGNED, &*UNSIGNED] {
            let inner = map.borders.iter().filter(|border| border.is_finite());
            let mut halves: Vec<u32> = inner.map(|border| border.to_bits() >> 16).collect();
            let all = halves.len();
            halves.dedup();
            assert_eq!(halves.len(), all);
        }
    }
}
