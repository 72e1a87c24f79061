//! LayerNorm or RMSNorm, its gain as it multiplies.

use arch::{Error, Slot, Spec};
use kernels::norm::{NormKind, norm};

use super::source::Reader;

#[derive(Debug)]
pub(super) struct Norm {
    kind: NormKind,
    gain: Vec<f32>,
    bias: Option<Vec<f32>>,
    eps: f32,
}

impl Norm {
    /// A norm of a spec's kind.
    pub(super) fn new(
        spec: &Spec,
        reader: &Reader<'_>,
        gain: Slot,
        bias: Slot,
    ) -> Result<Self, Error> {
        let bias = reader.optional(bias)?;
        Ok(Self {
            kind: spec.norm.into(),
            gain: gain_of(spec, reader, gain)?,
            bias,
            eps: spec.norm_eps,
        })
    }

    /// RMSNorm with an ε of its own.
    pub(super) fn rms(gain: Vec<f32>, eps: f32) -> Self {
        Self { kind: NormKind::Rms, gain, bias: None, eps }
    }

    /// `(n, width)` to `(n, width)`.
    pub(super) fn of(&self, x: &[f32]) -> Vec<f32> {
        let mut y = kernels::fresh::for_overwrite(x.len());
        norm(self.kind, x, &self.gain, self.bias.as_deref(), self.eps, &mut y);
        y
    }
}

/// A gain, with its one where a spec stores what is above.
pub(super) fn gain_of(spec: &Spec, reader: &Reader<'_>, slot: Slot) -> Result<Vec<f32>, Error> {
    let mut gain = reader.values(slot)?;
    if spec.gain_above_one {
        gain.iter_mut().for_each(|gain| *gain += 1.0);
    }
    Ok(gain)
}
