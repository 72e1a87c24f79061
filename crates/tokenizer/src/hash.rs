//! A hash of bytes that nobody can prepare a file for.
//!
//! Vocabularies come from strangers, and a table whose hash is known can be filled with pieces that
//! all fall into one place. So each process draws two numbers that go into every hash. What is made
//! of a file or a text does not depend on them: no order of a table is ever shown.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// The drawn numbers.
fn keys() -> [u64; 2] {
    static KEYS: OnceLock<[u64; 2]> = OnceLock::new();
    *KEYS.get_or_init(|| [0u8, 1].map(|n| RandomState::new().hash_one(n)))
}

/// Both halves of the product, which every bit of the factors reaches.
#[inline(always)]
pub(crate) fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Sixteen bytes at a time; the last sixteen may overlap those before.
#[inline]
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let [one, other] = keys();
    let mut hash = one;
    let (chunks, rest) = bytes.as_chunks::<16>();
    let mut add = |sixteen: [u8; 16]| {
        let sixteen = u128::from_le_bytes(sixteen);
        hash = fold(sixteen as u64 ^ hash, (sixteen >> 64) as u64 ^ other);
    };
    chunks.iter().for_each(|chunk| add(*chunk));
    match bytes.last_chunk::<16>() {
        Some(last) if !rest.is_empty() => add(*last),
        Some(_) => {}
        None => {
            let mut last = [0; 16];
            last[..rest.len()].copy_from_slice(rest);
            add(last);
        }
    }
    // Apart from the bytes, or a length could undo what a byte did.
    fold(hash ^ bytes.len() as u64, other)
}

/// A map whose keys strangers choose.
pub(crate) type KeyedMap<K, V> = HashMap<K, V, Keyed>;

/// A set of what strangers choose.
pub(crate) type KeyedSet<K> = HashSet<K, Keyed>;

/// [`hash`] for the maps of the standard library.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Keyed;

impl Keyed {
    /// A number that is this process's, for a table with a hash of its own.
    pub(crate) fn secret() -> u64 {
        keys()[0]
    }
}

impl BuildHasher for Keyed {
    type Hasher = KeyedHasher;

    fn build_hasher(&self) -> KeyedHasher {
        KeyedHasher(0)
    }
}

/// The bytes that were written, hashed.
#[derive(Debug)]
pub(crate) struct KeyedHasher(u64);

impl Hasher for KeyedHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = fold(self.0 ^ keys()[1], hash(bytes));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_places_count() {
        let all: Vec<Vec<u8>> = (0..100)
            .flat_map(|len| [0, len / 2].map(|at| (0..len).map(|i| u8::from(i == at)).collect()))
            .collect();
        let different: HashSet<&Vec<u8>> = all.iter().collect();
        let hashes: HashSet<u64> = different.iter().map(|bytes| hash(bytes)).collect();
        assert_eq!(hashes.len(), different.len());
    }

    #[test]
    fn low_bits_are_spread() {
        // Where all bits are even chances, a table of as many places stays empty in a share of 1/e.
        let places: HashSet<u64> = (0u32..4096).map(|n| hash(&n.to_le_bytes()) % 4096).collect();
        assert!((2400..2800).contains(&places.len()), "{}", places.len());
    }
}
