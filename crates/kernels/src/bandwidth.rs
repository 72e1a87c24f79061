//! How fast memory is read: what decoding token by token is measured against.

use rayon::prelude::*;

use crate::for_each_isa;
use crate::pages::Pages;

/// Bytes that are read: more than any cache holds.
const BYTES: usize = 512 << 20;
/// Bytes that a thread reads in one go.
const CHUNK: usize = 2 << 20;

/// Memory to read, of the kind that weights lie in.
pub struct Memory(Pages);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({BYTES} bytes)")
    }
}

impl Default for Memory {
    fn default() -> Self {
        let mut pages = Pages::zeroed(BYTES);
        pages.as_mut().par_chunks_mut(CHUNK).for_each(|bytes| bytes.fill(1));
        Self(pages)
    }
}

impl Memory {
    /// Reads all of it once on all threads and gives the bytes; the caller holds the clock.
    pub fn read(&self) -> usize {
        let bytes = self.0.as_ref();
        let sum = bytes.par_chunks(CHUNK).map(sum).reduce(|| 0, u64::wrapping_add);
        std::hint::black_box(sum);
        bytes.len()
    }
}

for_each_isa!(fn sum(bytes: &[u8]) -> u64 => sum_body);

#[inline(always)]
fn sum_body(bytes: &[u8]) -> u64 {
    let numbers = bytes.as_chunks().0.iter();
    numbers.fold(0, |sum, bytes| sum.wrapping_add(u64::from_ne_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read() {
        let numbers: Vec<u8> = (1..=64).flat_map(u64::to_ne_bytes).collect();
        assert_eq!(sum(&numbers), 64 * 65 / 2);
    }
}
