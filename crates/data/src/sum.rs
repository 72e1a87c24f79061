//! A running sum in the manner of FNV-1a (Fowler, Noll, Vo), a word at a time: equal on every
//! machine, and any single changed word changes it. It finds damage; it stops no forger.

/// The sum so far.
#[derive(Clone, Debug)]
pub(crate) struct Sum(u64);

impl Default for Sum {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Sum {
    pub(crate) fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0000_01b3);
    }

    pub(crate) fn finish(&self) -> u64 {
        self.0
    }
}
