//! The output layer over a block of rows: what [`crate::linear_scores`] is made of. Cross-entropy has a
//! kernel of its own.

use half::bf16;
use kernels::convert;
use kernels::fresh::for_overwrite;
use kernels::gemm::{Epilogue, Gemm, Operand, Precision, Values};

use crate::storage::Number;

/// Logits made at a time: 4 MiB of them, in whole row blocks of the product.
const LOGITS: usize = 1 << 20;

/// How many of `m` rows make their logits together.
pub(crate) fn rows_at_once(vocab: usize, m: usize) -> usize {
    (LOGITS / vocab / 256 * 256).clamp(256, m.max(256))
}

/// Gradients of logits as the two products that read them round them anyway: once.
pub(crate) fn rounded<'a>(
    dlogits: &'a [f32],
    precision: Precision,
    space: &'a mut Vec<bf16>,
) -> Values<'a> {
    match precision {
        Precision::F32 => Values::F32(dlogits),
        Precision::Bf16 => {
            space.resize(dlogits.len(), bf16::ZERO);
            convert::round(dlogits, space);
            Values::Bf16(space)
        }
    }
}

/// One block of rows at the output layer.
pub(crate) struct Head<'a> {
    pub(crate) x: Values<'a>,
    pub(crate) weight: Values<'a>,
    /// D.
    pub(crate) width: usize,
    /// V.
    pub(crate) vocab: usize,
    pub(crate) rows: usize,
}

impl Head<'_> {
    /// `x · Wᵀ`, `(rows, V)`.
    pub(crate) fn logits(&self, precision: Precision) -> Vec<f32> {
        let a = Operand::rows(self.x, self.width);
        let b = Operand::transposed(self.weight, self.width);
        let mut logits = for_overwrite(self.rows * self.vocab);
        let (m, n, k) = (self.rows, self.vocab, self.width);
        Gemm { precision, m, n, k, a, b }.run::<f32>(&mut logits);
        logits
    }

    /// `dlogits · W`.
    pub(crate) fn input_gradient<E: Number>(
        &self,
        dlogits: Values<'_>,
        precision: Precision,
        dx: &mut [E],
    ) {
        let a = Operand::rows(dlogits, self.vocab);
        let b = Operand::rows(self.weight, self.width);
        let (m, n, k) = (self.rows, self.width, self.vocab);
        Gemm { precision, m, n, k, a, b }.run::<E>(dx);
    }

    /// `dlogitsᵀ · x`, added to what earlier blocks gave.
    pub(crate) fn weight_gradient(
        &self,
        dlogits: Values<'_>,
        precision: Precision,
        dw: &mut [f32],
        add: bool,
    ) {
        let a = Operand::transposed(dlogits, self.vocab);
        let b = Operand::rows(self.x, self.width);
        let (m, n, k) = (self.vocab, self.width, self.rows);
        let epilogue = Epilogue { accumulate: add, ..Epilogue::default() };
        Gemm { precision, m, n, k, a, b }.run_with::<f32>(dw, epilogue);
    }
}
