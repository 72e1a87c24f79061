//! The gradient of one key head: the probabilities are made again from the scores and `lse`, block
//! by block as in the forward pass; `dk` and `dv` gather over all blocks of all its query heads.

use std::f32::consts::LOG2_E;

use super::form::Scoring;
use super::pack::{
    Block, Columns, Group, KEYS, Rows, Scratch, by_row_panels, by_value_panels, cut, lanes_of_rows,
    lanes_of_values,
};
use super::tile::{LANES, Multiply, Row, TALL, Words};
use crate::element::Element;
use crate::exp::{exp2, multiply_add};

/// One task.
pub(super) struct Given<'a, E> {
    pub(super) group: Group<'a, E>,
    /// Columns of the first query head; the others follow. So in `dout` and `dq`.
    pub(super) out: Rows<'a, E>,
    pub(super) dout: Rows<'a, E>,
    /// (heads, queries)
    pub(super) lse: &'a [f32],
    pub(super) dq: Columns<'a, E>,
    pub(super) dk: Columns<'a, E>,
    pub(super) dv: Columns<'a, E>,
}

/// Keys and values of the task: eight keys side by side, and keys with eight values side by side.
struct Packs<'a> {
    keys: &'a [u32],
    values: &'a [u32],
    keys_by_value: &'a [u32],
}

/// The work space of a block. `*_rows` hold one value of 32 queries side by side, `*_values` 32
/// values of one query, both in words.
struct Space<'a> {
    q_rows: &'a mut [Words],
    q_values: &'a mut [Words],
    dout_rows: &'a mut [Words],
    dout_values: &'a mut [Words],
    /// (keys, 32 queries): scores, then probabilities.
    p: &'a mut [Row],
    /// (keys, 32 queries): the gradient of probabilities, then of scores.
    ds: &'a mut [Row],
    /// `ds` in words, with keys as the depth.
    ds_right: &'a mut [Words],
    /// `p` and `ds` in words, with queries as the depth.
    p_left: &'a mut [u32],
    ds_left: &'a mut [u32],
    /// (D, 32 queries)
    dq: &'a mut [Row],
    /// (panels of 32 values, keys)
    dk: &'a mut [Row],
    dv: &'a mut [Row],
    /// (32 queries, D)
    turned: &'a mut [f32],
}

/// Fills the columns of `dq`, `dk` and `dv`.
#[inline(always)]
pub(super) fn group<E: Element, M: Multiply>(tile: M, given: &Given<'_, E>, scratch: &mut Scratch) {
    let group = &given.group;
    let (d, n) = (group.head_dim, group.n_keys);
    by_row_panels::<E, M>(group.k, n, d, &mut scratch.keys);
    by_row_panels::<E, M>(group.v, n, d, &mut scratch.values);
    by_value_panels::<E, M>(group.k, n, d, &mut scratch.keys_by_value);
    let Scratch { keys, values, keys_by_value, left, lanes, words, turned } = scratch;
    let packs = Packs { keys, values, keys_by_value };
    let panels = d.div_ceil(LANES);
    let (rows, side) = (M::depth(d), panels * M::depth(LANES));
    let lengths = [rows, side, rows, side, M::depth(KEYS)];
    let [q_rows, q_values, dout_rows, dout_values, ds_right] = cut(words, Words::ZERO, lengths);
    let gathered = panels * n.next_multiple_of(TALL);
    let lengths = [KEYS, KEYS, d.next_multiple_of(TALL), gathered, gathered];
    let [p, ds, dq, dk, dv] = cut(lanes, Row::ZERO, lengths);
    let [p_left, ds_left] = cut(left, 0, [KEYS * M::depth(LANES); 2]);
    turned.resize(LANES * d, 0.0);
    dk.fill(Row::ZERO);
    dv.fill(Row::ZERO);
    let mut space = Space {
        q_rows,
        q_values,
        dout_rows,
        dout_values,
        p,
        ds,
        ds_right,
        p_left,
        ds_left,
        dq,
        dk,
        dv,
        turned,
    };
    for head in 0..group.n_heads {
        for first in (0..group.n_queries).step_by(LANES) {
            block(tile, given, &packs, (head, first), &mut space);
        }
    }
    store(space.dk, (n, d), group.scale(), &given.dk);
    store(space.dv, (n, d), 1.0, &given.dv);
}

#[inline(always)]
fn block<E: Element, M: Multiply>(
    tile: M,
    given: &Given<'_, E>,
    packs: &Packs<'_>,
    (head, first): (usize, usize),
    space: &mut Space<'_>,
) {
    let group = &given.group;
    let d = group.head_dim;
    let (block, scoring) = (group.block(first), group.scoring(head));
    lanes_of_rows::<E, M>(group.q, (head, d), &block, space.q_rows);
    lanes_of_values::<E, M>(group.q, (head, d), &block, space.q_values);
    lanes_of_rows::<E, M>(given.dout, (head, d), &block, space.dout_rows);
    lanes_of_values::<E, M>(given.dout, (head, d), &block, space.dout_values);
    // Lanes without a query get probability 0.
    let (mut lse, mut delta) = ([f32::INFINITY; LANES], [0.0; LANES]);
    for j in 0..block.n {
        lse[j] = given.lse[head * group.n_queries + first + j] * LOG2_E;
        let (out, dout) = (given.out.row(first + j, head, d), given.dout.row(first + j, head, d));
        delta[j] = crate::lanes::dot(out, dout);
    }
    let queries = Queries { block: &block, scoring, lse, delta };
    space.dq.fill(Row::ZERO);
    for key in (block.begin..block.end).step_by(KEYS) {
        let n = KEYS.min(block.end - key);
        score_gradients(tile, &queries, packs, (key, n), space);
        gather(tile, packs, (key, n), space);
    }
    tile.turn(&space.dq[..d], &[scoring.scale; LANES], space.turned);
    for j in 0..block.n {
        given.dq.write(first + j, head * d, &space.turned[j * d..(j + 1) * d], 1.0);
    }
}

/// What the queries of a block bring along.
struct Queries<'a> {
    block: &'a Block,
    scoring: Scoring,
    /// In powers of two.
    lse: [f32; LANES],
    /// `dout·out`
    delta: [f32; LANES],
}

/// `p = 2^(s - lse)` and `ds = p (dp - delta)` of keys `key..key + n`.
#[inline(always)]
fn score_gradients<M: Multiply>(
    tile: M,
    queries: &Queries<'_>,
    packs: &Packs<'_>,
    (key, n): (usize, usize),
    space: &mut Space<'_>,
) {
    let Queries { block, scoring, lse, delta } = queries;
    let deep = space.q_rows.len();
    let (p, ds) = (&mut space.p[..n], &mut space.ds[..n]);
    p.fill(Row::ZERO);
    ds.fill(Row::ZERO);
    let sides = packs.keys[key * deep..].chunks_exact(TALL * deep);
    let sides = sides.zip(packs.values[key * deep..].chunks_exact(TALL * deep));
    let tiles = p.chunks_exact_mut(TALL).zip(ds.chunks_exact_mut(TALL));
    for ((p, ds), (keys, values)) in tiles.zip(sides) {
        tile.multiply::<1, TALL>(keys, space.q_rows, p); // (8, D) (D, 32)
        tile.multiply::<1, TALL>(values, space.dout_rows, ds); // (8, D) (D, 32)
    }
    let delta = scoring.finish_backward(block, key, (&mut *p, &mut *ds), delta);
    block.mask(key, p);
    let scale = scoring.scale_left() * LOG2_E;
    for (p, ds) in p.iter_mut().zip(ds) {
        let lanes = p.0.iter_mut().zip(&mut ds.0);
        for ((p, ds), (lse, delta)) in lanes.zip(lse.iter().zip(&delta)) {
            *p = exp2(M::FUSED, multiply_add(M::FUSED, *p, scale, -lse));
            *ds = *p * (*ds - delta);
        }
    }
}

/// Adds what keys `key..key + n` give to `dq` and get in `dk` and `dv`.
#[inline(always)]
fn gather<M: Multiply>(
    tile: M,
    packs: &Packs<'_>,
    (key, n): (usize, usize),
    space: &mut Space<'_>,
) {
    let rows = packs.keys.len() / space.q_rows.len();
    let (p, ds, wide) = (&space.p[..n], &space.ds[..n], M::depth(LANES));
    let ds_right = &mut space.ds_right[..M::depth(n)];
    tile.right(ds, ds_right);
    let panels = packs.keys_by_value.chunks_exact(TALL * M::depth(rows));
    for (dq, keys) in space.dq.chunks_exact_mut(TALL).zip(panels) {
        tile.multiply::<1, TALL>(&keys[M::depth(key) * TALL..], ds_right, dq); // (8, n) (n, 32)
    }
    let (p_left, ds_left) = (&mut space.p_left[..n * wide], &mut space.ds_left[..n * wide]);
    tile.left(p, p_left);
    tile.left(ds, ds_left);
    let dk = space.dk.chunks_exact_mut(rows).zip(space.q_values.chunks_exact(wide));
    let dv = space.dv.chunks_exact_mut(rows).zip(space.dout_values.chunks_exact(wide));
    for ((dk, q), (dv, dout)) in dk.zip(dv) {
        for i in (0..n).step_by(TALL) {
            tile.multiply_rows(&ds_left[i * wide..], q, &mut dk[key + i..]); // (8, 32) (32, 32)
            tile.multiply_rows(&p_left[i * wide..], dout, &mut dv[key + i..]); // (8, 32) (32, 32)
        }
    }
}

/// From panels of 32 values to rows, times `by`.
#[inline(always)]
fn store<E: Element>(from: &[Row], (n, d): (usize, usize), by: f32, to: &Columns<'_, E>) {
    for (panel, rows) in from.chunks_exact(n.next_multiple_of(TALL)).enumerate() {
        let width = LANES.min(d - panel * LANES);
        for (i, row) in rows.iter().take(n).enumerate() {
            to.write(i, panel * LANES, &row.0[..width], by);
        }
    }
}
