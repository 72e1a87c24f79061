//! How published tensors make up a slot, both ways.
//!
//! A slot's tensor is the rows of its [`Piece`]s, one below the other; how the rows lie in the
//! published tensor is the piece's [`Layout`]. All that a family says are names, heights and layouts;
//! reading, writing and checking follow from them.

use crate::weights::Tensor;

/// A published tensor, or what a slot has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its name in the family's files.
    pub name: String,
    /// How many of the slot's rows it holds.
    pub rows: usize,
    /// How they lie in it.
    pub layout: Layout,
}

/// How the rows of a slot lie in a published tensor. `in` is the width of the slot's rows; vectors have
/// none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `(rows, in)`, as ours.
    Rows,
    /// `(in, rows)`: GPT-2's matrices.
    Columns,
    /// `(rows, in)`, sorted by head: of each head its query rows, then its key rows, then its value rows,
    /// where ours has all heads' queries first.
    ByHead {
        /// How many heads.
        heads: usize,
    },
    /// `(rows, in)`, where rows `2i` and `2i + 1` of each head are rows `i` and `i + head_dim/2` of ours:
    /// heads that are turned by neighbouring pairs, for a model that turns halves.
    Neighbours {
        /// How many heads.
        heads: usize,
    },
    /// `(rows, in)`, where the dimensions of each head that turn are its last, not its first as in ours.
    TurnedLast {
        /// How many heads.
        heads: usize,
        /// Of each, how many dimensions turn.
        turned: usize,
    },
    /// Place `index` of a tensor `(n, in, rows)`; or `(n, rows)` for a vector. Where `mixed`, gate and up
    /// take turns along the rows.
    Stacked {
        /// Which.
        index: usize,
        /// Of how many.
        n: usize,
        /// Whether gate and up take turns.
        mixed: bool,
    },
    /// Place `index` of a tensor `(n, rows, in)`, as ours.
    Piled {
        /// Which.
        index: usize,
        /// Of how many.
        n: usize,
    },
}

impl Layout {
    /// Which place of how many it is, in a tensor that holds several.
    pub fn place(self) -> Option<(usize, usize)> {
        match self {
            Self::Stacked { index, n, .. } | Self::Piled { index, n } => Some((index, n)),
            _ => None,
        }
    }
}

impl Piece {
    /// A tensor that lies as ours does.
    pub fn rows(name: impl Into<String>, rows: usize) -> Self {
        Self { name: name.into(), rows, layout: Layout::Rows }
    }

    /// The published tensor's shape, in a slot of rows of `width`; `None` for a vector.
    pub fn published_shape(&self, width: Option<usize>) -> Vec<usize> {
        let rows = self.rows;
        match (self.layout, width) {
            (Layout::Stacked { n, .. }, Some(width)) => vec![n, width, rows],
            (Layout::Piled { n, .. }, Some(width)) => vec![n, rows, width],
            (Layout::Stacked { n, .. } | Layout::Piled { n, .. }, None) => vec![n, rows],
            (Layout::Columns, Some(width)) => vec![width, rows],
            (_, Some(width)) => vec![rows, width],
            (_, None) => vec![rows],
        }
    }

    /// Row by row, which of the published rows ours is; `None` where rows are not published as rows.
    pub fn order(&self) -> Option<Vec<usize>> {
        Some(match self.layout {
            Layout::Rows | Layout::Piled { .. } => (0..self.rows).collect(),
            Layout::Columns | Layout::Stacked { .. } => return None,
            Layout::ByHead { heads } => by_head(self.rows, heads),
            Layout::Neighbours { heads } => neighbours(self.rows, heads),
            Layout::TurnedLast { heads, turned } => turned_last(self.rows, heads, turned),
        })
    }

    /// Our rows of what was published; of a stack, of its place in it.
    pub fn ours(&self, published: Tensor) -> Tensor {
        match (self.layout, self.order()) {
            (Layout::Rows | Layout::Piled { .. }, _) => published,
            (Layout::Stacked { mixed: true, .. }, _) => {
                picked(&turned(published), &turns(self.rows))
            }
            (_, None) => turned(published),
            (_, Some(order)) => picked(&published, &order),
        }
    }

    /// What is published of our rows; of a stack, what stands in its place.
    pub fn published(&self, ours: Tensor) -> Tensor {
        match (self.layout, self.order()) {
            (Layout::Rows | Layout::Piled { .. }, _) => ours,
            (Layout::Stacked { mixed: true, .. }, _) => {
                turned(picked(&ours, &inverse(&turns(self.rows))))
            }
            (_, None) => turned(ours),
            (_, Some(order)) => picked(&ours, &inverse(&order)),
        }
    }
}

/// A matrix transposed, a vector as it is.
fn turned(tensor: Tensor) -> Tensor {
    if tensor.shape.len() == 2 { tensor.transposed() } else { tensor }
}

/// Row by row: which of the published ones ours is.
fn by_head(rows: usize, heads: usize) -> Vec<usize> {
    let head_dim = rows / (3 * heads);
    let place = |part: usize, head: usize| (head * 3 + part) * head_dim;
    let starts = (0..3).flat_map(|part| (0..heads).map(move |head| place(part, head)));
    starts.flat_map(|start| start..start + head_dim).collect()
}

fn neighbours(rows: usize, heads: usize) -> Vec<usize> {
    let head_dim = rows / heads;
    let within = |i: usize| if i < head_dim / 2 { 2 * i } else { 2 * (i - head_dim / 2) + 1 };
    (0..rows).map(|row| row / head_dim * head_dim + within(row % head_dim)).collect()
}

fn turned_last(rows: usize, heads: usize, turned: usize) -> Vec<usize> {
    let head_dim = rows / heads;
    let within = |i: usize| (i + head_dim - turned) % head_dim;
    (0..rows).map(|row| row / head_dim * head_dim + within(row % head_dim)).collect()
}

fn turns(rows: usize) -> Vec<usize> {
    (0..rows).step_by(2).chain((1..rows).step_by(2)).collect()
}

fn inverse(order: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; order.len()];
    for (to, &from) in order.iter().enumerate() {
        inverse[from] = to;
    }
    inverse
}

fn picked(tensor: &Tensor, order: &[usize]) -> Tensor {
    let width: usize = tensor.shape[1..].iter().product();
    let row = |&i: &usize| &tensor.values[i * width..(i + 1) * width];
    let values = order.iter().flat_map(row).copied().collect();
    Tensor { shape: tensor.shape.clone(), values }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(shape: Vec<usize>) -> Tensor {
        let n: usize = shape.iter().product();
        Tensor::new(shape, (0..n).map(|v| v as f32).collect()).unwrap()
    }

    #[test]
    fn each_layout_goes_out_and_comes_back() {
        let stacked = |mixed| Layout::Stacked { index: 1, n: 3, mixed };
        let layouts = [
            Layout::Rows,
            Layout::Columns,
            Layout::ByHead { heads: 2 },
            Layout::Neighbours { heads: 3 },
            Layout::TurnedLast { heads: 3, turned: 1 },
            Layout::Piled { index: 1, n: 3 },
            stacked(false),
            stacked(true),
        ];
        for layout in layouts {
            let piece = Piece { name: "w".into(), rows: 12, layout };
            for shape in [vec![12, 5], vec![12]] {
                let ours = counted(shape);
                let there = piece.published(ours.clone());
                assert_eq!(piece.ours(there), ours, "{layout:?}");
            }
        }
    }

    #[test]
    fn rows_lie_where_the_originals_have_them() {
        let of = |layout, rows: usize| {
            let piece = Piece { name: "w".into(), rows, layout };
            piece.ours(counted(vec![rows])).values
        };
        // Two heads of two dimensions: q0 q0 k0 k0 v0 v0 q1 q1 k1 k1 v1 v1.
        let expected = [0., 1., 6., 7., 2., 3., 8., 9., 4., 5., 10., 11.];
        assert_eq!(of(Layout::ByHead { heads: 2 }, 12), expected);
        assert_eq!(of(Layout::Neighbours { heads: 2 }, 8), [0., 2., 1., 3., 4., 6., 5., 7.]);
        // Two heads of three dimensions, whose last one turns.
        let last = of(Layout::TurnedLast { heads: 2, turned: 1 }, 6);
        assert_eq!(last, [2., 0., 1., 5., 3., 4.]);
        let mixed = Layout::Stacked { index: 0, n: 1, mixed: true };
        assert_eq!(of(mixed, 6), [0., 2., 4., 1., 3., 5.]);
    }
}
