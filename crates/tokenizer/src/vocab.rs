//! Pieces by id and ids by piece: what every model but the scores of a unigram shares.
//!
//! All pieces lie in one run of bytes; an id is a place in it, a piece is found by open addressing
//! over ids. Eight bytes an id and ten to twenty a piece beside the bytes themselves, however the
//! ids lie. Ids may have holes; an empty piece is a piece.
//!
//! Left out on purpose: what the bytes mean (a model says whether they are text), taking pieces out.

use crate::Error;
use crate::hash::hash;

/// The most ids that a vocabulary may have.
pub(crate) const MAX_VOCAB: usize = 1 << 22;

/// The most bytes of all pieces.
const MAX_BYTES: usize = 1 << 31;

/// No piece: a free slot of the index, an id without one.
const NONE: u32 = u32::MAX;

/// The pieces of a model.
#[derive(Clone, Debug, Default)]
pub struct Vocab {
    bytes: Vec<u8>,
    /// By id; starts at `NONE` where the id has no piece.
    places: Vec<Place>,
    /// Ids by the hash of their piece; its length is a power of two.
    index: Vec<u32>,
    /// A byte of each one's hash, 0 where none is: most words of a text are no piece, and are told
    /// so here.
    tags: Vec<u8>,
    n_pieces: usize,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    len: u32,
}

const HOLE: Place = Place { start: NONE, len: 0 };

impl Vocab {
    /// Pieces with their ids. Nothing about them is trusted: no piece may have two ids, no id two
    /// pieces, and ids end at 4,194,304.
    pub fn new(pieces: impl IntoIterator<Item = (impl AsRef<[u8]>, u32)>) -> Result<Self, Error> {
        let mut vocab = Self::default();
        for (piece, id) in pieces {
            let piece = piece.as_ref();
            if let Some(other) = vocab.insert(piece, id)? {
                return Err(Error::TwoIds { piece: shown(piece), first: other, second: id });
            }
        }
        Ok(vocab)
    }

    /// Pieces in the order of their ids, from 0 on.
    pub fn in_order(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<Self, Error> {
        Self::new(pieces.into_iter().zip(0..))
    }

    /// Adds a piece; gives the id that it has already, if it has one, and then changes nothing.
    pub(crate) fn insert(&mut self, piece: &[u8], id: u32) -> Result<Option<u32>, Error> {
        let at = id as usize;
        if at >= MAX_VOCAB {
            return Err(Error::VocabTooLarge { asked: at + 1, most: MAX_VOCAB });
        }
        if self.bytes.len() + piece.len() > MAX_BYTES {
            let got = (self.bytes.len() + piece.len()) as u64;
            return Err(Error::TooLarge { what: "all pieces", got, most: MAX_BYTES as u64 });
        }
        if let Some(first) = self.get(id) {
            let (first, second) = (shown(first), shown(piece));
            return Err(Error::TwoPieces { id, first, second });
        }
        if self.n_pieces * 2 >= self.index.len() {
            self.grow();
        }
        let (slot, tag) = self.slot(piece);
        if self.index[slot] != NONE {
            return Ok(Some(self.index[slot]));
        }
        if self.places.len() <= at {
            self.places.resize(at + 1, HOLE);
        }
        self.places[at] = Place { start: self.bytes.len() as u32, len: piece.len() as u32 };
        self.bytes.extend_from_slice(piece);
        (self.index[slot], self.tags[slot]) = (id, tag);
        self.n_pieces += 1;
        Ok(None)
    }

    fn grow(&mut self) {
        let len = (self.index.len() * 2).max(16);
        (self.index, self.tags) = (vec![NONE; len], vec![0; len]);
        for id in 0..self.places.len() as u32 {
            if let Some(place) = self.place(id) {
                let (slot, tag) = self.slot(&self.bytes[place]);
                (self.index[slot], self.tags[slot]) = (id, tag);
            }
        }
    }

    /// Where `piece` is in the index, or would be, and its tag.
    fn slot(&self, piece: &[u8]) -> (usize, u8) {
        let (mask, hash) = (self.index.len() - 1, hash(piece)); // A power of two, half of it free.
        let (mut slot, tag) = (hash as usize & mask, (hash >> 56) as u8 | 0x80);
        loop {
            let found = self.tags[slot];
            if found == 0 || found == tag && self.get(self.index[slot]) == Some(piece) {
                return (slot, tag);
            }
            slot = (slot + 1) & mask;
        }
    }

    #[inline]
    fn place(&self, id: u32) -> Option<std::ops::Range<usize>> {
        let place = self.places.get(id as usize).filter(|place| place.start != NONE)?;
        let start = place.start as usize;
        Some(start..start + place.len as usize)
    }

    /// The piece of `id`.
    #[inline]
    pub fn get(&self, id: u32) -> Option<&[u8]> {
        self.place(id).map(|place| &self.bytes[place])
    }

    /// The piece of `id`, if it is text.
    pub fn text(&self, id: u32) -> Option<&str> {
        self.get(id).and_then(|piece| std::str::from_utf8(piece).ok())
    }

    /// The id of `piece`.
    #[inline]
    pub fn id(&self, piece: &[u8]) -> Option<u32> {
        if self.index.is_empty() {
            return None;
        }
        Some(self.index[self.slot(piece).0]).filter(|&id| id != NONE)
    }

    /// One more than the largest id.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no piece at all.
    pub fn is_empty(&self) -> bool {
        self.n_pieces == 0
    }

    /// How many pieces there are: fewer than ids where these have holes.
    pub fn n_pieces(&self) -> usize {
        self.n_pieces
    }

    /// All pieces with their ids, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (0..self.len() as u32).filter_map(|id| Some((id, self.get(id)?)))
    }
}

/// The beginning of a piece, for a message.
pub(crate) fn shown(piece: &[u8]) -> String {
    String::from_utf8_lossy(piece).chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn refuse(pieces: &[(&str, u32)], expected: &str) {
        let error = Vocab::new(pieces.iter().copied()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn holes_and_an_empty_piece_are_kept_apart() {
        let vocab = Vocab::new([("a", 5), ("", 2)]).unwrap();
        assert_eq!((vocab.len(), vocab.n_pieces()), (6, 2));
        assert_eq!((vocab.get(2), vocab.get(3), vocab.get(6)), (Some(&b""[..]), None, None));
        assert_eq!((vocab.id(b""), vocab.id(b"b")), (Some(2), None));
        assert_eq!(Vocab::default().id(b""), None);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        refuse(&[("a", 0), ("b", 0)], "id 0 belongs to \"a\" and to \"b\"");
        refuse(&[("a", 0), ("a", 1)], "\"a\" has the ids 0 and 1");
        refuse(&[("a", 0), ("a", 0)], "id 0 belongs to \"a\" and to \"a\"");
        refuse(&[("a", u32::MAX)], "is too large");
    }

    proptest! {
        #[test]
        fn it_is_a_map(pieces in prop::collection::btree_map("[ab]{0,5}", 0u32..1000, 0..60)) {
            let by_id: BTreeMap<u32, String> = pieces.into_iter().map(|(p, id)| (id, p)).collect();
            let vocab = Vocab::new(by_id.iter().map(|(&id, piece)| (piece, id))).unwrap();
            let found: Vec<_> = vocab.iter().map(|(id, p)| (id, p.to_vec())).collect();
            let expected: Vec<_> = by_id.iter().map(|(&id, p)| (id, p.clone().into())).collect();
            prop_assert_eq!(found, expected);
            for (&id, piece) in &by_id {
                prop_assert_eq!(vocab.id(piece.as_bytes()), Some(id));
                prop_assert_eq!(vocab.text(id), Some(piece.as_str()));
            }
            prop_assert_eq!(vocab.id(b"x"), None);
        }
    }
}
