//! Attention: one product to queries, keys and values, norms on heads and turning where the model has them,
//! the cache, one product back.

use std::sync::Arc;

use arch::angles::Angles;
use arch::{Error, Part, Slot, Spec};
use kernels::attention::paged::{Kind, Paged, Sequence, attention_paged};
use kernels::attention::{Form, Shape};
use kernels::head_norm::{HeadNorm, head_norm};
use kernels::quantized::Inputs;
use kernels::rope::{rope, rope_backward};

use super::cache::New;
use super::latent::Latent;
use super::norm::gain_of;
use super::source::Reader;
use super::weight::Weight;

#[derive(Debug)]
pub(super) struct Attention {
    to_heads: ToHeads,
    out: Weight,
    /// Of queries and of keys.
    gains: Option<[Vec<f32>; 2]>,
    sinks: Option<Vec<f32>>,
    angles: Option<Arc<Angles>>,
    form: Form,
    shape: Shape,
    norm_eps: f32,
    /// The number of its layer in a cache.
    layer: usize,
    /// Of a value head that is narrower than a key head, its width.
    value_dim: usize,
}

/// What makes queries, keys and values.
#[derive(Debug)]
enum ToHeads {
    Matrix(Weight),
    Latent(Box<Latent>),
}

impl Attention {
    pub(super) fn new(
        spec: &Spec,
        i: usize,
        reader: &Reader<'_>,
        angles: Option<Arc<Angles>>,
    ) -> Result<Self, Error> {
        let at = |part| Slot::Block(i, part);
        let gain = |part| gain_of(spec, reader, at(part));
        Ok(Self {
            to_heads: match spec.attention.latent {
                Some(numbers) => ToHeads::Latent(Box::new(Latent::new(spec, numbers, i, reader)?)),
                None => ToHeads::Matrix(reader.linear(at(Part::Qkv), at(Part::QkvBias))?),
            },
            out: reader.linear(at(Part::AttentionOut), at(Part::AttentionOutBias))?,
            gains: match spec.attention.head_norm {
                true => Some([gain(Part::QueryNormGain)?, gain(Part::KeyNormGain)?]),
                false => None,
            },
            sinks: reader.optional(at(Part::Sinks))?,
            angles,
            form: spec.scores(),
            shape: spec.heads(i, 1, 0),
            norm_eps: spec.norm_eps,
            layer: i,
            value_dim: spec.value_dim(),
        })
    }

    pub(super) fn len_bytes(&self) -> usize {
        let to_heads = match &self.to_heads {
            ToHeads::Matrix(weight) => weight.len_bytes(),
            ToHeads::Latent(latent) => latent.len_bytes(),
        };
        to_heads + self.out.len_bytes()
    }

    /// `(n, D)` to `(n, D)`.
    pub(super) fn forward(&self, x: &Inputs<'_>, sequences: &mut [New<'_>]) -> Vec<f32> {
        let mut qkv = self.heads(x);
        let (width, mut from) = (self.shape.qkv_width(), 0);
        for New { rows, cache } in &mut *sequences {
            let own = &mut qkv[from * width..][..*rows * width];
            self.turn(own, cache.len);
            cache.write(self.layer, own, width, self.shape.out_width());
            from += *rows;
        }
        let mixed = self.mix(&qkv, sequences);
        let width = self.shape.n_heads * self.value_dim;
        self.out.of(&Inputs::new(&self.trimmed(mixed), width))
    }

    /// Queries, keys and values, normalised: `(n, (Hq + 2·Hkv)·head_dim)`.
    fn heads(&self, x: &Inputs<'_>) -> Vec<f32> {
        let Shape { n_heads, n_kv_heads, .. } = self.shape;
        let qkv = match &self.to_heads {
            ToHeads::Matrix(weight) => weight.of(x),
            ToHeads::Latent(latent) => latent.of(x),
        };
        let Some([q_gain, k_gain]) = &self.gains else { return qkv };
        let with = HeadNorm { n_heads, n_kv_heads, q_gain, k_gain, eps: self.norm_eps };
        let mut normed = kernels::fresh::for_overwrite(qkv.len());
        head_norm(with, &qkv, &mut normed);
        normed
    }

    /// Turns a sequence's queries and keys from position `first` on.
    fn turn(&self, qkv: &mut [f32], first: usize) {
        let Some(angles) = &self.angles else { return };
        let Shape { n_heads, n_kv_heads, .. } = self.shape;
        let width = self.shape.qkv_width();
        let end = first + qkv.len() / width;
        let positions: Vec<u32> = (first as u32..end as u32).collect();
        rope(&angles.table(end), qkv, &positions, n_heads + n_kv_heads, width);
    }

    /// Turns keys `(n, 2·Hkv·head_dim)`, behind which values stand, back by so many positions.
    pub(super) fn turn_back(&self, rows: &mut [f32], by: usize) {
        let Some(angles) = &self.angles else { return };
        let Shape { n_kv_heads, head_dim, .. } = self.shape;
        let width = 2 * n_kv_heads * head_dim;
        let positions = vec![by as u32; rows.len() / width];
        rope_backward(&angles.table(by + 1), rows, &positions, n_kv_heads, width);
    }

    /// Some rows of its matrices, by which to know them.
    pub(super) fn some_rows(&self) -> Vec<f32> {
        let to_heads = match &self.to_heads {
            ToHeads::Matrix(weight) => weight,
            ToHeads::Latent(latent) => latent.up(),
        };
        [to_heads.first_row(), self.out.first_row()].concat()
    }

    /// Lets the new positions of every sequence look at all that it holds: `(n, Hq·head_dim)`.
    fn mix(&self, qkv: &[f32], sequences: &[New<'_>]) -> Vec<f32> {
        let (shape, width) = (self.shape, self.shape.qkv_width());
        let parts: Vec<Vec<&[u8]>> =
            sequences.iter().map(|new| new.cache.parts(self.layer)).collect();
        let (mut from, mut kind, mut asked) = (0, Kind::F32, Vec::new());
        for (New { rows, cache }, pages) in sequences.iter().zip(&parts) {
            let own = &qkv[from * width..][..*rows * width];
            asked.push(Sequence { pages, len: cache.len + rows, rows: own });
            (from, kind) = (from + rows, cache.kind());
        }
        let mut mixed = kernels::fresh::for_overwrite(from * shape.out_width());
        let (form, sinks) = (&self.form, self.sinks.as_deref());
        attention_paged(Paged { shape, kind, form, sinks, width }, &asked, &mut mixed);
        mixed
    }

    /// Of mixed values what was no filling: `(n, Hq·value_dim)`.
    fn trimmed(&self, mixed: Vec<f32>) -> Vec<f32> {
        let head_dim = self.shape.head_dim;
        if self.value_dim == head_dim {
            return mixed;
        }
        mixed.chunks_exact(head_dim).flat_map(|head| &head[..self.value_dim]).copied().collect()
    }
}
