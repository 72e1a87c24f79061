//! One to eight new positions of each sequence over its pages.

use super::super::pack::Columns;
use super::page::{Layout, PAGE, TILE};
use super::step::{Look, Numbers, ROWS, Seen, step};
use super::{HEAVY, Paged, SPAN, Sequence};
use crate::exp::exp;
use crate::parallel;

/// A sequence with its place in the output.
type Asked<'a, 'b> = (&'a Sequence<'a>, &'b mut [f32]);

/// One key head of one sequence over one span of positions.
#[derive(Clone, Copy)]
struct Task {
    sequence: usize,
    kv_head: usize,
    /// The number of the span.
    span: usize,
}

/// What a task has seen: of each row the greatest score, the sum, the mixed values.
type Partial = Vec<f32>;

pub(super) fn few(paged: Paged<'_>, mut asked: Vec<Asked<'_, '_>>) {
    let shape = paged.shape;
    let (mut tasks, mut work) = (Vec::new(), 0);
    for (i, (sequence, out)) in asked.iter().enumerate() {
        let first = shape.first_seen(sequence.len - sequence.n(paged.width), 0);
        let spans = first / SPAN..sequence.len.div_ceil(SPAN);
        work += (sequence.len - first) * out.len();
        for kv_head in 0..shape.n_kv_heads {
            tasks.extend(spans.clone().map(|span| Task { sequence: i, kv_head, span }));
        }
    }
    let sequences: Vec<&Sequence<'_>> = asked.iter().map(|(sequence, _)| *sequence).collect();
    let seen = parallel::map(tasks.len(), work >= HEAVY, |i| {
        look(&paged, sequences[tasks[i].sequence], tasks[i])
    });
    let mut done = tasks.iter().zip(&seen).peekable();
    for (i, (sequence, out)) in asked.iter_mut().enumerate() {
        let out = Columns::new(out, shape.out_width());
        for kv_head in 0..shape.n_kv_heads {
            let mut spans: Vec<&Partial> = Vec::new();
            while let Some((_, partial)) =
                done.next_if(|(task, _)| task.sequence == i && task.kv_head == kv_head)
            {
                spans.push(partial);
            }
            together(&paged, sequence.n(paged.width), kv_head, &spans, &out);
        }
    }
}

/// All rows of a key head over one span: `(rows, 2 + width)`.
fn look(paged: &Paged<'_>, sequence: &Sequence<'_>, task: Task) -> Partial {
    let (shape, layout) = (paged.shape, paged.layout());
    let (d, width, group) = (shape.head_dim, layout.value_width(), shape.group());
    let n = sequence.n(paged.width);
    let (rows, first_head) = (n * group, task.kv_head * group);
    let looks: Vec<Look> = (0..rows)
        .map(|row| {
            let position = sequence.len - n + row / group;
            let scoring = paged.form.scoring(first_head + row % group, d);
            Look { scoring, first: shape.first_seen(position, 0), position }
        })
        .collect();
    let queries = queries(paged, sequence, first_head);
    let (mut max, mut sum) = (vec![f32::NEG_INFINITY; rows], vec![0.0; rows]);
    let mut mixed = vec![0.0; rows * width];
    let mut wide = Wide::new(layout);
    let from = (task.span * SPAN).max(looks.first().map_or(0, |look| look.first) / PAGE * PAGE);
    for from in (from..sequence.len.min((task.span + 1) * SPAN)).step_by(PAGE) {
        let n = PAGE.min(sequence.len - from);
        let numbers = wide.numbers(sequence.pages[from / PAGE], task.kv_head, (from, n));
        let seen = max.chunks_mut(ROWS).zip(sum.chunks_mut(ROWS));
        let seen = seen.zip(mixed.chunks_mut(ROWS * width));
        let asking = looks.chunks(ROWS).zip(queries.chunks(ROWS * d));
        for ((looks, q), ((max, sum), mixed)) in asking.zip(seen) {
            step(looks, q, numbers, Seen { max, sum, mixed });
        }
    }
    let each = max.iter().zip(&sum).zip(mixed.chunks_exact(width));
    each.flat_map(|((max, sum), mixed)| [*max, *sum].into_iter().chain(mixed.iter().copied()))
        .collect()
}

/// The queries of a key head, eight rows at a time: `(D, rows)` of each.
fn queries(paged: &Paged<'_>, sequence: &Sequence<'_>, first_head: usize) -> Vec<f32> {
    let (d, group) = (paged.shape.head_dim, paged.shape.group());
    let rows: Vec<&[f32]> = sequence
        .rows
        .chunks_exact(paged.width)
        .flat_map(|row| row[first_head * d..][..group * d].chunks_exact(d))
        .collect();
    let together = rows.chunks(ROWS);
    together.flat_map(|rows| (0..d).flat_map(|i| rows.iter().map(move |row| row[i]))).collect()
}

/// A head's numbers in f32; those that are so in the page stay there.
struct Wide {
    layout: Layout,
    keys: Vec<f32>,
    values: Vec<f32>,
}

impl Wide {
    fn new(layout: Layout) -> Self {
        let keys = vec![0.0; PAGE * layout.head_dim];
        Self { layout, keys, values: vec![0.0; PAGE * layout.value_width()] }
    }

    fn numbers(&mut self, page: &[u8], head: usize, (from, n): (usize, usize)) -> Numbers<'_> {
        let Layout { kind, head_dim, .. } = self.layout;
        for (tile, keys) in self.keys.chunks_exact_mut(TILE * head_dim).enumerate() {
            if tile * TILE < n {
                kind.keys(&page[self.layout.tile(head, tile)], head_dim, keys);
            }
        }
        let width = self.layout.value_width();
        kind.values(&page[self.layout.values(head)], width, &mut self.values[..n * width]);
        Numbers { from, n, keys: &self.keys, values: &self.values }
    }
}

/// Puts spans together, in their order.
fn together(
    paged: &Paged<'_>,
    n: usize,
    kv_head: usize,
    spans: &[&Partial],
    out: &Columns<'_, f32>,
) {
    let (d, group) = (paged.shape.head_dim, paged.shape.group());
    let width = 2 + paged.layout().value_width();
    let mut mixed = vec![0.0; d];
    for row in 0..n * group {
        let head = kv_head * group + row % group;
        let spans = || spans.iter().map(|span| &span[row * width..][..width]);
        let sink = paged.sink(head);
        let max = spans().fold(sink, |max, span| if span[0] > max { span[0] } else { max });
        let mut sum = exp(sink - max);
        mixed.fill(0.0);
        for span in spans() {
            let factor = exp(span[0] - max);
            sum += span[1] * factor;
            mixed.iter_mut().zip(&span[2..]).for_each(|(x, mixed)| *x += mixed * factor);
        }
        out.write(row / group, head * d, &mixed, 1.0 / sum);
    }
}
