//! Every product equals the naive one, on odd shapes, both precisions, all transposes, both
//! storage types. `cargo test` runs the current instruction set; `tests/it` runs the others.

use super::*;
use crate::isa::Isa;

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

#[test]
fn half_of_a_symmetric_product_is_all_of_it() {
    for precision in [Precision::F32, Precision::Bf16] {
        for (n, k) in [(1, 1), (5, 17), (48, 64), (49, 400), (130, 33), (192, 192)] {
            let a = values(n * k, 3);
            let half: Vec<bf16> = a.iter().map(|v| bf16::from_f32(*v)).collect();
            for values in [Values::F32(&a), Values::Bf16(&half)] {
                let (a, b) = (Operand::rows(values, k), Operand::transposed(values, k));
                let gemm = Gemm { precision, m: n, n, k, a, b };
                let (mut whole, mut got) = (vec![f32::NAN; n * n], vec![f32::NAN; n * n]);
                gemm.alone(&mut whole, Epilogue::default());
                gemm.alone_symmetric(&mut got);
                assert_eq!(got, whole, "({n}, {k}), the same bits");
            }
        }
    }
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

/// What an epilogue adds, turned and not, in every way of calling the tile.
fn check_panels<O: Element>(case: &Case, epilogue: Epilogue<'_>, turned: bool) {
    let (m, n, k) = case.sizes;
    let (a, b) = (values(m * k, 1), values(k * n, 2));
    let a_bf16: Vec<bf16> = a.iter().map(|v| bf16::from_f32(*v)).collect();
    let a_values = if case.a_is_bf16 { Values::Bf16(&a_bf16) } else { Values::F32(&a) };
    let (a, b) = (Operand::rows(a_values, k), Operand::transposed(Values::F32(&b), k));
    let gemm = Gemm { precision: case.precision, m, n, k, a, b };
    let mut expected = vec![0.0; m * n];
    naive(&gemm, &mut expected);
    let held = values(m * n, 7);
    let mut got: Vec<O> = held.iter().map(|&v| O::from_f32(v)).collect();
    if turned {
        let turned = Gemm { m: n, n: m, a: b.turned(), b: a.turned(), ..gemm };
        with_tile!(case.precision, 48, T => turned.run_panels::<T, O>(&mut got, epilogue, true));
    } else {
        with_tile!(case.precision, gemm.n, T => gemm.run_panels::<T, O>(&mut got, epilogue, false));
    }
    let rounds = size_of::<O>() < 4;
    for (i, (got, expected)) in got.iter().zip(&expected).enumerate() {
        let held = if epilogue.accumulate { O::from_f32(held[i]).to_f32() } else { 0.0 };
        let bias = epilogue.bias.map_or(0.0, |b| b[i % n]);
        let expected = expected + held + bias + epilogue.residual.map_or(0.0, |r| r[i]);
        let slack = 2e-5 * (k as f32).sqrt() + if rounds { expected.abs() / 128.0 } else { 0.0 };
        let off = (got.to_f32() - expected).abs();
        assert!(off <= slack, "{:?} turned {turned} at {i}: off by {off}", case.sizes);
    }
}

#[test]
fn turned_and_deep_products_equal_the_naive_ones() {
    for sizes in [(1, 1, 1), (48, 8, 32), (50, 9, 66), (7, 131, 400), (100, 30, 900), (3, 9, 386)] {
        let (m, n, _) = sizes;
        let (bias, residual) = (values(n, 5), values(m * n, 6));
        for (accumulate, adds) in [(false, false), (true, false), (false, true), (true, true)] {
            let epilogue = Epilogue {
                accumulate,
                bias: adds.then_some(&bias[..]),
                residual: adds.then_some(&residual[..]),
            };
            for precision in [Precision::F32, Precision::Bf16] {
                for a_is_bf16 in [false, true] {
                    let case = Case { precision, sizes, transposed: (false, true), a_is_bf16 };
                    for turned in [false, true] {
                        check_panels::<f32>(&case, epilogue, turned);
                        check_panels::<bf16>(&case, epilogue, turned);
                    }
                }
            }
        }
    }
}

#[test]
fn a_pack_that_is_kept_gives_the_product() {
    let (m, n, k) = (20, 70, 500);
    let (a, b, bias) = (values(m * k, 1), values(k * n, 2), values(n, 3));
    for precision in [Precision::F32, Precision::Bf16] {
        let (a, b) = (Operand::rows(Values::F32(&a), k), Operand::transposed(Values::F32(&b), k));
        let gemm = Gemm { precision, m, n, k, a, b };
        let epilogue = Epilogue { bias: Some(&bias), ..Epilogue::default() };
        let (mut expected, mut got) = (vec![0.0_f32; m * n], vec![f32::NAN; m * n]);
        with_tile!(precision, gemm.n, T => gemm.run_panels::<T, f32>(&mut expected, epilogue, false));
        let packed = Packed::new(precision, b, k, n);
        packed.multiply(a, &mut got, epilogue);
        assert_eq!(got, expected);
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
        let (mut got, mut narrow) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
        let none = Epilogue::default();
        match isa {
            Isa::Portable => gemm.run_panels::<f32_tile::Portable, f32>(&mut got, none, false),
            Isa::Avx2 => gemm.run_panels::<f32_tile::Avx2, f32>(&mut got, none, false),
            Isa::Avx512 => gemm.run_panels::<f32_tile::Avx512, f32>(&mut got, none, false),
            Isa::Avx512Bf16 => {
                gemm.run_panels::<bf16_tile::Wide, f32>(&mut got, none, false);
                gemm.run_panels::<bf16_tile::Narrow, f32>(&mut narrow, none, false);
                assert_eq!(got, narrow, "every tile adds in the same order");
            }
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

#[test]
fn many_small_products_are_each_the_same_alone() {
    let sizes = [(3, 5, 7), (40, 30, 20), (1, 9, 400), (200, 160, 150), (8, 48, 2)];
    let operands: Vec<(Vec<f32>, Vec<f32>)> =
        sizes.iter().map(|&(m, n, k)| (values(m * k, m as u32), values(k * n, n as u32))).collect();
    for precision in [Precision::F32, Precision::Bf16] {
        let gemms: Vec<Gemm<'_>> = sizes
            .iter()
            .zip(&operands)
            .map(|(&(m, n, k), (a, b))| {
                let a = Operand::rows(Values::F32(a), k);
                Gemm { precision, m, n, k, a, b: Operand::rows(Values::F32(b), n) }
            })
            .collect();
        let mut results: Vec<Vec<f32>> =
            sizes.iter().map(|(m, n, _)| vec![f32::NAN; m * n]).collect();
        let mut products: Vec<(Gemm<'_>, &mut [f32])> =
            gemms.iter().copied().zip(results.iter_mut().map(|c| &mut c[..])).collect();
        batched(&mut products);
        for (gemm, got) in gemms.iter().zip(&results) {
            let mut expected = vec![0.0; got.len()];
            gemm.run(&mut expected);
            assert_eq!(got, &expected);
            naive(gemm, &mut expected);
            assert!(got.iter().zip(&expected).all(|(g, e)| (g - e).abs() < 1e-3));
        }
    }
}
