//! Norms of heads against the formula in f64 and its slopes.

use super::*;
use crate::element::bf16;

/// How many of what: query heads, key heads, values of a head, rows.
type Sizes = (usize, usize, usize, usize);

fn wave(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * step).sin() + 0.3).collect()
}

fn width((n_heads, n_kv_heads, head_dim, _): Sizes) -> usize {
    (n_heads + 2 * n_kv_heads) * head_dim
}

fn with<'a>((n_heads, n_kv_heads, ..): Sizes, gains: [&'a [f32]; 2]) -> HeadNorm<'a> {
    let [q_gain, k_gain] = gains;
    HeadNorm { n_heads, n_kv_heads, q_gain, k_gain, eps: 1e-5 }
}

/// In f64, straight from the formula.
fn naive(sizes: Sizes, x: &[f32], gains: [&[f32]; 2]) -> Vec<f64> {
    let (n_heads, n_kv_heads, head_dim, _) = sizes;
    let mut y = Vec::new();
    for (i, head) in x.chunks(head_dim).enumerate() {
        let wide = head.iter().map(|&v| f64::from(v));
        let gain = match i % (n_heads + 2 * n_kv_heads) {
            h if h < n_heads => gains[0],
            h if h < n_heads + n_kv_heads => gains[1],
            _ => {
                y.extend(wide);
                continue;
            }
        };
        let mean = wide.clone().map(|v| v * v).sum::<f64>() / head_dim as f64;
        let root = (mean + f64::from(1e-5_f32)).sqrt();
        y.extend(wide.zip(gain).map(|(v, &g)| v / root * f64::from(g)));
    }
    y
}

struct Found<E> {
    dqkv: Vec<E>,
    dq_gain: Vec<f32>,
    dk_gain: Vec<f32>,
}

fn backward<E: Element>(with: HeadNorm<'_>, x: &[E], dy: &[E]) -> Found<E> {
    let mut dqkv = vec![E::from_f32(f32::NAN); x.len()];
    let mut dq_gain = vec![f32::NAN; with.q_gain.len()];
    let mut dk_gain = dq_gain.clone();
    let out = Gradients { dqkv: &mut dqkv, dq_gain: &mut dq_gain, dk_gain: &mut dk_gain };
    head_norm_backward(with, x, dy, out);
    Found { dqkv, dq_gain, dk_gain }
}

fn check(sizes: Sizes) {
    let (head_dim, n) = (sizes.2, width(sizes) * sizes.3);
    let (x, dy) = (wave(n, 0.7), wave(n, 0.9));
    let (q_gain, k_gain) = (wave(head_dim, 1.3), wave(head_dim, 2.1));
    let with = with(sizes, [&q_gain, &k_gain]);
    let expected = naive(sizes, &x, [&q_gain, &k_gain]);
    let mut y = vec![f32::NAN; n];
    head_norm(with, &x, &mut y);
    let far = y.iter().zip(&expected).position(|(y, e)| (f64::from(*y) - e).abs() > 1e-5);
    assert_eq!(far, None, "{sizes:?}");
    let mut portable = vec![f32::NAN; n];
    head_norm_rows_body(with, &x, &mut portable);
    assert_eq!(portable, y, "same bits on every instruction set");
    check_gradients(sizes, &x, [&q_gain, &k_gain], &dy);
}

fn check_gradients(sizes: Sizes, x: &[f32], gains: [&[f32]; 2], dy: &[f32]) {
    let got = backward(with(sizes, gains), x, dy);
    let loss = |x: &[f32], q_gain: &[f32], k_gain: &[f32]| -> f64 {
        let y = naive(sizes, x, [q_gain, k_gain]);
        y.iter().zip(dy).map(|(y, d)| y * f64::from(*d)).sum()
    };
    let slope = |which: usize, i: usize| {
        let [mut ends, mut at] = [[0.0; 2]; 2];
        for (e, sign) in [-1.0_f32, 1.0].into_iter().enumerate() {
            let mut all = [x.to_vec(), gains[0].to_vec(), gains[1].to_vec()];
            all[which][i] += sign * 1e-3;
            at[e] = f64::from(all[which][i]);
            ends[e] = loss(&all[0], &all[1], &all[2]);
        }
        (ends[1] - ends[0]) / (at[1] - at[0])
    };
    for (which, got) in [&got.dqkv, &got.dq_gain, &got.dk_gain].into_iter().enumerate() {
        for i in (0..got.len()).step_by(1 + got.len() / 40) {
            let (got, expected) = (f64::from(got[i]), slope(which, i));
            let close = (got - expected).abs() < 2e-3 * (1.0 + expected.abs());
            assert!(close, "{sizes:?}, input {which} at {i}: {got} is not {expected}");
        }
    }
}

#[test]
fn heads_agree_with_the_formula_and_its_slopes() {
    for sizes in [(1, 1, 2, 1), (3, 1, 5, 3), (4, 2, 16, 2), (6, 3, 33, 67), (2, 2, 128, 5)] {
        check(sizes);
    }
}

#[test]
fn brain_floats_are_rounded_once_and_values_pass_untouched() {
    let sizes = (3, 1, 20, 7);
    let n = width(sizes) * 7;
    let (q_gain, k_gain) = (wave(20, 1.3), wave(20, 2.1));
    let with = with(sizes, [&q_gain, &k_gain]);
    let round = |v: &f32| <bf16 as Element>::from_f32(*v);
    let x: Vec<bf16> = wave(n, 0.7).iter().map(round).collect();
    let dy: Vec<bf16> = wave(n, 0.9).iter().map(round).collect();
    let wide = |v: &[bf16]| -> Vec<f32> { v.iter().map(|v| v.to_f32()).collect() };
    let (mut y, mut expected) = (vec![bf16::NAN; n], vec![f32::NAN; n]);
    head_norm(with, &x, &mut y);
    head_norm(with, &wide(&x), &mut expected);
    assert_eq!(y, expected.iter().map(round).collect::<Vec<_>>());
    let (got, expected) = (backward(with, &x, &dy), backward(with, &wide(&x), &wide(&dy)));
    assert_eq!(got.dqkv, expected.dqkv.iter().map(round).collect::<Vec<_>>());
    assert_eq!((got.dq_gain, got.dk_gain), (expected.dq_gain, expected.dk_gain));
    for row in 0..7 {
        let values = row * 100 + 80..row * 100 + 100;
        assert_eq!(
            (&y[values.clone()], &got.dqkv[values.clone()]),
            (&x[values.clone()], &dy[values])
        );
    }
}

#[test]
fn work_for_many_threads_gives_the_bits_of_one() {
    let sizes = (4, 2, 24, 300);
    let n = width(sizes) * 300;
    let (x, dy, gain) = (wave(n, 0.7), wave(n, 0.9), wave(24, 1.3));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut y = vec![f32::NAN; n];
        let found = pool.install(|| {
            head_norm(with(sizes, [&gain, &gain]), &x, &mut y);
            backward(with(sizes, [&gain, &gain]), &x, &dy)
        });
        (y, found.dqkv, found.dq_gain, found.dk_gain)
    };
    assert_eq!(run(1), run(3));
}
