//! Products against the widened numbers, and against each other.

use super::*;
use crate::element::Element;

/// Rows of numbers between −2 and 2, the lower byte first, and some that are not normal.
fn rows(form: Form, n: usize, k: usize) -> Vec<Vec<u8>> {
    let number = |i: usize| ((i * 7919 + i / k * 31) % 1009) as f32 / 256.0 - 1.9;
    let bits = |x: f32| match form {
        Form::Bf16 => <bf16 as Element>::from_f32(x).to_bits(),
        Form::F16 => f16::from_f32(x).to_bits(),
    };
    let mut rows: Vec<Vec<u8>> = (0..n)
        .map(|row| (0..k).flat_map(|i| bits(number(row * k + i)).to_le_bytes()).collect())
        .collect();
    // The least number that there is.
    rows[0][..2].copy_from_slice(&1_u16.to_le_bytes());
    rows
}

fn input(rows: usize, k: usize) -> Vec<f32> {
    (0..rows * k).map(|i| ((i * 3571) % 997) as f32 / 300.0 - 1.7).collect()
}

fn product(isa: Isa, matrix: &HalfMatrix, x: &[f32]) -> Vec<f32> {
    let mut out = vec![f32::NAN; x.len() / matrix.k() * matrix.n()];
    matrix.product_on(isa, x, &mut out);
    out
}

#[test]
fn products_are_those_of_the_widened_numbers() {
    for form in [Form::Bf16, Form::F16] {
        // Rows that fill no tile, and numbers that fill no step.
        for (n, k) in [(37, 512), (5, 96), (300, 45), (1, 7), (37, 1024), (21, 3125)] {
            let bytes = rows(form, n, k);
            let matrix = HalfMatrix::new(form, n, k, |i| &bytes[i]);
            for rows in [1, 2, 3, 4, 7, 8, 9, 33] {
                let x = input(rows, k);
                let expected = naive(&x, &matrix);
                // Of several rows with brain floats the input is rounded.
                let close = if rows > ALIKE && form == Form::Bf16 { 0.02 } else { 1e-5 };
                let size = expected.iter().map(|e| e.abs()).sum::<f32>() / expected.len() as f32;
                for (g, e) in product(Isa::current(), &matrix, &x).iter().zip(&expected) {
                    assert!((g - e).abs() <= close * size, "{form:?} {rows}: {g} for {e}");
                }
            }
        }
    }
}

#[test]
fn neither_the_machine_nor_the_rows_change_a_bit() {
    for form in [Form::Bf16, Form::F16] {
        for (n, k) in [(39, 512), (6, 77), (5, 1600)] {
            let bytes = rows(form, n, k);
            let matrix = HalfMatrix::new(form, n, k, |i| &bytes[i]);
            let few = if form == Form::Bf16 { ALIKE } else { FEW };
            let x = input(few, k);
            let all = product(Isa::Portable, &matrix, &x);
            for isa in Isa::available() {
                for rows in 1..=few {
                    let got = product(isa, &matrix, &x[..rows * k]);
                    assert!(got == all[..rows * n], "{form:?} on {isa:?}, {rows} rows");
                }
            }
        }
    }
}

#[test]
fn several_rows_of_rounded_numbers_are_each_as_among_others() {
    // Whose rounding changes nothing.
    let rounded = |x: Vec<f32>| -> Vec<f32> {
        x.into_iter().map(|x| <bf16 as Element>::from_f32(x).to_f32()).collect()
    };
    for (n, k) in [(39, 512), (6, 77), (5, 1600), (300, 896)] {
        let bytes = rows(Form::Bf16, n, k);
        let matrix = HalfMatrix::new(Form::Bf16, n, k, |i| &bytes[i]);
        let x = rounded(input(FEW, k));
        let expected = naive(&x, &matrix);
        let size = expected.iter().map(|e| e.abs()).sum::<f32>() / expected.len() as f32;
        for isa in Isa::available() {
            let all = product(isa, &matrix, &x);
            for rows in ALIKE + 1..=FEW {
                let got = product(isa, &matrix, &x[..rows * k]);
                assert!(got == all[..rows * n], "{isa:?}, {rows} rows");
            }
            for (g, e) in all.iter().zip(&expected) {
                assert!((g - e).abs() <= 1e-5 * size, "{isa:?}: {g} for {e}");
            }
        }
    }
}

#[test]
fn rows_are_what_the_bytes_say() {
    let (n, k) = (3, 1601);
    for form in [Form::Bf16, Form::F16] {
        let bytes = rows(form, n, k);
        let matrix = HalfMatrix::new(form, n, k, |i| &bytes[i]);
        let mut row = vec![0.0; k];
        for (i, bytes) in bytes.iter().enumerate() {
            matrix.row(i, &mut row);
            let told = bytes.as_chunks::<2>().0.iter().map(|b| match form {
                Form::Bf16 => bf16::from_le_bytes(*b).to_f32(),
                Form::F16 => f16::from_le_bytes(*b).to_f32(),
            });
            assert!(row.iter().copied().eq(told));
        }
        assert!(matrix.len_bytes() < 2 * n * k + 64);
    }
}

#[test]
fn what_is_not_finite_comes_out_as_such() {
    for form in [Form::Bf16, Form::F16] {
        let bytes = rows(form, 4, 64);
        let matrix = HalfMatrix::new(form, 4, 64, |i| &bytes[i]);
        let mut x = input(1, 64);
        x[5] = f32::NAN;
        assert!(product(Isa::current(), &matrix, &x).iter().all(|x| x.is_nan()));
    }
}
