//! The tensors of a model by slot, as they are stored: what a runtime lays out for itself without widening it.

use crate::family::Names;
use crate::piece::Piece;
use crate::{Error, Slot, Spec, Tensor};

/// Rows of a matrix.
#[derive(Debug)]
pub enum Stored<'a> {
    /// As a file stores them, in blocks of a type.
    Rows {
        /// ggml's name of the type: "Q4_K", "BF16".
        kind: &'static str,
        /// The blocks of each row.
        rows: Vec<&'a [u8]>,
    },
    /// As numbers.
    Values(Tensor),
}

/// The tensors of a model, by slot.
pub trait SlotSource {
    /// A slot's tensor.
    ///
    /// # Errors
    /// What the source says.
    fn tensor(&self, slot: Slot, shape: &[usize]) -> Result<Tensor, Error>;

    /// A matrix, top to bottom, in runs of one type.
    ///
    /// # Errors
    /// What the source says.
    fn rows(&self, slot: Slot, shape: &[usize]) -> Result<Vec<Stored<'_>>, Error> {
        Ok(vec![Stored::Values(self.tensor(slot, shape)?)])
    }

    /// Hears that a slot was read and will not be again.
    fn release(&self, slot: Slot) {
        let _ = slot;
    }
}

/// The rows of a matrix whose published tensors `find` has; `None` where a piece is not there, or lies
/// otherwise than by rows.
pub fn rows_of<'a>(
    names: &dyn Names,
    spec: &Spec,
    slot: Slot,
    find: impl Fn(&Piece) -> Option<(&'static str, &'a [u8])>,
) -> Option<Vec<Stored<'a>>> {
    let run = |piece: &Piece| {
        let (order, (kind, bytes)) = (piece.order()?, find(piece)?);
        let n = piece.layout.place().map_or(1, |(_, n)| n) * piece.rows;
        if n == 0 || !bytes.len().is_multiple_of(n) {
            return None;
        }
        let (width, first) = (bytes.len() / n, piece.layout.place().map_or(0, |(i, _)| i));
        let row = |i: usize| &bytes[(first * piece.rows + i) * width..][..width];
        Some(Stored::Rows { kind, rows: order.into_iter().map(row).collect() })
    };
    names.pieces(spec, slot).iter().map(run).collect()
}
