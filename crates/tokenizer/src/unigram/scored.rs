//! Pieces and their scores as one looks them up: which pieces start here, and what each counts.
//!
//! The one place that says which edges a text's lattice has: every piece that the text spells,
//! and, where no piece is exactly the next character, that character as an unknown one. Model,
//! lattice and training all ask here.

use super::trie::Trie;

/// Stands for an unknown character where an id is expected.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// An unknown character scores so much less than the worst piece.
pub(super) const UNKNOWN_PENALTY: f64 = 10.0;

/// What encoding needs to know about the pieces.
#[derive(Clone, Debug)]
pub(super) struct Scored {
    trie: Trie,
    /// By id.
    scores: Vec<f64>,
    unknown_score: f64,
}

impl Scored {
    /// `pieces` are those that text may spell, sorted; `scores` are by id.
    pub(super) fn new(pieces: &[(&[u8], u32)], scores: Vec<f64>, unknown_score: f64) -> Self {
        Self { trie: Trie::new(pieces), scores, unknown_score }
    }

    /// Calls `each` with end, id and score of every edge that starts at `start`, a character's
    /// border before the end of `text`; an unknown one comes last. Gives the next border.
    #[inline]
    pub(super) fn for_each_edge(
        &self,
        text: &[u8],
        start: usize,
        mut each: impl FnMut(usize, u32, f64),
    ) -> usize {
        let next = start + width(text[start]);
        let (mut node, mut has_character) = (self.trie.root(), false);
        for (end, &byte) in (start + 1..).zip(&text[start..]) {
            let Some((child, id)) = self.trie.step(node, byte) else { break };
            node = child;
            if let Some(id) = id {
                has_character |= end == next;
                each(end, id, self.scores[id as usize]);
            }
        }
        if !has_character {
            each(next, UNKNOWN, self.unknown_score);
        }
        next
    }

    /// The id of exactly `piece`, if text may spell it.
    pub(super) fn id(&self, piece: &str) -> Option<u32> {
        self.trie.get(piece.as_bytes())
    }

    pub(super) fn unknown_score(&self) -> f64 {
        self.unknown_score
    }

    pub(super) fn scores(&self) -> &[f64] {
        &self.scores
    }
}

/// The bytes of a character, by its first.
#[inline]
fn width(first: u8) -> usize {
    match first {
        0..0xC0 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0..=0xFF => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(usize, u32)]) {
        let scored =
            Scored::new(&[(b"a", 1), (b"ab", 0), ("日本".as_bytes(), 2)], vec![0.0; 3], -9.0);
        let mut edges = vec![];
        let next = scored.for_each_edge(text.as_bytes(), 0, |end, id, _| edges.push((end, id)));
        assert_eq!(edges, expected, "{text:?}");
        assert_eq!(next, text.chars().next().map_or(0, char::len_utf8));
    }

    #[test]
    fn a_character_that_is_no_piece_is_unknown_beside_longer_pieces() {
        check("abc", &[(1, 1), (2, 0)]);
        check("b", &[(1, UNKNOWN)]);
        check("日本", &[(6, 2), (3, UNKNOWN)]);
        check("é", &[(2, UNKNOWN)]);
        check("👍", &[(4, UNKNOWN)]);
    }
}
