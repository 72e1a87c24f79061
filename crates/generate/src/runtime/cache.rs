//! What a sequence's positions leave behind: keys and values, layer by layer.

use std::ops::Range;

use arch::Spec;
use kernels::parallel;

/// Rows that are copied in one go.
const ROWS: usize = 32;

/// Keys and values of one sequence.
#[derive(Clone, Debug)]
pub struct Cache {
    layers: Vec<Layer>,
    len: usize,
}

/// Keys and values of a layer: `(n, Hkv·head_dim)` each.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    keys: Vec<f32>,
    values: Vec<f32>,
    width: usize,
}

/// New positions of a sequence on their way through a layer.
pub(super) struct New<'a> {
    pub(super) rows: usize,
    pub(super) layer: &'a mut Layer,
}

impl Cache {
    pub(super) fn new(spec: &Spec) -> Self {
        let width = spec.n_kv_heads * spec.head_dim;
        let layer = Layer { keys: Vec::new(), values: Vec::new(), width };
        Self { layers: vec![layer; spec.n_layers], len: 0 }
    }

    pub(super) fn layer(&mut self, i: usize) -> &mut Layer {
        &mut self.layers[i]
    }

    /// Counts positions that every layer holds by now.
    pub(super) fn advance(&mut self, n: usize) {
        self.len += n;
    }
}

impl arch::Cache for Cache {
    fn len(&self) -> usize {
        self.len
    }

    fn fork(&self) -> Self {
        self.clone()
    }

    fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        for layer in &mut self.layers {
            layer.keys.truncate(self.len * layer.width);
            layer.values.truncate(self.len * layer.width);
        }
    }
}

impl Layer {
    /// Positions held.
    pub(super) fn len(&self) -> usize {
        self.keys.len() / self.width
    }

    /// Adds positions: of each row of `qkv`, from `first` on, its keys, then its values.
    pub(super) fn push(&mut self, qkv: &[f32], row: usize, first: usize) {
        let width = self.width;
        for (held, first) in [(&mut self.keys, first), (&mut self.values, first + width)] {
            append(held, qkv, row, first..first + width);
        }
    }

    /// All keys, all values.
    pub(super) fn all(&self) -> (&[f32], &[f32]) {
        (&self.keys, &self.values)
    }
}

/// Adds some columns of rows of so many numbers.
pub(super) fn append(to: &mut Vec<f32>, rows: &[f32], row: usize, columns: Range<usize>) {
    let (held, width) = (to.len(), columns.len());
    to.resize(held + rows.len() / row * width, 0.0);
    parallel::rows_mut(&mut to[held..], width, ROWS, |i, out| {
        for (out, row) in out.chunks_exact_mut(width).zip(rows[i * row..].chunks_exact(row)) {
            out.copy_from_slice(&row[columns.clone()]);
        }
    });
}
