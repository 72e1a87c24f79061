//! Sums over rows: the gradient of a bias.

use crate::element::Element;
use crate::parallel;

/// Rows whose sums are made together, whatever the number of threads.
const ROWS: usize = 128;

/// `out[j] = Σ_i x[i, j]` for `x` of `(n, out.len())`, chunk by chunk in order.
pub fn column_sums<E: Element>(x: &[E], out: &mut [f32]) {
    let width = out.len();
    assert!(
        width > 0 && x.len().is_multiple_of(width),
        "column_sums: x is no whole number of rows"
    );
    let chunks: Vec<&[E]> = x.chunks(ROWS * width).collect();
    let partial = parallel::map(chunks.len(), x.len() >= parallel::MIN_WORK, |c| {
        let mut sums = vec![0.0_f32; width];
        for row in chunks[c].chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(s, v)| *s += v.to_f32());
        }
        sums
    });
    out.fill(0.0);
    for sums in partial {
        out.iter_mut().zip(sums).for_each(|(o, s)| *o += s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_a_plain_loop() {
        let (rows, width) = (300, 7);
        let x: Vec<f32> = (0..rows * width).map(|i| (i % 11) as f32).collect();
        let mut out = vec![f32::NAN; width];
        column_sums(&x, &mut out);
        for (j, got) in out.iter().enumerate() {
            assert_eq!(*got, (0..rows).map(|i| x[i * width + j]).sum::<f32>());
        }
    }
}
