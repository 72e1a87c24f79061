//! Merges that a file does not list: any two neighbours merge whose text together is a piece, the
//! best piece first (tiktoken's ranks, SentencePiece's scores).
//!
//! A piece needs one pair only. Whatever stands around it, the symbols inside a piece merge as
//! they do in the piece alone, as long as nothing crosses its ends; so the two that are left of it
//! at last are always the same two. Going from short pieces to long ones, all merges inside a
//! piece are known when its turn comes. A piece that does not come down to two symbols is never
//! merged.

use super::Merge;
use super::merge::{Part, fast};
use super::pairs::Pairs;

/// A piece that merges may make.
pub(super) struct Wanted<'v> {
    pub(super) id: u32,
    /// Of equal ranks, the leftmost pair in a word merges first.
    pub(super) rank: u32,
    pub(super) piece: &'v [u8],
}

/// The merges of `wanted`, with their ranks, in no order. `units` appends the symbols that a piece
/// begins with.
pub(super) fn merges(
    mut wanted: Vec<Wanted<'_>>,
    mut units: impl FnMut(&[u8], &mut Vec<u32>),
) -> (Pairs, Vec<(u32, Merge)>) {
    wanted.sort_unstable_by_key(|piece| (piece.piece.len(), piece.id));
    let (mut pairs, mut merges, mut parts) = (Pairs::default(), vec![], vec![]);
    for Wanted { id, rank, piece } in wanted {
        parts.clear();
        units(piece, &mut parts);
        fast(&pairs, &mut parts, 0);
        if let [left, right] = parts[..] {
            pairs.insert((left.id(), right.id()), rank, id);
            merges.push((rank, Merge { left, right, product: id }));
        }
    }
    (pairs, merges)
}
