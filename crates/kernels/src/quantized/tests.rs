//! Products against the widened numbers, and against each other.

use super::*;

/// Rows of blocks of bytes that look random, with scales between 0.001 and 0.02.
fn blocks(kind: Kind, n: usize, k: usize, seed: u32) -> Vec<Vec<u8>> {
    let mut x = seed;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 24) as u8
    };
    let halves: &[usize] = match kind {
        Kind::Q4_0 | Kind::Q5_0 | Kind::Q8_0 => &[0],
        Kind::Q4_1 | Kind::Q5_1 | Kind::Q4K | Kind::Q5K => &[0, 2],
        Kind::Q6K => &[208],
    };
    let mut row = || {
        let mut row: Vec<u8> = (0..k / kind.numbers() * kind.bytes()).map(|_| next()).collect();
        for block in row.chunks_exact_mut(kind.bytes()) {
            for &at in halves {
                let scale = half::f16::from_f32(0.001 + f32::from(block[at]) / 13_000.0);
                block[at..at + 2].copy_from_slice(&scale.to_le_bytes());
            }
        }
        row
    };
    (0..n).map(|_| row()).collect()
}

fn input(rows: usize, k: usize) -> Vec<f32> {
    (0..rows * k).map(|i| ((i * 7919 + i / k * 31) % 1009) as f32 / 300.0 - 1.7).collect()
}

fn product(matrix: &Matrix, x: &[f32]) -> Vec<f32> {
    let inputs = Inputs::new(x, matrix.k());
    let mut out = vec![0.0; inputs.rows() * matrix.n()];
    products(&inputs, &[matrix], &mut out);
    out
}

#[test]
fn products_are_those_of_the_widened_numbers() {
    for kind in Kind::ALL {
        // Rows that fill no strip, and pieces that fill no unit where a type has such rows.
        for (n, k) in [(37, 512), (16, 256), (5, if kind.numbers() == 32 { 96 } else { 768 })] {
            let blocks = blocks(kind, n, k, 7);
            let matrix = Matrix::new(kind, n, k, |i| &blocks[i]);
            for rows in [1, 2, 3, 7, 8, 9, 14, 131] {
                let x = input(rows, k);
                let expected = naive::naive(&Rounded::new(&x, k, kind.rounding()), &matrix);
                let got = product(&matrix, &x);
                let size = expected.iter().map(|e| e.abs()).sum::<f32>() / expected.len() as f32;
                for (g, e) in got.iter().zip(&expected) {
                    assert!((g - e).abs() <= 1e-4 * size, "{kind:?} {rows}: {g} for {e}");
                }
            }
        }
    }
}

#[test]
fn a_row_has_the_same_bits_however_many_are_asked_about() {
    for kind in Kind::ALL {
        let (n, k) = (33, 512);
        let blocks = blocks(kind, n, k, 9);
        let matrix = Matrix::new(kind, n, k, |i| &blocks[i]);
        let x = input(150, k);
        let all = product(&matrix, &x);
        for rows in [1, 4, 8, 11] {
            assert!(product(&matrix, &x[..rows * k]) == all[..rows * n], "{kind:?}, {rows} rows");
        }
    }
}

/// What a rounded product is worth: against the same input as it was.
#[test]
fn rounding_the_input_costs_less_than_a_hundredth() {
    for kind in Kind::ALL {
        let (n, k) = (16, 1024);
        let blocks = blocks(kind, n, k, 3);
        let matrix = Matrix::new(kind, n, k, |i| &blocks[i]);
        let x = input(1, k);
        let (got, mut row) = (product(&matrix, &x), vec![0.0; k]);
        for (i, got) in got.iter().enumerate() {
            matrix.row(i, &mut row);
            let exact: f64 = row.iter().zip(&x).map(|(w, x)| f64::from(w * x)).sum();
            let size: f64 = row.iter().zip(&x).map(|(w, x)| f64::from(w * x).powi(2)).sum();
            let off = (f64::from(*got) - exact).abs() / size.sqrt();
            assert!(off < 0.05, "{kind:?}: {off}");
        }
    }
}

#[test]
fn several_matrices_share_an_input() {
    let (k, x) = (512, input(3, 512));
    let made: Vec<Matrix> = [(Kind::Q4K, 20), (Kind::Q6K, 7), (Kind::Q8_0, 40)]
        .into_iter()
        .map(|(kind, n)| {
            let blocks = blocks(kind, n, k, 11);
            Matrix::new(kind, n, k, |i| &blocks[i])
        })
        .collect();
    let all: Vec<&Matrix> = made.iter().collect();
    let mut out = vec![0.0; 3 * 67];
    products(&Inputs::new(&x, k), &all, &mut out);
    for (row, out) in out.chunks_exact(67).enumerate() {
        let own: Vec<f32> =
            made.iter().flat_map(|matrix| product(matrix, &x[row * k..(row + 1) * k])).collect();
        assert_eq!(out, own);
    }
}

#[test]
fn what_is_not_finite_comes_out_as_such() {
    let blocks = blocks(Kind::Q4_0, 16, 64, 1);
    let matrix = Matrix::new(Kind::Q4_0, 16, 64, |i| &blocks[i]);
    let mut x = input(1, 64);
    x[5] = f32::NAN;
    assert!(product(&matrix, &x).iter().all(|x| x.is_nan()));
}

#[test]
fn a_matrix_takes_what_its_blocks_took() {
    for kind in Kind::ALL {
        let blocks = blocks(kind, 32, 2048, 5);
        let matrix = Matrix::new(kind, 32, 2048, |i| &blocks[i]);
        let bytes: usize = blocks.iter().map(Vec::len).sum();
        assert!(matrix.len_bytes() * 1000 <= bytes * 1001, "{kind:?}");
        assert_eq!((matrix.n(), matrix.k(), matrix.kind()), (32, 2048, kind));
    }
}
