//! What attention reads, looked through and cut into tasks.

use super::form::Form;
use super::pack::{Group, Rows};
use super::{HEAVY, Shape};

/// The packed projection, and how its heads look at each other.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a, E> {
    /// Sizes.
    pub shape: Shape,
    /// How products become scores.
    pub form: &'a Form,
    /// `(B, T, (Hq + 2 Hkv) D)`.
    pub qkv: &'a [E],
    /// `(B, T)`: the first position of the sequence that each query may see; it never falls along a
    /// sequence.
    pub starts: Option<&'a [u32]>,
    /// `(Hq)`: logits of nothing; see [`super::sinks_backward`].
    pub sinks: Option<&'a [f32]>,
}

impl<'a, E> Input<'a, E> {
    /// Whether it pays to wake another thread.
    pub(super) fn heavy(&self) -> bool {
        let Shape { batch, context, .. } = self.shape;
        batch * context * context * self.shape.out_width() >= HEAVY
    }

    pub(super) fn check(&self, out: usize, lse: usize) {
        let shape = self.shape;
        shape.check();
        check_heads(shape, self.form, self.sinks);
        let (qkv, rows) = (self.qkv.len(), shape.batch * shape.context);
        assert_eq!(qkv, rows * shape.qkv_width(), "attention: qkv is not (B, T, (Hq + 2 Hkv) D)");
        assert_eq!(out, rows * shape.out_width(), "attention: out is not (B, T, Hq D)");
        assert_eq!(lse, rows * shape.n_heads, "attention: lse is not (B, Hq, T)");
        let Some(starts) = self.starts else { return };
        assert_eq!(starts.len(), rows, "attention: one start a position is needed");
        for row in starts.chunks_exact(shape.context) {
            let seen = row.iter().zip(0..).all(|(&start, position)| start <= position);
            assert!(seen, "attention: a start lies behind its position");
            assert!(row.is_sorted(), "attention: starts fall within a row");
        }
    }

    /// The inputs of task `i`: key head `i % Hkv` of sequence `i / Hkv`.
    pub(super) fn task(&self, i: usize) -> Group<'a, E> {
        let shape = self.shape;
        let (sequence, g) = (i / shape.n_kv_heads, i % shape.n_kv_heads);
        let rows = sequence * shape.context..(sequence + 1) * shape.context;
        let width = shape.qkv_width();
        let data = &self.qkv[rows.start * width..rows.end * width];
        let at = |head: usize| Rows { data, width, column: head * shape.head_dim };
        Group {
            q: at(g * shape.group()),
            k: at(shape.n_heads + g),
            v: at(shape.n_heads + shape.n_kv_heads + g),
            starts: self.starts.map(|s| &s[rows]),
            window: shape.window,
            form: self.form,
            sinks: self.sinks,
            first_head: g * shape.group(),
            n_heads: shape.group(),
            n_queries: shape.context,
            n_keys: shape.context,
            head_dim: shape.head_dim,
        }
    }
}

/// What there is one of for each query head.
pub(super) fn check_heads(shape: Shape, form: &Form, sinks: Option<&[f32]>) {
    form.check(shape.n_heads);
    let n_sinks = sinks.map_or(shape.n_heads, <[f32]>::len);
    assert_eq!(n_sinks, shape.n_heads, "attention: one sink a query head is needed");
}
