//! The loop in plain Rust, for machines whose instructions no other knows.

use super::{Input, LANES, STEP, added, place, rest};

/// The products with rows of a matrix: `out (its rows, rows)`.
pub(super) fn columns(input: &Input, bits: &[u16], out: &mut [f32]) {
    let rows = bits.chunks_exact(input.k).zip(out.chunks_exact_mut(input.rows));
    for (row, out) in rows {
        let rest = rest(row);
        for (x, out) in input.numbers.chunks_exact(input.steps()).zip(out) {
            let mut sums = [[0.0; LANES]; 2];
            let mut steps = x.iter().map(|numbers| &numbers.0);
            for (bits, x) in row.as_chunks::<STEP>().0.iter().zip(&mut steps) {
                step(input, bits, x, &mut sums);
            }
            if let Some(x) = steps.next() {
                step(input, &rest, x, &mut sums);
            }
            *out = added(&sums);
        }
    }
}

fn step(input: &Input, bits: &[u16; STEP], x: &[f32; STEP], sums: &mut [[f32; LANES]; 2]) {
    for (i, bits) in bits.iter().enumerate() {
        let at = place(input.form, i);
        let sum = &mut sums[at / LANES][at % LANES];
        *sum = input.form.widened(*bits).mul_add(x[at], *sum);
    }
}
