//! Every operation against plain Burn operations: the result and every gradient.
//!
//! A case gives the operation and its plain form as functions of the same leaves; both are summed
//! against the same random weights, so that each value of the result counts differently.

mod activation;
mod dropout;
mod experts;
mod head_norm;
mod rope;

use std::sync::Arc;

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};
use ops::linear_cross_entropy::{Regularization, Targets, linear_cross_entropy};
use ops::norm::NormKind;
use ops::{Precision, Stored};
use stdx::Rng;

/// A leaf whose gradient is asked for.
fn leaf<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
    values(shape, seed).autodiff().require_grad()
}

fn values<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
    let mut rng = Rng::new(seed);
    let n = shape.iter().product();
    let data: Vec<f32> = (0..n).map(|_| rng.normal() as f32).collect();
    Tensor::from_data(TensorData::new(data, shape), &Device::flex())
}

fn vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    ops::storage::with_values(&tensor, <[f32]>::to_vec)
}

fn close(what: &str, got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-3_f32, |m, v| m.max(v.abs()));
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        let off = (g - e).abs() / scale;
        assert!(off <= tolerance, "{what} at {i}: {g} against {e} ({off} of the largest)");
    }
}

/// The result and the gradients to each leaf, for results weighted at random.
fn run<const D: usize>(y: &Tensor<D>, leaves: &Leaves) -> Vec<Vec<f32>> {
    let weights = values(y.dims(), 99).autodiff();
    let grads = (y.clone() * weights).sum().backward();
    let mut out = vec![vec(y.clone().inner())];
    out.extend(leaves.one.iter().map(|l| vec(l.grad(&grads).expect("a gradient"))));
    out.extend(leaves.two.iter().map(|l| vec(l.grad(&grads).expect("a gradient"))));
    out.extend(leaves.three.iter().map(|l| vec(l.grad(&grads).expect("a gradient"))));
    out
}

#[derive(Default)]
struct Leaves {
    one: Vec<Tensor<1>>,
    two: Vec<Tensor<2>>,
    three: Vec<Tensor<3>>,
}

fn check<const D: usize>(
    what: &str,
    leaves: &Leaves,
    fused: impl Fn(&Leaves) -> Tensor<D>,
    plain: impl Fn(&Leaves) -> Tensor<D>,
    tolerance: f32,
) {
    let (got, expected) = (run(&fused(leaves), leaves), run(&plain(leaves), leaves));
    for (i, (g, e)) in got.iter().zip(&expected).enumerate() {
        close(&format!("{what}, output and gradients, number {i}"), g, e, tolerance);
    }
}

fn matmul(x: Tensor<3>, w: Tensor<2>) -> Tensor<3> {
    x.matmul(w.transpose().unsqueeze::<3>())
}

#[test]
fn linear() {
    for (precision, tolerance) in [(Precision::F32, 1e-5), (Precision::Bf16, 2e-2)] {
        let leaves = Leaves {
            one: vec![leaf([9], 1)],
            two: vec![leaf([9, 37], 2)],
            three: vec![leaf([3, 5, 37], 3), leaf([3, 5, 9], 4)],
        };
        let with = |l: &Leaves| ops::linear::Linear {
            precision,
            stored: Stored::F32,
            bias: Some(l.one[0].clone()),
            residual: Some(l.three[1].clone()),
        };
        let fused = |l: &Leaves| ops::linear::linear(l.three[0].clone(), l.two[0].clone(), with(l));
        let body = |l: &Leaves| ops::linear::plain(l.three[0].clone(), l.two[0].clone(), with(l));
        let plain = |l: &Leaves| {
            let product = matmul(l.three[0].clone(), l.two[0].clone());
            product + l.one[0].clone().unsqueeze::<3>() + l.three[1].clone()
        };
        check("linear", &leaves, fused, plain, tolerance);
        check("linear, plain", &leaves, body, plain, tolerance);
    }
}

#[test]
fn a_frozen_weight_gets_no_gradient_and_x_still_does() {
    let (x, weight) = (leaf([2, 3, 8], 1), values([5, 8], 2).autodiff());
    let y =
        ops::linear::linear(x.clone(), weight.clone(), ops::linear::Linear::new(Precision::F32));
    let grads = y.sum().backward();
    assert!(weight.grad(&grads).is_none());
    let expected = matmul(x.clone(), weight).sum().backward();
    let (got, expected) = (x.grad(&grads).unwrap(), x.grad(&expected).unwrap());
    close("dx", &vec(got), &vec(expected), 1e-5);
}

fn plain_norm(kind: NormKind, x: Tensor<3>, gain: Tensor<1>, bias: Tensor<1>) -> Tensor<3> {
    let centred = match kind {
        NormKind::Layer => x.clone() - x.mean_dim(2),
        NormKind::Rms => x,
    };
    let scale = (centred.clone().powf_scalar(2.0).mean_dim(2) + 1e-5).sqrt();
    centred / scale * gain.unsqueeze::<3>() + bias.unsqueeze::<3>()
}

#[test]
fn norm() {
    for kind in [NormKind::Layer, NormKind::Rms] {
        for (stored, tolerance) in [(Stored::F32, 1e-5), (Stored::Bf16, 2e-2)] {
            let leaves = Leaves {
                one: vec![leaf([21], 1), leaf([21], 2)],
                three: vec![leaf([4, 7, 21], 3)],
                ..Leaves::default()
            };
            let with = ops::norm::Norm { kind, eps: 1e-5, stored };
            // The product that follows reads a bf16 result; an identity stands in for it.
            let fused = |l: &Leaves| {
                let (gain, bias) = (l.one[0].clone(), Some(l.one[1].clone()));
                let y = ops::norm::norm(l.three[0].clone(), gain, bias, with);
                let eye = Tensor::<2>::eye(21, &Device::flex()).autodiff();
                ops::linear::linear(y, eye, ops::linear::Linear::new(Precision::F32))
            };
            let body = |l: &Leaves| {
                let (gain, bias) = (l.one[0].clone(), Some(l.one[1].clone()));
                Stored::F32.cast(ops::norm::plain(l.three[0].clone(), gain, bias, with))
            };
            let plain = |l: &Leaves| {
                plain_norm(kind, l.three[0].clone(), l.one[0].clone(), l.one[1].clone())
            };
            check("norm", &leaves, fused, plain, tolerance);
            check("norm, plain", &leaves, body, plain, tolerance);
        }
    }
}

#[test]
fn embedding() {
    let leaves = Leaves { two: vec![leaf([11, 6], 1), leaf([4, 6], 2)], ..Leaves::default() };
    let ids = [3_u32, 0, 3, 10, 7, 3, 3, 1];
    let places = [0_u32, 1, 2, 3, 0, 1, 0, 1];
    let tokens = ops::embedding::Tokens {
        ids: Arc::from(ids),
        positions: Arc::from(places),
        batch: 2,
        context: 4,
    };
    let fused = |l: &Leaves| {
        ops::embedding::embedding(l.two[0].clone(), Some(l.two[1].clone()), tokens.clone())
    };
    let body =
        |l: &Leaves| ops::embedding::plain(l.two[0].clone(), Some(l.two[1].clone()), &tokens);
    let plain = |l: &Leaves| {
        let rows = |table: &Tensor<2>, ids: &[u32]| {
            let ids: Vec<i64> = ids.iter().map(|&i| i64::from(i)).collect();
            let ids = Tensor::<1, Int>::from_data(ids.as_slice(), &Device::flex()).autodiff();
            table.clone().select(0, ids).reshape([2, 4, 6])
        };
        rows(&l.two[0], &ids) + rows(&l.two[1], &places)
    };
    check("embedding", &leaves, fused, plain, 1e-6);
    check("embedding, plain", &leaves, body, plain, 1e-6);
}

#[test]
fn attention() {
    // (B, T, query heads, key heads, head size)
    for (batch, context, n_heads, n_kv_heads, head_dim) in
        [(2, 7, 4, 2, 6), (1, 70, 2, 1, 16), (2, 33, 3, 3, 32)]
    {
        let width = (n_heads + 2 * n_kv_heads) * head_dim;
        let leaves = Leaves { three: vec![leaf([batch, context, width], 1)], ..Leaves::default() };
        // Two documents a row: the second begins at the third position.
        let starts: Vec<u32> =
            (0..batch * context).map(|i| if i % context < 3 { 0 } else { 3 }).collect();
        let window = Some(context / 2);
        let shape = ops::attention::Shape { batch, context, n_heads, n_kv_heads, head_dim, window };
        let (starts_read, form) = (Some(Arc::from(&starts[..])), ops::attention::Form::default());
        let with = ops::attention::Attention { shape, starts: starts_read, form };
        let fused = |l: &Leaves| ops::attention::attention(l.three[0].clone(), None, with.clone());
        let body = |l: &Leaves| ops::attention::plain(l.three[0].clone(), None, &with);
        let mut mask = vec![0.0_f32; context * context];
        for i in 0..context {
            let hidden = |j: usize| j > i || j < starts[i] as usize || j + context / 2 <= i;
            (0..context).filter(|&j| hidden(j)).for_each(|j| mask[i * context + j] = -1e9);
        }
        let mask = TensorData::new(mask, [1, context, context]);
        let mask = Tensor::<3>::from_data(mask, &Device::flex()).autodiff();
        let plain = |l: &Leaves| {
            let part = |h: usize| l.three[0].clone().narrow(2, h * head_dim, head_dim);
            let head = |h: usize| {
                let kv = h / (n_heads / n_kv_heads);
                let (q, k, v) = (part(h), part(n_heads + kv), part(n_heads + n_kv_heads + kv));
                let scores = q.matmul(k.swap_dims(1, 2)) / (head_dim as f32).sqrt();
                softmax(scores + mask.clone(), 2).matmul(v)
            };
            Tensor::cat((0..n_heads).map(head).collect(), 2)
        };
        check("attention", &leaves, fused, plain, 2e-5);
        check("attention, plain", &leaves, body, plain, 2e-5);
    }
}

/// Each mechanism alone and all of them, over three query heads that share a key head.
fn attention_forms() -> [ops::attention::Form; 4] {
    use ops::attention::{Form, alibi_slopes};
    let (scale, softcap) = (Some(0.5), Some(1.5));
    let slopes: Option<Arc<[f32]>> = Some(alibi_slopes(3).into());
    [
        Form { scale, ..Form::default() },
        Form { softcap, ..Form::default() },
        Form { slopes: slopes.clone(), ..Form::default() },
        Form { scale, softcap, slopes },
    ]
}

#[test]
fn attention_of_other_forms_with_sinks() {
    let (context, head_dim) = (21, 6);
    let shape = ops::attention::Shape {
        batch: 2,
        context,
        n_heads: 3,
        n_kv_heads: 1,
        head_dim,
        window: Some(13),
    };
    for form in attention_forms() {
        let with = ops::attention::Attention { shape, starts: None, form };
        let leaves = Leaves {
            one: vec![leaf([3], 2)],
            three: vec![leaf([2, context, 5 * head_dim], 1)],
            ..Leaves::default()
        };
        let sinks = |l: &Leaves| Some(l.one[0].clone());
        for (stored, tolerance) in [(Stored::F32, 2e-5), (Stored::Bf16, 2e-2)] {
            let qkv = |l: &Leaves| stored.cast(l.three[0].clone());
            let fused = |l: &Leaves| {
                Stored::F32.cast(ops::attention::attention(qkv(l), sinks(l), with.clone()))
            };
            let body =
                |l: &Leaves| Stored::F32.cast(ops::attention::plain(qkv(l), sinks(l), &with));
            let third = |l: &Leaves| formed_attention(&with, &l.three[0], &l.one[0]);
            check(&format!("{with:?} {stored:?}"), &leaves, fused, third, tolerance);
            check(&format!("{with:?} {stored:?}, plain"), &leaves, body, third, tolerance);
        }
    }
}

/// By head: a mask and slopes added up beforehand, exponentials beside that of the sink.
fn formed_attention(
    with: &ops::attention::Attention,
    qkv: &Tensor<3>,
    sinks: &Tensor<1>,
) -> Tensor<3> {
    let ops::attention::Attention { shape, form, .. } = with;
    let (d, context, n_heads) = (shape.head_dim, shape.context, shape.n_heads);
    let part = |h: usize| qkv.clone().narrow(2, h * d, d);
    let head = |h: usize| {
        let (q, k, v) = (part(h), part(n_heads), part(n_heads + 1));
        let scores = q.matmul(k.swap_dims(1, 2)) * form.scale.unwrap_or(1.0 / (d as f32).sqrt());
        let scores = match form.softcap {
            // tanh by the logistic function
            Some(cap) => {
                let s = burn::tensor::activation::sigmoid(scores * (2.0 / cap));
                s * (2.0 * cap) - cap
            }
            None => scores,
        };
        let slope = form.slopes.as_ref().map_or(0.0, |slopes| slopes[h]);
        let added = |i: usize, j: usize| match j <= i && j + 13 > i {
            true => slope * (j as f32 - i as f32),
            false => -1e9,
        };
        let added: Vec<f32> =
            (0..context * context).map(|n| added(n / context, n % context)).collect();
        let added = TensorData::new(added, [1, context, context]);
        let added = Tensor::<3>::from_data(added, &Device::flex()).autodiff();
        let weights = (scores + added).exp();
        let sink = sinks.clone().narrow(0, h, 1).exp().unsqueeze::<3>();
        weights.clone().matmul(v) / (weights.sum_dim(2) + sink)
    };
    Tensor::cat((0..n_heads).map(head).collect(), 2)
}

#[test]
fn sinks_that_do_not_learn_get_no_gradient_and_those_that_do_need_no_other() {
    let shape = ops::attention::Shape {
        batch: 1,
        context: 5,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 3,
        window: None,
    };
    let with = ops::attention::Attention { shape, starts: None, form: Default::default() };
    let gradients = |qkv: Tensor<3>, sinks: Tensor<1>| {
        let y = ops::attention::attention(qkv.clone(), Some(sinks.clone()), with.clone());
        let grads = (y * values([1, 5, 6], 3).autodiff()).sum().backward();
        (qkv.grad(&grads).map(vec), sinks.grad(&grads).map(vec))
    };
    let (dqkv, dsinks) = gradients(leaf([1, 5, 12], 1), leaf([2], 2));
    assert!(dqkv.is_some() && dsinks.is_some());
    assert_eq!(gradients(leaf([1, 5, 12], 1), values([2], 2).autodiff()), (dqkv, None));
    assert_eq!(gradients(values([1, 5, 12], 1).autodiff(), leaf([2], 2)), (None, dsinks));
}

#[test]
fn cross_entropy() {
    let none = Regularization::default();
    let both = Regularization { label_smoothing: 0.1, z_loss: 1e-3 };
    for (precision, tolerance, regularization) in
        [(Precision::F32, 1e-5, none), (Precision::F32, 1e-5, both), (Precision::Bf16, 3e-2, none)]
    {
        // Some rows weigh nothing.
        let (rows, width, vocab) = (600, 12, 5000);
        let leaves = Leaves {
            two: vec![leaf([vocab, width], 1)],
            three: vec![leaf([2, rows / 2, width], 2)],
            ..Leaves::default()
        };
        let ids: Vec<u32> = (0..rows).map(|i| (i * 37 % vocab) as u32).collect();
        let weights: Vec<f32> = (0..rows).map(|i| (i % 3) as f32).collect();
        let scale = 1.0 / weights.iter().sum::<f32>();
        let targets = Targets {
            ids: Arc::from(ids.as_slice()),
            weights: Arc::from(weights.as_slice()),
            scale,
            precision,
            regularization,
            softcap: None,
        };
        let fused = |l: &Leaves| {
            linear_cross_entropy(l.three[0].clone(), l.two[0].clone(), targets.clone())
        };
        let body = |l: &Leaves| {
            let (x, weight) = (l.three[0].clone(), l.two[0].clone());
            ops::linear_cross_entropy::plain(x, weight, &targets)
        };
        let plain = |l: &Leaves| {
            let x = l.three[0].clone().reshape([rows, width]);
            let logits = x.matmul(l.two[0].clone().transpose());
            let log_p = log_softmax(logits.clone(), 1);
            let ids: Vec<i64> = ids.iter().map(|&i| i64::from(i)).collect();
            let ids = Tensor::<1, Int>::from_data(ids.as_slice(), &Device::flex()).autodiff();
            let chosen = log_p.clone().gather(1, ids.reshape([rows, 1])).reshape([rows]);
            let weights = Tensor::<1>::from_data(weights.as_slice(), &Device::flex()).autodiff();
            // Each logit is its log-probability and log Z.
            let log_z = (logits.clone() - log_p.clone()).mean_dim(1).reshape([rows]);
            let smooth = log_p.mean_dim(1).reshape([rows]);
            let Regularization { label_smoothing, z_loss } = regularization;
            let nll = chosen * (1.0 - label_smoothing) + smooth * label_smoothing;
            ((log_z.powf_scalar(2.0) * z_loss - nll) * weights).sum() * scale
        };
        check("cross-entropy", &leaves, fused, plain, tolerance);
        check("cross-entropy, plain", &leaves, body, plain, tolerance);
    }
}

/// Rows of log-probabilities in plain operations.
fn log_probs(x: &Tensor<3>, weight: &Tensor<2>) -> Tensor<2> {
    let [a, b, width] = x.dims();
    log_softmax(x.clone().reshape([a * b, width]).matmul(weight.clone().transpose()), 1)
}

#[test]
fn scores_of_each_token() {
    use ops::linear_scores::{
        Direction, Score, linear_entropy, linear_kl, linear_logprob, plain as scores,
    };
    for (precision, tolerance) in [(Precision::F32, 2e-5), (Precision::Bf16, 3e-2)] {
        // More rows than one block of logits holds.
        let (rows, width, vocab) = (600, 12, 5000);
        let leaves = Leaves {
            two: vec![leaf([vocab, width], 1)],
            three: vec![leaf([2, rows / 2, width], 2)],
            ..Leaves::default()
        };
        let other_x = values([2, rows / 2, 7], 3).autodiff();
        let other_weight = values([vocab, 7], 4).autodiff();
        let ids: Vec<u32> = (0..rows).map(|i| (i * 37 % vocab) as u32).collect();
        let fused = |l: &Leaves| {
            let ids = Arc::from(ids.as_slice());
            linear_logprob(l.three[0].clone(), l.two[0].clone(), ids, precision)
        };
        let plain = |l: &Leaves| {
            let ids: Vec<i64> = ids.iter().map(|&i| i64::from(i)).collect();
            let ids = Tensor::<1, Int>::from_data(ids.as_slice(), &Device::flex()).autodiff();
            let all = log_probs(&l.three[0], &l.two[0]);
            all.gather(1, ids.reshape([rows, 1])).reshape([rows])
        };
        let body = |l: &Leaves| {
            let score = Score::log_prob(Arc::from(ids.as_slice()), precision);
            scores(l.three[0].clone(), l.two[0].clone(), None, &score)
        };
        check("log-probabilities", &leaves, fused, plain, tolerance);
        check("log-probabilities, plain", &leaves, body, plain, tolerance);
        let fused = |l: &Leaves| linear_entropy(l.three[0].clone(), l.two[0].clone(), precision);
        let plain = |l: &Leaves| {
            let all = log_probs(&l.three[0], &l.two[0]);
            -(all.clone().exp() * all).sum_dim(1).reshape([rows])
        };
        let body = |l: &Leaves| {
            scores(l.three[0].clone(), l.two[0].clone(), None, &Score::entropy(precision))
        };
        check("entropies", &leaves, fused, plain, tolerance);
        check("entropies, plain", &leaves, body, plain, tolerance);
        for direction in [Direction::Forward, Direction::Reverse] {
            let fused = |l: &Leaves| {
                let other = (other_x.clone(), other_weight.clone());
                linear_kl(l.three[0].clone(), l.two[0].clone(), other, direction, precision)
            };
            let plain = |l: &Leaves| {
                let ours = log_probs(&l.three[0], &l.two[0]);
                let others = log_probs(&other_x, &other_weight);
                let (p, q) = match direction {
                    Direction::Forward => (others, ours),
                    Direction::Reverse => (ours, others),
                };
                (p.clone().exp() * (p - q)).sum_dim(1).reshape([rows])
            };
            let body = |l: &Leaves| {
                let other = Some((other_x.clone(), other_weight.clone()));
                let score = Score::kl(direction, precision);
                scores(l.three[0].clone(), l.two[0].clone(), other, &score)
            };
            check(&format!("{direction:?} divergence"), &leaves, fused, plain, tolerance);
            check(&format!("{direction:?} divergence, plain"), &leaves, body, plain, tolerance);
        }
    }
}

#[test]
fn rows() {
    let leaves = Leaves { three: vec![leaf([2, 4, 5], 1)], ..Leaves::default() };
    // One, some, the first and the last, all.
    for numbers in [&[3][..], &[1, 2, 5], &[0, 7], &[0, 1, 2, 3, 4, 5, 6, 7]] {
        let fused = |l: &Leaves| ops::rows::rows(l.three[0].clone(), Arc::from(numbers));
        let plain = |l: &Leaves| ops::rows::plain(l.three[0].clone(), numbers);
        check("rows", &leaves, fused, plain, 0.0);
        let half = |l: &Leaves| Stored::Bf16.cast(l.three[0].clone());
        let fused = |l: &Leaves| Stored::F32.cast(ops::rows::rows(half(l), Arc::from(numbers)));
        let plain = |l: &Leaves| Stored::F32.cast(ops::rows::plain(half(l), numbers));
        check("rows of bf16", &leaves, fused, plain, 0.0);
    }
}

#[test]
fn a_frozen_output_layer_gets_no_gradient() {
    let (x, weight) = (leaf([2, 3, 8], 1), values([50, 8], 2).autodiff());
    let (ids, weights) = (Arc::from([1_u32; 6]), Arc::from([1.0_f32; 6]));
    let (precision, regularization) = (Precision::F32, Regularization::default());
    let softcap = None;
    let targets = Targets { ids, weights, scale: 1.0, precision, regularization, softcap };
    let grads = linear_cross_entropy(x.clone(), weight.clone(), targets).backward();
    assert!(x.grad(&grads).is_some() && weight.grad(&grads).is_none());
}

mod recompute {
    use burn::module::{Module, Param};
    use ops::recompute::recompute;

    use super::*;

    #[derive(Module, Debug)]
    struct Two {
        first: Param<Tensor<2>>,
        frozen: Param<Tensor<2>>,
        gain: Param<Tensor<1>>,
    }

    impl Two {
        fn run(&self, x: Tensor<2>) -> Tensor<2> {
            let with = || ops::linear::Linear::new(Precision::F32);
            let h = ops::linear::linear(x.clone(), self.first.val(), with());
            let h = ops::linear::linear(h.tanh(), self.frozen.val(), with());
            h * self.gain.val().unsqueeze() + x
        }
    }

    fn two(seed: u64) -> Two {
        let param = |seed| Param::from_tensor(values([6, 6], seed).autodiff());
        Two {
            first: param(seed),
            frozen: param(seed + 1).set_require_grad(false),
            gain: Param::from_tensor(values([6], seed + 2).autodiff()),
        }
    }

    /// The result and all gradients, through pieces of which some are run again.
    fn slopes(again: [bool; 3]) -> Vec<Vec<f32>> {
        let (pieces, x) = ([two(10), two(20), two(30)], leaf([4, 6], 4));
        let y = pieces.iter().zip(again).fold(x.clone(), |x, (piece, again)| match again {
            true => recompute(piece, x, None, Two::run),
            false => piece.run(x),
        });
        let grads = (y.clone() * values([4, 6], 5).autodiff()).sum().backward();
        let mut out = vec![vec(y.inner()), vec(x.grad(&grads).expect("a gradient"))];
        for piece in pieces {
            assert!(piece.frozen.val().grad(&grads).is_none(), "frozen stays frozen");
            out.push(vec(piece.first.val().grad(&grads).expect("a gradient")));
            out.push(vec(piece.gain.val().grad(&grads).expect("a gradient")));
        }
        out
    }

    #[test]
    fn what_is_run_again_has_the_same_gradients_bit_for_bit() {
        let expected = slopes([false; 3]);
        assert_eq!(slopes([true; 3]), expected);
        assert_eq!(slopes([false, true, false]), expected);
    }

    #[test]
    fn an_input_that_learns_nothing_is_no_hindrance_and_without_a_graph_it_just_runs() {
        let (two, x) = (two(1), values([4, 6], 4));
        let y = recompute(&two, x.clone().autodiff(), None, Two::run);
        let grads = y.clone().sum().backward();
        assert!(two.first.val().grad(&grads).is_some());
        let plain = recompute(&two.valid(), x, None, Two::run);
        assert!(!plain.is_autodiff());
        assert_eq!(vec(plain), vec(y.inner()));
    }
}
