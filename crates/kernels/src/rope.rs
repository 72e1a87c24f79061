//! Rotary position embedding (Su et al. 2021) in the half-split form of Llama's published weights.
//!
//! Within a head of `D` values, value `i` and value `i + D/2` are the two coordinates of a point
//! that is turned by `position * theta^(-2i/D)`. The angles are computed in f64. Frequencies of
//! another law (stretched contexts) come through [`RopeTable::from_frequencies`].

use crate::element::Element;
use crate::for_each_isa;
use crate::parallel;

/// Elements done together, at least one row.
const CHUNK: usize = 8 * 1024;

/// Cosines and sines of all angles.
#[derive(Clone, Debug)]
pub struct RopeTable {
    half: usize,
    /// (positions, D/2)
    cos: Vec<f32>,
    /// (positions, D/2)
    sin: Vec<f32>,
}

impl RopeTable {
    /// For positions `0..positions`, frequencies `theta^(-2i/D)`.
    pub fn new(head_dim: usize, theta: f64, positions: usize) -> Self {
        assert!(
            head_dim > 0 && head_dim.is_multiple_of(2),
            "rope: head_dim must be even, got {head_dim}"
        );
        let law = |i| theta.powf(-2.0 * i as f64 / head_dim as f64);
        Self::from_frequencies(&(0..head_dim / 2).map(law).collect::<Vec<_>>(), positions)
    }

    /// For positions `0..positions` and `D/2` frequencies in radians per position.
    pub fn from_frequencies(frequencies: &[f64], positions: usize) -> Self {
        assert!(!frequencies.is_empty(), "rope: a head needs at least one frequency");
        let angles = (0..positions).flat_map(|p| frequencies.iter().map(move |f| p as f64 * f));
        let (cos, sin) = angles.map(|a| (a.cos() as f32, a.sin() as f32)).unzip();
        Self { half: frequencies.len(), cos, sin }
    }

    /// How many positions it holds.
    pub fn positions(&self) -> usize {
        self.cos.len() / self.half
    }

    /// Cosines and sines of these positions, each `(n, D/2)`.
    pub fn angles(&self, positions: &[u32]) -> (Vec<f32>, Vec<f32>) {
        let of = |table: &[f32]| -> Vec<f32> {
            let row = |&position: &u32| &table[position as usize * self.half..][..self.half];
            positions.iter().flat_map(row).copied().collect()
        };
        (of(&self.cos), of(&self.sin))
    }

    /// `D`.
    pub fn head_dim(&self) -> usize {
        2 * self.half
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

/// The gradient of [`rope`], in place: a turn back.
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
    let rotated = n_rotated_heads * table.head_dim();
    assert!(
        row_width > 0 && rotated <= row_width,
        "rope: heads of {rotated} in rows of {row_width}"
    );
    assert_eq!(qkv.len(), positions.len() * row_width, "rope: one position a row is needed");
    let most = positions.iter().max().map_or(0, |&p| p as usize + 1);
    let held = table.positions();
    assert!(most <= held, "rope: the table holds {held} positions, {most} are needed");
    parallel::rows_mut(qkv, row_width, CHUNK.div_ceil(row_width), |row, qkv| {
        for (x, &position) in qkv.chunks_exact_mut(row_width).zip(&positions[row..]) {
            let at = position as usize * table.half;
            let (cos, sin) = (&table.cos[at..][..table.half], &table.sin[at..][..table.half]);
            turn_heads(&mut x[..rotated], cos, sin, direction);
        }
    });
}

for_each_isa!(
    fn turn_heads<E: Element>(x: &mut [E], cos: &[f32], sin: &[f32], direction: f32)
        => turn_heads_body
);

#[inline(always)]
fn turn_heads_body<E: Element>(x: &mut [E], cos: &[f32], sin: &[f32], direction: f32) {
    let half = cos.len();
    for head in x.chunks_exact_mut(2 * half) {
        let (first, second) = head.split_at_mut(half);
        for ((a, b), (c, s)) in first.iter_mut().zip(second).zip(cos.iter().zip(sin)) {
            let (x, y, s) = (a.to_f32(), b.to_f32(), s * direction);
            *a = E::from_f32(x * c - y * s);
            *b = E::from_f32(y * c + x * s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::bf16;

    fn wave(n: usize) -> Vec<f32> {
        (0..n).map(|i| (i as f32 * 0.7).sin()).collect()
    }

    /// As complex numbers in f64.
    fn naive(x: &[f32], theta: f64, position: f64) -> Vec<f64> {
        let half = x.len() / 2;
        let mut y = vec![0.0; x.len()];
        for i in 0..half {
            let angle = position * theta.powf(-(i as f64) / half as f64);
            let (a, b) = (f64::from(x[i]), f64::from(x[i + half]));
            y[i] = a * angle.cos() - b * angle.sin();
            y[i + half] = a * angle.sin() + b * angle.cos();
        }
        y
    }

    fn check(head_dim: usize, heads: usize, unturned: usize, positions: &[u32]) {
        let width = (heads + unturned) * head_dim;
        let table = RopeTable::new(head_dim, 10_000.0, 2049);
        let x = wave(positions.len() * width);
        let mut y = x.clone();
        rope(&table, &mut y, positions, heads, width);
        for (r, (x, y)) in x.chunks(width).zip(y.chunks(width)).enumerate() {
            assert_eq!(x[heads * head_dim..], y[heads * head_dim..], "other heads stay");
            for h in 0..heads {
                let at = h * head_dim..(h + 1) * head_dim;
                let expected = naive(&x[at.clone()], 10_000.0, f64::from(positions[r]));
                assert!(y[at].iter().zip(expected).all(|(y, e)| (f64::from(*y) - e).abs() < 1e-6));
            }
        }
        rope_backward(&table, &mut y, positions, heads, width);
        assert!(x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-6), "the inverse is the transpose");
    }

    #[test]
    fn heads_turn_and_turn_back() {
        check(2, 1, 0, &[0, 1, 2]);
        check(6, 3, 1, &[5, 0, 2048]);
        check(64, 9, 3, &(0..70).collect::<Vec<_>>());
    }

    #[test]
    fn bf16_is_rounded_once() {
        let table = RopeTable::new(32, 500.0, 9);
        let mut x: Vec<bf16> = wave(64).into_iter().map(Element::from_f32).collect();
        let mut wide: Vec<f32> = x.iter().map(|v| v.to_f32()).collect();
        rope(&table, &mut x, &[8], 2, 64);
        for head in wide.chunks_mut(32) {
            turn_heads_body(head, &table.cos[8 * 16..], &table.sin[8 * 16..], 1.0);
        }
        assert!(x.iter().zip(wide).all(|(x, w)| *x == <bf16 as Element>::from_f32(w)));
    }
}
