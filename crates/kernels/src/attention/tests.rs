//! Forward and backward against the definition, on every instruction set of this machine.

use super::*;
use crate::element::bf16;

fn wave(n: usize, step: f32) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * step).sin() * 1.5).collect()
}

fn wide<E: Element>(x: &[E]) -> Vec<f64> {
    x.iter().map(|v| f64::from(v.to_f32())).collect()
}

fn shape(batch: usize, context: usize, heads: (usize, usize), head_dim: usize) -> Shape {
    Shape { batch, context, n_heads: heads.0, n_kv_heads: heads.1, head_dim, window: None }
}

/// Documents of growing length.
fn documents(shape: Shape) -> Vec<u32> {
    let start = |position: usize| {
        let ends = (1..).scan(0, |sum, n| {
            *sum += 3 * n;
            Some(*sum)
        });
        ends.take_while(|&end| end <= position).last().unwrap_or(0) as u32
    };
    (0..shape.batch * shape.context).map(|i| start(i % shape.context)).collect()
}

fn run<E: Element>(
    isa: Isa,
    shape: Shape,
    qkv: &[E],
    starts: Option<&[u32]>,
    dout: &[E],
) -> [Vec<E>; 2] {
    let nan = E::from_f32(f32::NAN);
    let (mut out, mut dqkv) = (vec![nan; dout.len()], vec![nan; qkv.len()]);
    let mut lse = vec![f32::NAN; shape.batch * shape.context * shape.n_heads];
    attention_on(isa, shape, qkv, starts, &mut out, &mut lse);
    let (out_read, dqkv_out) = (&out, &mut dqkv);
    attention_backward_on(
        isa,
        AttentionBackward { shape, qkv, starts, out: out_read, lse: &lse, dout, dqkv: dqkv_out },
    );
    [out, dqkv]
}

fn check<E: Element>(shape: Shape, masked: bool, tolerance: f64) {
    let rows = shape.batch * shape.context;
    let to = |x: Vec<f32>| x.into_iter().map(E::from_f32).collect::<Vec<E>>();
    let qkv = to(wave(rows * shape.qkv_width(), 0.37));
    let dout = to(wave(rows * shape.out_width(), 0.53));
    let starts = masked.then(|| documents(shape));
    let starts = starts.as_deref();
    let (x, d) = (wide(&qkv), wide(&dout));
    let expected =
        [naive::attention(shape, &x, starts), naive::attention_backward(shape, &x, starts, &d)];
    for isa in Isa::available() {
        let got = run(isa, shape, &qkv, starts, &dout);
        for (pass, (got, expected)) in got.iter().zip(&expected).enumerate() {
            for (i, (g, e)) in got.iter().zip(expected).enumerate() {
                let error = (f64::from(g.to_f32()) - e).abs();
                let name = isa.name();
                assert!(
                    error < tolerance * (1.0 + e.abs()),
                    "{shape:?} {name} {pass} {i}: {g:?} {e}"
                );
            }
        }
    }
}

#[test]
fn both_passes_are_those_of_the_definition() {
    for (context, heads, head_dim) in [
        (1, (1, 1), 1),
        (5, (2, 1), 3),
        (32, (1, 1), 8),
        (33, (2, 2), 16),
        (70, (3, 1), 40),
        (140, (4, 2), 33),
        (300, (1, 1), 64),
    ] {
        for masked in [false, true] {
            check::<f32>(shape(2, context, heads, head_dim), masked, 3e-5);
        }
    }
}

#[test]
fn windows_slide_within_documents_and_without() {
    for (context, window) in [(5, 1), (40, 7), (140, 33), (300, 64), (300, 500)] {
        for masked in [false, true] {
            let shape = Shape { window: Some(window), ..shape(2, context, (2, 1), 16) };
            check::<f32>(shape, masked, 3e-5);
            check::<bf16>(shape, masked, 3e-2);
        }
    }
}

#[test]
fn bf16_is_as_near_as_its_digits_allow() {
    for (context, heads, head_dim) in
        [(1, (1, 1), 1), (5, (2, 1), 3), (45, (2, 1), 24), (140, (4, 2), 33), (300, (2, 1), 64)]
    {
        for masked in [false, true] {
            check::<bf16>(shape(2, context, heads, head_dim), masked, 3e-2);
        }
    }
}

#[test]
fn the_definition_has_the_slopes_of_its_gradient() {
    let shape = shape(1, 6, (2, 1), 3);
    let qkv = wide(&wave(6 * shape.qkv_width(), 0.37));
    let dout = wide(&wave(6 * shape.out_width(), 0.53));
    let starts = documents(shape);
    let loss = |qkv: &[f64]| -> f64 {
        naive::attention(shape, qkv, Some(&starts)).iter().zip(&dout).map(|(o, d)| o * d).sum()
    };
    let gradient = naive::attention_backward(shape, &qkv, Some(&starts), &dout);
    for (i, g) in gradient.iter().enumerate() {
        let (mut up, mut down) = (qkv.clone(), qkv.clone());
        up[i] += 1e-5;
        down[i] -= 1e-5;
        let slope = (loss(&up) - loss(&down)) / 2e-5;
        assert!((g - slope).abs() < 1e-8, "{i}: {g} is not {slope}");
    }
}

#[test]
fn threads_change_no_bit() {
    let shape = shape(3, 100, (4, 2), 32);
    let (qkv, dout) = (wave(300 * shape.qkv_width(), 0.37), wave(300 * shape.out_width(), 0.53));
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(Isa::current(), shape, &qkv, None, &dout))
    };
    assert_eq!(on(1), on(3));
}

#[test]
fn large_scores_stay_finite() {
    let shape = shape(1, 200, (1, 1), 16);
    let qkv: Vec<f32> = wave(200 * 48, 0.37).iter().map(|v| v * 100.0).collect();
    let [out, dqkv] = run(Isa::current(), shape, &qkv, None, &wave(200 * 16, 0.5));
    assert!(out.iter().chain(&dqkv).all(|v| v.is_finite()));
}

#[test]
fn new_positions_over_a_cache_get_what_the_whole_sequence_gives() {
    for window in [None, Some(20)] {
        over_a_cache(Shape { window, ..shape(1, 150, (6, 2), 24) });
    }
}

fn over_a_cache(shape: Shape) {
    let qkv = wave(150 * shape.qkv_width(), 0.37);
    let (mut out, mut lse) = (vec![f32::NAN; 150 * shape.out_width()], vec![f32::NAN; 900]);
    attention(shape, &qkv, None, &mut out, &mut lse);
    let columns = |from: usize, width: usize| -> Vec<f32> {
        qkv.chunks(shape.qkv_width()).flat_map(|row| &row[from..from + width]).copied().collect()
    };
    let (q, keys, values) = (columns(0, 144), columns(144, 48), columns(192, 48));
    for n in [1, 2, 7, 8, 33, 150] {
        let from = (150 - n) * 144;
        let mut new = vec![f32::NAN; n * 144];
        attention_cached(shape, &q[from..], &keys, &values, &mut new);
        for (i, (got, expected)) in new.iter().zip(&out[from..]).enumerate() {
            assert!((got - expected).abs() < 1e-5, "{n} new, at {i}: {got} is not {expected}");
        }
    }
}
