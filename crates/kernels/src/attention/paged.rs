//! Keys and values of a sequence in pages, and the attention of new positions over them (Kwon et al.,
//! "Efficient Memory Management for Large Language Model Serving with PagedAttention", 2023).
//!
//! Reading order: `page` (what lies where in a page), `widen` (numbers of each [`Kind`] to f32 and back),
//! `step` (up to eight query rows over one page), `few` (one to eight new positions), `many`
//! (prompts, through the tiles of the forward pass).
//!
//! A few new positions read every page once: all query heads that share a key head, and all new positions,
//! go over it while it is in the first cache, and [`SPAN`] positions are one task, so that one sequence fills
//! all threads (Dao et al., "Flash-Decoding for long-context inference", 2023). Spans begin at fixed
//! positions and their results are put together in order: how many positions ask at once, and how many
//! threads work, changes no bit.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod few;
mod many;
mod page;
mod step;
#[cfg(test)]
mod tests;
mod widen;

use super::form::Form;
use super::input::check_heads;
use super::{HEAVY, Shape};
use few::few;
use many::many;

pub use page::{Layout, PAGE, Page};
pub use widen::Kind;

/// Positions of one task.
pub const SPAN: usize = 4 * PAGE;
/// New positions up to which pages are read as they lie.
pub const FEW: usize = 8;

/// One sequence: what its pages hold, and the newest of its positions, which ask.
#[derive(Clone, Copy, Debug)]
pub struct Sequence<'a> {
    /// A layer's part of each page; see [`Layout`]. Pages that no window reaches may be empty.
    pub pages: &'a [&'a [u8]],
    /// T: positions held, those that ask among them.
    pub len: usize,
    /// Rows of `width` numbers, one a position that asks; its queries `(Hq, D)` stand first.
    pub rows: &'a [f32],
}

impl Sequence<'_> {
    fn n(&self, width: usize) -> usize {
        self.rows.len() / width
    }
}

/// How all sequences are asked.
#[derive(Clone, Copy, Debug)]
pub struct Paged<'a> {
    /// Sizes; batch and context are taken from the sequences.
    pub shape: Shape,
    /// What numbers pages hold.
    pub kind: Kind,
    /// How products become scores. Positions are the places in the cache.
    pub form: &'a Form,
    /// `(Hq)`: logits of nothing; see [`super::sinks_backward`].
    pub sinks: Option<&'a [f32]>,
    /// Numbers of a row that asks.
    pub width: usize,
}

impl Paged<'_> {
    fn layout(&self) -> Layout {
        let Shape { n_kv_heads, head_dim, .. } = self.shape;
        Layout { kind: self.kind, n_kv_heads, head_dim }
    }

    fn sink(&self, head: usize) -> f32 {
        self.sinks.map_or(f32::NEG_INFINITY, |sinks| sinks[head])
    }
}

/// `out` `(Σ n, Hq D)` of the new positions of all sequences, one after the other.
///
/// # Panics
/// If sizes do not fit each other, or a page that is looked at is shorter than the layout says.
pub fn attention_paged(paged: Paged<'_>, sequences: &[Sequence<'_>], out: &mut [f32]) {
    let Paged { shape, width, .. } = paged;
    Shape { batch: 1, context: 1, ..shape }.check();
    check_heads(shape, paged.form, paged.sinks);
    assert!(width >= shape.out_width(), "attention_paged: rows are too narrow for their queries");
    let (mut some, mut rest) = (Vec::new(), out);
    for sequence in sequences {
        let n = sequence.n(width);
        assert_eq!(sequence.rows.len(), n * width, "attention_paged: rows are not whole");
        assert!(n <= sequence.len, "attention_paged: more queries than keys");
        let pages = sequence.len.div_ceil(PAGE);
        assert!(sequence.pages.len() >= pages, "attention_paged: pages are missing");
        let (own, others) = rest.split_at_mut(n * shape.out_width());
        rest = others;
        if n > FEW {
            many(paged, sequence, own);
        } else if n > 0 {
            some.push((sequence, own));
        }
    }
    assert!(rest.is_empty(), "attention_paged: out is longer than (n, Hq D)");
    few(paged, some);
}
