//! Dropout: both bodies drop the same values, and the gradient follows the mask.

use ops::dropout::{Dropout, dropout};

use super::*;

const WITH: Dropout = Dropout { share: 0.3, seed: 11, place: 5 };

#[test]
fn both_bodies_have_the_mask_of_the_kernel_and_so_have_gradients() {
    let leaves = Leaves { three: vec![leaf([3, 5, 37], 1)], ..Leaves::default() };
    let mask = kernels::dropout::mask(WITH, 3 * 5 * 37);
    let mask = Tensor::<3>::from_data(TensorData::new(mask, [3, 5, 37]), &Device::flex());
    let expected = |l: &Leaves| l.three[0].clone() * mask.clone().autodiff();
    let fused = |l: &Leaves| dropout(l.three[0].clone(), WITH);
    check("dropout", &leaves, fused, expected, 0.0);
    let body = |l: &Leaves| ops::dropout::plain(l.three[0].clone(), WITH);
    check("dropout, plain", &leaves, body, expected, 0.0);
    // Of a tensor whose values do not lie in order.
    let turned = |l: &Leaves| l.three[0].clone().swap_dims(0, 2);
    let fused = |l: &Leaves| dropout(turned(l), WITH);
    let body = |l: &Leaves| ops::dropout::plain(turned(l), WITH);
    check("dropout of a transpose", &leaves, fused, body, 0.0);
}

#[test]
fn brain_floats_are_dropped_alike() {
    let leaves = Leaves { three: vec![leaf([2, 4, 50], 1)], ..Leaves::default() };
    let half = |l: &Leaves| Stored::Bf16.cast(l.three[0].clone());
    let fused = |l: &Leaves| {
        let y = dropout(half(l), WITH);
        assert_eq!(y.dtype(), burn::tensor::DType::BF16);
        Stored::F32.cast(y)
    };
    let body = |l: &Leaves| Stored::F32.cast(ops::dropout::plain(half(l), WITH));
    check("dropout of brain floats", &leaves, fused, body, 1e-2);
    // Results are the same bits; on the way back Burn rounds where we do not.
    let bits = |y: Tensor<3>| vec(y.inner());
    assert_eq!(bits(fused(&leaves)), bits(body(&leaves)));
}

#[test]
fn a_share_of_nothing_is_no_operation_and_another_place_another_mask() {
    let x = values([2, 3, 40], 1);
    let none = dropout(x.clone(), Dropout { share: 0.0, ..WITH });
    assert_eq!(vec(none), vec(x.clone()));
    let dropped = |with| vec(dropout(x.clone(), with));
    assert_eq!(dropped(WITH), dropped(WITH));
    assert_ne!(dropped(WITH), dropped(Dropout { place: 6, ..WITH }));
    assert_ne!(dropped(WITH), dropped(Dropout { seed: 12, ..WITH }));
}
