//! Words that threads learn for each other: what two threads would each encode when a text is new, one
//! does.
//!
//! A table beside the threads' own, asked only about words that are not in those. It holds words that
//! are their own key and have few ids. Nothing is ever changed or taken out, so that readers need no
//! lock: a slot is claimed by one thread, filled, and shown. Where a line is full, words that come later
//! are each thread's own affair, as all words are where nothing is shared. Four megabytes, from the first
//! word that is shared on.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::INLINE;
use super::key::Key;

/// Lines of the processor's cache, a power of two.
const LINES: usize = 1 << 16;
/// Numbers of 64 bits in a line.
const LINE: usize = 8;
/// Of a slot: the key's two, the first two ids, the last id with the slot's state.
const SLOT: usize = 4;

/// A slot that is being filled.
const CLAIMED: u64 = 1 << 62;
/// A slot that may be read.
const SHOWN: u64 = 1 << 63;
/// Where in the last number the count of ids stands.
const COUNT: u32 = 32;

/// See the module's text.
#[derive(Debug, Default)]
pub(crate) struct Shared(OnceLock<Table>);

#[derive(Debug)]
struct Table {
    numbers: Box<[AtomicU64]>,
    /// Where lines begin in memory.
    first: usize,
}

/// The ids of a short word, and how many they are.
pub(super) type Few = ([u32; INLINE], usize);

impl Shared {
    pub(super) fn find(&self, key: Key) -> Option<Few> {
        let slot = self.0.get()?.line(key).find(|slot| {
            // What was shown was stored before: the rest of a shown slot may be read in any order.
            slot[3].load(Ordering::Acquire) >= SHOWN && is_of(slot, key)
        })?;
        let [pair, last] = [&slot[2], &slot[3]].map(|number| number.load(Ordering::Relaxed));
        let ids = [pair as u32, (pair >> 32) as u32, last as u32];
        Some((ids, (last >> COUNT) as usize & 3))
    }

    /// Shows the word to all, if it is short, has few ids, and there is room.
    pub(super) fn put(&self, key: Key, ids: &[u32]) {
        if key.is_long() || ids.len() > INLINE {
            return;
        }
        for slot in self.0.get_or_init(Table::new).line(key) {
            let state = slot[3].compare_exchange(0, CLAIMED, Ordering::Acquire, Ordering::Acquire);
            match state {
                Ok(_) => return show(slot, key, ids),
                // Somebody else came first.
                Err(state) if state >= SHOWN && is_of(slot, key) => return,
                Err(_) => {}
            }
        }
    }
}

fn is_of(slot: &[AtomicU64], key: Key) -> bool {
    let numbers = key.numbers();
    slot[0].load(Ordering::Relaxed) == numbers[0] && slot[1].load(Ordering::Relaxed) == numbers[1]
}

fn show(slot: &[AtomicU64], key: Key, ids: &[u32]) {
    let id = |i: usize| u64::from(ids.get(i).copied().unwrap_or(0));
    let [low, high] = key.numbers();
    slot[0].store(low, Ordering::Relaxed);
    slot[1].store(high, Ordering::Relaxed);
    slot[2].store(id(0) | id(1) << 32, Ordering::Relaxed);
    slot[3].store(SHOWN | (ids.len() as u64) << COUNT | id(2), Ordering::Release);
}

impl Table {
    fn new() -> Self {
        let numbers: Box<[AtomicU64]> =
            (0..(LINES + 1) * LINE).map(|_| AtomicU64::new(0)).collect();
        let first = numbers.as_ptr().align_offset(LINE * size_of::<AtomicU64>()).min(LINE);
        Self { numbers, first }
    }

    /// The slots that a key may be in.
    fn line(&self, key: Key) -> impl Iterator<Item = &[AtomicU64]> {
        let line = self.first + (key.hash() as usize & (LINES - 1)) * LINE;
        self.numbers[line..line + LINE].chunks_exact(SLOT)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(word: &str) -> Key {
        Key::of(word.as_bytes())
    }

    #[test]
    fn what_one_puts_all_find() {
        let shared = Shared::default();
        assert_eq!(shared.find(key("a")), None);
        shared.put(key("a"), &[7, u32::MAX, 9]);
        shared.put(key("b"), &[]);
        shared.put(key("a"), &[1]);
        shared.put(key("many"), &[1, 2, 3, 4]);
        shared.put(key("a word that is not its own key"), &[1]);
        let found = ["a", "b", "many", "c"].map(|word| shared.find(key(word)));
        assert_eq!(found, [Some(([7, u32::MAX, 9], 3)), Some(([0; 3], 0)), None, None]);
        assert_eq!(shared.find(key("a word that is not its own key")), None);
    }

    #[test]
    fn lines_are_lines_of_the_processors_cache() {
        let table = Table::new();
        let start = table.line(key("word")).next().unwrap().as_ptr() as usize;
        assert_eq!(start % 64, 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]
        /// More words than there is room for, put by several threads at once, each its own ids.
        #[test]
        fn nobody_finds_what_was_not_put(salt in any::<u32>()) {
            let shared = Shared::default();
            let of = |n: u32| {
                let a = (n ^ salt).wrapping_mul(0x9E37_79B9);
                (format!("{n:x}"), [a, a ^ n, a.rotate_left(7)], n as usize % 4)
            };
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let shared = &shared;
                    scope.spawn(move || for n in (0..50_000_u32).map(|n| n * (1 + thread % 2)) {
                        let (word, ids, len) = of(n);
                        if let Some((found, n_found)) = shared.find(key(&word)) {
                            assert_eq!((&found[..n_found], n_found), (&ids[..len], len));
                        }
                        shared.put(key(&word), &ids[..len]);
                    });
                }
            });
            let found = (0..50_000).filter(|&n| {
                let (word, ids, len) = of(n);
                let found = shared.find(key(&word));
                assert!(found.is_none_or(|(got, n_got)| got[..n_got] == ids[..len]));
                found.is_some()
            });
            prop_assert!(found.count() > 25_000);
        }
    }
}
