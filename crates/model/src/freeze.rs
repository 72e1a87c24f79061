//! Which parameters learn.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Tensor};

use crate::{Held, Transformer};

/// The model with its matrices frozen: gains and biases learn. A frozen matrix costs no gradient, and
/// what goes into it is not kept for one. Held in half, it is rounded to bf16, as products that round
/// their operands do anyway, and takes half the memory; a table of tokens then gives rounded rows too.
pub fn matrices(model: Transformer, held: Held) -> Transformer {
    model.map(&mut Matrices { held })
}

struct Matrices {
    held: Held,
}

impl ModuleMapper for Matrices {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if D < 2 {
            return param;
        }
        let held = self.held;
        param.set_require_grad(false).map(|tensor| match held {
            Held::HalfMatrices => tensor.cast(DType::BF16),
            Held::Whole => tensor,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::Spec;
    use burn::tensor::Device;

    #[test]
    fn matrices_get_no_gradient_and_vectors_do() {
        let spec = Spec::gpt2(20, 8, 1, 2);
        let model = crate::init::random(&spec, 1, &Device::flex().autodiff()).unwrap();
        let whole = model.slots();
        let model = matrices(model, Held::HalfMatrices);
        for ((slot, rounded), (_, whole)) in model.slots().into_iter().zip(whole) {
            for (r, w) in rounded.values.iter().zip(whole.values) {
                assert!((r - w).abs() <= w.abs() / 256.0, "{slot:?}: {r} is not {w}");
            }
        }
        let pass = nn::pass::Pass::plain(1, 3);
        let loss = model.forward([1, 2, 3].into(), &pass).sum();
        let grads = loss.backward();
        let block = &model.blocks[0];
        let qkv = block.attention.qkv.as_ref().unwrap();
        assert!(qkv.weight.val().grad(&grads).is_none());
        assert!(qkv.bias.as_ref().unwrap().val().grad(&grads).is_some());
        assert!(block.attention_norm.gain.val().grad(&grads).is_some());
        assert!(model.embedding.tokens.val().grad(&grads).is_none());
    }
}
