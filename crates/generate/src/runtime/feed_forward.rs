//! A block's second half: up, a non-linearity, down; or a mixture of experts that do that.

use arch::{Error, Experts as Numbers, Part, Slot, Spec};
use kernels::activation::{Activation, activation};
use kernels::exp::exp;
use kernels::quantized::Inputs;

use super::source::Reader;
use super::weight::Weight;

#[derive(Debug)]
pub(super) enum Feed {
    Dense(FeedForward),
    Experts(Experts),
}

#[derive(Debug)]
pub(super) struct FeedForward {
    /// `(F, D)`, or `(2·F, D)` with the gate's rows first.
    up: Weight,
    /// `(D, F)`.
    down: Weight,
    activation: Activation,
}

/// `y = Σ w_e · expert_e(x)` over the experts with the largest `router · x`.
#[derive(Debug)]
pub(super) struct Experts {
    router: Weight,
    each: Vec<FeedForward>,
    active: usize,
    normalized: bool,
}

impl Feed {
    pub(super) fn new(spec: &Spec, i: usize, reader: &Reader<'_>) -> Result<Self, Error> {
        let part = |up, up_bias, down, down_bias| {
            let linear = |matrix, bias| reader.linear(Slot::Block(i, matrix), Slot::Block(i, bias));
            let activation = spec.activation.into();
            let (up, down) = (linear(up, up_bias)?, linear(down, down_bias)?);
            Ok::<_, Error>(FeedForward { up, down, activation })
        };
        let Some(Numbers { n, active, normalized, .. }) = spec.experts else {
            let (up, down) = (Part::FeedForwardInBias, Part::FeedForwardOutBias);
            return part(Part::FeedForwardIn, up, Part::FeedForwardOut, down).map(Self::Dense);
        };
        let (router, bias) = (Slot::Block(i, Part::Router), Slot::Block(i, Part::RouterBias));
        let expert = |e| {
            let (up, down) = (Part::ExpertInBias(e), Part::ExpertOutBias(e));
            part(Part::ExpertIn(e), up, Part::ExpertOut(e), down)
        };
        Ok(Self::Experts(Experts {
            router: reader.linear(router, bias)?,
            each: (0..n).map(expert).collect::<Result<_, _>>()?,
            active,
            normalized,
        }))
    }

    pub(super) fn len_bytes(&self) -> usize {
        match self {
            Self::Dense(layer) => layer.len_bytes(),
            Self::Experts(experts) => {
                let each = experts.each.iter().map(FeedForward::len_bytes).sum::<usize>();
                experts.router.len_bytes() + each
            }
        }
    }

    /// Some rows of its matrices, by which to know them.
    pub(super) fn some_rows(&self) -> Vec<f32> {
        let both = |layer: &FeedForward| [layer.up.first_row(), layer.down.first_row()].concat();
        match self {
            Self::Dense(layer) => both(layer),
            Self::Experts(experts) => experts.each.iter().flat_map(both).collect(),
        }
    }

    /// `(n, D)` to `(n, D)`.
    pub(super) fn forward(&self, x: &Inputs<'_>) -> Vec<f32> {
        match self {
            Self::Dense(layer) => layer.forward(x),
            Self::Experts(experts) => experts.forward(x),
        }
    }
}

impl FeedForward {
    fn len_bytes(&self) -> usize {
        self.up.len_bytes() + self.down.len_bytes()
    }

    fn forward(&self, x: &Inputs<'_>) -> Vec<f32> {
        let (h, d_ff) = (self.up.of(x), self.down.k());
        let mut y = kernels::fresh::for_overwrite(x.rows() * d_ff);
        activation(self.activation, &h, d_ff, &mut y);
        self.down.of(&Inputs::new(&y, d_ff))
    }
}

impl Experts {
    fn forward(&self, x: &Inputs<'_>) -> Vec<f32> {
        let (n, width) = (self.each.len(), x.k());
        let logits = self.router.of(x);
        let chosen: Vec<Vec<(usize, f32)>> =
            logits.chunks_exact(n).map(|row| self.chosen(row)).collect();
        let mut out = vec![0.0; x.rows() * width];
        for (e, expert) in self.each.iter().enumerate() {
            let weight = |row: &[(usize, f32)]| row.iter().find(|(own, _)| *own == e).map(|c| c.1);
            let seen = chosen.iter().enumerate();
            let seen: Vec<(usize, f32)> =
                seen.filter_map(|(row, chosen)| Some((row, weight(chosen)?))).collect();
            if seen.is_empty() {
                continue;
            }
            let row = |&(row, _): &(usize, f32)| &x.values()[row * width..][..width];
            let rows: Vec<f32> = seen.iter().flat_map(row).copied().collect();
            let y = expert.forward(&Inputs::new(&rows, width));
            for ((row, weight), y) in seen.into_iter().zip(y.chunks_exact(width)) {
                let out = &mut out[row * width..][..width];
                out.iter_mut().zip(y).for_each(|(out, y)| *out += weight * y);
            }
        }
        out
    }

    /// The experts that see a token, and how much each counts. Of equal ones the first counts more.
    fn chosen(&self, logits: &[f32]) -> Vec<(usize, f32)> {
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        let greatest = order.first().map_or(0.0, |&e| logits[e]);
        let weight = |e: usize| exp(logits[e] - greatest);
        let counted = if self.normalized { self.active } else { logits.len() };
        let total: f32 = order.iter().take(counted).map(|&e| weight(e)).sum();
        order.iter().take(self.active).map(|&e| (e, weight(e) / total)).collect()
    }
}
