//! The gradient of one key head: the probabilities are made again from the scores and `lse`, block
//! by block as in the forward pass; `dk` and `dv` gather over all blocks of all its query heads.

use super::pack::{
    Block, Columns, Group, KEYS, Rows, Scratch, by_row_panels, by_value_panels, cut, lanes_of_rows,
    lanes_of_values,
};
use super::tile::{LANES, Multiply, Row, TALL};
use crate::element::Element;
use crate::exp::exp;

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
    keys: &'a [f32],
    values: &'a [f32],
    keys_by_value: &'a [f32],
}

/// The work space of a block. `*_rows` hold one value of 32 queries side by side, `*_values` 32
/// values of one query.
struct Space<'a> {
    q_rows: &'a mut [Row],
    q_values: &'a mut [Row],
    dout_rows: &'a mut [Row],
    dout_values: &'a mut [Row],
    /// (keys, 32 queries): scores, then probabilities.
    p: &'a mut [Row],
    /// (keys, 32 queries): the gradient of probabilities, then of scores.
    ds: &'a mut [Row],
    /// (D, 32 queries)
    dq: &'a mut [Row],
    /// (panels of 32 values, keys)
    dk: &'a mut [Row],
    dv: &'a mut [Row],
}

/// Fills the columns of `dq`, `dk` and `dv`.
#[inline(always)]
pub(super) fn group<E: Element, M: Multiply>(tile: M, given: &Given<'_, E>, scratch: &mut Scratch) {
    let group = &given.group;
    let (d, n) = (group.head_dim, group.n_keys);
    by_row_panels(group.k, n, d, &mut scratch.keys);
    by_row_panels(group.v, n, d, &mut scratch.values);
    by_value_panels(group.k, n, d, &mut scratch.keys_by_value);
    let packs = Packs {
        keys: &scratch.keys,
        values: &scratch.values,
        keys_by_value: &scratch.keys_by_value,
    };
    let (wide, tall) = (d.next_multiple_of(LANES), d.next_multiple_of(TALL));
    let gathered = wide / LANES * n.next_multiple_of(TALL);
    let lengths = [d, wide, d, wide, KEYS, KEYS, tall, gathered, gathered];
    let [q_rows, q_values, dout_rows, dout_values, p, ds, dq, dk, dv] =
        cut(&mut scratch.lanes, lengths);
    dk.fill(Row::ZERO);
    dv.fill(Row::ZERO);
    let mut space = Space { q_rows, q_values, dout_rows, dout_values, p, ds, dq, dk, dv };
    for head in 0..group.n_heads {
        for first in (0..group.n_queries).step_by(LANES) {
            block(tile, given, &packs, (head, first), &mut space);
        }
    }
    store(space.dk, (n, d), &given.dk);
    store(space.dv, (n, d), &given.dv);
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
    let (d, scale) = (group.head_dim, group.scale());
    let block = group.block(first);
    lanes_of_rows(group.q, head, &block, scale, space.q_rows);
    lanes_of_values(group.q, (head, d), &block, scale, space.q_values);
    lanes_of_rows(given.dout, head, &block, 1.0, space.dout_rows);
    lanes_of_values(given.dout, (head, d), &block, 1.0, space.dout_values);
    // Lanes without a query get probability 0.
    let (mut lse, mut delta) = ([f32::INFINITY; LANES], [0.0; LANES]);
    for j in 0..block.n {
        lse[j] = given.lse[head * group.n_queries + first + j];
        let (out, dout) = (given.out.row(first + j, head, d), given.dout.row(first + j, head, d));
        delta[j] = crate::lanes::sum_of(d, |i| out[i].to_f32() * dout[i].to_f32());
    }
    space.dq.fill(Row::ZERO);
    for key in (block.begin..block.end).step_by(KEYS) {
        let n = KEYS.min(block.end - key);
        score_gradients(tile, &block, packs, (key, n), (&lse, &delta), space);
        gather(tile, packs, (key, n), space);
    }
    for j in 0..block.n {
        given.dq.write(first + j, head * d, space.dq[..d].iter().map(|row| row.0[j] * scale));
    }
}

/// `p = exp(s - lse)` and `ds = p (dp - delta)` of keys `key..key + n`.
#[inline(always)]
fn score_gradients<M: Multiply>(
    tile: M,
    block: &Block,
    packs: &Packs<'_>,
    (key, n): (usize, usize),
    (lse, delta): (&[f32; LANES], &[f32; LANES]),
    space: &mut Space<'_>,
) {
    let d = space.q_rows.len();
    let (p, ds) = (&mut space.p[..n], &mut space.ds[..n]);
    p.fill(Row::ZERO);
    ds.fill(Row::ZERO);
    let sides = packs.keys[key * d..].chunks_exact(TALL * d);
    let sides = sides.zip(packs.values[key * d..].chunks_exact(TALL * d));
    let tiles = p.chunks_exact_mut(TALL).zip(ds.chunks_exact_mut(TALL));
    for ((p, ds), (keys, values)) in tiles.zip(sides) {
        tile.multiply::<1, TALL>(keys, space.q_rows, p); // (8, D) (D, 32)
        tile.multiply::<1, TALL>(values, space.dout_rows, ds); // (8, D) (D, 32)
    }
    block.mask(key, p);
    for (p, ds) in p.iter_mut().zip(ds) {
        let lanes = p.0.iter_mut().zip(&mut ds.0);
        for ((p, ds), (lse, delta)) in lanes.zip(lse.iter().zip(delta)) {
            *p = exp(*p - lse);
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
    let (p, ds) = (&space.p[..n], &space.ds[..n]);
    let panels = packs.keys_by_value.chunks_exact(TALL * rows);
    for (dq, keys) in space.dq.chunks_exact_mut(TALL).zip(panels) {
        tile.multiply::<1, TALL>(&keys[key * TALL..], ds, dq); // (8, n) (n, 32)
    }
    let dk = space.dk.chunks_exact_mut(rows).zip(space.q_values.chunks_exact(LANES));
    let dv = space.dv.chunks_exact_mut(rows).zip(space.dout_values.chunks_exact(LANES));
    for ((dk, q), (dv, dout)) in dk.zip(dv) {
        for i in (0..n).step_by(TALL) {
            let (p, ds) = (flat(&p[i..i + TALL]), flat(&ds[i..i + TALL]));
            tile.multiply::<LANES, 1>(ds, q, &mut dk[key + i..]); // (8, 32) (32, 32)
            tile.multiply::<LANES, 1>(p, dout, &mut dv[key + i..]); // (8, 32) (32, 32)
        }
    }
}

/// The numbers of some rows; rows have no gaps.
#[inline(always)]
fn flat(rows: &[Row]) -> &[f32] {
    #[expect(unsafe_code, reason = "rows of 128 bytes aligned to 64 have no padding")]
    // SAFETY: `Row` is an array of `LANES` numbers whose size is a multiple of its alignment.
    unsafe {
        std::slice::from_raw_parts(rows.as_ptr().cast(), rows.len() * LANES)
    }
}

/// From panels of 32 values to rows.
#[inline(always)]
fn store<E: Element>(from: &[Row], (n, d): (usize, usize), to: &Columns<'_, E>) {
    for (panel, rows) in from.chunks_exact(n.next_multiple_of(TALL)).enumerate() {
        let width = LANES.min(d - panel * LANES);
        for (i, row) in rows.iter().take(n).enumerate() {
            to.write(i, panel * LANES, row.0[..width].iter().copied());
        }
    }
}
