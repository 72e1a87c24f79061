//! What a training step is fed: rows of inputs, the targets one token on, which targets count, and
//! how far back each position may look.
//!
//! Rows of packed documents know where documents begin: attention that keeps to [`Batch::starts`]
//! and a loss that keeps to [`Batch::mask`] never cross from one document into another. Windows are
//! cut from the corpus as one long text, whatever documents they cross.

use crate::Shard;
use crate::pack::Piece;

/// `rows` × `context` positions, row by row in every list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many rows.
    pub rows: usize,
    /// How many positions a row has.
    pub context: usize,
    /// The token at each position; 0 in padding.
    pub inputs: Vec<u32>,
    /// The token to be predicted there; 0 in padding.
    pub targets: Vec<u32>,
    /// 1 where the target counts, 0 in padding.
    pub mask: Vec<u8>,
    /// The first position in the same row that this position may attend to, counted from the
    /// row's begin; the last is itself. Padding sees only itself.
    pub starts: Vec<u32>,
}

impl Batch {
    /// A batch of nothing but padding.
    pub(crate) fn padding(rows: usize, context: usize) -> Self {
        let n = rows * context;
        let itself = (0..n).map(|i| (i % context) as u32).collect();
        let (inputs, targets, mask) = (vec![0; n], vec![0; n], vec![0; n]);
        Self { rows, context, inputs, targets, mask, starts: itself }
    }

    /// Lays pieces into a row of padding, left to right.
    pub(crate) fn fill(&mut self, row: usize, pieces: &[Piece], shard: &Shard) {
        let mut column = 0;
        for piece in pieces {
            let from = row * self.context + column;
            let places = from..from + piece.pairs;
            shard.copy_into(piece.start, &mut self.inputs[places.clone()]);
            shard.copy_into(piece.start + 1, &mut self.targets[places.clone()]);
            self.mask[places.clone()].fill(1);
            self.starts[places].fill(column as u32);
            column += piece.pairs;
        }
    }

    /// How many targets count: what a mean loss is divided by.
    pub fn n_targets(&self) -> usize {
        self.mask.iter().map(|&m| usize::from(m)).sum()
    }
}
