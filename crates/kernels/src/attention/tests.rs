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

/// A case: sizes, form, whether rows hold documents, whether there are sinks.
#[derive(Clone, Debug)]
struct Case {
    shape: Shape,
    form: Form,
    masked: bool,
    sinks: bool,
}

impl Case {
    fn plain(shape: Shape, masked: bool) -> Self {
        Self { shape, form: Form::default(), masked, sinks: false }
    }

    fn rows(&self) -> usize {
        self.shape.batch * self.shape.context
    }

    fn starts(&self) -> Option<Vec<u32>> {
        self.masked.then(|| documents(self.shape))
    }

    /// Some weigh more than a whole row, some next to nothing.
    fn sinks(&self) -> Option<Vec<f32>> {
        self.sinks.then(|| (0..self.shape.n_heads).map(|h| 3.0 - 2.5 * h as f32).collect())
    }

    fn qkv<E: Element>(&self) -> Vec<E> {
        wave(self.rows() * self.shape.qkv_width(), 0.37).into_iter().map(E::from_f32).collect()
    }

    fn dout<E: Element>(&self) -> Vec<E> {
        wave(self.rows() * self.shape.out_width(), 0.53).into_iter().map(E::from_f32).collect()
    }
}

/// Each mechanism alone, then all of them.
fn forms(n_heads: usize) -> [Form; 5] {
    let (scale, softcap) = (Some(0.4), Some(1.5));
    let slopes: Option<std::sync::Arc<[f32]>> = Some(alibi_slopes(n_heads).into());
    [
        Form::default(),
        Form { scale, ..Form::default() },
        Form { softcap, ..Form::default() },
        Form { slopes: slopes.clone(), ..Form::default() },
        Form { scale, softcap, slopes },
    ]
}

/// The result and the gradients of its inputs.
type Passes<N> = (Vec<N>, Vec<N>, Vec<f32>);

fn run<E: Element>(isa: Isa, case: &Case) -> Passes<E> {
    let (qkv, dout, starts, sinks) = (case.qkv(), case.dout(), case.starts(), case.sinks());
    let (shape, starts, sinks) = (case.shape, starts.as_deref(), sinks.as_deref());
    let input = Input { shape, form: &case.form, qkv: &qkv, starts, sinks };
    let nan = E::from_f32(f32::NAN);
    let (mut out, mut dqkv) = (vec![nan; dout.len()], vec![nan; qkv.len()]);
    let mut lse = vec![f32::NAN; case.rows() * shape.n_heads];
    attention_on(isa, input, &mut out, &mut lse);
    let args = AttentionBackward { input, out: &out, lse: &lse, dout: &dout };
    attention_backward_on(isa, args, &mut dqkv);
    let mut dsinks = vec![if sinks.is_some() { f32::NAN } else { 0.0 }; shape.n_heads];
    if sinks.is_some() {
        sinks_backward(args, &mut dsinks);
    }
    (out, dqkv, dsinks)
}

fn define(case: &Case, qkv: &[f64], dout: &[f64]) -> [Vec<f64>; 3] {
    let (starts, sinks) = (case.starts(), case.sinks().map(|sinks| wide(&sinks)));
    let input = naive::Input {
        shape: case.shape,
        form: &case.form,
        qkv,
        starts: starts.as_deref(),
        sinks: sinks.as_deref(),
    };
    let (dqkv, dsinks) = naive::attention_backward(input, dout);
    [naive::attention(input), dqkv, dsinks]
}

/// Sums over all rows, as the sinks' gradient is one, may be off by as much for each eight of them.
fn check<E: Element>(case: &Case, tolerance: f64) {
    let [out, dqkv, dsinks] = define(case, &wide(&case.qkv::<E>()), &wide(&case.dout::<E>()));
    for isa in Isa::available() {
        let got = run::<E>(isa, case);
        let name = isa.name();
        let of_rows = tolerance * (1.0 + case.rows() as f64 / 8.0);
        close(&format!("{case:?} {name}, out"), &wide(&got.0), &out, tolerance);
        close(&format!("{case:?} {name}, dqkv"), &wide(&got.1), &dqkv, tolerance);
        close(&format!("{case:?} {name}, dsinks"), &wide(&got.2), &dsinks, of_rows);
    }
}

fn close(what: &str, got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() < tolerance * (1.0 + e.abs()), "{what} at {i}: {g} is not {e}");
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
            check::<f32>(&Case::plain(shape(2, context, heads, head_dim), masked), 3e-5);
        }
    }
}

#[test]
fn windows_slide_within_documents_and_without() {
    for (context, window) in [(5, 1), (40, 7), (140, 33), (300, 64), (300, 500)] {
        for masked in [false, true] {
            let shape = Shape { window: Some(window), ..shape(2, context, (2, 1), 16) };
            check::<f32>(&Case::plain(shape, masked), 3e-5);
            check::<bf16>(&Case::plain(shape, masked), 3e-2);
        }
    }
}

#[test]
fn bf16_is_as_near_as_its_digits_allow() {
    for (context, heads, head_dim) in
        [(1, (1, 1), 1), (5, (2, 1), 3), (45, (2, 1), 24), (140, (4, 2), 33), (300, (2, 1), 64)]
    {
        for masked in [false, true] {
            check::<bf16>(&Case::plain(shape(2, context, heads, head_dim), masked), 3e-2);
        }
    }
}

#[test]
fn forms_and_sinks_are_those_of_the_definition() {
    for (context, heads, head_dim) in
        [(1, (1, 1), 1), (5, (2, 1), 3), (33, (3, 3), 16), (70, (6, 2), 24), (200, (3, 1), 33)]
    {
        for form in forms(heads.0) {
            for sinks in [false, true] {
                let shape = shape(2, context, heads, head_dim);
                let case = Case { shape, form: form.clone(), masked: false, sinks };
                check::<f32>(&case, 3e-5);
                check::<bf16>(&case, 3e-2);
            }
        }
    }
}

#[test]
fn forms_and_sinks_go_with_windows_and_documents() {
    for (context, window) in [(5, Some(1)), (40, None), (140, Some(33)), (200, Some(64))] {
        for form in forms(6) {
            let shape = Shape { window, ..shape(2, context, (6, 2), 16) };
            let case = Case { shape, form, masked: true, sinks: true };
            check::<f32>(&case, 3e-5);
            check::<bf16>(&case, 3e-2);
        }
    }
}

#[test]
fn the_definition_has_the_slopes_of_its_gradient() {
    for form in forms(2) {
        for sinks in [false, true] {
            has_slopes(&Case {
                shape: shape(1, 6, (2, 1), 3),
                form: form.clone(),
                masked: true,
                sinks,
            });
        }
    }
}

fn has_slopes(case: &Case) {
    let (qkv, dout, starts) = (wide(&case.qkv::<f32>()), wide(&case.dout::<f32>()), case.starts());
    let sinks = case.sinks().map(|sinks| wide(&sinks));
    let loss = |qkv: &[f64], sinks: Option<&[f64]>| -> f64 {
        let (shape, form, starts) = (case.shape, &case.form, starts.as_deref());
        let out = naive::attention(naive::Input { shape, form, qkv, starts, sinks });
        out.iter().zip(&dout).map(|(o, d)| o * d).sum()
    };
    let slopes = |x: &[f64], loss: &dyn Fn(&[f64]) -> f64| -> Vec<f64> {
        let moved = |i: usize, by: f64| {
            let mut x = x.to_vec();
            x[i] += by;
            loss(&x)
        };
        (0..x.len()).map(|i| (moved(i, 1e-5) - moved(i, -1e-5)) / 2e-5).collect()
    };
    let [_, dqkv, dsinks] = define(case, &qkv, &dout);
    let expected = slopes(&qkv, &|qkv| loss(qkv, sinks.as_deref()));
    close(&format!("{case:?}, dqkv"), &dqkv, &expected, 1e-8);
    if let Some(sinks) = &sinks {
        let expected = slopes(sinks, &|sinks| loss(&qkv, Some(sinks)));
        close(&format!("{case:?}, dsinks"), &dsinks, &expected, 1e-8);
    }
}

#[test]
fn a_sink_takes_the_share_of_its_logit() {
    // One position: e^0 for its key beside e^ln 3 for the sink.
    let (shape, form) = (shape(1, 1, (1, 1), 2), Form::default());
    let (qkv, sinks) = ([0.0, 0.0, 1.0, 1.0, 8.0, -4.0], [3.0_f32.ln()]);
    let input = Input { shape, form: &form, qkv: &qkv, starts: None, sinks: Some(&sinks) };
    let (mut out, mut lse, mut dsinks) = ([f32::NAN; 2], [f32::NAN], [f32::NAN]);
    attention(input, &mut out, &mut lse);
    close("out", &wide(&out), &[2.0, -1.0], 1e-6);
    close("lse", &wide(&lse), &[4.0_f64.ln()], 1e-6);
    let dout = [1.0, 0.5];
    sinks_backward(AttentionBackward { input, out: &out, lse: &lse, dout: &dout }, &mut dsinks);
    close("dsinks", &wide(&dsinks), &[-0.75 * 1.5], 1e-6);
}

#[test]
fn a_sink_of_no_weight_and_the_usual_scale_change_no_bit() {
    let shape = shape(2, 140, (2, 1), 16);
    let (qkv, lse) = (Case::plain(shape, false).qkv::<f32>(), vec![f32::NAN; 560]);
    let run = |form: &Form, sinks: Option<&[f32]>| {
        let (mut out, mut lse) = (vec![f32::NAN; 280 * 32], lse.clone());
        let input = Input { shape, form, qkv: &qkv, starts: None, sinks };
        attention(input, &mut out, &mut lse);
        (out, lse)
    };
    let explicit = Form { scale: Some(0.25), slopes: Some([0.0; 2].into()), softcap: None };
    let expected = run(&Form::default(), None);
    assert_eq!(run(&explicit, Some(&[f32::NEG_INFINITY; 2])), expected);
    assert_ne!(run(&explicit, Some(&[0.0; 2])), expected);
}

#[test]
fn a_document_is_mixed_alike_wherever_it_stands() {
    let (alone, twice) = (shape(1, 60, (3, 1), 8), shape(1, 120, (3, 1), 8));
    let form = &forms(3)[4];
    let mut qkv = Case::plain(alone, false).qkv::<f32>();
    let run = |shape: Shape, qkv: &[f32], starts: Option<&[u32]>| {
        let mut out = vec![f32::NAN; shape.context * 24];
        let input = Input { shape, form, qkv, starts, sinks: None };
        attention(input, &mut out, &mut vec![f32::NAN; shape.context * 3]);
        out
    };
    let expected = run(alone, &qkv, None);
    qkv.extend_from_within(..);
    let starts: Vec<u32> = (0..120).map(|i| i / 60 * 60).collect();
    let got = run(twice, &qkv, Some(&starts));
    close("the first", &wide(&got[..60 * 24]), &wide(&expected), 1e-5);
    close("the second", &wide(&got[60 * 24..]), &wide(&expected), 1e-5);
}

#[test]
fn threads_change_no_bit() {
    let [plain, .., all] = forms(4);
    for (form, sinks) in [(plain, false), (all, true)] {
        let case = Case { shape: shape(3, 100, (4, 2), 32), form, masked: false, sinks };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run::<f32>(Isa::current(), &case))
        };
        assert_eq!(on(1), on(3));
    }
}

#[test]
fn large_scores_stay_finite() {
    // At this scale single scores reach ten thousands.
    let scale = Some(2500.0);
    let capped = Form { scale, softcap: Some(50.0), ..Form::default() };
    for form in [Form { scale, ..Form::default() }, capped] {
        for sinks in [false, true] {
            let form = form.clone();
            let case = Case { shape: shape(1, 200, (1, 1), 16), form, masked: false, sinks };
            let (out, dqkv, dsinks) = run::<f32>(Isa::current(), &case);
            assert!(out.iter().chain(&dqkv).chain(&dsinks).all(|v| v.is_finite()), "{case:?}");
        }
    }
}

#[test]
fn new_positions_over_a_cache_get_what_the_whole_sequence_gives() {
    for window in [None, Some(20)] {
        for form in forms(6) {
            for sinks in [false, true] {
                let shape = Shape { window, ..shape(1, 150, (6, 2), 24) };
                over_a_cache(&Case { shape, form: form.clone(), masked: false, sinks });
            }
        }
    }
}

fn over_a_cache(case: &Case) {
    let (shape, form, sinks) = (case.shape, &case.form, case.sinks());
    let (qkv, sinks) = (case.qkv::<f32>(), sinks.as_deref());
    let (mut out, mut lse) = (vec![f32::NAN; 150 * shape.out_width()], vec![f32::NAN; 900]);
    attention(Input { shape, form, qkv: &qkv, starts: None, sinks }, &mut out, &mut lse);
    let columns = |from: usize, width: usize| -> Vec<f32> {
        qkv.chunks(shape.qkv_width()).flat_map(|row| &row[from..from + width]).copied().collect()
    };
    let (q, keys, values) = (columns(0, 144), &columns(144, 48), &columns(192, 48));
    for n in [1, 2, 7, 8, 33, 150] {
        let from = (150 - n) * 144;
        let mut new = vec![f32::NAN; n * 144];
        attention_cached(Cached { shape, form, sinks, q: &q[from..], keys, values }, &mut new);
        close(&format!("{case:?}, {n} new"), &wide(&new), &wide(&out[from..]), 1e-5);
    }
}
