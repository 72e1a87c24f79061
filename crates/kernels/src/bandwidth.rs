//! How fast memory is read: what decoding token by token is measured against.

use rayon::prelude::*;

use crate::for_each_isa;

/// Bytes that are read: more than any cache holds.
const BYTES: usize = 512 << 20;
/// Numbers that a thread reads in one go.
const CHUNK: usize = 256 << 10;

/// Memory to read.
#[derive(Debug)]
pub struct Memory(Vec<u64>);

impl Default for Memory {
    fn default() -> Self {
        Self((0..BYTES as u64 / 8).collect())
    }
}

impl Memory {
    /// Reads all of it once on all threads and gives the bytes; the caller holds the clock.
    pub fn read(&self) -> usize {
        let sum = self.0.par_chunks(CHUNK).map(sum).reduce(|| 0, u64::wrapping_add);
        std::hint::black_box(sum);
        size_of_val(&self.0[..])
    }
}

for_each_isa!(fn sum(numbers: &[u64]) -> u64 => sum_body);

#[inline(always)]
fn sum_body(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0, |sum, x| sum.wrapping_add(*x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read() {
        let numbers: Vec<u64> = (1..=64).collect();
        assert_eq!(sum(&numbers), 64 * 65 / 2);
    }
}
