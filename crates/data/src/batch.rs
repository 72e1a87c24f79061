//! What a training step is fed: rows of inputs, the targets one token on, which targets count, and
//! how far back each position may look.
//!
//! Rows of packed documents know where documents begin: attention that keeps to [`Batch::starts`]
//! and a loss that keeps to [`Batch::weights`] never cross from one document into another. Windows are
//! cut from the corpus as one long text, whatever documents they cross.

use crate::Shard;
use crate::pack::Piece;

/// The weight of a target that counts whole.
pub const WHOLE: u8 = 100;

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
    /// How much the target counts, in hundredths; 0 in padding.
    pub weights: Vec<u8>,
    /// The first position in the same row that this position may attend to, counted from the
    /// row's begin; the last is itself. Padding sees only itself.
    pub starts: Vec<u32>,
}

impl Batch {
    /// A batch of nothing but padding.
    pub(crate) fn padding(rows: usize, context: usize) -> Self {
        let n = rows * context;
        let itself = (0..n).map(|i| (i % context) as u32).collect();
        let (inputs, targets, weights) = (vec![0; n], vec![0; n], vec![0; n]);
        Self { rows, context, inputs, targets, weights, starts: itself }
    }

    /// Lays pieces into a row of padding, left to right.
    pub(crate) fn fill(&mut self, row: usize, pieces: &[Piece], shard: &Shard) {
        let mut column = 0;
        for piece in pieces {
            let from = row * self.context + column;
            let places = from..from + piece.pairs;
            shard.copy_into(piece.start, &mut self.inputs[places.clone()]);
            shard.copy_into(piece.start + 1, &mut self.targets[places.clone()]);
            shard.copy_weights_into(piece.start + 1, &mut self.weights[places.clone()]);
            self.starts[places].fill(column as u32);
            column += piece.pairs;
        }
    }

    /// How many targets count at all.
    pub fn n_targets(&self) -> usize {
        self.weights.iter().filter(|&&weight| weight > 0).count()
    }

    /// All weights together, a whole target being 1: what a mean loss is divided by.
    pub fn total_weight(&self) -> f64 {
        let hundredths: u64 = self.weights.iter().map(|&weight| u64::from(weight)).sum();
        hundredths as f64 / f64::from(WHOLE)
    }
}
