//! The ids of words that were seen: most words of a text stand in it many times, and need not be
//! encoded again.
//!
//! Works for any model that gives one word's ids without looking at its neighbours. A word of up
//! to 15 bytes is its own key, in two registers; with three ids at most it is one look into
//! memory: 32 bytes a word, two words to a line of the processor's cache, where the newer word
//! takes the place of the older. Longer words, and those of more ids, are kept beside the table.
//! Words of more than [`LONGEST`] bytes are not kept.
//!
//! The table grows with what it holds up to [`MOST_SETS`], and what is beside it is thrown away
//! when it is full: no text makes it larger than some 16 megabytes. A cache outlives a text, and is
//! good for one model only: [`Owned`] knows whose it is.

mod sets;

use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::{Pod, Zeroable};

use self::sets::Sets;
use crate::Error;
use crate::key::Key;
use crate::pretokenize::fast::{Fast, Split, Text, WithSplit};

/// The longest word that is kept, in bytes.
const LONGEST: usize = 256;

const FEWEST_SETS: usize = 1 << 8;
const MOST_SETS: usize = 1 << 17;
/// A full table becomes so many times as large.
const GROWTH: usize = 4;

/// The most bytes of long words, and the most ids beside the table.
const MOST_BESIDE: usize = 1 << 20;

/// Ids that a word has in the table itself.
const INLINE: usize = 3;

/// Marks a word whose ids stand beside the table.
const BESIDE: u32 = u32::MAX;

/// How many ids are gathered before they are appended.
const GATHERED: usize = 512;

/// A short word of more ids is not kept: so many more can always be gathered.
const MOST_OF_SHORT: usize = 64;

/// A word and its ids. Where `n_ids` is [`BESIDE`]: `ids` are where the word's bytes start, where
/// its ids start, and how many ids it has.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C, align(32))]
struct Slot {
    key: Key,
    ids: [u32; INLINE],
    n_ids: u32,
}

/// The words of one line of the processor's cache, the newest first.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C, align(64))]
struct Set([Slot; 2]);

/// See the module's text.
#[derive(Clone, Debug)]
pub(crate) struct WordCache {
    sets: Sets,
    /// Words put in since the table grew.
    n_put: usize,
    bytes: Vec<u8>,
    ids: Vec<u32>,
}

impl Default for WordCache {
    fn default() -> Self {
        Self { sets: Sets::new(1), n_put: 0, bytes: vec![], ids: vec![] }
    }
}

/// A cache that forgets all when another model takes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owned {
    owner: u64,
    cache: WordCache,
}

impl Owned {
    /// The cache for the words of the model `owner`.
    #[inline]
    pub(crate) fn of(&mut self, owner: u64) -> &mut WordCache {
        if self.owner != owner {
            self.owner = owner;
            self.cache.clear();
        }
        &mut self.cache
    }
}

/// A number that no other model has.
pub(crate) fn new_owner() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl WordCache {
    /// Appends the ids of all words of `text`; of a word that is not known `whole` is asked first if
    /// it is short, then `encode` appends them.
    pub(crate) fn encode_text<W, E>(
        &mut self,
        split: Fast,
        text: &str,
        ids: &mut Vec<u32>,
        whole: W,
        encode: E,
    ) -> Result<(), Error>
    where
        W: Fn(Key) -> Option<u32>,
        E: FnMut(&str, &mut Vec<u32>) -> Result<(), Error>,
    {
        split.with(EncodeText { cache: self, text: Text::new(text), ids, whole, encode })
    }

    /// Appends the ids of `word`; `encode` appends them if they are not known.
    pub(crate) fn encode_word<E>(
        &mut self,
        word: &str,
        ids: &mut Vec<u32>,
        encode: &mut E,
    ) -> Result<(), Error>
    where
        E: FnMut(&str, &mut Vec<u32>) -> Result<(), Error>,
    {
        if word.is_empty() || word.len() > LONGEST {
            return encode(word, ids);
        }
        let key = Key::of(word.as_bytes());
        if let Some(known) =
            find(self.sets.get(), key).and_then(|slot| self.ids_of(slot, word.as_bytes()))
        {
            ids.extend_from_slice(known);
            return Ok(());
        }
        self.encode_new(key, word, ids, encode)
    }

    /// For a word that is not known.
    #[inline(never)]
    fn encode_new<E>(
        &mut self,
        key: Key,
        word: &str,
        ids: &mut Vec<u32>,
        encode: &mut E,
    ) -> Result<(), Error>
    where
        E: FnMut(&str, &mut Vec<u32>) -> Result<(), Error>,
    {
        let start = ids.len();
        encode(word, ids)?;
        if key.is_long() || ids.len() - start <= MOST_OF_SHORT {
            self.put(key, word.as_bytes(), &ids[start..]);
        }
        Ok(())
    }

    /// The ids beside the table of a short word.
    #[inline(always)]
    fn beside(&self, slot: &Slot) -> &[u32] {
        let (start, n_ids) = (slot.ids[1] as usize, slot.ids[2] as usize);
        &self.ids[start..start + n_ids]
    }

    /// The ids of a slot whose key is that of `word`; keys of long words may be alike.
    fn ids_of<'c>(&'c self, slot: &'c Slot, word: &[u8]) -> Option<&'c [u32]> {
        if slot.n_ids != BESIDE {
            return slot.ids.get(..slot.n_ids as usize);
        }
        let [bytes_start, ids_start, n_ids] = slot.ids.map(|number| number as usize);
        if slot.key.is_long() && self.bytes.get(bytes_start..bytes_start + word.len())? != word {
            return None;
        }
        self.ids.get(ids_start..ids_start + n_ids)
    }

    fn put(&mut self, key: Key, word: &[u8], ids: &[u32]) {
        if self.bytes.len() + word.len() > MOST_BESIDE || self.ids.len() + ids.len() > MOST_BESIDE {
            self.clear();
        }
        let n_sets = self.sets.get().len();
        if self.n_put >= 2 * n_sets && n_sets < MOST_SETS {
            self.grow(n_sets * GROWTH);
        }
        self.n_put += 1;
        let mut slot = Slot { key, ids: [0; INLINE], n_ids: ids.len() as u32 };
        match slot.ids.get_mut(..ids.len()) {
            Some(inline) if !key.is_long() => inline.copy_from_slice(ids),
            _ => {
                let starts = (self.bytes.len() as u32, self.ids.len() as u32);
                (slot.ids, slot.n_ids) = ([starts.0, starts.1, ids.len() as u32], BESIDE);
                self.ids.extend_from_slice(ids);
                if key.is_long() {
                    self.bytes.extend_from_slice(word);
                }
            }
        }
        insert(self.sets.get_mut(), slot);
    }

    fn clear(&mut self) {
        self.sets.get_mut().fill(Set::default());
        self.bytes.clear();
        self.ids.clear();
        self.n_put = 0;
    }

    fn grow(&mut self, n_sets: usize) {
        let mut sets = Sets::new(n_sets.clamp(FEWEST_SETS, MOST_SETS));
        // The older first, so that the newer stays before it.
        for slot in self.sets.get().iter().flat_map(|set| set.0.into_iter().rev()) {
            if slot.key != Key::default() {
                insert(sets.get_mut(), slot);
            }
        }
        self.sets = sets;
        self.n_put = 0;
    }
}

#[inline(always)]
fn find(sets: &[Set], key: Key) -> Option<&Slot> {
    let set = &sets[key.hash() as usize & (sets.len() - 1)];
    // Which of the two it is cannot be foreseen, so it is no branch.
    let slot = &set.0[usize::from(set.0[0].key != key)];
    (slot.key == key).then_some(slot)
}

fn insert(sets: &mut [Set], slot: Slot) {
    let mask = sets.len() - 1; // A power of two.
    let set = &mut sets[slot.key.hash() as usize & mask];
    // A long word whose key is that of another takes its place.
    if set.0[0].key != slot.key {
        set.0[1] = set.0[0];
    }
    set.0[0] = slot;
}

struct EncodeText<'a, 't, W, E> {
    cache: &'a mut WordCache,
    text: Text<'t>,
    ids: &'a mut Vec<u32>,
    whole: W,
    encode: E,
}

impl<W, E> WithSplit for EncodeText<'_, '_, W, E>
where
    W: Fn(Key) -> Option<u32>,
    E: FnMut(&str, &mut Vec<u32>) -> Result<(), Error>,
{
    type Output = Result<(), Error>;

    /// The loop in which all time goes: for a known word of three ids at most it has no branch
    /// that depends on how long the word is or how many ids it has.
    fn run(mut self, split: impl Split) -> Self::Output {
        let (text, bytes) = (self.text, self.text.bytes());
        let (mut gathered, mut n) = ([0; GATHERED], 0);
        let mut sets = self.cache.sets.get();
        let mut start = 0;
        while start < bytes.len() {
            let end = split.word_end(text, start);
            let key = Key::within(bytes, start, end);
            let slot = key.and_then(|key| find(sets, key));
            if let Some(slot) = slot {
                if slot.n_ids != BESIDE {
                    gathered[n..n + INLINE].copy_from_slice(&slot.ids);
                    n += slot.n_ids as usize;
                } else {
                    let known = self.cache.beside(slot);
                    gathered[n..n + known.len()].copy_from_slice(known);
                    n += known.len();
                }
                if n > GATHERED - MOST_OF_SHORT {
                    self.ids.extend_from_slice(&gathered[..n]);
                    n = 0;
                }
            } else if let Some((key, id)) = key.and_then(|key| Some((key, (self.whole)(key)?))) {
                self.cache.put(key, &[], &[id]);
                sets = self.cache.sets.get(); // There may be more of them.
                gathered[n] = id;
                n += 1;
                if n > GATHERED - MOST_OF_SHORT {
                    self.ids.extend_from_slice(&gathered[..n]);
                    n = 0;
                }
            } else {
                self.ids.extend_from_slice(&gathered[..n]);
                n = 0;
                let (word, encode) = (text.word(start, end), &mut self.encode);
                match key {
                    Some(key) => self.cache.encode_new(key, word, self.ids, encode)?,
                    None => self.cache.encode_word(word, self.ids, encode)?,
                }
                sets = self.cache.sets.get();
            }
            start = end;
        }
        self.ids.extend_from_slice(&gathered[..n]);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
