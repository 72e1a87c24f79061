//! Norms of heads, fused and in Burn's own operations, head by head.

use ops::head_norm::{HeadNorm, head_norm};

use super::*;

/// Each head by itself, cut out and normalized.
fn by_head(qkv: &Tensor<3>, gains: &[Tensor<1>], with: HeadNorm) -> Tensor<3> {
    let HeadNorm { n_heads, n_kv_heads, eps } = with;
    let head_dim = gains[0].dims()[0];
    let head = |h: usize| {
        let x = qkv.clone().narrow(2, h * head_dim, head_dim);
        let gain = match h {
            h if h < n_heads => &gains[0],
            h if h < n_heads + n_kv_heads => &gains[1],
            _ => return x,
        };
        let root = ((x.clone() * x.clone()).mean_dim(2) + eps).sqrt();
        x / root * gain.clone().unsqueeze::<3>()
    };
    Tensor::cat((0..n_heads + 2 * n_kv_heads).map(head).collect(), 2)
}

#[test]
fn both_bodies_normalize_head_by_head() {
    for (n_heads, n_kv_heads, head_dim) in [(1, 1, 4), (4, 2, 6), (3, 1, 33)] {
        let with = HeadNorm { n_heads, n_kv_heads, eps: 1e-5 };
        let width = (n_heads + 2 * n_kv_heads) * head_dim;
        let leaves = Leaves {
            one: vec![leaf([head_dim], 1), leaf([head_dim], 2)],
            three: vec![leaf([2, 5, width], 3)],
            ..Leaves::default()
        };
        let expected = |l: &Leaves| by_head(&l.three[0], &l.one, with);
        let gains = |l: &Leaves| (l.one[0].clone(), l.one[1].clone());
        let fused = |l: &Leaves| {
            let (q_gain, k_gain) = gains(l);
            head_norm(l.three[0].clone(), q_gain, k_gain, with)
        };
        check("head norm", &leaves, fused, expected, 1e-5);
        let body = |l: &Leaves| {
            let (q_gain, k_gain) = gains(l);
            ops::head_norm::plain(l.three[0].clone(), q_gain, k_gain, with)
        };
        check("head norm, plain", &leaves, body, expected, 1e-5);
        let half = |l: &Leaves| {
            let (q_gain, k_gain) = gains(l);
            let y = head_norm(Stored::Bf16.cast(l.three[0].clone()), q_gain, k_gain, with);
            assert_eq!(y.dtype(), burn::tensor::DType::BF16);
            Stored::F32.cast(y)
        };
        check("head norm of brain floats", &leaves, half, expected, 2e-2);
    }
}

#[test]
fn a_frozen_gain_gets_no_gradient() {
    let with = HeadNorm { n_heads: 2, n_kv_heads: 1, eps: 1e-6 };
    let (qkv, q_gain) = (leaf([1, 3, 32], 1), values([8], 2).autodiff());
    let k_gain = leaf([8], 3);
    let y = head_norm(qkv.clone(), q_gain.clone(), k_gain.clone(), with);
    let grads = y.sum().backward();
    assert!(q_gain.grad(&grads).is_none());
    assert!(qkv.grad(&grads).is_some() && k_gain.grad(&grads).is_some());
}
