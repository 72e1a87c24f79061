//! What the output layer says of each token, logits made for some rows at a time and never stored:
//! log-probabilities, entropies, divergences from another model.
//!
//! `x (…, D)` and `W (V, D)` give one number a row, `(N)`. Unlike the loss these take any upstream
//! gradient, so the backward makes the logits again. They are what preferences, policy gradients and
//! distillation are written in. A weight that does not learn costs no dW.

use std::sync::Arc;

use burn::backend::{Dispatch, backend_extension};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};
use burn_autodiff::Autodiff;
use burn_autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};
use burn_backend::{Backend, TensorMetadata, tensor::FloatTensor};
use burn_flex::{Flex, FlexTensor};
use kernels::fresh::for_overwrite;
use kernels::gemm::{Precision, Values};
use kernels::{Element, parallel, row_scores};

use crate::head::{Head, rounded, rows_at_once};
use crate::profile::{Op, Way, span};
use crate::storage::{
    Number, as_matrix, contiguous, make, matrix, on_cpu, or_stand_in, product, slice, values,
};

/// The log-probability of a token in each row, in nats; `ids` `(N)`.
pub fn linear_logprob<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    ids: Arc<[u32]>,
    precision: Precision,
) -> Tensor<1> {
    scores::<D>(x, weight, None, Score::log_prob(ids, precision))
}

/// The entropy of each row's distribution, in nats.
pub fn linear_entropy<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    precision: Precision,
) -> Tensor<1> {
    scores::<D>(x, weight, None, Score::entropy(precision))
}

/// Which of two models a divergence is taken under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `KL(other‖model)`: the model must give weight to all that the other does. Distillation.
    Forward,
    /// `KL(model‖other)`: the model must keep to what the other does. Policies held near a reference.
    Reverse,
}

/// The divergence between each row's distribution and that of another model, which does not learn,
/// in nats. The other's `(…, D')` and `(V, D')` may be of another width.
pub fn linear_kl<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    other: (Tensor<D>, Tensor<2>),
    direction: Direction,
    precision: Precision,
) -> Tensor<1> {
    scores(x, weight, Some(other), Score::kl(direction, precision))
}

fn scores<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    other: Option<(Tensor<D>, Tensor<2>)>,
    score: Score,
) -> Tensor<1> {
    let device = x.device();
    if !on_cpu(&device) {
        return plain(x, weight, other, &score);
    }
    let (other_x, other_weight) = other.unzip();
    let (other_x, _) = or_stand_in(other_x, &device);
    let (other_weight, _) = or_stand_in(other_weight, &device);
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::linear_scores(x, weight, other_x, other_weight, score))
}

/// The same in Burn's own operations, with all logits at once.
pub fn plain<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    other: Option<(Tensor<D>, Tensor<2>)>,
    score: &Score,
) -> Tensor<1> {
    let ours = log_probs(x, weight, score.precision);
    let n = ours.dims()[0];
    match &score.kind {
        Kind::LogProb(ids) => {
            let ids: Vec<i64> = ids.iter().map(|&id| i64::from(id)).collect();
            let ids = Tensor::<1, Int>::from_data(ids.as_slice(), &ours.device());
            ours.gather(1, ids.reshape([n, 1])).reshape([n])
        }
        Kind::Entropy => -(ours.clone().exp() * ours).sum_dim(1).reshape([n]),
        Kind::Kl(direction) => {
            let (other_x, other_weight) = other.expect("a divergence is from another model");
            let others = log_probs(other_x, other_weight, score.precision);
            let (p, q) = match direction {
                Direction::Forward => (others, ours),
                Direction::Reverse => (ours, others),
            };
            (p.clone().exp() * (p - q)).sum_dim(1).reshape([n])
        }
    }
}

fn log_probs<const D: usize>(x: Tensor<D>, weight: Tensor<2>, precision: Precision) -> Tensor<2> {
    log_softmax(product(as_matrix(x), weight.transpose(), precision), 1)
}

/// What is asked of each row.
#[derive(Clone, Debug)]
pub struct Score {
    kind: Kind,
    precision: Precision,
}

impl Score {
    /// The log-probability of a token in each row.
    pub fn log_prob(ids: Arc<[u32]>, precision: Precision) -> Self {
        Self { kind: Kind::LogProb(ids), precision }
    }

    /// The entropy of each row.
    pub fn entropy(precision: Precision) -> Self {
        Self { kind: Kind::Entropy, precision }
    }

    /// The divergence between each row and another model's.
    pub fn kl(direction: Direction, precision: Precision) -> Self {
        Self { kind: Kind::Kl(direction), precision }
    }
}

#[derive(Clone, Debug)]
enum Kind {
    LogProb(Arc<[u32]>),
    Entropy,
    Kl(Direction),
}

/// The extension that backends implement.
#[backend_extension(Flex, Autodiff)]
pub trait LinearScoresOp: Backend {
    /// See [`linear_logprob`], [`linear_entropy`], [`linear_kl`].
    fn linear_scores(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        other_x: FloatTensor<Self>,
        other_weight: FloatTensor<Self>,
        score: Score,
    ) -> FloatTensor<Self>;
}

impl LinearScoresOp for Flex {
    fn linear_scores(
        x: FlexTensor,
        weight: FlexTensor,
        other_x: FlexTensor,
        other_weight: FlexTensor,
        score: Score,
    ) -> FlexTensor {
        Layer::new(x, weight, other_x, other_weight, score).forward()
    }
}

/// The output layer, and the other one where two are compared.
#[derive(Clone, Debug)]
struct Layer {
    x: FlexTensor,
    weight: FlexTensor,
    other: Option<(FlexTensor, FlexTensor)>,
    score: Score,
}

impl Layer {
    fn new(
        x: FlexTensor,
        weight: FlexTensor,
        other_x: FlexTensor,
        other_weight: FlexTensor,
        score: Score,
    ) -> Self {
        let ((m, width), (vocab, k)) = (matrix(&x), matrix(&weight));
        assert_eq!(width, k, "linear_scores: x has width {width}, the weight ({vocab}, {k})");
        let other = match &score.kind {
            Kind::LogProb(ids) => {
                assert_eq!(ids.len(), m, "linear_scores: one id for each row is needed");
                let beyond = ids.iter().find(|&&id| id as usize >= vocab);
                assert!(beyond.is_none(), "linear_scores: id {beyond:?} beyond {vocab}");
                None
            }
            Kind::Entropy => None,
            Kind::Kl(_) => {
                let ((rows, width), (ids, k)) = (matrix(&other_x), matrix(&other_weight));
                assert_eq!((rows, ids), (m, vocab), "linear_scores: the other has (N, V) too");
                assert_eq!(width, k, "linear_scores: the other's width {width} and {k}");
                Some((contiguous(other_x), contiguous(other_weight)))
            }
        };
        Self { x: contiguous(x), weight: contiguous(weight), other, score }
    }

    fn forward(&self) -> FlexTensor {
        let _clock = span(Op::Head, Way::Forward);
        let m = matrix(&self.x).0;
        let mut out = Vec::with_capacity(m);
        self.each_block(|from, logits, other, vocab| {
            let value = |i: usize| {
                let row = &logits[i * vocab..][..vocab];
                let other = || &other[i * vocab..][..vocab];
                match &self.score.kind {
                    Kind::LogProb(ids) => row_scores::log_prob(row, ids[from + i]),
                    Kind::Entropy => row_scores::entropy(row),
                    Kind::Kl(Direction::Forward) => row_scores::kl(other(), row),
                    Kind::Kl(Direction::Reverse) => row_scores::kl(row, other()),
                }
            };
            let heavy = logits.len() >= parallel::MIN_WORK;
            out.extend(parallel::map(logits.len() / vocab, heavy, value));
        });
        make(out, [m].into())
    }

    /// `logits` become their gradient; `upstream` has one number for each row.
    fn gradient(&self, from: usize, logits: &mut [f32], other: &[f32], upstream: &[f32]) {
        let vocab = matrix(&self.weight).0;
        parallel::rows_mut(logits, vocab, 1, |i, row| {
            let (other, by) = (|| &other[i * vocab..][..vocab], upstream[from + i]);
            match &self.score.kind {
                Kind::LogProb(ids) => row_scores::log_prob_gradient(row, ids[from + i], by),
                Kind::Entropy => row_scores::entropy_gradient(row, by),
                Kind::Kl(Direction::Forward) => row_scores::kl_gradient_to_q(other(), row, by),
                Kind::Kl(Direction::Reverse) => row_scores::kl_gradient_to_p(row, other(), by),
            }
        });
    }

    /// Calls `look(first row, logits, the other's logits, V)` block by block.
    fn each_block(&self, mut look: impl FnMut(usize, &mut [f32], &[f32], usize)) {
        let ((m, _), (vocab, _)) = (matrix(&self.x), matrix(&self.weight));
        let step = rows_at_once(vocab, m);
        for from in (0..m).step_by(step) {
            let rows = from..m.min(from + step);
            let mut logits = head(&self.x, &self.weight, rows.clone()).logits(self.score.precision);
            let other = self.other.as_ref().map_or_else(Vec::new, |(x, weight)| {
                head(x, weight, rows).logits(self.score.precision)
            });
            look(from, &mut logits, &other, vocab);
        }
    }
}

/// Some rows of a layer.
fn head<'a>(x: &'a FlexTensor, weight: &'a FlexTensor, rows: std::ops::Range<usize>) -> Head<'a> {
    let ((_, width), (vocab, _)) = (matrix(x), matrix(weight));
    let block = match values(x) {
        Values::F32(x) => Element::values(&x[rows.start * width..rows.end * width]),
        Values::Bf16(x) => Element::values(&x[rows.start * width..rows.end * width]),
    };
    Head { x: block, weight: values(weight), width, vocab, rows: rows.len() }
}

#[derive(Debug)]
struct LinearScoresBackward;

impl Backward<Flex, 2> for LinearScoresBackward {
    type State = Layer;

    fn backward(self, ops: Ops<Layer, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let _clock = span(Op::Head, Way::Backward);
        let upstream = contiguous(grads.consume::<Flex>(&ops.node));
        let upstream = slice::<f32>(&upstream);
        let ([x, weight], layer) = (ops.parents, ops.state);
        let learns = (x.is_some(), weight.is_some());
        let (dx, dweight) = match values(&layer.x) {
            Values::F32(_) => backward::<f32>(&layer, upstream, learns),
            Values::Bf16(_) => backward::<half::bf16>(&layer, upstream, learns),
        };
        if let Some(parent) = x {
            grads.register::<Flex>(parent.id, dx);
        }
        if let Some(parent) = weight {
            grads.register::<Flex>(parent.id, dweight);
        }
    }
}

/// `dx` and `dW`; an empty tensor for what does not learn.
fn backward<E: Number>(
    layer: &Layer,
    upstream: &[f32],
    (x_learns, weight_learns): (bool, bool),
) -> (FlexTensor, FlexTensor) {
    let ((m, width), (vocab, _)) = (matrix(&layer.x), matrix(&layer.weight));
    let mut dx = for_overwrite::<E>(if x_learns { m * width } else { 0 });
    let mut dweight = vec![0.0; if weight_learns { vocab * width } else { 0 }];
    let mut space = Vec::new();
    layer.each_block(|from, logits, other, vocab| {
        layer.gradient(from, logits, other, upstream);
        let rows = from..from + logits.len() / vocab;
        let head = head(&layer.x, &layer.weight, rows.clone());
        let dlogits = rounded(logits, layer.score.precision, &mut space);
        if x_learns {
            let dx = &mut dx[rows.start * width..rows.end * width];
            head.input_gradient(dlogits, layer.score.precision, dx);
        }
        if weight_learns {
            head.weight_gradient(dlogits, layer.score.precision, &mut dweight, from > 0);
        }
    });
    let shape = |learns, shape: burn::tensor::Shape| if learns { shape } else { [0].into() };
    let dx = make(dx, shape(x_learns, layer.x.shape()));
    (dx, make(dweight, shape(weight_learns, layer.weight.shape())))
}

impl<C: CheckpointStrategy> LinearScoresOp for Autodiff<Flex, C> {
    fn linear_scores(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        other_x: FloatTensor<Self>,
        other_weight: FloatTensor<Self>,
        score: Score,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (weight, weight_node)) = (x.into_parts(), weight.into_parts());
        let ((other_x, _), (other_weight, _)) = (other_x.into_parts(), other_weight.into_parts());
        let layer = Layer::new(x, weight, other_x, other_weight, score);
        let out = layer.forward();
        match LinearScoresBackward.prepare::<C>([x_node, weight_node]).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish(layer, out),
            OpsKind::UnTracked(prepared) => prepared.finish(out),
        }
    }
}
