//! Products against the widened numbers, and against each other.

use super::*;
use crate::isa::Int8Dots;

/// Rows of blocks of bytes that look random, with scales between 0.001 and 0.02.
fn blocks(kind: Kind, n: usize, k: usize, seed: u32) -> Vec<Vec<u8>> {
    let mut x = seed;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 24) as u8
    };
    let halves: &[usize] = match kind {
        Kind::Q4_0 | Kind::Q5_0 | Kind::Q8_0 | Kind::Iq4Nl | Kind::Iq4Xs => &[0],
        Kind::Q4_1 | Kind::Q5_1 | Kind::Q4K | Kind::Q5K => &[0, 2],
        Kind::Q2K => &[80, 82],
        Kind::Q3K => &[108],
        Kind::Q6K => &[208],
        Kind::Tq1_0 => &[52],
        Kind::Tq2_0 => &[64],
        Kind::Mxfp4 => &[],
    };
    let mut row = || {
        let mut row: Vec<u8> = (0..k / kind.numbers() * kind.bytes()).map(|_| next()).collect();
        for block in row.chunks_exact_mut(kind.bytes()) {
            for &at in halves {
                let scale = half::f16::from_f32(0.001 + f32::from(block[at]) / 13_000.0);
                block[at..at + 2].copy_from_slice(&scale.to_le_bytes());
            }
            if kind == Kind::Mxfp4 {
                block[0] = 118 + block[0] % 5;
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
    product_by(Int8Dots::current(), matrix, x)
}

fn product_by(dots: Int8Dots, matrix: &Matrix, x: &[f32]) -> Vec<f32> {
    let inputs = Inputs::new(x, matrix.k());
    let mut out = vec![0.0; inputs.rows() * matrix.n()];
    matrix::products_by(dots, &inputs, &[matrix], &mut out);
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

/// Every way to make dot products of eight-bit integers against the plain one, with numbers of input that all
/// are the greatest, so that a sum which overflows would be seen.
#[test]
fn every_machine_makes_the_same_bits() {
    for kind in Kind::ALL {
        let (n, k) = (39, 768);
        let mut blocks = blocks(kind, n, k, 13);
        for (row, byte) in [(0, 0x00), (1, 0xff), (2, 0x88), (3, 0x77), (4, 0x80)] {
            // But for scales, which stand at one end or the other.
            for block in blocks[row].chunks_exact_mut(kind.bytes()) {
                block[4..kind.bytes() - 4].fill(byte);
            }
        }
        let matrix = Matrix::new(kind, n, k, |i| &blocks[i]);
        for rows in [1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 131] {
            let mut x = input(rows, k);
            x[..k].fill(3.0);
            x[(rows - 1) * k..][..k / 2].fill(-2.0);
            let plain = product_by(Int8Dots::Plain, &matrix, &x);
            for dots in machines() {
                let got = product_by(dots, &matrix, &x);
                assert!(bits(&got) == bits(&plain), "{kind:?} by {dots:?}, {rows} rows");
            }
        }
    }
}

/// Those that this machine has, and AVX-VNNI where AVX-512 has the same instruction to take its place.
fn machines() -> Vec<Int8Dots> {
    let mut machines: Vec<_> = Int8Dots::available().collect();
    if machines.contains(&Int8Dots::Avx512Vnni) && !machines.contains(&Int8Dots::AvxVnni) {
        machines.push(Int8Dots::AvxVnni);
    }
    machines
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// Powers of two at the ends, where they are not normal numbers.
#[test]
fn the_least_and_the_greatest_power_are_what_they_are() {
    let k = 64;
    for (e, power) in [(0, 2_f32.powi(-128)), (1, 2_f32.powi(-127)), (2, 2_f32.powi(-126))] {
        let mut row = blocks(Kind::Mxfp4, 1, k, 3).remove(0);
        row[0] = e;
        row[17] = 255;
        let matrix = Matrix::new(Kind::Mxfp4, 1, k, |_| &row);
        let mut out = vec![0.0; k];
        matrix.row(0, &mut out);
        let code = usize::from(row[1] & 15);
        let number = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12][code] as f32;
        assert_eq!(out[0], power * number);
        let x: Vec<f32> = (0..k).map(|i| if i < 32 { 1e30 } else { 1e-30 }).collect();
        let plain = product_by(Int8Dots::Plain, &matrix, &x);
        for dots in machines() {
            assert_eq!(bits(&product_by(dots, &matrix, &x)), bits(&plain), "{dots:?}");
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
        let two_bits = |bytes| if kind == Kind::Tq1_0 { bytes / 54 * 66 } else { bytes };
        let bytes: usize = blocks.iter().map(|row| two_bits(row.len())).sum();
        assert!(matrix.len_bytes() * 1000 <= bytes * 1001, "{kind:?}");
        assert_eq!((matrix.n(), matrix.k(), matrix.kind()), (32, 2048, kind));
    }
}
