//! Both ways against the reference and against each other's rounding; threads change no bit.

use super::*;

fn wave(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * step).sin()).collect()
}

fn nearly(what: &str, got: &[f32], expected: &[f32], slack: f32) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let size = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() <= slack * size + 1e-7, "{what} at {i}: {g} for {e}, size {size}");
    }
}

/// `(N, V, D)`.
type Sizes = (usize, usize, usize);

fn case<E: Element>(
    (m, vocab, width): Sizes,
    precision: Precision,
    with: Regularization,
    softcap: Option<f32>,
) {
    let x: Vec<E> = wave(m * width, 0.37).into_iter().map(E::from_f32).collect();
    let weight: Vec<f32> = wave(vocab * width, 0.61).iter().map(|v| 2.0 * v).collect();
    let ids: Vec<u32> = (0..m).map(|i| (i * 7 % vocab) as u32).collect();
    let weights: Vec<f32> = (0..m).map(|i| 0.5 + (i % 3) as f32).collect();
    let layer = Layer { x: &x, weight: Values::F32(&weight), width, precision };
    let aims = Aims { ids: &ids, weights: &weights, scale: 0.25, with, softcap };
    let expected = naive(&layer, &aims);
    let slack = if precision == Precision::Bf16 { 2e-2 } else { 1e-5 };
    let slack = slack + if size_of::<E>() < 4 { 1e-2 } else { 0.0 };
    let floats = |v: &[E]| v.iter().map(|v| v.to_f32()).collect::<Vec<f32>>();
    let check = |what: &str, made: &Made<E>, wanted: Wanted| {
        let off = (made.loss - expected.loss).abs() / expected.loss.abs().max(1.0);
        assert!(off < f64::from(slack), "{what}: loss {} for {}", made.loss, expected.loss);
        let dx: &[f32] = if wanted.dx { &expected.dx } else { &[] };
        let dweight: &[f32] = if wanted.dweight { &expected.dweight } else { &[] };
        nearly(what, &floats(&made.dx), dx, slack);
        nearly(what, &made.dweight, dweight, slack);
    };
    for (dx, dweight) in [(false, false), (true, false), (false, true), (true, true)] {
        let wanted = Wanted { dx, dweight };
        check("run", &run(&layer, &aims, wanted), wanted);
        if !dweight && with.label_smoothing == 0.0 {
            check("by vocabulary", &by_vocabulary::run(&layer, &aims, dx), wanted);
        }
    }
}

#[test]
fn loss_and_gradients_are_those_of_the_reference() {
    let nothing = Regularization::default();
    let mixed = Regularization { label_smoothing: 0.1, z_loss: 1e-3 };
    let drift = Regularization { label_smoothing: 0.0, z_loss: 1e-3 };
    for sizes in [(1, 1, 1), (3, 17, 5), (40, 601, 24), (150, 4100, 16), (9, 9000, 8)] {
        for precision in [Precision::F32, Precision::Bf16] {
            for with in [nothing, mixed, drift] {
                for softcap in [None, Some(1.5)] {
                    case::<f32>(sizes, precision, with, softcap);
                    case::<bf16>(sizes, precision, with, softcap);
                }
            }
        }
    }
}

#[test]
fn a_maximum_that_comes_late_is_the_maximum() {
    // The last piece of the vocabulary holds logits that dwarf all before them, and the first row's
    // target, then the first piece does.
    let (vocab, width) = (9000, 4);
    for great in [8999, 3] {
        let mut weight = wave(vocab * width, 0.11);
        weight[great * width..][..width].fill(50.0);
        let x = [1.0, 0.9, 1.1, 1.0, -1.0, -0.9, -1.1, -1.0];
        let layer =
            Layer { x: &x[..], weight: Values::F32(&weight), width, precision: Precision::F32 };
        let with = Regularization::default();
        let aims =
            Aims { ids: &[great as u32, 5], weights: &[1.0, 1.0], scale: 1.0, with, softcap: None };
        let (made, expected) = (by_vocabulary::run(&layer, &aims, true), naive(&layer, &aims));
        assert!((made.loss - expected.loss).abs() < 1e-4 * expected.loss, "{}", made.loss);
        nearly("dx", &made.dx, &expected.dx, 1e-4);
    }
}

#[test]
fn threads_change_no_bit() {
    let (m, vocab, width) = (300, 601, 24);
    let (x, weight) = (wave(m * width, 0.37), wave(vocab * width, 0.61));
    let ids: Vec<u32> = (0..m).map(|i| (i * 7 % vocab) as u32).collect();
    let weights = vec![1.0; m];
    let with = Regularization::default();
    let aims = Aims { ids: &ids, weights: &weights, scale: 0.25, with, softcap: None };
    let precision = Precision::Bf16;
    let layer = Layer { x: &x[..], weight: Values::F32(&weight), width, precision };
    let on = |threads, by_vocabulary: bool| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let made = pool.install(|| match by_vocabulary {
            true => by_vocabulary::run(&layer, &aims, true),
            false => run(&layer, &aims, Wanted { dx: true, dweight: true }),
        });
        (made.loss, made.dx, made.dweight)
    };
    assert_eq!(on(1, false), on(3, false));
    assert_eq!(on(1, true), on(3, true));
}

#[test]
fn no_rows_give_nothing() {
    let weight = [1.0; 6];
    let layer = Layer {
        x: &[0.0_f32; 0][..],
        weight: Values::F32(&weight),
        width: 2,
        precision: Precision::F32,
    };
    let with = Regularization::default();
    let aims = Aims { ids: &[], weights: &[], scale: 1.0, with, softcap: None };
    let made = run(&layer, &aims, Wanted { dx: true, dweight: true });
    assert_eq!((made.loss, made.dx.len(), made.dweight), (0.0, 0, vec![0.0; 6]));
}
