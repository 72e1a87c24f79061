//! Every non-linearity and its slope, fused and in Burn's own operations, against its formula.

use burn::tensor::activation::{relu, sigmoid, silu};
use ops::activation::{Activation, activation};

use super::*;

const CURVES: [Activation; 6] = [
    Activation::Relu,
    Activation::ReluSquared,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::QuickGelu,
    Activation::Silu,
];
const GATED: [Activation; 5] = [
    Activation::ReGlu,
    Activation::GeGlu,
    Activation::GeGluTanh,
    Activation::SwiGlu,
    // A limit that some values are beyond.
    Activation::ClampedSwiGlu { limit: 0.9, alpha: 1.702 },
];

fn gelu_tanh(x: Tensor<3>) -> Tensor<3> {
    let inner = (x.clone() + x.clone().powf_scalar(3.0) * 0.044_715) * 0.797_884_6;
    x * (inner.tanh() + 1.0) * 0.5
}

fn gelu(x: Tensor<3>) -> Tensor<3> {
    let root = std::f64::consts::SQRT_2;
    x.clone() * ((x / root).erf() + 1.0) / 2.0
}

/// Of a gate and an up; the up counts where there is one.
fn formula(which: Activation, x: Tensor<3>, up: Tensor<3>) -> Tensor<3> {
    match which {
        Activation::Relu => relu(x),
        Activation::ReluSquared => relu(x.clone()) * x,
        Activation::Gelu => gelu(x),
        Activation::GeluTanh => gelu_tanh(x),
        Activation::QuickGelu => x.clone() * sigmoid(x * 1.702),
        Activation::Silu => silu(x),
        Activation::ReGlu => relu(x) * up,
        Activation::GeGlu => gelu(x) * up,
        Activation::GeGluTanh => gelu_tanh(x) * up,
        Activation::SwiGlu => silu(x) * up,
        Activation::ClampedSwiGlu { limit, alpha } => {
            // What a clamp does, by differences of ReLUs.
            let gate = -relu(-x + limit) + limit;
            let up = relu(up + limit) - limit;
            let up = -relu(-up + limit) + limit;
            gate.clone() * sigmoid(gate * alpha) * (up + 1.0)
        }
    }
}

#[test]
fn both_bodies_are_the_formula() {
    for which in CURVES.into_iter().chain(GATED) {
        let leaves = Leaves { three: vec![leaf([3, 5, 34], 1)], ..Leaves::default() };
        let expected = |l: &Leaves| {
            let h = l.three[0].clone();
            let up = h.clone().narrow(2, 17, 17);
            if which.is_gated() {
                return formula(which, h.narrow(2, 0, 17), up);
            }
            formula(which, h.clone(), h)
        };
        let fused = |l: &Leaves| activation(l.three[0].clone(), which);
        check(&format!("{which:?}"), &leaves, fused, expected, 1e-5);
        let body = |l: &Leaves| ops::activation::plain(l.three[0].clone(), which);
        check(&format!("{which:?}, plain"), &leaves, body, expected, 1e-5);
    }
}

#[test]
fn brain_floats_stay_brain_floats() {
    for which in CURVES.into_iter().chain(GATED) {
        let leaves = Leaves { three: vec![leaf([3, 5, 34], 1)], ..Leaves::default() };
        let half = |l: &Leaves| Stored::Bf16.cast(l.three[0].clone());
        let fused = |l: &Leaves| {
            let y = activation(half(l), which);
            assert_eq!(y.dtype(), burn::tensor::DType::BF16);
            Stored::F32.cast(y)
        };
        let rounded = |l: &Leaves| Stored::F32.cast(half(l));
        let wide = |l: &Leaves| ops::activation::plain(rounded(l), which);
        check(&format!("{which:?} of brain floats"), &leaves, fused, wide, 1e-2);
    }
}
