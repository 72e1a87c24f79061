//! Many new positions: pages are widened once, head by head, and go through the tiles of the forward pass.

use super::super::forward_group;
use super::super::pack::{Columns, Group, Rows};
use super::page::{Layout, PAGE};
use super::{Paged, Sequence};
use crate::isa::Isa;
use crate::parallel;

pub(super) fn many(paged: Paged<'_>, sequence: &Sequence<'_>, out: &mut [f32]) {
    let shape = paged.shape;
    let (d, n_queries, n_keys) = (shape.head_dim, sequence.n(paged.width), sequence.len);
    // Positions that no query sees are left out, so that time is O(n · window). Nothing asks for more than
    // distances.
    let first = shape.first_seen(n_keys - n_queries, 0) / PAGE;
    let out = Columns::new(out, shape.out_width());
    // Query heads of one key head are shared out where key heads are fewer than threads.
    let group = shape.group();
    let parts = parallel::threads().div_ceil(shape.n_kv_heads).clamp(1, group);
    let together = group.div_ceil(parts);
    let parts = group.div_ceil(together);
    parallel::map(shape.n_kv_heads * parts, true, |task| {
        let (kv_head, part) = (task / parts, task % parts);
        let first_head = kv_head * group + part * together;
        let n_heads = together.min((kv_head + 1) * group - first_head);
        let [keys, values] = numbers(paged.layout(), sequence, kv_head, first);
        let of_head = |data| Rows { data, width: d, column: 0 };
        let own = Group {
            q: Rows { data: sequence.rows, width: paged.width, column: first_head * d },
            k: of_head(&keys),
            v: of_head(&values),
            starts: None,
            window: shape.window,
            form: paged.form,
            sinks: paged.sinks,
            first_head,
            n_heads,
            n_queries,
            n_keys: n_keys - first * PAGE,
            head_dim: d,
        };
        let mut lse = vec![0.0; n_heads * n_queries];
        forward_group(Isa::current(), &own, &out.part(0, first_head * d), &mut lse);
    });
}

/// Keys and values of a head, `(T, D)`, from a page on.
fn numbers(layout: Layout, sequence: &Sequence<'_>, head: usize, first: usize) -> [Vec<f32>; 2] {
    let (d, len) = (layout.head_dim, sequence.len - first * PAGE);
    let mut both = [vec![0.0; len * d], vec![0.0; len * d]];
    let [keys, values] = &mut both;
    let pages = sequence.pages[first..].iter();
    let rows = keys.chunks_mut(PAGE * d).zip(values.chunks_mut(PAGE * d));
    for (page, (keys, values)) in pages.zip(rows) {
        let n = keys.len() / d;
        layout.keys(page, head, n, keys);
        layout.values_of(page, head, n, values);
    }
    both
}
