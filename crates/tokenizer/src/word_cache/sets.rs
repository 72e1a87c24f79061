//! The memory of a table: in huge pages where it is large and the system has them.
//!
//! A large table is looked into at random, all over. In pages of four kilobytes its first use is
//! thousands of page faults, and later most looks also miss the processor's list of pages. Eight
//! megabytes are four huge pages.

use memmap2::MmapMut;

use super::Set;

/// From so many bytes on.
const LARGE: usize = 1 << 22;

/// Sets of nothing at first; a power of two of them.
#[derive(Debug)]
pub(super) struct Sets(Memory);

#[derive(Debug)]
enum Memory {
    Heap(Box<[Set]>),
    Mapped(MmapMut),
}

impl Sets {
    pub(super) fn new(len: usize) -> Self {
        let bytes = len * size_of::<Set>();
        let mapped = if bytes >= LARGE { map(bytes) } else { None };
        Self(mapped.map_or_else(|| Memory::Heap(vec![Set::default(); len].into()), Memory::Mapped))
    }

    #[inline]
    pub(super) fn get(&self) -> &[Set] {
        match &self.0 {
            Memory::Heap(sets) => sets,
            Memory::Mapped(bytes) => bytemuck::cast_slice(bytes),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self) -> &mut [Set] {
        match &mut self.0 {
            Memory::Heap(sets) => sets,
            Memory::Mapped(bytes) => bytemuck::cast_slice_mut(bytes),
        }
    }
}

impl Clone for Sets {
    fn clone(&self) -> Self {
        let mut copy = Self::new(self.get().len());
        copy.get_mut().copy_from_slice(self.get());
        copy
    }
}

/// Zeros in huge pages; `None` where such pages are unknown.
#[cfg(target_os = "linux")]
fn map(bytes: usize) -> Option<MmapMut> {
    let map = MmapMut::map_anon(bytes).ok()?;
    map.advise(memmap2::Advice::HugePage).ok()?;
    Some(map)
}

#[cfg(not(target_os = "linux"))]
fn map(_: usize) -> Option<MmapMut> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word_cache::Slot;

    #[test]
    fn small_and_large_tables_are_the_same_to_who_uses_them() {
        for len in [1, 1 << 8, LARGE / size_of::<Set>()] {
            let mut sets = Sets::new(len);
            let empty = |set: &Set| set.0.iter().all(|slot| slot.n_ids == 0);
            assert!(sets.get().len() == len && sets.get().iter().all(empty));
            sets.get_mut()[len - 1].0[1] = Slot { n_ids: 7, ..Slot::default() };
            assert_eq!(sets.clone().get()[len - 1].0[1].n_ids, 7);
        }
    }
}
