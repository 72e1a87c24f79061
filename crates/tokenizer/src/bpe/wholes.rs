//! Words that are one token: asked for by each word that no cache knows, before it is merged.
//!
//! A word of up to 15 bytes is its own [`Key`], so that finding one touches its tag and its slot, and
//! no piece has to be compared: through the vocabulary it is four places in memory, each known only by
//! the one before. Longer ones, which are few, are in a map.

use super::NO_ID;
use crate::hash::{Keyed, KeyedMap};
use crate::key::Key;

/// The ids of words by the words.
#[derive(Clone, Debug)]
pub(super) struct Wholes {
    /// A byte of each slot's hash, 0 where it is free: most words that are asked for are not here.
    tags: Vec<u8>,
    /// A power of two of them, half of them free.
    slots: Vec<(Key, u32)>,
    long: KeyedMap<Box<[u8]>, u32>,
    /// What nobody knows who makes a file.
    secret: u64,
}

impl Default for Wholes {
    fn default() -> Self {
        Self::new([])
    }
}

impl Wholes {
    /// Different words with their ids.
    pub(super) fn new<'w>(words: impl IntoIterator<Item = (&'w [u8], u32)>) -> Self {
        let (short, long): (Vec<_>, Vec<_>) =
            words.into_iter().partition(|(word, _)| Key::holds(word));
        let n_slots = (2 * short.len()).next_power_of_two();
        let mut wholes = Self {
            tags: vec![0; n_slots],
            slots: vec![(Key::default(), NO_ID); n_slots],
            long: long.into_iter().map(|(word, id)| (word.into(), id)).collect(),
            secret: Keyed::secret(),
        };
        for (word, id) in short {
            let key = Key::of(word);
            let (slot, tag) = wholes.slot(key);
            (wholes.tags[slot], wholes.slots[slot]) = (tag, (key, id));
        }
        wholes
    }

    /// Where a key is, or would be, and its tag.
    #[inline(always)]
    fn slot(&self, key: Key) -> (usize, u8) {
        let (mask, hash) = (self.slots.len() - 1, key.hash_with(self.secret));
        let (mut slot, tag) = (hash as usize & mask, (hash >> 56) as u8 | 0x80);
        loop {
            let found = self.tags[slot];
            if found == 0 || found == tag && self.slots[slot].0 == key {
                return (slot, tag);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The id of a short word, by its key.
    #[inline]
    pub(super) fn short(&self, key: Key) -> Option<u32> {
        Some(self.slots[self.slot(key).0].1).filter(|&id| id != NO_ID)
    }

    /// The id of a word.
    #[inline]
    pub(super) fn get(&self, word: &[u8]) -> Option<u32> {
        if Key::holds(word) { self.short(Key::of(word)) } else { self.long.get(word).copied() }
    }

    /// From now on `word` is none of them.
    pub(super) fn forget(&mut self, word: &[u8]) {
        if Key::holds(word) {
            // The key stays, so that those behind it are found.
            let slot = self.slot(Key::of(word)).0;
            self.slots[slot].1 = NO_ID;
        } else {
            self.long.remove(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_map(mut words in prop::collection::btree_map("[ab]{0,20}", 0u32..1000, 0..60),
                       others in prop::collection::vec("[ab]{0,20}", 20)) {
            let mut wholes = Wholes::new(words.iter().map(|(word, &id)| (word.as_bytes(), id)));
            let same = |wholes: &Wholes, words: &BTreeMap<String, u32>| {
                words.keys().chain(&others).all(|w| wholes.get(w.as_bytes()) == words.get(w).copied())
            };
            prop_assert!(same(&wholes, &words));
            let gone: Vec<String> = words.keys().step_by(3).chain(&others).cloned().collect();
            for word in gone {
                wholes.forget(word.as_bytes());
                words.remove(&word);
                prop_assert_eq!(wholes.get(word.as_bytes()), None);
            }
            prop_assert!(same(&wholes, &words));
        }
    }
}
