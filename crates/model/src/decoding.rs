//! The readable model as an [`arch::Decoder`]: token by token, with a cache of keys and values.
//!
//! In f32 throughout, so that a cached and an uncached pass agree to rounding. Leaves out batches
//! of several sequences and adapters by name: those belong to the fast runtime.

use std::sync::Arc;

use arch::{Cache, Decoder, Error, Input, Logits, Spec, Tap};
use burn::module::Param;
use burn::tensor::{Tensor, TensorData};
use kernels::attention::{Cached, attention_cached};
use nn::attention::Attention;
use nn::pass::Pass;

use crate::Transformer;

/// A model that decodes. The model's tensors must not be tracked by autodiff.
#[derive(Debug)]
pub struct Decoding {
    model: Transformer,
}

impl Decoding {
    /// Takes a model to decode with.
    pub fn new(model: Transformer) -> Self {
        Self { model }
    }

    /// The model.
    pub fn model(&self) -> &Transformer {
        &self.model
    }
}

/// Keys and values of one sequence, turned to their positions: `(n, Hkv·head_dim)` a layer.
#[derive(Clone, Debug)]
pub struct KvCache {
    layers: Vec<(Vec<f32>, Vec<f32>)>,
    width: usize,
    len: usize,
}

impl Cache for KvCache {
    fn len(&self) -> usize {
        self.len
    }

    fn fork(&self) -> Self {
        self.clone()
    }

    fn truncate(&mut self, len: usize) -> usize {
        self.len = self.len.min(len);
        for (keys, values) in &mut self.layers {
            keys.truncate(self.len * self.width);
            values.truncate(self.len * self.width);
        }
        self.len
    }
}

impl Decoder for Decoding {
    type Cache = KvCache;

    fn spec(&self) -> &Spec {
        self.model.spec()
    }

    fn new_cache(&self) -> KvCache {
        let spec = self.spec();
        let layers = vec![(Vec::new(), Vec::new()); spec.n_layers];
        KvCache { layers, width: spec.n_kv_heads * spec.head_dim, len: 0 }
    }

    fn forward(
        &self,
        input: Input<'_>,
        cache: &mut KvCache,
        logits: Logits,
    ) -> Result<Vec<f32>, Error> {
        self.read(input, cache, logits, None)
    }

    fn forward_tapped(
        &self,
        input: Input<'_>,
        cache: &mut KvCache,
        logits: Logits,
        tap: &mut dyn Tap,
    ) -> Result<Vec<f32>, Error> {
        self.read(input, cache, logits, Some(tap))
    }
}

impl Decoding {
    fn read(
        &self,
        input: Input<'_>,
        cache: &mut KvCache,
        logits: Logits,
        mut tap: Option<&mut dyn Tap>,
    ) -> Result<Vec<f32>, Error> {
        let n = input.positions(self.spec(), cache.len)?;
        if n == 0 {
            return Ok(Vec::new());
        }
        let positions = (cache.len as u32..(cache.len + n) as u32).collect();
        let pass = Pass { positions, ..Pass::plain(1, n) };
        let mut x = self.embed(input, &pass);
        let (first, n_blocks) = (cache.len, self.model.blocks.len());
        let mut look = |i: usize, x: Tensor<3>| match &mut tap {
            None => x,
            Some(tap) => {
                let mut rows = ops::storage::with_values(&x, <[f32]>::to_vec);
                tap.stream(i, first, &mut rows);
                Tensor::from_data(TensorData::new(rows, x.dims()), &x.device())
            }
        };
        for (i, (block, layer)) in self.model.blocks.iter().zip(&mut cache.layers).enumerate() {
            x = look(i, x);
            let mut mix = |attention: &Attention, qkv| mix(attention, &qkv, layer, n);
            x = block.forward_mixed(x, &pass, &None, &mut mix);
        }
        x = look(n_blocks, x);
        cache.len += n;
        Ok(self.read_out(x, logits, &pass))
    }

    fn embed(&self, input: Input<'_>, pass: &Pass) -> Tensor<3> {
        match input {
            Input::Ids(ids) => self.model.embedding.forward(Arc::from(ids), pass),
            Input::Embeddings(rows) => {
                let shape = [1, pass.context, self.spec().embedding_width()];
                let device = self.model.embedding.tokens.val().device();
                let rows = Tensor::from_data(TensorData::new(rows.to_vec(), shape), &device);
                self.model.embedding.forward_rows(rows, pass)
            }
        }
    }

    fn read_out(&self, x: Tensor<3>, logits: Logits, pass: &Pass) -> Vec<f32> {
        let [_, n, _] = x.dims();
        let x = match logits {
            Logits::None => return Vec::new(),
            Logits::Last => x.narrow(1, n - 1, 1),
            Logits::All => x,
        };
        let logits = self.model.logits(self.model.finish(x, pass), pass);
        ops::storage::with_values(&logits, <[f32]>::to_vec)
    }
}

/// Stores the new keys and values and lets the new positions look at all: `(1, n, Hq·head_dim)`.
fn mix(
    attention: &Attention,
    qkv: &Tensor<3>,
    (keys, values): &mut (Vec<f32>, Vec<f32>),
    n: usize,
) -> Tensor<3> {
    let mut shape = attention.shape(1, n);
    let (q_width, kv_width) = (shape.out_width(), shape.n_kv_heads * shape.head_dim);
    let mut queries = Vec::with_capacity(n * q_width);
    ops::storage::with_values(qkv, |rows| {
        for row in rows.chunks_exact(q_width + 2 * kv_width) {
            queries.extend_from_slice(&row[..q_width]);
            keys.extend_from_slice(&row[q_width..q_width + kv_width]);
            values.extend_from_slice(&row[q_width + kv_width..]);
        }
    });
    shape.context = keys.len() / kv_width;
    let sinks = attention.sinks.as_ref().map(Param::val);
    let mut out = vec![0.0; n * q_width];
    let mut run = |sinks: Option<&[f32]>| {
        let (form, q) = (attention.form(), &queries);
        attention_cached(Cached { shape, form, sinks, q, keys, values }, &mut out);
    };
    match sinks {
        Some(sinks) => ops::storage::with_values(&sinks, |sinks| run(Some(sinks))),
        None => run(None),
    }
    Tensor::from_data(TensorData::new(out, [1, n, q_width]), &qkv.device())
}
