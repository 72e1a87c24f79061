//! Which worlds are learnt from, and which are kept to measure with.
//!
//! A person is a first name and a family name; a village is a first and a last half of a name. Each
//! such pair belongs to one split for ever, by a hash of its two indices, so that no person and no
//! village of one split is ever met in another, whatever the seeds. The halves are met in all of
//! them: a model can know how "Ada" is read without knowing Ada Finch.

use serde::{Deserialize, Serialize};
use stdx::Rng;

/// A part of all possible worlds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Learnt from: eight tenths.
    Train,
    /// Looked at while learning: one tenth.
    Validation,
    /// The exam: one tenth.
    Test,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The split that a pair of things belongs to.
    pub fn of(first: usize, second: usize) -> Self {
        let mixed = (first as u64) << 32 | second as u64;
        match scramble(mixed) % 10 {
            0 => Self::Test,
            1 => Self::Validation,
            _ => Self::Train,
        }
    }

    /// The seed of this split's village: that of what is learnt from is the seed itself.
    pub(crate) fn seed(self, seed: u64) -> u64 {
        match self {
            Self::Train => seed,
            _ => Rng::stream(seed, self.word()).next_u64(),
        }
    }

    /// "train", "validation", "test".
    pub fn name(self) -> &'static str {
        self.word()
    }

    /// A word for seeds: streams of different splits differ.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// The finalizer of SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom number
/// generators", 2014): every bit of the input moves every bit of the output.
fn scramble(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_for_the_exam_and_a_tenth_for_looks() {
        let count = |split| {
            let pairs = (0..100).flat_map(|a| (0..100).map(move |b| (a, b)));
            pairs.filter(|&(a, b)| Split::of(a, b) == split).count()
        };
        assert!((900..1100).contains(&count(Split::Test)), "{}", count(Split::Test));
        assert!((900..1100).contains(&count(Split::Validation)));
    }
}
