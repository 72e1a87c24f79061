//! The loop in plain Rust, for machines whose instructions no other knows.

use super::{Input, LANES, Part, STEP, Sums, place, rest};

/// Adds the products with rows of a matrix to their sums, `(its rows, rows)`.
pub(super) fn add(input: &Input, part: Part<'_>, sums: &mut [Sums]) {
    let rows = part.bits.chunks_exact(part.width).zip(sums.chunks_exact_mut(input.rows));
    for (row, sums) in rows {
        let rest = rest(row);
        for (x, sums) in input.numbers.chunks_exact(input.steps()).zip(sums) {
            let mut steps = x[part.step..].iter().map(|numbers| &numbers.0);
            for (bits, x) in row.as_chunks::<STEP>().0.iter().zip(&mut steps) {
                step(input, bits, x, &mut sums.0);
            }
            if !part.width.is_multiple_of(STEP)
                && let Some(x) = steps.next()
            {
                step(input, &rest, x, &mut sums.0);
            }
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
