//! Rotary position embedding (Su et al., "RoFormer", 2021), whole and partial, in both layouts.
//!
//! The first `turned` values of a head are `turned / 2` points: values `i` and `i + turned/2` in
//! the half form of Llama's and GPT-NeoX' published weights, values `2i` and `2i + 1` in the
//! interleaved form of GPT-J and of the paper. Point `i` is turned by `position · frequencyᵢ` and
//! stretched by a magnitude, which is 1 but for YaRN (Peng et al. 2023). Whatever stands behind the
//! first `turned` values passes. Plain frequencies are `theta^(-2i / turned)`; other laws (linear,
//! NTK, YaRN, Llama 3's) are other frequencies, made elsewhere.
//!
//! Angles are rounded as Hugging Face's transformers round them, since published weights were
//! trained with such angles: frequency and product with the position are f32, the cosine of that
//! product is exact to f32. At the end of 200, 4096 and 131072 positions (theta 10000, 64 turned)
//! that is within 6e-8 of transformers 5.24. Exact angles would be 8e-6, 1.5e-4 and 4.9e-3 off,
//! exact products of rounded frequencies 7e-6, 1.2e-4 and 3.9e-3. The price is the mirror of that:
//! a head sees distances far out as unevenly as the model that it was trained in.
//!
//! Left out on purpose: tables that depend on the length of a sequence (dynamic NTK, LongRoPE).
//! Whoever wants them builds another table.

use crate::element::Element;
use crate::for_each_isa;
use crate::parallel;

/// Elements done together, at least one row.
const CHUNK: usize = 8 * 1024;

/// Where the turned points of a head lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Values of a head.
    pub head_dim: usize,
    /// How many of them turn: the first ones, an even number.
    pub turned: usize,
    /// Whether a point is two neighbours; else its second half stands `turned / 2` later.
    pub interleaved: bool,
}

impl Layout {
    /// Whole heads in the half form.
    pub fn whole(head_dim: usize) -> Self {
        Self { head_dim, turned: head_dim, interleaved: false }
    }
}

/// The plain law: `theta^(-2i / turned)` for `turned / 2` points, in radians per position.
///
/// Rounded step by step as in f32, which for nearly all of them gives the bits of transformers.
pub fn frequencies(turned: usize, theta: f64) -> Vec<f64> {
    let share = |i: usize| f64::from((2 * i) as f32 / turned as f32);
    let law = |i| f64::from(1.0 / theta.powf(share(i)) as f32);
    (0..turned / 2).map(law).collect()
}

/// Cosines and sines of all angles, times the magnitude.
#[derive(Clone, Debug)]
pub struct RopeTable {
    layout: Layout,
    /// (positions, turned/2)
    cos: Vec<f32>,
    /// (positions, turned/2)
    sin: Vec<f32>,
}

impl RopeTable {
    /// For positions `0..context` and `turned / 2` frequencies in radians per position.
    ///
    /// # Panics
    /// For a layout that turns an odd number of values, none, or more than there are, and for
    /// another number of frequencies.
    pub fn new(layout: Layout, frequencies: &[f64], magnitude: f64, context: usize) -> Self {
        let Layout { head_dim, turned, .. } = layout;
        let sound = turned > 0 && turned.is_multiple_of(2) && turned <= head_dim;
        assert!(sound, "rope: an even number of {head_dim} values must turn, got {turned}");
        let given = frequencies.len();
        assert_eq!(given, turned / 2, "rope: {turned} values turn by half as many frequencies");
        let rounded: Vec<f32> = frequencies.iter().map(|&f| f as f32).collect();
        let angles = (0..context).flat_map(|p| rounded.iter().map(move |f| p as f32 * f));
        let stretched = |value: f64| value as f32 * magnitude as f32;
        let (cos, sin) = angles
            .map(f64::from)
            .map(|angle| (stretched(angle.cos()), stretched(angle.sin())))
            .unzip();
        Self { layout, cos, sin }
    }

    /// Whole heads in the half form, turned by the plain law.
    pub fn plain(head_dim: usize, theta: f64, context: usize) -> Self {
        Self::new(Layout::whole(head_dim), &frequencies(head_dim, theta), 1.0, context)
    }

    /// Where the turned points lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How many positions it holds.
    pub fn positions(&self) -> usize {
        self.cos.len() / self.half()
    }

    /// Cosines and sines of these positions, each `(n, turned/2)`.
    pub fn angles(&self, positions: &[u32]) -> (Vec<f32>, Vec<f32>) {
        let of = |table: &[f32]| -> Vec<f32> {
            let row = |&position: &u32| &table[position as usize * self.half()..][..self.half()];
            positions.iter().flat_map(row).copied().collect()
        };
        (of(&self.cos), of(&self.sin))
    }

    fn half(&self) -> usize {
        self.layout.turned / 2
    }
}

/// Turns the first `n_rotated_heads` heads (those of q, then those of k) of every row of `qkv` by
/// the angles of the row's position.
pub fn rope<E: Element>(
    table: &RopeTable,
    qkv: &mut [E],
    positions: &[u32],
    n_rotated_heads: usize,
    row_width: usize,
) {
    turn(table, qkv, positions, n_rotated_heads, row_width, 1.0);
}

/// The gradient of [`rope`], in place: a turn back, stretched alike.
pub fn rope_backward<E: Element>(
    table: &RopeTable,
    dqkv: &mut [E],
    positions: &[u32],
    n_rotated_heads: usize,
    row_width: usize,
) {
    turn(table, dqkv, positions, n_rotated_heads, row_width, -1.0);
}

fn turn<E: Element>(
    table: &RopeTable,
    qkv: &mut [E],
    positions: &[u32],
    n_rotated_heads: usize,
    row_width: usize,
    direction: f32,
) {
    let rotated = n_rotated_heads * table.layout.head_dim;
    assert!(
        row_width > 0 && rotated <= row_width,
        "rope: heads of {rotated} in rows of {row_width}"
    );
    assert_eq!(qkv.len(), positions.len() * row_width, "rope: one position a row is needed");
    let most = positions.iter().max().map_or(0, |&p| p as usize + 1);
    let held = table.positions();
    assert!(most <= held, "rope: the table holds {held} positions, {most} are needed");
    let (half, head_dim) = (table.half(), table.layout.head_dim);
    let turn_heads = if table.layout.interleaved { turn_neighbours } else { turn_halves };
    parallel::rows_mut(qkv, row_width, CHUNK.div_ceil(row_width), |row, qkv| {
        for (x, &position) in qkv.chunks_exact_mut(row_width).zip(&positions[row..]) {
            let at = position as usize * half;
            let (cos, sin) = (&table.cos[at..][..half], &table.sin[at..][..half]);
            turn_heads(&mut x[..rotated], head_dim, cos, sin, direction);
        }
    });
}

for_each_isa!(
    fn turn_halves<E: Element>(
        x: &mut [E],
        head_dim: usize,
        cos: &[f32],
        sin: &[f32],
        direction: f32,
    ) => turn_halves_body
);

#[inline(always)]
fn turn_halves_body<E: Element>(
    x: &mut [E],
    head_dim: usize,
    cos: &[f32],
    sin: &[f32],
    direction: f32,
) {
    let half = cos.len();
    for head in x.chunks_exact_mut(head_dim) {
        let (first, second) = head[..2 * half].split_at_mut(half);
        for ((a, b), (c, s)) in first.iter_mut().zip(second).zip(cos.iter().zip(sin)) {
            turn_point(a, b, *c, s * direction);
        }
    }
}

for_each_isa!(
    fn turn_neighbours<E: Element>(
        x: &mut [E],
        head_dim: usize,
        cos: &[f32],
        sin: &[f32],
        direction: f32,
    ) => turn_neighbours_body
);

#[inline(always)]
fn turn_neighbours_body<E: Element>(
    x: &mut [E],
    head_dim: usize,
    cos: &[f32],
    sin: &[f32],
    direction: f32,
) {
    for head in x.chunks_exact_mut(head_dim) {
        let points = head.as_chunks_mut::<2>().0.iter_mut();
        // As many points as there are angles; what is left passes.
        for ([a, b], (c, s)) in points.zip(cos.iter().zip(sin)) {
            turn_point(a, b, *c, s * direction);
        }
    }
}

#[inline(always)]
fn turn_point<E: Element>(a: &mut E, b: &mut E, cos: f32, sin: f32) {
    let (x, y) = (a.to_f32(), b.to_f32());
    *a = E::from_f32(x * cos - y * sin);
    *b = E::from_f32(y * cos + x * sin);
}

#[cfg(test)]
mod tests;
