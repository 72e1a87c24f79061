//! Paged attention against the plain kind, and its promise that a row's bits are its own.

use super::super::{Cached, alibi_slopes, attention_cached};
use super::*;

/// A sequence of random rows `(T, (Hq + 2 Hkv) D)`, and its pages.
struct Held {
    rows: Vec<f32>,
    pages: Vec<Page>,
    len: usize,
}

fn noise(seed: u64, n: usize) -> Vec<f32> {
    let mut x = seed;
    let mut next = || {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((x >> 40) as f32 / (1 << 23) as f32 - 1.0) * 2.0
    };
    (0..n).map(|_| next()).collect()
}

fn shape(heads: (usize, usize), head_dim: usize, window: Option<usize>) -> Shape {
    Shape { batch: 1, context: 1, n_heads: heads.0, n_kv_heads: heads.1, head_dim, window }
}

fn held(layout: Layout, shape: Shape, len: usize) -> Held {
    let (width, q_width) = (shape.qkv_width(), shape.out_width());
    let rows = noise(7 + len as u64, len * width);
    let mut pages = Vec::new();
    for rows in rows.chunks(PAGE * width) {
        let mut page = Page::zeroed(layout.len_bytes());
        let (first, second) = rows.split_at(rows.len() / width / 3 * width);
        let rows = |rows: &[f32]| -> Vec<Vec<f32>> {
            rows.chunks_exact(width).map(|row| row[q_width..].to_vec()).collect()
        };
        let [first, second] = [rows(first), rows(second)];
        layout.write(page.as_mut(), 0, first.iter().map(Vec::as_slice));
        layout.write(page.as_mut(), first.len(), second.iter().map(Vec::as_slice));
        pages.push(page);
    }
    Held { rows, pages, len }
}

impl Held {
    fn parts(&self) -> Vec<&[u8]> {
        self.pages.iter().map(|page| page.as_ref()).collect()
    }

    /// What the last `n` positions see when `shape.context` of them are held.
    fn ask(&self, paged: Paged<'_>, len: usize, n: usize) -> Vec<f32> {
        let parts = self.parts();
        let rows = &self.rows[(len - n) * paged.width..len * paged.width];
        let mut out = vec![f32::NAN; n * paged.shape.out_width()];
        attention_paged(paged, &[Sequence { pages: &parts, len, rows }], &mut out);
        out
    }

    fn plainly(&self, paged: Paged<'_>, n: usize) -> Vec<f32> {
        let (width, q_width) = (paged.width, paged.shape.out_width());
        let kv = paged.shape.n_kv_heads * paged.shape.head_dim;
        let column = |from: usize, n: usize, rows: &[f32]| -> Vec<f32> {
            rows.chunks_exact(width).flat_map(|row| row[from..from + n].to_vec()).collect()
        };
        let q = column(0, q_width, &self.rows[(self.len - n) * width..]);
        let keys = column(q_width, kv, &self.rows);
        let values = column(q_width + kv, kv, &self.rows);
        let shape = Shape { context: self.len, ..paged.shape };
        let Paged { form, sinks, .. } = paged;
        let mut out = vec![f32::NAN; n * q_width];
        attention_cached(
            Cached { shape, form, sinks, q: &q, keys: &keys, values: &values },
            &mut out,
        );
        out
    }
}

fn close(what: &str, got: &[f32], expected: &[f32], bound: f32) {
    assert_eq!(got.len(), expected.len());
    for (i, (a, b)) in got.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= bound, "{what}, number {i}: {a} is not {b}");
    }
}

/// Each mechanism alone, then all of them.
fn forms(n_heads: usize) -> Vec<(Form, bool, Option<usize>)> {
    let slopes: Option<std::sync::Arc<[f32]>> = Some(alibi_slopes(n_heads).into());
    let all = Form { scale: Some(0.4), softcap: Some(1.5), slopes: slopes.clone() };
    vec![
        (Form::default(), false, None),
        (Form { softcap: Some(1.5), ..Form::default() }, false, None),
        (Form { slopes, ..Form::default() }, false, Some(100)),
        (Form::default(), true, Some(70)),
        (all, true, Some(300)),
    ]
}

#[test]
fn pages_of_f32_give_what_rows_do() {
    for (heads, head_dim) in [((8, 1), 64), ((6, 2), 80), ((5, 5), 6), ((14, 2), 32), ((1, 1), 128)]
    {
        for (form, has_sinks, window) in forms(heads.0) {
            let shape = shape(heads, head_dim, window);
            let sinks = noise(3, heads.0);
            let sinks = has_sinks.then_some(&sinks[..]);
            let kind = Kind::F32;
            let layout = Layout { kind, n_kv_heads: heads.1, head_dim };
            let paged = Paged { shape, kind, form: &form, sinks, width: shape.qkv_width() };
            for len in [1, 5, 64, 65, 300, 600] {
                let held = held(layout, shape, len);
                for n in [1, 3, 8, 40] {
                    let n = n.min(len);
                    let what = format!("{heads:?} {head_dim} {form:?} {window:?}, {n} of {len}");
                    close(&what, &held.ask(paged, len, n), &held.plainly(paged, n), 2e-5);
                }
            }
        }
    }
}

#[test]
fn kinds_are_as_exact_as_their_digits() {
    let shape = shape((4, 2), 48, None);
    for (kind, bound) in [(Kind::F16, 2e-3), (Kind::Bf16, 1.5e-2), (Kind::Q8_0, 2e-2)] {
        let layout = Layout { kind, n_kv_heads: 2, head_dim: 48 };
        let form = Form::default();
        let paged = Paged { shape, kind, form: &form, sinks: None, width: shape.qkv_width() };
        let held = held(layout, shape, 200);
        for n in [1, 20] {
            close(kind.name(), &held.ask(paged, 200, n), &held.plainly(paged, n), bound);
        }
    }
}

#[test]
fn what_was_written_is_read() {
    for kind in Kind::ALL {
        let layout = Layout { kind, n_kv_heads: 3, head_dim: 40 };
        let rows: Vec<Vec<f32>> = (0..PAGE).map(|i| noise(i as u64, 240)).collect();
        let mut page = Page::zeroed(layout.len_bytes());
        layout.write(page.as_mut(), 0, rows.iter().map(Vec::as_slice));
        for head in 0..3 {
            let (mut keys, mut values) = (vec![0.0; 50 * 40], vec![0.0; 50 * 40]);
            layout.keys(page.as_ref(), head, 50, &mut keys);
            layout.values_of(page.as_ref(), head, 50, &mut values);
            for (found, first) in [(keys, 0), (values, 120)] {
                for (found, row) in found.chunks_exact(40).zip(&rows) {
                    let told = &row[first + head * 40..][..40];
                    let step = match kind {
                        Kind::F32 => 0.0,
                        Kind::F16 => 2.0 / 2048.0,
                        Kind::Bf16 => 2.0 / 256.0,
                        Kind::Q8_0 => 2.0 / 127.0 * 0.51,
                    };
                    close(kind.name(), found, told, step);
                }
            }
        }
    }
}

#[test]
fn a_row_has_the_bits_that_it_has_alone() {
    for kind in Kind::ALL {
        let shape = shape((6, 2), 64, Some(290));
        let layout = Layout { kind, n_kv_heads: 2, head_dim: 64 };
        let form = Form::default();
        let paged = Paged { shape, kind, form: &form, sinks: None, width: shape.qkv_width() };
        let held = held(layout, shape, 320);
        for len in [8, 68, 259, 320] {
            let together = held.ask(paged, len, FEW);
            let alone: Vec<f32> =
                (len - FEW + 1..=len).flat_map(|len| held.ask(paged, len, 1)).collect();
            assert_eq!(together, alone, "{kind:?} at {len}");
        }
    }
}

#[test]
fn several_sequences_are_asked_as_each_would_be() {
    let (kind, form) = (Kind::F16, Form::default());
    let shape = shape((4, 2), 16, None);
    let layout = Layout { kind, n_kv_heads: 2, head_dim: 16 };
    let width = shape.qkv_width();
    let paged = Paged { shape, kind, form: &form, sinks: None, width };
    let held: Vec<Held> =
        [700, 3, 90, 400].into_iter().map(|len| held(layout, shape, len)).collect();
    let asked = [1, 2, 30, 8];
    let parts: Vec<Vec<&[u8]>> = held.iter().map(Held::parts).collect();
    let each = held.iter().zip(&parts).zip(asked);
    let sequences: Vec<Sequence<'_>> = each
        .map(|((held, pages), n)| Sequence {
            pages,
            len: held.len,
            rows: &held.rows[(held.len - n) * width..],
        })
        .collect();
    let mut out = vec![f32::NAN; 41 * shape.out_width()];
    attention_paged(paged, &sequences, &mut out);
    let alone: Vec<f32> =
        held.iter().zip(asked).flat_map(|(held, n)| held.ask(paged, held.len, n)).collect();
    assert_eq!(out, alone);
}

#[test]
fn a_number_that_is_none_is_not_lost() {
    for kind in Kind::ALL {
        let shape = shape((1, 1), 32, None);
        let layout = Layout { kind, n_kv_heads: 1, head_dim: 32 };
        let form = Form::default();
        let paged = Paged { shape, kind, form: &form, sinks: None, width: 96 };
        for flawed in [40, 80] {
            let mut held = held(layout, shape, 70);
            let mut row = held.rows[96 * 5 + 32..96 * 6].to_vec();
            row[flawed - 32] = f32::NAN;
            layout.write(held.pages[0].as_mut(), 5, [&row[..]].into_iter());
            assert!(held.ask(paged, 70, 1).iter().any(|x| x.is_nan()), "{kind:?} {flawed}");
        }
    }
}
