//! Rotary positions against complex numbers in f64, and the angles against transformers.

use super::*;
use crate::element::bf16;

fn wave(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * 0.7).sin()).collect()
}

/// Where the coordinates of point `i` stand in a head.
fn coordinates(layout: Layout, i: usize) -> (usize, usize) {
    if layout.interleaved { (2 * i, 2 * i + 1) } else { (i, i + layout.turned / 2) }
}

/// As complex numbers in f64, by an f32 product of frequency and position.
fn naive(layout: Layout, law: &[f64], magnitude: f64, x: &[f32], position: u32) -> Vec<f64> {
    let mut y: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
    for (i, &frequency) in law.iter().enumerate() {
        let angle = f64::from(frequency as f32 * position as f32);
        let (first, second) = coordinates(layout, i);
        let (a, b) = (y[first], y[second]);
        y[first] = magnitude * (a * angle.cos() - b * angle.sin());
        y[second] = magnitude * (a * angle.sin() + b * angle.cos());
    }
    y
}

fn check(layout: Layout, magnitude: f64, heads: usize, unturned: usize, positions: &[u32]) {
    let Layout { head_dim, turned, .. } = layout;
    let width = (heads + unturned) * head_dim;
    let law: Vec<f64> = frequencies(turned, 10_000.0).iter().map(|f| f / 3.0).collect();
    let table = RopeTable::new(layout, &law, magnitude, 2049);
    let x = wave(positions.len() * width);
    let mut y = x.clone();
    rope(&table, &mut y, positions, heads, width);
    for (r, (x, y)) in x.chunks(width).zip(y.chunks(width)).enumerate() {
        assert_eq!(x[heads * head_dim..], y[heads * head_dim..], "other heads stay");
        for h in 0..heads {
            let (x, y) = (&x[h * head_dim..][..head_dim], &y[h * head_dim..][..head_dim]);
            assert_eq!(x[turned..], y[turned..], "{layout:?}: what does not turn stays");
            let expected = naive(layout, &law, magnitude, x, positions[r]);
            let close = y.iter().zip(expected).all(|(y, e)| (f64::from(*y) - e).abs() < 1e-6);
            assert!(close, "{layout:?} at position {}", positions[r]);
        }
    }
    check_gradient(&table, &x, positions, heads, width);
}

/// A linear map's gradient is its transpose: `dy · rope(x) = x · rope_backward(dy)`, and back from
/// where they went values are as they were, stretched twice.
fn check_gradient(table: &RopeTable, x: &[f32], positions: &[u32], heads: usize, width: usize) {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let dy: Vec<f32> = (0..x.len()).map(|i| (i as f32 * 1.3).cos()).collect();
    let (mut y, mut dx) = (x.to_vec(), dy.clone());
    rope(table, &mut y, positions, heads, width);
    rope_backward(table, &mut dx, positions, heads, width);
    let (there, back) = (dot(&dy, &y), dot(x, &dx));
    assert!((there - back).abs() < 1e-6 * x.len() as f64, "{there} is not {back}");
    rope_backward(table, &mut y, positions, heads, width);
    let Layout { head_dim, turned, .. } = table.layout();
    let stretch = f64::from(table.cos[0]).powi(2);
    for (i, (x, y)) in x.iter().zip(&y).enumerate() {
        let turns = i % width < heads * head_dim && i % head_dim < turned;
        let expected = f64::from(*x) * if turns { stretch } else { 1.0 };
        assert!((expected - f64::from(*y)).abs() < 2e-6, "{y} at {i} is not {expected}");
    }
}

#[test]
fn heads_turn_and_turn_back() {
    for interleaved in [false, true] {
        let layout = |head_dim, turned| Layout { head_dim, turned, interleaved };
        check(layout(2, 2), 1.0, 1, 0, &[0, 1, 2]);
        check(layout(6, 6), 1.0, 3, 1, &[5, 0, 2048]);
        check(layout(64, 64), 1.0, 9, 3, &(0..70).collect::<Vec<_>>());
        check(layout(7, 4), 1.0, 2, 3, &[2048, 3, 7, 7]);
        check(layout(80, 20), 1.0, 5, 2, &(0..60).collect::<Vec<_>>());
        check(layout(33, 2), 1.25, 1, 1, &[1, 1000]);
        check(layout(48, 48), 1.069_4, 3, 3, &(9..99).collect::<Vec<_>>());
    }
}

/// Position, point, cosine and sine by transformers 5.24.0 on torch 2.15.0: LlamaRotaryEmbedding with
/// theta 10000 and 64 values a head.
const GOLDEN: [(u32, usize, f32, f32); 16] = [
    (1, 0, 0.540_302_34, 0.841_470_96),
    (1, 1, 0.731_761, 0.681_561_35),
    (1, 9, 0.997_189_6, 0.074_919_15),
    (1, 31, 1.0, 0.000_133_352_15),
    (199, 0, -0.471_625_72, -0.881_798_86),
    (199, 1, 0.003_291_819_7, -0.999_994_6),
    (199, 9, -0.707_339, 0.706_874_5),
    (199, 31, 0.999_647_9, 0.026_533_963),
    (4_095, 0, -0.065_975_994, -0.997_821_2),
    (4_095, 1, -0.090_046_36, -0.995_937_6),
    (4_095, 9, 0.700_702_25, -0.713_453_8),
    (4_095, 31, 0.854_568_4, 0.519_338_85),
    (131_071, 0, -0.817_983_5, -0.575_241_7),
    (131_071, 1, 0.055_715_173, 0.998_446_7),
    (131_071, 9, -0.448_318_45, 0.893_873_93),
    (131_071, 31, 0.198_512_48, -0.980_098_37),
];

#[test]
fn angles_are_those_of_transformers() {
    let table = RopeTable::plain(64, 10_000.0, 131_072);
    for (position, i, cos, sin) in GOLDEN {
        let (all_cos, all_sin) = table.angles(&[position]);
        for (got, expected) in [(all_cos[i], cos), (all_sin[i], sin)] {
            assert!((got - expected).abs() < 1.2e-7, "position {position}, point {i}: {got}");
        }
    }
}

#[test]
fn a_plain_table_is_the_general_one_of_whole_heads() {
    let (plain, head_dim) = (RopeTable::plain(12, 500.0, 30), 12);
    let general = RopeTable::new(Layout::whole(head_dim), &frequencies(12, 500.0), 1.0, 30);
    assert_eq!((plain.cos, plain.sin), (general.cos, general.sin));
    for (i, frequency) in frequencies(12, 500.0).into_iter().enumerate() {
        let exact = 500_f64.powf(-(i as f64) / 6.0);
        assert!((frequency / exact - 1.0).abs() < 1e-6, "{frequency} is not {exact}");
    }
}

#[test]
fn bf16_is_rounded_once_and_every_isa_gives_the_bits_of_the_portable_one() {
    for interleaved in [false, true] {
        let layout = Layout { head_dim: 35, turned: 32, interleaved };
        let table = RopeTable::new(layout, &frequencies(32, 500.0), 1.1, 9);
        let mut x: Vec<bf16> = wave(70).into_iter().map(Element::from_f32).collect();
        let wide: Vec<f32> = x.iter().map(|v| v.to_f32()).collect();
        let (mut portable, mut y) = (wide.clone(), wide);
        let body = if interleaved { turn_neighbours_body } else { turn_halves_body };
        body(&mut portable, 35, &table.cos[8 * 16..], &table.sin[8 * 16..], 1.0);
        rope(&table, &mut x, &[8], 2, 70);
        rope(&table, &mut y, &[8], 2, 70);
        assert_eq!(y, portable);
        assert!(x.iter().zip(portable).all(|(x, p)| *x == <bf16 as Element>::from_f32(p)));
    }
}
