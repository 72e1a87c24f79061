//! Best-fit packing of documents into rows (Ding et al., "Fewer Truncations Improve Language
//! Modeling", 2024).
//!
//! What a row holds is pairs of a token and the token after it, so a document of n tokens asks for
//! n - 1 places. One longer than a row is cut into pieces of full rows and a rest; the last target
//! of a piece is the first input of the next, so no pair is lost at a cut. Exactly this is never a
//! target: the first token of each document, for nothing stands before it. (A document that begins
//! with a mark of its own therefore loses nothing of its text.) A document of one token has no
//! pair and is in no row.
//!
//! Pieces go longest first into the fullest row that still has room. The result depends on the
//! documents' lengths only. Documents whose order matters are packed a stretch of them at a time:
//! the rows of one stretch stand together, before those of the next, and share no document.

use std::collections::BTreeMap;
use std::ops::Range;

/// Neighbouring pairs of one document: inputs `start..start + pairs` of the shard, targets one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The first input's place among all tokens.
    pub start: usize,
    /// How many pairs.
    pub pairs: usize,
}

/// All documents in rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// Row by row.
    pieces: Vec<Piece>,
    /// Where in `pieces` each row ends.
    ends: Vec<usize>,
    /// Where in `ends` each stretch ends.
    stretches: Vec<usize>,
}

impl Packed {
    /// Packs documents, given as ranges of tokens, into rows of `context` pairs.
    ///
    /// # Panics
    /// If `context` is 0.
    pub fn new(documents: impl Iterator<Item = Range<usize>>, context: usize) -> Self {
        Self::in_stretches(documents, context, usize::MAX)
    }

    /// Packs each `stretch` documents that follow each other into rows of their own.
    ///
    /// # Panics
    /// If `context` or `stretch` is 0.
    pub fn in_stretches(
        mut documents: impl Iterator<Item = Range<usize>>,
        context: usize,
        stretch: usize,
    ) -> Self {
        assert!(stretch > 0, "a stretch holds at least one document");
        let mut packed = Self::default();
        while let Some(first) = documents.next() {
            let rest = documents.by_ref().take(stretch - 1);
            packed.push(std::iter::once(first).chain(rest), context);
        }
        packed
    }

    /// One more stretch.
    fn push(&mut self, documents: impl Iterator<Item = Range<usize>>, context: usize) {
        let mut pieces: Vec<Piece> = documents.flat_map(|d| cut(d, context)).collect();
        // A stable sort: pieces of one length stay in the order of their documents.
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.pairs));
        let mut open = OpenRows::default();
        let mut placed: Vec<(usize, Piece)> =
            pieces.into_iter().map(|piece| (open.place(piece.pairs, context), piece)).collect();
        placed.sort_by_key(|(row, _)| *row);
        let (first_row, first_piece) = (self.ends.len(), self.pieces.len());
        self.ends.resize(first_row + open.n_rows, 0);
        for (i, (row, piece)) in placed.into_iter().enumerate() {
            self.ends[first_row + row] = first_piece + i + 1;
            self.pieces.push(piece);
        }
        self.stretches.push(self.ends.len());
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.ends.len()
    }

    /// The rows of each stretch; a stretch of documents without a pair has none.
    pub fn stretches(&self) -> impl Iterator<Item = Range<usize>> {
        let begins = std::iter::once(0).chain(self.stretches.iter().copied());
        begins.zip(&self.stretches).map(|(begin, &end)| begin..end)
    }

    /// What stands in a row, left to right; whatever is left of the row is padding.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, index: usize) -> &[Piece] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.pieces[start..self.ends[index]]
    }
}

/// A document's pieces, all but the last of them as long as a row.
fn cut(document: Range<usize>, context: usize) -> impl Iterator<Item = Piece> {
    let last = document.end.saturating_sub(1);
    (document.start..last)
        .step_by(context)
        .map(move |start| Piece { start, pairs: context.min(last - start) })
}

/// Rows by the room they have left.
#[derive(Default)]
struct OpenRows {
    n_rows: usize,
    by_room: BTreeMap<usize, Vec<usize>>,
}

impl OpenRows {
    /// The row with the least room that is enough, or a new one.
    fn place(&mut self, pairs: usize, context: usize) -> usize {
        let (row, room) = self.take(pairs).unwrap_or_else(|| {
            self.n_rows += 1;
            (self.n_rows - 1, context)
        });
        if room > pairs {
            self.by_room.entry(room - pairs).or_default().push(row);
        }
        row
    }

    fn take(&mut self, pairs: usize) -> Option<(usize, usize)> {
        let (&room, rows) = self.by_room.range_mut(pairs..).next()?;
        let row = rows.pop()?;
        if rows.is_empty() {
            self.by_room.remove(&room);
        }
        Some((row, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Documents of these lengths, behind each other.
    fn pack(lengths: &[usize], context: usize) -> Vec<Vec<(usize, usize)>> {
        let mut end = 0;
        let documents = lengths.iter().map(|n| {
            end += n;
            end - n..end
        });
        let packed = Packed::new(documents, context);
        let row = |i| packed.row(i).iter().map(|p| (p.start, p.pairs)).collect();
        (0..packed.n_rows()).map(row).collect()
    }

    #[test]
    fn rows_hold_what_fits_best() {
        // Pairs: 3, 2, 1, 2 in rows of 4: the 1 fills the row of 3, not a row of 2.
        assert_eq!(pack(&[4, 3, 2, 3], 4), [vec![(0, 3), (7, 1)], vec![(4, 2), (9, 2)]]);
        assert_eq!(pack(&[5], 4), [[(0, 4)]], "a document that just fits");
        assert_eq!(pack(&[6], 4), [[(0, 4)], [(4, 1)]], "cut, and no pair lost");
        assert_eq!(pack(&[1, 2, 1], 4), [[(1, 1)]], "one token has no pair");
        assert!(pack(&[], 4).is_empty() && pack(&[1], 4).is_empty());
    }

    #[test]
    fn a_stretch_has_rows_of_its_own() {
        let documents = [0..3, 3..5, 5..6, 6..7, 7..9];
        let packed = Packed::in_stretches(documents.clone().into_iter(), 4, 2);
        let starts = |row: &[Piece]| row.iter().map(|piece| piece.start).collect::<Vec<_>>();
        let rows: Vec<_> = (0..packed.n_rows()).map(|row| starts(packed.row(row))).collect();
        assert_eq!(rows, [vec![0, 3], vec![7]], "what would share a row does not");
        assert_eq!(packed.stretches().collect::<Vec<_>>(), [0..1, 1..1, 1..2]);
        let whole = Packed::new(documents.into_iter(), 4);
        assert!(whole.n_rows() == 1 && whole.stretches().eq(std::iter::once(0..1)));
    }

    #[test]
    fn packing_wastes_little() {
        let mut rng = stdx::Rng::new(1);
        let lengths: Vec<usize> = (0..3000).map(|_| 2 + rng.index(200)).collect();
        let pairs: usize = lengths.iter().map(|n| n - 1).sum();
        let rows = pack(&lengths, 256).len();
        assert!(rows * 256 < pairs + pairs / 50, "{rows} rows for {pairs} pairs");
    }
}
