//! RMSNorm of each query head and each key head on its own, so that no score grows without bound
//! (Henry et al., "Query-Key Normalization for Transformers", 2020; with RMSNorm and a gain as in
//! Qwen 3 and Gemma 3).
//!
//! A row of `qkv` holds `Hq` query heads, `Hkv` key heads, `Hkv` value heads of D values each. Every
//! query head becomes `q / sqrt(mean(q²) + eps) * q_gain`, every key head likewise with `k_gain`;
//! value heads pass. Stored as given, mean and root in f32. The gains' gradients are sums over
//! rows and heads.
//!
//! Leaves out: norms over all heads together (OLMo 2), and gains meant as `1 + stored`: whoever reads
//! the weights adds the one.

use crate::element::Element;
use crate::for_each_isa;
use crate::norm::{NormKind, Row, add_up};
use crate::parallel;

/// Rows done together; the sums over rows are made of such chunks, in order.
const ROWS: usize = 32;

/// What is normalized, and how.
#[derive(Clone, Copy, Debug)]
pub struct HeadNorm<'a> {
    /// Hq.
    pub n_heads: usize,
    /// Hkv.
    pub n_kv_heads: usize,
    /// `(D)`.
    pub q_gain: &'a [f32],
    /// `(D)`.
    pub k_gain: &'a [f32],
    /// Added under the root.
    pub eps: f32,
}

/// A run of heads with one gain.
struct Part<'a> {
    /// Where they begin and end in a row.
    columns: std::ops::Range<usize>,
    row: Row<'a>,
}

impl<'a> HeadNorm<'a> {
    /// D.
    fn head_dim(&self) -> usize {
        self.q_gain.len()
    }

    /// Values in a row of `qkv`.
    fn width(&self) -> usize {
        (self.n_heads + 2 * self.n_kv_heads) * self.head_dim()
    }

    /// Where values begin in a row.
    fn values_from(&self) -> usize {
        (self.n_heads + self.n_kv_heads) * self.head_dim()
    }

    /// Queries, then keys.
    #[inline(always)]
    fn parts(&self) -> [Part<'a>; 2] {
        let queries = self.n_heads * self.head_dim();
        let row = |gain| Row { kind: NormKind::Rms, gain, eps: self.eps };
        [
            Part { columns: 0..queries, row: row(self.q_gain) },
            Part { columns: queries..self.values_from(), row: row(self.k_gain) },
        ]
    }

    fn check(&self, values: usize) {
        let head_dim = self.head_dim();
        assert!(self.n_heads > 0 && head_dim > 0, "head_norm: no queries, or an empty head");
        let same = head_dim == self.k_gain.len();
        assert!(same, "head_norm: the gains of queries and keys differ in length");
        let whole = values.is_multiple_of(self.width());
        assert!(whole, "head_norm: qkv is no whole number of rows of (Hq + 2 Hkv) D");
    }
}

/// `y` of `qkv`, both `(rows, (Hq + 2 Hkv) D)`.
pub fn head_norm<E: Element>(with: HeadNorm<'_>, qkv: &[E], y: &mut [E]) {
    with.check(qkv.len());
    assert_eq!(qkv.len(), y.len(), "head_norm: qkv and y differ in length");
    let width = with.width();
    parallel::rows_mut(y, width, ROWS, |row, y| {
        head_norm_rows(with, &qkv[row * width..][..y.len()], y);
    });
}

for_each_isa!(
    fn head_norm_rows<E: Element>(with: HeadNorm<'_>, x: &[E], y: &mut [E]) => head_norm_rows_body
);

#[inline(always)]
fn head_norm_rows_body<E: Element>(with: HeadNorm<'_>, x: &[E], y: &mut [E]) {
    let (width, head_dim) = (with.width(), with.head_dim());
    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
        for Part { columns, row } in with.parts() {
            let heads = x[columns.clone()].chunks_exact(head_dim);
            for (x, y) in heads.zip(y[columns].chunks_exact_mut(head_dim)) {
                row.forward(x, None, y);
            }
        }
        y[with.values_from()..].copy_from_slice(&x[with.values_from()..]);
    }
}

/// Receives the gradients of a [`head_norm`].
#[derive(Debug)]
pub struct Gradients<'a, E> {
    /// Of `qkv`.
    pub dqkv: &'a mut [E],
    /// Of `q_gain`.
    pub dq_gain: &'a mut [f32],
    /// Of `k_gain`.
    pub dk_gain: &'a mut [f32],
}

/// For each head as in [`crate::norm::norm_backward`]; values' gradients pass.
pub fn head_norm_backward<E: Element>(
    with: HeadNorm<'_>,
    qkv: &[E],
    dy: &[E],
    out: Gradients<'_, E>,
) {
    let Gradients { dqkv, dq_gain, dk_gain } = out;
    let (width, head_dim) = (with.width(), with.head_dim());
    with.check(qkv.len());
    assert_eq!(qkv.len(), dy.len(), "head_norm_backward: qkv and dy differ in length");
    assert_eq!(qkv.len(), dqkv.len(), "head_norm_backward: qkv and dqkv differ in length");
    let fits = dq_gain.len() == head_dim && dk_gain.len() == head_dim;
    assert!(fits, "head_norm_backward: a gain and its gradient differ in length");
    let partial = parallel::rows_map(dqkv, width, ROWS, |row, dqkv| {
        let (qkv, dy) = (&qkv[row * width..][..dqkv.len()], &dy[row * width..][..dqkv.len()]);
        let mut sums = vec![0.0; 4 * head_dim];
        head_norm_backward_rows(with, qkv, dy, dqkv, &mut sums);
        sums
    });
    add_up(&partial, 0, dq_gain);
    add_up(&partial, 2 * head_dim, dk_gain);
}

for_each_isa!(
    fn head_norm_backward_rows<E: Element>(
        with: HeadNorm<'_>,
        x: &[E],
        dy: &[E],
        dx: &mut [E],
        sums: &mut [f32],
    ) => head_norm_backward_rows_body
);

/// `sums` holds those of the gain and of a bias that nobody asks for, of queries, then of keys.
#[inline(always)]
fn head_norm_backward_rows_body<E: Element>(
    with: HeadNorm<'_>,
    x: &[E],
    dy: &[E],
    dx: &mut [E],
    sums: &mut [f32],
) {
    let (width, head_dim) = (with.width(), with.head_dim());
    let rows = x.chunks_exact(width).zip(dy.chunks_exact(width)).zip(dx.chunks_exact_mut(width));
    for ((x, dy), dx) in rows {
        let parts = with.parts().into_iter().zip(sums.chunks_exact_mut(2 * head_dim));
        for (Part { columns, row }, sums) in parts {
            let heads = x[columns.clone()].chunks_exact(head_dim);
            let heads = heads.zip(dy[columns.clone()].chunks_exact(head_dim));
            for ((x, dy), dx) in heads.zip(dx[columns].chunks_exact_mut(head_dim)) {
                row.backward(x, dy, dx, sums);
            }
        }
        dx[with.values_from()..].copy_from_slice(&dy[with.values_from()..]);
    }
}

#[cfg(test)]
mod tests;
