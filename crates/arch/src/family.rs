//! The families: one file each, one line each in [`FAMILIES`].
//!
//! A family maps a Hugging Face `config.json` to a [`Spec`] and back, and the names of its
//! published tensors to [`Slot`]s of our model and back.

use serde_json::{Value, json};

use crate::{Error, Spec, Tensor, WeightSource};

pub mod gpt2;
pub mod llama;
pub mod qwen2;

/// A place in the model that holds one tensor. Projections that are computed together are held
/// together: query, key and value rows in one matrix; gate and up rows in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// `(V, D)`.
    Embedding,
    /// `(T, D)`, learned positions only.
    Positions,
    /// Of block `.0`.
    Block(usize, Part),
    /// `(D)`.
    FinalNormGain,
    /// `(D)`.
    FinalNormBias,
    /// `(V, D)`, untied models only.
    Head,
}

/// A tensor within a block. Matrices are `(out, in)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each name says which tensor it is")]
pub enum Part {
    AttentionNormGain,
    AttentionNormBias,
    /// `((Hq + 2·Hkv)·head_dim, D)`: query, key, value rows.
    Qkv,
    QkvBias,
    /// `(D, Hq·head_dim)`.
    AttentionOut,
    AttentionOutBias,
    FeedForwardNormGain,
    FeedForwardNormBias,
    /// `(F, D)`, or `(2·F, D)` with gate rows first.
    FeedForwardIn,
    FeedForwardInBias,
    /// `(D, F)`.
    FeedForwardOut,
    FeedForwardOutBias,
}

impl Spec {
    /// Every slot that a model of this spec fills, with its shape, in the order of computation.
    pub fn slots(&self) -> Vec<(Slot, Vec<usize>)> {
        let mut slots = vec![(Slot::Embedding, vec![self.vocab_size, self.d_model])];
        if self.positions == crate::Positions::Learned {
            slots.push((Slot::Positions, vec![self.context, self.d_model]));
        }
        for block in 0..self.n_layers {
            let parts = self.block_parts().into_iter();
            slots.extend(parts.map(|(part, shape)| (Slot::Block(block, part), shape)));
        }
        slots.push((Slot::FinalNormGain, vec![self.d_model]));
        if self.bias && self.norm == crate::Norm::Layer {
            slots.push((Slot::FinalNormBias, vec![self.d_model]));
        }
        if !self.tied {
            slots.push((Slot::Head, vec![self.vocab_size, self.d_model]));
        }
        slots
    }

    fn block_parts(&self) -> Vec<(Part, Vec<usize>)> {
        let (d, heads) = (self.d_model, self.n_heads * self.head_dim);
        let (qkv, ff_in) = (self.qkv_width(), self.ff_in_width());
        let norm_bias = self.bias && self.norm == crate::Norm::Layer;
        let all = [
            (true, Part::AttentionNormGain, vec![d]),
            (norm_bias, Part::AttentionNormBias, vec![d]),
            (true, Part::Qkv, vec![qkv, d]),
            (self.bias || self.qkv_bias, Part::QkvBias, vec![qkv]),
            (true, Part::AttentionOut, vec![d, heads]),
            (self.bias, Part::AttentionOutBias, vec![d]),
            (true, Part::FeedForwardNormGain, vec![d]),
            (norm_bias, Part::FeedForwardNormBias, vec![d]),
            (true, Part::FeedForwardIn, vec![ff_in, d]),
            (self.bias, Part::FeedForwardInBias, vec![ff_in]),
            (true, Part::FeedForwardOut, vec![d, self.d_ff]),
            (self.bias, Part::FeedForwardOutBias, vec![d]),
        ];
        all.into_iter()
            .filter(|(present, ..)| *present)
            .map(|(_, part, shape)| (part, shape))
            .collect()
    }
}

/// How one family's files look.
pub trait Family: Sync {
    /// `model_type` in its config.
    fn name(&self) -> &'static str;

    /// Reads the keys of a `config.json`.
    ///
    /// # Errors
    /// [`Error::Config`] for a key that is absent, of the wrong type, or asks for what we lack.
    fn spec(&self, config: &Value) -> Result<Spec, Error>;

    /// Writes the keys of a `config.json`.
    fn config(&self, spec: &Spec) -> Value;

    /// Gathers a slot's tensor from the published ones.
    ///
    /// # Errors
    /// What `source` says of a tensor that it lacks.
    fn read(&self, spec: &Spec, slot: Slot, source: &dyn WeightSource) -> Result<Tensor, Error>;

    /// Splits a slot's tensor into the published ones, with their names.
    fn write(&self, spec: &Spec, slot: Slot, tensor: Tensor) -> Vec<(String, Tensor)>;
}

/// Every family, one line each.
pub const FAMILIES: &[&dyn Family] = &[&llama::Llama, &qwen2::Qwen2, &gpt2::Gpt2];

/// The family called `name`.
///
/// # Errors
/// [`Error::UnknownFamily`] with the names that would have worked.
pub fn named(name: &str) -> Result<&'static dyn Family, Error> {
    FAMILIES.iter().copied().find(|f| f.name() == name).ok_or_else(|| Error::UnknownFamily {
        got: name.to_string(),
        known: FAMILIES.iter().map(|f| f.name()).collect::<Vec<_>>().join(", "),
    })
}

/// The spec of a `config.json`, checked.
///
/// # Errors
/// [`Error::UnknownFamily`], [`Error::Config`], [`Error::Shape`].
pub fn from_config(config: &Value) -> Result<Spec, Error> {
    let spec = named(text(config, "model_type")?)?.spec(config)?;
    spec.check()?;
    Ok(spec)
}

/// The `config.json` of a spec of a known family; others give their spec's fields.
pub fn to_config(spec: &Spec) -> Value {
    named(&spec.family).map_or_else(|_| json!(spec), |family| family.config(spec))
}

/// A slot's tensor, with the shape that the spec says.
///
/// # Errors
/// What the source says, or [`Error::TensorShape`].
pub fn read_slot(
    spec: &Spec,
    slot: Slot,
    expected: &[usize],
    source: &dyn WeightSource,
) -> Result<Tensor, Error> {
    let tensor = named(&spec.family)?.read(spec, slot, source)?;
    if tensor.shape != expected {
        return Err(Error::TensorShape {
            name: format!("{slot:?}"),
            expected: expected.to_vec(),
            got: tensor.shape,
        });
    }
    Ok(tensor)
}

fn text<'a>(config: &'a Value, key: &str) -> Result<&'a str, Error> {
    config[key].as_str().ok_or_else(|| wrong(config, key, "a string"))
}

fn size(config: &Value, key: &str) -> Result<usize, Error> {
    let number = config[key].as_u64().and_then(|n| usize::try_from(n).ok());
    number.ok_or_else(|| wrong(config, key, "a whole number"))
}

fn number_or(config: &Value, key: &str, default: f64) -> Result<f64, Error> {
    match &config[key] {
        Value::Null => Ok(default),
        value => value.as_f64().ok_or_else(|| wrong(config, key, "a number")),
    }
}

fn flag_or(config: &Value, key: &str, default: bool) -> Result<bool, Error> {
    match &config[key] {
        Value::Null => Ok(default),
        value => value.as_bool().ok_or_else(|| wrong(config, key, "true or false")),
    }
}

fn wrong(config: &Value, key: &str, expected: &str) -> Error {
    let got = match &config[key] {
        Value::Null => "nothing".to_string(),
        value => value.to_string().chars().take(60).collect(),
    };
    Error::Config { key: key.to_string(), expected: expected.to_string(), got }
}

/// The shortest decimal that reads back as this `f32`, so that 1e-5 is written as 1e-5.
fn short(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

#[cfg(test)]
mod tests;
