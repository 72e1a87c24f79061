//! Attention of new positions over cached keys and values, as decoding needs it.
//!
//! A few new positions read the cache once, row by row; many go through the tiles of the forward
//! pass.

use rayon::prelude::*;

use super::form::{Form, Scoring};
use super::input::check_heads;
use super::pack::{Columns, Group, Rows};
use super::{HEAVY, Shape, forward_group};
use crate::exp::exp;
use crate::for_each_isa;
use crate::isa::Isa;
use crate::lanes;

/// New positions up to which each is computed by itself, to the same bits however many there are; from one
/// more on packing the cache pays.
pub const FEW: usize = 7;

/// One sequence's cache, and the last `n` of its positions, which ask.
#[derive(Clone, Copy, Debug)]
pub struct Cached<'a> {
    /// Sizes: T, the context, is what the cache holds; the batch is 1.
    pub shape: Shape,
    /// How products become scores. Positions are the places in the cache.
    pub form: &'a Form,
    /// `(Hq)`: logits of nothing; see [`super::sinks_backward`].
    pub sinks: Option<&'a [f32]>,
    /// `(n, Hq D)`.
    pub q: &'a [f32],
    /// `(T, Hkv D)`, those of the new positions among them.
    pub keys: &'a [f32],
    /// `(T, Hkv D)`.
    pub values: &'a [f32],
}

/// `out` `(n, Hq D)` of the new positions.
pub fn attention_cached(args: Cached<'_>, out: &mut [f32]) {
    let Cached { shape, form, sinks, q, keys, values } = args;
    shape.check();
    check_heads(shape, form, sinks);
    let kv_width = shape.n_kv_heads * shape.head_dim;
    let n_queries = q.len() / shape.out_width();
    assert_eq!(shape.batch, 1, "attention_cached: one sequence at a time");
    assert_eq!(q.len(), n_queries * shape.out_width(), "attention_cached: q is not (n, Hq D)");
    assert_eq!(q.len(), out.len(), "attention_cached: q and out differ in length");
    assert_eq!(keys.len(), shape.context * kv_width, "attention_cached: keys are not (T, Hkv D)");
    assert_eq!(keys.len(), values.len(), "attention_cached: keys and values differ in length");
    assert!(n_queries <= shape.context, "attention_cached: more queries than keys");
    if n_queries <= FEW {
        few(args, out);
    } else {
        many(args, out);
    }
}

fn many(args: Cached<'_>, out: &mut [f32]) {
    let Cached { shape, q, keys, values, .. } = args;
    let n_queries = q.len() / shape.out_width();
    let kv_width = shape.n_kv_heads * shape.head_dim;
    let out = Columns::new(out, shape.out_width());
    (0..shape.n_kv_heads).into_par_iter().for_each(|g| {
        let kv = |data| Rows { data, width: kv_width, column: g * shape.head_dim };
        let column = g * shape.group() * shape.head_dim;
        let group = Group {
            q: Rows { data: q, width: shape.out_width(), column },
            k: kv(keys),
            v: kv(values),
            starts: None,
            window: shape.window,
            form: args.form,
            sinks: args.sinks,
            first_head: g * shape.group(),
            n_heads: shape.group(),
            n_queries,
            n_keys: shape.context,
            head_dim: shape.head_dim,
        };
        let mut lse = vec![0.0; shape.group() * n_queries];
        forward_group(Isa::current(), &group, &out.part(0, column), &mut lse);
    });
}

fn few(args: Cached<'_>, out: &mut [f32]) {
    let Cached { shape, q, keys, values, .. } = args;
    let n_queries = q.len() / shape.out_width();
    let task = |(i, out): (usize, &mut [f32])| {
        let (query, head) = (i / shape.n_heads, i % shape.n_heads);
        let position = shape.context - n_queries + query;
        let first = shape.first_seen(position, 0);
        let kv_width = shape.n_kv_heads * shape.head_dim;
        let one_head = Head {
            keys: &keys[first * kv_width..],
            values: &values[first * kv_width..],
            width: kv_width,
            column: head / shape.group() * shape.head_dim,
            scoring: args.form.scoring(head, shape.head_dim),
            sink: args.sinks.map_or(f32::NEG_INFINITY, |sinks| sinks[head]),
        };
        one(
            one_head,
            &q[i * shape.head_dim..][..shape.head_dim],
            &mut vec![0.0; position + 1 - first],
            out,
        );
    };
    if shape.context * q.len() >= HEAVY {
        out.par_chunks_exact_mut(shape.head_dim).enumerate().for_each(task);
    } else {
        out.chunks_exact_mut(shape.head_dim).enumerate().for_each(task);
    }
}

/// One query head's view of the cache.
#[derive(Clone, Copy)]
struct Head<'a> {
    keys: &'a [f32],
    values: &'a [f32],
    width: usize,
    column: usize,
    scoring: Scoring,
    /// `-inf` takes no part.
    sink: f32,
}

for_each_isa!(
    /// One head of one position over the first `scores.len()` rows.
    fn one(head: Head<'_>, q: &[f32], scores: &mut [f32], out: &mut [f32]) => one_body
);

#[inline(always)]
fn one_body(head: Head<'_>, q: &[f32], scores: &mut [f32], out: &mut [f32]) {
    let (d, scale) = (q.len(), head.scoring.scale);
    for (i, score) in scores.iter_mut().enumerate() {
        let key = &head.keys[i * head.width + head.column..][..d];
        *score = lanes::sum_of(d, |c| q[c] * key[c]) * scale;
    }
    head.scoring.finish_row(scores);
    let max = lanes::max(scores).max(head.sink);
    scores.iter_mut().for_each(|s| *s = exp(*s - max));
    let inverse = 1.0 / (lanes::sum_of(scores.len(), |i| scores[i]) + exp(head.sink - max));
    out.fill(0.0);
    for (i, p) in scores.iter().enumerate() {
        let value = &head.values[i * head.width + head.column..][..d];
        let p = p * inverse;
        out.iter_mut().zip(value).for_each(|(o, v)| *o += p * v);
    }
}
