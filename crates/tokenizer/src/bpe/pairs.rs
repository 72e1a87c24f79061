//! Which pairs merge, when, and into what: a hash table with sixteen bytes a slot.
//!
//! Open addressing with linear steps over a power of two, at most half full, so that a look-up is
//! one cache line most of the time. `rustc-hash`'s map needs two for the same answer. Most pairs that
//! are asked for are none: a byte of the hash of each stands in an array of its own, which says so
//! and is small enough for the second cache where the slots are not. Pairs of ids
//! below 256, which are those of single bytes in most vocabularies, have a table of all their pairs
//! beside it: the first look at a word hashes nothing.

/// No symbol has this id: it marks a free slot.
const FREE: u32 = u32::MAX;

/// A pair that stands further than this from its place makes the table take another hash.
const FAR: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Slot {
    left: u32,
    right: u32,
    rank: u32,
    product: u32,
}

/// A pair that is asked for: the slot to look at first, its tag, and the pair's own.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    at: u32,
    tag: u8,
    found: u8,
}

/// Ids below this have a table of all their pairs.
const SMALL: u32 = 256;

/// Pair to rank and product.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    slots: Vec<Slot>,
    /// A byte of each slot's hash; 0 where it is free.
    tags: Vec<u8>,
    shift: u32,
    multiplier: u64,
    len: usize,
    /// By left id, then right id, where both are small: rank and product. Empty until there is one.
    small: Vec<(u32, u32)>,
    /// One more than the highest rank.
    ranks: u32,
}

impl Default for Pairs {
    fn default() -> Self {
        Self::with_bits(4)
    }
}

impl Pairs {
    fn with_bits(bits: u32) -> Self {
        let free = Slot { left: FREE, right: FREE, rank: 0, product: 0 };
        let multiplier = 0x9E37_79B9_7F4A_7C15; // 2^64 by the golden ratio (Knuth, 6.4).
        let (slots, tags) = (vec![free; 1 << bits], vec![0; 1 << bits]);
        Self { slots, tags, shift: 64 - bits, multiplier, len: 0, small: vec![], ranks: 0 }
    }

    /// The slot to look at first, and the tag.
    #[inline(always)]
    fn place(&self, left: u32, right: u32) -> (usize, u8) {
        let key = u64::from(left) << 32 | u64::from(right);
        let hash = key.wrapping_mul(self.multiplier);
        // The bits of the tag are those below the place's.
        ((hash >> self.shift) as usize, (hash >> (self.shift - 7)) as u8 | 0x80)
    }

    /// The rank of the pair and what it becomes.
    #[inline]
    pub(super) fn get(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        self.answer(self.ask(left, right), left, right)
    }

    /// The first half of [`get`](Self::get), which foresees nothing: of several pairs that are asked
    /// for together, no look into memory waits for a wrong guess about another.
    #[inline(always)]
    pub(super) fn ask(&self, left: u32, right: u32) -> Asked {
        let (at, tag) = self.place(left, right);
        let at = at & (self.tags.len() - 1);
        Asked { at: at as u32, tag, found: self.tags[at] }
    }

    /// The second half of [`get`](Self::get).
    #[inline(always)]
    pub(super) fn answer(&self, asked: Asked, left: u32, right: u32) -> Option<(u32, u32)> {
        if (left | right) < SMALL {
            let found = *self.small.get((left * SMALL + right) as usize)?;
            return (found.0 != FREE).then_some(found);
        }
        let Asked { at, tag, mut found } = asked;
        let (mut at, mask) = (at as usize, self.tags.len() - 1);
        loop {
            if found == 0 {
                return None;
            }
            if found == tag {
                let slot = self.slots[at];
                if slot.left == left && slot.right == right {
                    return Some((slot.rank, slot.product));
                }
            }
            at = (at + 1) & mask;
            found = self.tags[at];
        }
    }

    /// A pair that is there already gets the new rank and product.
    pub(super) fn insert(&mut self, (left, right): (u32, u32), rank: u32, product: u32) {
        self.ranks = self.ranks.max(rank.saturating_add(1));
        if (left | right) < SMALL {
            self.small.resize((SMALL * SMALL) as usize, (FREE, FREE));
            self.small[(left * SMALL + right) as usize] = (rank, product);
            return;
        }
        if self.len * 2 >= self.slots.len() {
            self.rebuild(1);
        }
        let slot = Slot { left, right, rank, product };
        // Pairs that were chosen to meet in one place meet there no more after one of these.
        let mut tries = 0;
        while self.put(slot) > FAR && tries < 8 {
            tries += 1;
            // What is chosen against all multipliers must not make the table grow for ever.
            let may_grow = self.slots.len() < 16 * self.len;
            self.rebuild(if may_grow { tries / 4 } else { 0 });
        }
    }

    /// One more than the highest rank.
    pub(super) fn ranks(&self) -> u32 {
        self.ranks
    }

    /// Gives how far from its place the slot came to lie.
    fn put(&mut self, slot: Slot) -> usize {
        let ((start, tag), mask) = (self.place(slot.left, slot.right), self.slots.len() - 1);
        let mut at = start;
        loop {
            let old = &mut self.slots[at & mask];
            let is_same = (old.left, old.right) == (slot.left, slot.right);
            if is_same || old.left == FREE {
                self.len += usize::from(!is_same);
                *old = slot;
                self.tags[at & mask] = tag;
                return at - start;
            }
            at += 1;
        }
    }

    /// With so many bits more and another hash.
    fn rebuild(&mut self, more_bits: u32) {
        let mut larger = Self::with_bits(64 - self.shift + more_bits);
        (larger.small, larger.ranks) = (std::mem::take(&mut self.small), self.ranks);
        larger.multiplier = self.multiplier.wrapping_mul(0xD134_2543_DE82_EF95) | 1;
        for &slot in self.slots.iter().filter(|slot| slot.left != FREE) {
            larger.put(slot);
        }
        *self = larger;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_that_meet_are_told_apart() {
        // Keys that share their high bits after the first multiplication.
        let mut pairs = Pairs::default();
        let inverse = 0xF1DE_83E1_9937_733D_u64; // Of the multiplier, modulo 2^64.
        let keys: Vec<u64> = (1..2000).map(|n| inverse.wrapping_mul(n)).collect();
        for (&key, n) in keys.iter().zip(0..) {
            pairs.insert(((key >> 32) as u32, key as u32), n, n + 1);
        }
        for (&key, n) in keys.iter().zip(0..) {
            assert_eq!(pairs.get((key >> 32) as u32, key as u32), Some((n, n + 1)));
        }
        let far = |at: usize, slot: &Slot| {
            (at + pairs.slots.len() - pairs.place(slot.left, slot.right).0) % pairs.slots.len()
        };
        let taken = pairs.slots.iter().enumerate().filter(|(_, slot)| slot.left != FREE);
        assert!(taken.map(|(at, slot)| far(at, slot)).max() <= Some(FAR));
    }

    proptest! {
        #[test]
        fn it_is_a_map(list in prop::collection::vec((240u32..280, 240u32..280, any::<u32>()), 0..600)) {
            let (mut pairs, mut map) = (Pairs::default(), BTreeMap::new());
            for (rank, &(left, right, product)) in list.iter().enumerate() {
                pairs.insert((left, right), rank as u32, product);
                map.insert((left, right), (rank as u32, product));
            }
            for left in 239..281 {
                for right in 239..281 {
                    prop_assert_eq!(pairs.get(left, right), map.get(&(left, right)).copied());
                }
            }
        }
    }
}
