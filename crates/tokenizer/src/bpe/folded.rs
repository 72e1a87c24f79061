//! Characters of several bytes that a word on bytes may begin with as one symbol.
//!
//! Merging would put them together wherever they stand: each merge inside such a character has a
//! lower rank than any merge that joins one of its ends to whatever may be beside it, so nothing can
//! come between. And each has a lower rank than any merge that the whole character is part of, so
//! that nothing happens sooner than it would have. The word's tokens are the same, of a half or a
//! third of the symbols. Vocabularies have pieces that straddle characters (a space and the first
//! byte of a letter), and some characters are not merged first because of them: [`Folded::new`]
//! asks of each.

use super::merge::Part;
use super::pairs::Pairs;
use super::{Merge, NO_ID};
use crate::vocab::Vocab;

/// Characters from here on begin as bytes.
const END: usize = 1 << 16;

/// The ids of such characters.
#[derive(Clone, Debug)]
pub(super) struct Folded {
    /// By character; `NO_ID` for those that begin as bytes.
    ids: Box<[u32]>,
}

impl Folded {
    /// None where a byte has no id: then words begin in other ways.
    pub(super) fn new(
        vocab: &Vocab,
        merges: &[Merge],
        pairs: &Pairs,
        byte_ids: &[u32; 256],
    ) -> Option<Self> {
        if byte_ids.contains(&NO_ID) {
            return None;
        }
        let firsts = Firsts::new(vocab.len(), merges, pairs);
        let mut ids = vec![];
        for (id, _) in vocab.iter() {
            let mut characters = vocab.text(id).unwrap_or_default().chars();
            if let (Some(character), None) = (characters.next(), characters.next())
                && (128..END).contains(&(character as usize))
                && firsts.come_first(pairs, byte_ids, character) == Some(id)
            {
                let at = character as usize;
                ids.resize(ids.len().max(at + 1), NO_ID);
                ids[at] = id;
            }
        }
        Some(Self { ids: ids.into() })
    }

    /// Appends the symbols of `word`.
    #[inline]
    pub(super) fn parts(&self, byte_ids: &[u32; 256], word: &str, parts: &mut Vec<u32>) {
        for character in word.chars() {
            if character.is_ascii() {
                parts.push(byte_ids[character as usize]);
                continue;
            }
            match self.ids.get(character as usize) {
                Some(&id) if id != NO_ID => parts.push(id),
                _ => {
                    let mut bytes = [0; 4];
                    let bytes = character.encode_utf8(&mut bytes).bytes();
                    parts.extend(bytes.map(|byte| byte_ids[usize::from(byte)]));
                }
            }
        }
    }
}

/// The lowest rank of all merges in which each id is the left part, or the right.
struct Firsts {
    as_left: Vec<u32>,
    as_right: Vec<u32>,
}

impl Firsts {
    fn new(ids: usize, merges: &[Merge], pairs: &Pairs) -> Self {
        let mut firsts = Self { as_left: vec![u32::MAX; ids], as_right: vec![u32::MAX; ids] };
        for merge in merges {
            let Some((rank, _)) = pairs.get(merge.left, merge.right) else { continue };
            for (ranks, id) in
                [(&mut firsts.as_left, merge.left), (&mut firsts.as_right, merge.right)]
            {
                if let Some(lowest) = ranks.get_mut(id as usize) {
                    *lowest = rank.min(*lowest);
                }
            }
        }
        firsts
    }

    /// What the bytes of a character become, if nothing beside it can come between.
    fn come_first(&self, pairs: &Pairs, byte_ids: &[u32; 256], character: char) -> Option<u32> {
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).bytes();
        let mut parts: Vec<u32> = bytes.map(|byte| byte_ids[usize::from(byte)]).collect();
        let is_first = |rank: u32, ranks: &[u32], id: u32| {
            ranks.get(id as usize).is_some_and(|&lowest| rank < lowest)
        };
        let mut highest = 0;
        loop {
            let (first, last) = (*parts.first()?, *parts.last()?);
            if parts.len() == 1 {
                let comes_first = is_first(highest, &self.as_left, first)
                    && is_first(highest, &self.as_right, first);
                return comes_first.then_some(first);
            }
            let neighbours = parts.windows(2).enumerate();
            let next = neighbours.filter_map(|(at, pair)| {
                let (rank, product) = pairs.get(pair[0], pair[1])?;
                Some((rank, at, product))
            });
            let (rank, at, product) = next.min()?;
            if !is_first(rank, &self.as_right, first) || !is_first(rank, &self.as_left, last) {
                return None;
            }
            highest = rank.max(highest);
            parts[at] = parts[at].join(parts[at + 1], product);
            parts.remove(at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All bytes, then what the merges make; pieces are given by their bytes.
    fn folded(merged: &[(&[u8], &[u8])]) -> (Vocab, Folded) {
        let bytes: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        let made = merged.iter().map(|(left, right)| [*left, *right].concat());
        let vocab = Vocab::in_order(bytes.into_iter().chain(made)).unwrap();
        let merges = super::super::merges(&vocab, merged.iter().copied(), "").unwrap();
        let mut pairs = Pairs::default();
        for (rank, merge) in (0..).zip(&merges) {
            pairs.insert((merge.left, merge.right), rank, merge.product);
        }
        let byte_ids = std::array::from_fn(|byte| byte as u32);
        let folded = Folded::new(&vocab, &merges, &pairs, &byte_ids).unwrap();
        (vocab, folded)
    }

    fn check(merged: &[(&[u8], &[u8])], word: &str, expected: &[&[u8]]) {
        let (vocab, folded) = folded(merged);
        let (byte_ids, mut parts) = (std::array::from_fn(|byte| byte as u32), vec![]);
        folded.parts(&byte_ids, word, &mut parts);
        let parts: Vec<&[u8]> = parts.iter().map(|&id| vocab.get(id).unwrap()).collect();
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_character_is_one_symbol_where_nothing_comes_before_it() {
        // é is C3 A9, ä is C3 A4, 中 is E4 B8 AD.
        let e: (&[u8], &[u8]) = (b"\xC3", b"\xA9");
        check(&[e], "aéä", &[b"a", b"\xC3\xA9", b"\xC3", b"\xA4"]);
        // A space takes the first byte, later and earlier.
        let space: (&[u8], &[u8]) = (b" ", b"\xC3");
        check(&[e, space], " é", &[b" ", b"\xC3\xA9"]);
        check(&[space, e], " é", &[b" ", b"\xC3", b"\xA9"]);
        // The last byte takes an s.
        let s: (&[u8], &[u8]) = (b"\xA9", b"s");
        check(&[e, s], "é", &[b"\xC3\xA9"]);
        check(&[s, e], "é", &[b"\xC3", b"\xA9"]);
        let middle: [(&[u8], &[u8]); 2] = [(b"\xE4", b"\xB8"), (b"\xE4\xB8", b"\xAD")];
        check(&middle, "中", &[b"\xE4\xB8\xAD"]);
        // What the whole character is part of comes before it is whole.
        check(&[(b"b", b"\xC3\xA9"), e], "é", &[b"\xC3", b"\xA9"]);
        // Two of its bytes are merged before what comes between.
        let between = [middle[0], (b"\xAD", b"\xE4"), middle[1]];
        check(&between, "中", &[b"\xE4", b"\xB8", b"\xAD"]);
    }

    #[test]
    fn without_all_bytes_nothing_is_folded() {
        let vocab = Vocab::in_order([b"\xC3", b"\xA9"]).unwrap();
        let byte_ids = [NO_ID; 256];
        assert!(Folded::new(&vocab, &[], &Pairs::default(), &byte_ids).is_none());
    }
}
