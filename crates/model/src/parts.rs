//! A model from its slots' tensors, and the tensors of a model by slot.

use std::collections::BTreeMap;
use std::sync::Arc;

use arch::angles::{Angles, OfBlocks};
use arch::{Error, Part, Slot, Spec, Tensor as Weights};
use burn::module::Param;
use burn::tensor::{DType, Device, Tensor, TensorData};
use nn::attention::{self, Attention, ToHeads};
use nn::embedding::Embedding;
use nn::experts::Experts;
use nn::feed_forward::FeedForward;
use nn::latent::{self, Latent};
use nn::linear::Linear;
use nn::norm::Norm;

use crate::Transformer;
use crate::block::{Block, Layers};

/// How a model's matrices are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// In f32.
    Whole,
    /// In bf16, as products that round their operands take them: for matrices that do not learn.
    HalfMatrices,
}

impl Transformer {
    /// A model of `spec` whose tensors `weights` gives, slot by slot.
    ///
    /// # Errors
    /// [`Error::Shape`] for an impossible spec or a tensor of another shape, and what `weights`
    /// says.
    pub fn build(
        spec: &Spec,
        device: &Device,
        weights: impl FnMut(Slot, &[usize]) -> Result<Weights, Error>,
    ) -> Result<Self, Error> {
        Self::build_held(spec, device, Held::Whole, weights)
    }

    /// As [`Transformer::build`], tensor by tensor into the form that they are held in.
    ///
    /// # Errors
    /// As [`Transformer::build`].
    pub fn build_held(
        spec: &Spec,
        device: &Device,
        held: Held,
        mut weights: impl FnMut(Slot, &[usize]) -> Result<Weights, Error>,
    ) -> Result<Self, Error> {
        spec.check()?;
        let mut parts = Parts { spec, made: BTreeMap::new(), device };
        for (slot, shape) in spec.slots() {
            let tensor = weights(slot, &shape)?;
            if tensor.shape != shape {
                let name = format!("{slot:?}");
                return Err(Error::TensorShape { name, expected: shape, got: tensor.shape });
            }
            parts.take(slot, tensor, held);
        }
        parts.model()
    }

    /// Every tensor with its slot, in the order of computation.
    pub fn slots(&self) -> Vec<(Slot, Weights)> {
        let mut out = vec![(Slot::Embedding, read(&self.embedding.tokens))];
        out.extend(self.embedding.positions.as_ref().map(|p| (Slot::Positions, read(p))));
        let project = self.embedding.project.as_ref();
        out.extend(project.map(|p| (Slot::ProjectIn, read(&p.weight))));
        for (i, block) in self.blocks.iter().enumerate() {
            let parts = block_slots(self.spec(), block).into_iter();
            out.extend(parts.map(|(part, t)| (Slot::Block(i, part), t)));
        }
        if let Some(norm) = &self.final_norm {
            out.push((Slot::FinalNormGain, read(&norm.gain)));
            out.extend(norm.bias.as_ref().map(|b| (Slot::FinalNormBias, read(b))));
        }
        out.extend(self.project.as_ref().map(|p| (Slot::ProjectOut, read(&p.weight))));
        out.extend(self.head.as_ref().map(|h| (Slot::Head, read(h))));
        out
    }
}

fn block_slots(spec: &Spec, block: &Block) -> Vec<(Part, Weights)> {
    let mut out = Vec::new();
    let norm = |n: &Norm, gain, bias| {
        let mut both = vec![(gain, read(&n.gain))];
        both.extend(n.bias.as_ref().map(|b| (bias, read(b))));
        both
    };
    let a = &block.attention;
    out.extend(norm(&block.attention_norm, Part::AttentionNormGain, Part::AttentionNormBias));
    out.extend(a.qkv.iter().flat_map(|qkv| linear(qkv, Part::Qkv, Part::QkvBias)));
    out.extend(a.latent.iter().flat_map(latent_slots));
    if let Some(gains) = &a.head_gains {
        out.push((Part::QueryNormGain, read(&gains.query)));
        out.push((Part::KeyNormGain, read(&gains.key)));
    }
    out.extend(a.sinks.as_ref().map(|sinks| (Part::Sinks, read(sinks))));
    out.extend(linear(&a.out, Part::AttentionOut, Part::AttentionOutBias));
    if let Some(post) = &block.attention_post_norm {
        out.extend(norm(post, Part::AttentionPostNormGain, Part::AttentionPostNormBias));
    }
    let (gain, bias) = (Part::FeedForwardNormGain, Part::FeedForwardNormBias);
    out.extend(norm(&block.feed_forward_norm, gain, bias));
    if let Some(f) = &block.feed_forward {
        out.extend(linear(&f.up, Part::FeedForwardIn, Part::FeedForwardInBias));
        out.extend(linear(&f.down, Part::FeedForwardOut, Part::FeedForwardOutBias));
    }
    if let Some(experts) = &block.experts {
        out.extend(expert_slots(spec, experts));
    }
    if let Some(post) = &block.feed_forward_post_norm {
        let (gain, bias) = (Part::FeedForwardPostNormGain, Part::FeedForwardPostNormBias);
        out.extend(norm(post, gain, bias));
    }
    out
}

fn latent_slots(latent: &Latent) -> Vec<(Part, Weights)> {
    let matrix = |layer: &Linear, part| (part, read(&layer.weight));
    let mut out = Vec::new();
    out.extend(latent.query_down.as_ref().map(|layer| matrix(layer, Part::QueryDown)));
    out.extend(latent.query_norm.as_ref().map(|n| (Part::LatentQueryNormGain, read(&n.gain))));
    out.push(matrix(&latent.query_up, Part::QueryUp));
    out.push(matrix(&latent.down, Part::KeyValueDown));
    out.push((Part::LatentNormGain, read(&latent.norm.gain)));
    out.push(matrix(&latent.up, Part::KeyValueUp));
    out
}

fn linear(l: &Linear, weight: Part, bias: Part) -> Vec<(Part, Weights)> {
    let mut both = vec![(weight, read(&l.weight))];
    both.extend(l.bias.as_ref().map(|b| (bias, read(b))));
    both
}

/// The router's tensors, and those of each expert, taken apart.
fn expert_slots(spec: &Spec, experts: &Experts) -> Vec<(Part, Weights)> {
    let mut out = linear(&experts.router, Part::Router, Part::RouterBias);
    let n = spec.experts.as_ref().map_or(0, |experts| experts.n);
    let up = linear(&experts.up, Part::ExpertIn(0), Part::ExpertInBias(0));
    let down = linear(&experts.down, Part::ExpertOut(0), Part::ExpertOutBias(0));
    for e in 0..n {
        for (part, all) in up.iter().chain(&down) {
            let rows = all.shape[0] / n;
            out.push((of_expert(*part, e), all.rows(e * rows, (e + 1) * rows)));
        }
    }
    out
}

/// The same part of expert `e`.
fn of_expert(part: Part, e: usize) -> Part {
    match part {
        Part::ExpertIn(_) => Part::ExpertIn(e),
        Part::ExpertInBias(_) => Part::ExpertInBias(e),
        Part::ExpertOut(_) => Part::ExpertOut(e),
        Part::ExpertOutBias(_) => Part::ExpertOutBias(e),
        other => other,
    }
}

/// The tensors that a model is being built from.
struct Parts<'a> {
    spec: &'a Spec,
    made: BTreeMap<Slot, Made>,
    device: &'a Device,
}

enum Made {
    Vector(Tensor<1>),
    Matrix(Tensor<2>),
}

impl Parts<'_> {
    fn take(&mut self, slot: Slot, weights: Weights, held: Held) {
        let is_matrix = weights.shape.len() == 2;
        let data = TensorData::new(weights.values, weights.shape);
        let made = if is_matrix {
            let matrix = Tensor::from_data(data, self.device);
            Made::Matrix(match held {
                Held::Whole => matrix,
                Held::HalfMatrices => matrix.cast(DType::BF16),
            })
        } else {
            Made::Vector(Tensor::from_data(data, self.device))
        };
        self.made.insert(slot, made);
    }

    fn model(mut self) -> Result<Transformer, Error> {
        let spec = self.spec;
        let mut angles = OfBlocks::new(spec);
        let blocks = (0..spec.n_layers).map(|i| self.block(i, angles.of(i)));
        let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
        let project = |parts: &mut Self, slot| {
            parts.optional_matrix(slot).map(|weight| Linear::new(weight, None))
        };
        let tokens = self.matrix(Slot::Embedding)?;
        let positions = self.optional_matrix(Slot::Positions);
        let embedding =
            Embedding::new(spec, tokens, positions, project(&mut self, Slot::ProjectIn));
        let final_norm = match spec.has_final_norm() {
            true => Some(self.norm(Slot::FinalNormGain, Slot::FinalNormBias)?),
            false => None,
        };
        let project = project(&mut self, Slot::ProjectOut);
        let head = self.optional_matrix(Slot::Head).map(Param::from_tensor);
        Ok(Transformer::of(spec.clone(), embedding, blocks, final_norm, (project, head)))
    }

    fn block(&mut self, i: usize, angles: Option<Arc<Angles>>) -> Result<Block, Error> {
        let (spec, at) = (self.spec, |part| Slot::Block(i, part));
        let weights = attention::Weights {
            to_heads: match spec.attention.latent {
                Some(numbers) => ToHeads::Latent(Box::new(self.latent(i, numbers)?)),
                None => ToHeads::Matrix(self.linear(at(Part::Qkv), at(Part::QkvBias))?),
            },
            out: self.linear(at(Part::AttentionOut), at(Part::AttentionOutBias))?,
            head_gains: self
                .optional_vector(at(Part::QueryNormGain))
                .zip(self.optional_vector(at(Part::KeyNormGain))),
            sinks: self.optional_vector(at(Part::Sinks)),
        };
        let attention = Attention::new(spec, i, weights, angles);
        let mut norm = |gain, bias| self.norm(at(gain), at(bias));
        let attention_norm = norm(Part::AttentionNormGain, Part::AttentionNormBias)?;
        let feed_forward_norm = norm(Part::FeedForwardNormGain, Part::FeedForwardNormBias)?;
        let sandwich = spec.arrangement == arch::Arrangement::Sandwich;
        let mut post = |gain, bias| if sandwich { norm(gain, bias).map(Some) } else { Ok(None) };
        let attention_post_norm = post(Part::AttentionPostNormGain, Part::AttentionPostNormBias)?;
        let (gain, bias) = (Part::FeedForwardPostNormGain, Part::FeedForwardPostNormBias);
        let feed_forward_post_norm = post(gain, bias)?;
        let (feed_forward, experts) = match &spec.experts {
            Some(experts) => (None, Some(self.experts(i, experts.n)?)),
            None => (Some(self.feed_forward(i)?), None),
        };
        let layers = Layers {
            attention_norm,
            attention,
            attention_post_norm,
            feed_forward_norm,
            feed_forward,
            experts,
            feed_forward_post_norm,
        };
        Ok(Block::new(spec, i, layers))
    }

    fn latent(&mut self, i: usize, numbers: arch::Latent) -> Result<Latent, Error> {
        let at = |part| Slot::Block(i, part);
        let down = self.optional_matrix(at(Part::QueryDown));
        let missing = || Error::MissingTensor { name: format!("{:?}", at(Part::LatentNormGain)) };
        let weights = latent::Weights {
            query_down: down.zip(self.optional_vector(at(Part::LatentQueryNormGain))),
            query_up: self.matrix(at(Part::QueryUp))?,
            down: self.matrix(at(Part::KeyValueDown))?,
            norm: self.optional_vector(at(Part::LatentNormGain)).ok_or_else(missing)?,
            up: self.matrix(at(Part::KeyValueUp))?,
        };
        Ok(Latent::new(self.spec, numbers, weights))
    }

    fn feed_forward(&mut self, i: usize) -> Result<FeedForward, Error> {
        let at = |part| Slot::Block(i, part);
        let up = self.linear(at(Part::FeedForwardIn), at(Part::FeedForwardInBias))?;
        let down = self.linear(at(Part::FeedForwardOut), at(Part::FeedForwardOutBias))?;
        Ok(FeedForward::new(self.spec, up, down))
    }

    fn experts(&mut self, i: usize, n: usize) -> Result<Experts, Error> {
        let at = |part| Slot::Block(i, part);
        let router = self.linear(at(Part::Router), at(Part::RouterBias))?;
        let mut all = |weight: Part, bias: Part| {
            let each = (0..n).map(|e| self.matrix(at(of_expert(weight, e))));
            let weight = Tensor::cat(each.collect::<Result<Vec<_>, _>>()?, 0);
            let biases = (0..n).filter_map(|e| self.optional_vector(at(of_expert(bias, e))));
            let biases: Vec<_> = biases.collect();
            let bias = (!biases.is_empty()).then(|| Tensor::cat(biases, 0));
            Ok::<_, Error>(Linear::new(weight, bias))
        };
        let up = all(Part::ExpertIn(0), Part::ExpertInBias(0))?;
        let down = all(Part::ExpertOut(0), Part::ExpertOutBias(0))?;
        Ok(Experts::new(self.spec, router, up, down))
    }

    fn linear(&mut self, weight: Slot, bias: Slot) -> Result<Linear, Error> {
        Ok(Linear::new(self.matrix(weight)?, self.optional_vector(bias)))
    }

    fn norm(&mut self, gain: Slot, bias: Slot) -> Result<Norm, Error> {
        let missing = || Error::MissingTensor { name: format!("{gain:?}") };
        let gain = self.optional_vector(gain).ok_or_else(missing)?;
        Ok(Norm::new(self.spec, gain, self.optional_vector(bias)))
    }

    fn matrix(&mut self, slot: Slot) -> Result<Tensor<2>, Error> {
        let missing = || Error::MissingTensor { name: format!("{slot:?}") };
        self.optional_matrix(slot).ok_or_else(missing)
    }

    fn optional_matrix(&mut self, slot: Slot) -> Option<Tensor<2>> {
        match self.made.remove(&slot) {
            Some(Made::Matrix(matrix)) => Some(matrix),
            _ => None,
        }
    }

    fn optional_vector(&mut self, slot: Slot) -> Option<Tensor<1>> {
        match self.made.remove(&slot) {
            Some(Made::Vector(vector)) => Some(vector),
            _ => None,
        }
    }
}

fn read<const D: usize>(param: &Param<Tensor<D>>) -> Weights {
    let tensor = param.val().inner();
    let shape = tensor.dims().to_vec();
    Weights { shape, values: ops::storage::with_values(&tensor, <[f32]>::to_vec) }
}
