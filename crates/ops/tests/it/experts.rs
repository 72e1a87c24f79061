//! Products of groups, and a mixture's way to its experts and back.

use ops::expert_rows::{combine, dispatch, plain_combine, plain_dispatch};
use ops::grouped_linear::{Grouped, grouped_linear, plain};
use ops::linear::{Linear, linear};
use ops::{Precision, Stored};

use crate::{Leaves, check, leaf, values, vec};

/// Rows of four groups, of which the second has none.
const ENDS: [usize; 4] = [3, 3, 20, 21];

#[test]
fn products_of_groups_are_those_of_each_alone() {
    for (precision, tolerance) in [(Precision::F32, 1e-5), (Precision::Bf16, 2e-2)] {
        let leaves = Leaves {
            one: vec![leaf([4 * 9], 1)],
            two: vec![leaf([4 * 9, 37], 2)],
            three: vec![leaf([1, 21, 37], 3)],
        };
        let with = |l: &Leaves| Grouped {
            ends: ENDS.into(),
            precision,
            stored: Stored::F32,
            bias: Some(l.one[0].clone()),
        };
        let fused = |l: &Leaves| grouped_linear(l.three[0].clone(), l.two[0].clone(), with(l));
        let body = |l: &Leaves| plain(l.three[0].clone(), l.two[0].clone(), with(l));
        let alone = |l: &Leaves| {
            let part = |g: usize, from: usize, to: usize| {
                let x = l.three[0].clone().narrow(1, from, to - from);
                let weight = l.two[0].clone().narrow(0, g * 9, 9);
                let bias = Some(l.one[0].clone().narrow(0, g * 9, 9));
                linear(x, weight, Linear { bias, ..Linear::new(precision) })
            };
            burn::tensor::Tensor::cat(vec![part(0, 0, 3), part(2, 3, 20), part(3, 20, 21)], 1)
        };
        check("grouped_linear", &leaves, fused, alone, tolerance);
        check("grouped_linear, plain", &leaves, body, alone, tolerance);
    }
}

#[test]
fn a_frozen_matrix_gets_no_gradient() {
    let (x, weight) = (leaf([1, 21, 8], 1), values([4 * 5, 8], 2).autodiff());
    let ends = ENDS.into();
    let with = Grouped { ends, precision: Precision::F32, stored: Stored::Bf16, bias: None };
    let grads = grouped_linear(x.clone(), weight.clone(), with).sum().backward();
    assert!(weight.grad(&grads).is_none() && x.grad(&grads).is_some());
}

#[test]
fn rows_go_to_their_experts_and_come_back_weighted() {
    let numbers = [2, 0, 5, 2, 2, 4];
    let leaves = Leaves { three: vec![leaf([2, 3, 7], 1)], ..Leaves::default() };
    let go = |l: &Leaves| dispatch(l.three[0].clone(), numbers.into());
    let plainly = |l: &Leaves| plain_dispatch(l.three[0].clone(), &numbers);
    check("dispatch", &leaves, go, plainly, 1e-6);
    let leaves = Leaves {
        one: vec![leaf([6], 1)],
        two: vec![leaf([7, 5], 2)],
        three: vec![leaf([1, 6, 5], 3)],
    };
    let parts = |l: &Leaves| (l.three[0].clone(), l.one[0].clone(), l.two[0].clone());
    let come = |l: &Leaves| {
        let (y, weights, base) = parts(l);
        combine(y, weights, base, numbers.into())
    };
    let plainly = |l: &Leaves| {
        let (y, weights, base) = parts(l);
        plain_combine(y, weights, base, &numbers)
    };
    check("combine", &leaves, come, plainly, 1e-6);
    // A row that nobody asked for stays what the base has.
    let out = vec(come(&leaves).inner());
    assert_eq!(out[5..10], vec(leaves.two[0].clone().inner())[5..10]);
}
