//! LayerNorm or RMSNorm with its gain and bias.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use ops::Stored;
use ops::norm::NormKind;

use crate::pass::Pass;

/// The layer.
#[derive(Module, Debug)]
pub struct Norm {
    /// `(D)`; what it is above 1 where a spec says so.
    pub gain: Param<Tensor<1>>,
    /// `(D)`.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    kind: NormKind,
    #[module(skip)]
    eps: f32,
    #[module(skip)]
    gain_above_one: bool,
}

impl Norm {
    /// A norm of a spec's kind.
    pub fn new(spec: &arch::Spec, gain: Tensor<1>, bias: Option<Tensor<1>>) -> Self {
        let kind = spec.norm.into();
        let (gain, bias) = (Param::from_tensor(gain), bias.map(Param::from_tensor));
        Self { gain, bias, kind, eps: spec.norm_eps, gain_above_one: spec.gain_above_one }
    }

    /// RMSNorm with an ε of its own.
    pub fn rms(gain: Tensor<1>, eps: f32) -> Self {
        let (gain, bias) = (Param::from_tensor(gain), None);
        Self { gain, bias, kind: NormKind::Rms, eps, gain_above_one: false }
    }

    /// `(B, T, D)` to `(B, T, D)`, stored as the product that follows rounds it.
    pub fn forward(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        self.stored(x, pass.stored())
    }

    /// `(B, T, D)` to `(B, T, D)` of the stream, which is not rounded.
    pub fn in_stream(&self, x: Tensor<3>) -> Tensor<3> {
        self.stored(x, Stored::F32)
    }

    fn stored(&self, x: Tensor<3>, stored: Stored) -> Tensor<3> {
        let with = ops::norm::Norm { kind: self.kind, eps: self.eps, stored };
        let gain = self.gain.val();
        let gain = if self.gain_above_one { gain + 1.0 } else { gain };
        ops::norm::norm(x, gain, self.bias.as_ref().map(Param::val), with)
    }
}
