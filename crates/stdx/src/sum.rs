//! A running sum in the manner of FNV-1a (Fowler, Noll, Vo), a word at a time: equal on every
//! machine, and any single changed word changes it. It finds damage; it stops no forger.

/// The sum so far.
#[derive(Clone, Debug)]
pub struct Sum(u64);

impl Default for Sum {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Sum {
    /// Takes one more word.
    pub fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
    }

    /// Takes bytes, eight to a word; a last word is filled up with zeros.
    pub fn add_bytes(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    /// The sum of all words so far.
    pub fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_changes_the_sum() {
        let of = |bytes: &[u8]| {
            let mut sum = Sum::default();
            sum.add_bytes(bytes);
            sum.finish()
        };
        let bytes: Vec<u8> = (0..19).collect();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            assert_ne!(of(&other), of(&bytes), "byte {at}");
        }
    }
}
