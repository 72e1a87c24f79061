//! All pieces that start at a place of the text, in one walk: a trie over bytes in a double array
//! (Aoe, "An Efficient Digital Search Algorithm by Using a Double-Array Structure", 1989), with
//! exclusive or in the place of the sum.
//!
//! A node is a slot of eight bytes. Its child over byte `b` lies at `base ^ b` and carries `b` as
//! its label; no two nodes share a base, so a slot whose label is right is the right child. 32,000
//! pieces are about 100,000 nodes, which a core's own cache holds.
//!
//! Left out on purpose: taking pieces out, storing it on disk (it is made in milliseconds).

/// The largest id that fits beside label and flag.
pub(crate) const MAX_ID: u32 = (1 << 23) - 2;

/// No piece ends at this node.
const NO_ID: u32 = MAX_ID + 1;

/// Flag of a slot that holds a node and may be walked to.
const TAKEN: u32 = 1 << 8;

/// The base of a node without children: no slot is ever there.
const NO_BASE: u32 = u32::MAX;

/// So many free slots are looked at for a node's children before the array grows.
const MAX_TRIES: usize = 64;

/// One node, or a free slot.
#[derive(Clone, Copy, Debug)]
struct Slot {
    base: u32,
    /// From high to low: the id (23 bits), the flag, the label (8 bits).
    mark: u32,
}

const FREE: Slot = Slot { base: NO_BASE, mark: NO_ID << 9 };

/// Pieces by their bytes.
#[derive(Clone, Debug)]
pub(crate) struct Trie {
    slots: Vec<Slot>,
}

/// A node that a walk has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    base: u32,
}

impl Trie {
    /// From pieces and their ids, sorted by bytes, no piece twice, none empty.
    pub(crate) fn new(pieces: &[(&[u8], u32)]) -> Self {
        let mut builder = Builder { slots: vec![], free: vec![], bases: vec![] };
        builder.grow();
        builder.slots[0].mark |= 1; // The root: not free, and without the flag no walk leads here.
        let mut todo = vec![Subtree { slot: 0, first: 0, last: pieces.len(), depth: 0 }];
        while let Some(subtree) = todo.pop() {
            builder.place_children(pieces, subtree, &mut todo);
        }
        Self { slots: builder.slots }
    }

    /// Where every walk starts.
    #[inline]
    pub(crate) fn root(&self) -> Node {
        Node { base: self.slots[0].base }
    }

    /// The longest entry that `text` begins with, walking from `node`: its id and its bytes.
    #[inline]
    pub(crate) fn longest(&self, mut node: Node, text: &[u8]) -> Option<(u32, usize)> {
        let mut found = None;
        for (len, &byte) in (1..).zip(text) {
            let Some((child, id)) = self.step(node, byte) else { break };
            node = child;
            found = id.map(|id| (id, len)).or(found);
        }
        found
    }

    /// One byte further: the node, and the id of the piece that ends there, if one does.
    #[inline]
    pub(crate) fn step(&self, node: Node, byte: u8) -> Option<(Node, Option<u32>)> {
        let slot = self.slots.get((node.base ^ u32::from(byte)) as usize)?;
        if slot.mark & 0x1FF != TAKEN | u32::from(byte) {
            return None;
        }
        let id = slot.mark >> 9;
        Some((Node { base: slot.base }, (id != NO_ID).then_some(id)))
    }

    /// The id of exactly `piece`.
    pub(crate) fn get(&self, piece: &[u8]) -> Option<u32> {
        let mut at = (self.root(), None);
        for &byte in piece {
            at = self.step(at.0, byte)?;
        }
        at.1
    }
}

/// The pieces `first..last`, which share `depth` bytes that lead to `slot`.
struct Subtree {
    slot: usize,
    first: usize,
    last: usize,
    depth: usize,
}

struct Builder {
    slots: Vec<Slot>,
    /// Free slots, the newest last, and some that are no longer free.
    free: Vec<u32>,
    /// Whether a node has this base.
    bases: Vec<bool>,
}

impl Builder {
    fn place_children(
        &mut self,
        pieces: &[(&[u8], u32)],
        subtree: Subtree,
        todo: &mut Vec<Subtree>,
    ) {
        let Subtree { slot, mut first, last, depth } = subtree;
        if pieces.get(first).is_some_and(|(piece, _)| piece.len() == depth) {
            self.slots[slot].mark = pieces[first].1 << 9 | self.slots[slot].mark & 0x1FF;
            first += 1;
        }
        if first >= last {
            return;
        }
        let children: Vec<&[(&[u8], u32)]> =
            pieces[first..last].chunk_by(|(a, _), (b, _)| a[depth] == b[depth]).collect();
        let labels: Vec<u8> = children.iter().map(|child| child[0].0[depth]).collect();
        let base = self.base_for(&labels);
        self.bases[base as usize] = true;
        self.slots[slot].base = base;
        for (child, &label) in children.iter().zip(&labels) {
            let slot = (base ^ u32::from(label)) as usize;
            self.slots[slot].mark = NO_ID << 9 | TAKEN | u32::from(label);
            todo.push(Subtree { slot, first, last: first + child.len(), depth: depth + 1 });
            first += child.len();
        }
    }

    /// A base that no node has, from which all `labels` lead to free slots. Nodes with one child
    /// use up the holes that those with many leave.
    fn base_for(&mut self, labels: &[u8]) -> u32 {
        let (mut at, mut tries) = (self.free.len(), 0);
        while at > 0 && tries < MAX_TRIES {
            at -= 1;
            let slot = self.free[at];
            if !self.is_free(slot) {
                self.free.swap_remove(at);
                continue;
            }
            tries += 1;
            let base = slot ^ u32::from(labels[0]);
            if !self.bases[base as usize]
                && labels.iter().all(|&label| self.is_free(base ^ u32::from(label)))
            {
                return base;
            }
        }
        self.grow()
    }

    fn is_free(&self, slot: u32) -> bool {
        self.slots[slot as usize].mark == FREE.mark
    }

    /// 256 more free slots; their start.
    fn grow(&mut self) -> u32 {
        let start = self.slots.len() as u32;
        self.slots.resize(self.slots.len() + 256, FREE);
        self.bases.resize(self.slots.len(), false);
        self.free.extend((start..start + 256).rev());
        start
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn prefixes(trie: &Trie, text: &[u8]) -> Vec<(usize, u32)> {
        let (mut node, mut found) = (trie.root(), vec![]);
        for (at, &byte) in text.iter().enumerate() {
            let Some((next, id)) = trie.step(node, byte) else { break };
            found.extend(id.map(|id| (at + 1, id)));
            node = next;
        }
        found
    }

    #[test]
    fn no_pieces_match_nothing() {
        let trie = Trie::new(&[]);
        assert!(prefixes(&trie, b"a").is_empty() && prefixes(&trie, b"\0").is_empty());
        assert_eq!(trie.get(b""), None);
    }

    #[test]
    fn ids_may_be_as_large_as_promised() {
        let trie = Trie::new(&[(b"a", MAX_ID), (b"ab", 0)]);
        assert_eq!(prefixes(&trie, b"abc"), [(1, MAX_ID), (2, 0)]);
    }

    proptest! {
        #[test]
        fn walks_find_the_prefixes_of_the_text(
            pieces in prop::collection::btree_set(prop::collection::vec(0u8..6, 1..6), 0..400),
            far in prop::collection::btree_set(prop::collection::vec(any::<u8>(), 1..4), 0..400),
            text in prop::collection::vec(0u8..6, 0..12),
        ) {
            let ids: BTreeMap<Vec<u8>, u32> =
                pieces.into_iter().chain(far).zip(0..).collect();
            let sorted: Vec<(&[u8], u32)> = ids.iter().map(|(p, &id)| (p.as_slice(), id)).collect();
            let trie = Trie::new(&sorted);
            for (piece, &id) in &ids {
                prop_assert_eq!(trie.get(piece), Some(id));
            }
            for start in 0..text.len() {
                let text = &text[start..];
                let expected: Vec<(usize, u32)> = (1..=text.len())
                    .filter_map(|end| ids.get(&text[..end]).map(|&id| (end, id)))
                    .collect();
                prop_assert_eq!(prefixes(&trie, text), expected);
            }
        }
    }
}
