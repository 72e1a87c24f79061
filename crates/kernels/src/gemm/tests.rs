//! Every product equals the naive one, on odd shapes, both precisions, all transposes, both
//! storage types. `cargo test` runs the current instruction set; `tests/it` runs the others.

use super::*;

struct Case {
    precision: Precision,
    sizes: (usize, usize, usize),
    transposed: (bool, bool),
    a_is_bf16: bool,
}

fn values(n: usize, seed: u32) -> Vec<f32> {
    let mut word = seed;
    let mut next = || {
        word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (word >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

fn check(case: &Case) {
    let (m, n, k) = case.sizes;
    let (a, b) = (values(m * k, 1), values(k * n, 2));
    let a_bf16: Vec<bf16> = a.iter().map(|v| bf16::from_f32(*v)).collect();
    let a_values = if case.a_is_bf16 { Values::Bf16(&a_bf16) } else { Values::F32(&a) };
    let operand = |values, transposed, rows, columns| match transposed {
        false => Operand::rows(values, columns),
        true => Operand::transposed(values, rows),
    };
    let gemm = Gemm {
        precision: case.precision,
        m,
        n,
        k,
        a: operand(a_values, case.transposed.0, m, k),
        b: operand(Values::F32(&b), case.transposed.1, k, n),
    };
    let mut expected = vec![0.0; m * n];
    naive(&gemm, &mut expected);
    let mut got = vec![f32::NAN; m * n];
    gemm.run(&mut got);
    let few = m <= few_rows::MOST && case.transposed.1;
    let tolerance =
        if few && case.precision == Precision::Bf16 { 2e-2 } else { 2e-5 } * (k as f32).sqrt();
    for (i, (g, e)) in got.iter().zip(&expected).enumerate() {
        assert!(
            (g - e).abs() <= tolerance,
            "{:?} {:?} at {i}: {g} against {e}",
            case.sizes,
            case.transposed
        );
    }
    let mut rounded = vec![bf16::NAN; m * n];
    gemm.run(&mut rounded);
    for (g, e) in rounded.iter().zip(&expected) {
        assert!((g.to_f32() - e).abs() <= tolerance + e.abs() / 128.0, "bf16 output");
    }
    let (bias, residual) = (values(n, 5), values(m * n, 6));
    let epilogue = Epilogue { accumulate: true, bias: Some(&bias), residual: Some(&residual) };
    let whole = |i: usize, e: f32| e + bias[i % n] + residual[i];
    got.fill(2.0);
    gemm.run_with(&mut got, epilogue);
    for (i, (g, e)) in got.iter().zip(&expected).enumerate() {
        assert!((g - whole(i, *e) - 2.0).abs() <= tolerance + 1e-5, "added: {g} against {e}");
    }
    gemm.run_with(&mut rounded, Epilogue { accumulate: false, ..epilogue });
    for (i, (g, e)) in rounded.iter().zip(&expected).enumerate() {
        let e = whole(i, *e);
        assert!((g.to_f32() - e).abs() <= tolerance + e.abs() / 128.0 + 1e-5, "added, in bf16");
    }
}

#[test]
fn products_equal_the_naive_ones() {
    let sizes = [
        (1, 1, 1),
        (3, 5, 7),
        (4, 48, 64),
        (8, 48, 32),
        (9, 49, 33),
        (17, 95, 31),
        (130, 50, 66),
        (64, 96, 400),
        (300, 144, 70),
        (5, 200, 1),
    ];
    for sizes in sizes {
        for precision in [Precision::F32, Precision::Bf16] {
            for transposed in [(false, false), (false, true), (true, false), (true, true)] {
                for a_is_bf16 in [false, true] {
                    check(&Case { precision, sizes, transposed, a_is_bf16 });
                }
            }
        }
    }
}

#[test]
fn tiles_of_every_kind_give_the_naive_product() {
    let (m, n, k) = (21, 67, 45);
    let (a, b) = (values(m * k, 3), values(k * n, 4));
    let gemm = Gemm {
        precision: Precision::Bf16,
        m,
        n,
        k,
        a: Operand::rows(Values::F32(&a), k),
        b: Operand::rows(Values::F32(&b), n),
    };
    let mut expected = vec![0.0; m * n];
    naive(&gemm, &mut expected);
    for isa in Isa::available() {
        let mut got = vec![f32::NAN; m * n];
        let none = Epilogue::default();
        match isa {
            Isa::Portable => gemm.packed::<f32_tile::Portable, f32>(&mut got, none),
            Isa::Avx2 => gemm.packed::<f32_tile::Avx2, f32>(&mut got, none),
            Isa::Avx512 => gemm.packed::<f32_tile::Avx512, f32>(&mut got, none),
            Isa::Avx512Bf16 => gemm.packed::<bf16_tile::Tile, f32>(&mut got, none),
        }
        for (g, e) in got.iter().zip(&expected) {
            assert!((g - e).abs() < 1e-4, "{isa:?}: {g} against {e}");
        }
    }
}

#[test]
fn a_short_operand_is_refused() {
    let a = [0.0; 5];
    let operand = Operand::rows(Values::F32(&a), 3);
    let gemm = Gemm { precision: Precision::F32, m: 2, n: 2, k: 3, a: operand, b: operand };
    let refused = std::panic::catch_unwind(|| gemm.run(&mut [0.0_f32; 4]));
    let message = *refused.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("only 5 values were given"), "{message}");
}
