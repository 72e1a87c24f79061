//! The decoder-only transformer, from top to bottom.
//!
//! Pre-norm blocks (Radford et al., 2019; Touvron et al., 2023):
//!
//! ```text
//! x ← embed(ids) (+ positions)
//! for each block:  x ← x + W_o · attention(norm(x));   x ← x + feed_forward(norm(x))
//! logits ← W_head · norm(x)
//! ```
//!
//! B batch, T context, D width of the stream, V vocabulary. The stream is f32; what lies between
//! two products is stored as the products round it.
//!
//! A loss asks about the positions that weigh something: of a conversation what the assistant says,
//! often less than half. After the last mixing of positions only those go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use arch::family::{Part, Slot};
use arch::{Error, Positions, Spec, Tensor as Weights};
use burn::module::{Module, Param};
use burn::tensor::{DType, Device, Tensor, TensorData};
use nn::attention::Attention;
use nn::embedding::Embedding;
use nn::feed_forward::FeedForward;
use nn::linear::Linear;
use nn::norm::Norm;
use nn::pass::{Pass, Recompute};
use ops::Stored;
use ops::linear_cross_entropy::{Regularization, Targets, linear_cross_entropy};
use ops::recompute::recompute;
use ops::rope::RopeTable;
use ops::rows::rows;

use crate::hooks::Hooks;

/// The model.
#[derive(Module, Debug)]
pub struct Transformer {
    /// Token and position tables.
    pub embedding: Embedding,
    /// The blocks, first to last.
    pub blocks: Vec<Block>,
    /// Before the output matrix.
    pub final_norm: Norm,
    /// `(V, D)`; absent where the embedding is the output matrix too.
    pub head: Option<Param<Tensor<2>>>,
    #[module(skip)]
    spec: Spec,
}

/// One block.
#[derive(Module, Debug)]
pub struct Block {
    /// Before attention.
    pub attention_norm: Norm,
    /// Attention.
    pub attention: Attention,
    /// Before the feed-forward block.
    pub feed_forward_norm: Norm,
    /// Feed-forward.
    pub feed_forward: FeedForward,
}

/// Tokens and what is to be predicted from them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `(B·T)`.
    pub inputs: Arc<[u32]>,
    /// `(B·T)`.
    pub targets: Arc<[u32]>,
    /// `(B·T)`; 0 leaves a position out of the loss.
    pub weights: Arc<[f32]>,
    /// Sizes, positions, visibility and numerics.
    pub pass: Pass,
    /// What is mixed into the loss.
    pub regularization: Regularization,
}

/// Of which positions, counted over `(B·T)`, a result is wanted; `None`: of all.
type Asked = Option<Arc<[u32]>>;

impl Batch {
    /// The positions that weigh something, their targets and weights. Where none does, all are asked
    /// about: there are no tensors of no rows.
    fn asked(&self) -> (Asked, Arc<[u32]>, Arc<[f32]>) {
        let n = self.weights.len();
        let asked: Vec<u32> =
            (0..n).filter(|&i| self.weights[i] != 0.0).map(|i| i as u32).collect();
        if asked.is_empty() || asked.len() == n {
            return (None, self.targets.clone(), self.weights.clone());
        }
        let targets = asked.iter().map(|&i| self.targets[i as usize]).collect();
        let weights = asked.iter().map(|&i| self.weights[i as usize]).collect();
        (Some(asked.into()), targets, weights)
    }
}

impl Transformer {
    /// The matrices inside the blocks; see [`crate::paths::stacks`].
    pub fn stacks(&self) -> BTreeMap<String, Vec<usize>> {
        crate::paths::stacks(&self.spec)
    }

    /// The final stream, normalised: ids `(B·T)` to `(B, T, D)`.
    pub fn forward(&self, ids: Arc<[u32]>, pass: &Pass) -> Tensor<3> {
        self.forward_asked(ids, pass, None)
    }

    /// As [`Transformer::forward`]; of the positions that are `asked` about alone `(1, asked, D)`.
    fn forward_asked(&self, ids: Arc<[u32]>, pass: &Pass, asked: Asked) -> Tensor<3> {
        let mut x = self.embedding.forward(ids, pass); // (B, T, D)
        if let Some((last, blocks)) = self.blocks.split_last() {
            for block in blocks {
                x = block.forward_in(x, pass, None);
            }
            x = last.forward_in(x, pass, asked);
        }
        self.final_norm.forward(x, pass)
    }

    /// As [`Transformer::forward`], with every named activation shown to `hooks`.
    pub fn forward_open(&self, ids: Arc<[u32]>, pass: &Pass, hooks: &mut dyn Hooks) -> Tensor<3> {
        let mut x = hooks.at("hook_embed", self.embedding.forward(ids, pass));
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward_open(x, pass, &mut |name: &str, activation: Tensor<3>| {
                hooks.at(&format!("blocks.{i}.{name}"), activation)
            });
        }
        hooks.at("ln_final.hook_normalized", self.final_norm.forward(x, pass))
    }

    /// The weighted sum of the batch's losses, times `scale`: `(1)`.
    pub fn loss(&self, batch: &Batch, scale: f32) -> Tensor<1> {
        let (asked, ids, weights) = batch.asked();
        let x = self.forward_asked(batch.inputs.clone(), &batch.pass, asked);
        let precision = batch.pass.precision;
        let regularization = batch.regularization;
        let targets = Targets { ids, weights, scale, precision, regularization };
        linear_cross_entropy(x, self.output_matrix(), targets)
    }

    /// Logits of a normalised stream: `(B, T, D)` to `(B, T, V)`.
    pub fn logits(&self, x: Tensor<3>, pass: &Pass) -> Tensor<3> {
        ops::linear::linear(x, self.output_matrix(), ops::linear::Linear::new(pass.precision))
    }

    /// `(V, D)`.
    pub fn output_matrix(&self) -> Tensor<2> {
        self.head.as_ref().unwrap_or(&self.embedding.tokens).val()
    }

    /// What the model is.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }
}

impl Block {
    /// As the pass wants it: with its activations kept, or some of them made again.
    fn forward_in(&self, x: Tensor<3>, pass: &Pass, asked: Asked) -> Tensor<3> {
        let (again, offload) = (pass.clone(), pass.offload.as_ref());
        match pass.recompute {
            Recompute::Nothing => self.forward(x, pass, &asked),
            Recompute::Blocks => {
                recompute(self, x, offload, move |block: &Self, x| block.forward(x, &again, &asked))
            }
            Recompute::FeedForward => {
                let second = (self.feed_forward_norm.clone(), self.feed_forward.clone());
                let x = self.attend(x, pass, &asked);
                recompute(&second, x, offload, move |(norm, feed_forward), x| {
                    feed_forward.forward(norm.forward(x.clone(), &again), Some(x), &again)
                })
            }
        }
    }

    fn forward(&self, x: Tensor<3>, pass: &Pass, asked: &Asked) -> Tensor<3> {
        let x = self.attend(x, pass, asked);
        let h = self.feed_forward_norm.forward(x.clone(), pass);
        self.feed_forward.forward(h, Some(x), pass)
    }

    /// The first half, of which only what is `asked` about is left.
    fn attend(&self, x: Tensor<3>, pass: &Pass, asked: &Asked) -> Tensor<3> {
        let h = self.attention_norm.forward(x.clone(), pass);
        let qkv = self.attention.project(h, pass, pass.stored());
        let z = self.attention.mix(qkv, pass); // (B, T, Hq·head_dim)
        let (z, x) = match asked {
            Some(asked) => (rows(z, asked.clone()), rows(x, asked.clone())),
            None => (z, x),
        };
        self.attention.out.forward(z, Some(x), pass, Stored::F32)
    }

    fn forward_open(&self, x: Tensor<3>, pass: &Pass, hooks: &mut dyn Hooks) -> Tensor<3> {
        let x = hooks.at("hook_resid_pre", x);
        let h = self.attention_norm.forward(x.clone(), pass);
        let qkv = self.attention.project(h, pass, pass.stored());
        let z = hooks.at("attn.hook_z", self.attention.mix(qkv, pass));
        let out = self.attention.out.forward(z, None, pass, Stored::F32);
        let out = hooks.at("hook_attn_out", out);
        let x = hooks.at("hook_resid_mid", x + out);
        let h = self.feed_forward_norm.forward(x.clone(), pass);
        let out = self.feed_forward.forward(h, None, pass);
        let out = hooks.at("hook_mlp_out", out);
        hooks.at("hook_resid_post", x + out)
    }
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
        let mut parts = Parts { made: BTreeMap::new(), device };
        for (slot, shape) in spec.slots() {
            let tensor = weights(slot, &shape)?;
            if tensor.shape != shape {
                let name = format!("{slot:?}");
                return Err(Error::TensorShape { name, expected: shape, got: tensor.shape });
            }
            parts.take(slot, tensor, held);
        }
        let angles = match spec.positions {
            Positions::Rope { theta } => {
                Some(Arc::new(RopeTable::new(spec.head_dim, f64::from(theta), spec.context)))
            }
            Positions::Learned => None,
        };
        let blocks = (0..spec.n_layers).map(|i| parts.block(spec, i, angles.clone()));
        let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            embedding: Embedding::new(
                parts.matrix(Slot::Embedding)?,
                parts.optional_matrix(Slot::Positions),
            ),
            blocks,
            final_norm: parts.norm(spec, Slot::FinalNormGain, Slot::FinalNormBias)?,
            head: parts.optional_matrix(Slot::Head).map(Param::from_tensor),
            spec: spec.clone(),
        })
    }

    /// Every tensor with its slot, in the order of computation.
    pub fn slots(&self) -> Vec<(Slot, Weights)> {
        let mut out = vec![(Slot::Embedding, read(&self.embedding.tokens))];
        out.extend(self.embedding.positions.as_ref().map(|p| (Slot::Positions, read(p))));
        for (i, block) in self.blocks.iter().enumerate() {
            out.extend(block.slots().into_iter().map(|(part, t)| (Slot::Block(i, part), t)));
        }
        out.push((Slot::FinalNormGain, read(&self.final_norm.gain)));
        out.extend(self.final_norm.bias.as_ref().map(|b| (Slot::FinalNormBias, read(b))));
        out.extend(self.head.as_ref().map(|h| (Slot::Head, read(h))));
        out
    }
}

impl Block {
    fn slots(&self) -> Vec<(Part, Weights)> {
        let (a, f) = (&self.attention, &self.feed_forward);
        let mut out = Vec::new();
        let norm = |n: &Norm, gain, bias| {
            let mut both = vec![(gain, read(&n.gain))];
            both.extend(n.bias.as_ref().map(|b| (bias, read(b))));
            both
        };
        let linear = |l: &Linear, weight, bias| {
            let mut both = vec![(weight, read(&l.weight))];
            both.extend(l.bias.as_ref().map(|b| (bias, read(b))));
            both
        };
        out.extend(norm(&self.attention_norm, Part::AttentionNormGain, Part::AttentionNormBias));
        out.extend(linear(&a.qkv, Part::Qkv, Part::QkvBias));
        out.extend(linear(&a.out, Part::AttentionOut, Part::AttentionOutBias));
        let (gain, bias) = (Part::FeedForwardNormGain, Part::FeedForwardNormBias);
        out.extend(norm(&self.feed_forward_norm, gain, bias));
        out.extend(linear(&f.up, Part::FeedForwardIn, Part::FeedForwardInBias));
        out.extend(linear(&f.down, Part::FeedForwardOut, Part::FeedForwardOutBias));
        out
    }
}

/// How a model's matrices are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// In f32.
    Whole,
    /// In bf16, as products that round their operands take them: for matrices that do not learn.
    HalfMatrices,
}

/// The tensors that a model is being built from.
struct Parts<'a> {
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

    fn block(
        &mut self,
        spec: &Spec,
        i: usize,
        angles: Option<Arc<RopeTable>>,
    ) -> Result<Block, Error> {
        let at = |part| Slot::Block(i, part);
        let qkv = self.linear(at(Part::Qkv), at(Part::QkvBias))?;
        let out = self.linear(at(Part::AttentionOut), at(Part::AttentionOutBias))?;
        let up = self.linear(at(Part::FeedForwardIn), at(Part::FeedForwardInBias))?;
        let down = self.linear(at(Part::FeedForwardOut), at(Part::FeedForwardOutBias))?;
        let (gain, bias) = (at(Part::AttentionNormGain), at(Part::AttentionNormBias));
        let attention_norm = self.norm(spec, gain, bias)?;
        let (gain, bias) = (at(Part::FeedForwardNormGain), at(Part::FeedForwardNormBias));
        Ok(Block {
            attention_norm,
            attention: Attention::new(spec, qkv, out, angles),
            feed_forward_norm: self.norm(spec, gain, bias)?,
            feed_forward: FeedForward::new(spec, up, down),
        })
    }

    fn linear(&mut self, weight: Slot, bias: Slot) -> Result<Linear, Error> {
        Ok(Linear::new(self.matrix(weight)?, self.optional_vector(bias)))
    }

    fn norm(&mut self, spec: &Spec, gain: Slot, bias: Slot) -> Result<Norm, Error> {
        let missing = || Error::MissingTensor { name: format!("{gain:?}") };
        let gain = self.optional_vector(gain).ok_or_else(missing)?;
        Ok(Norm::new(spec, gain, self.optional_vector(bias)))
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
