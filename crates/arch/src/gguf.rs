//! Models in GGUF files: llama.cpp's keys as the config that a family would have had, and of which of its
//! tensors each [`Slot`] is made.
//!
//! Its converter changes some tensors on the way, which is undone here: query and key rows of Llama and
//! its kin are neighbours, GPT-2's matrices are turned already, GPT-NeoX's query, key and value rows stand
//! apart, the gains of Gemma have their 1, the experts of a mixture are one tensor. What a file cannot say
//! has the value that llama.cpp itself assumes.
//!
//! Left out: architectures that have no family here.

mod names;
mod reading;
mod writing;

use serde_json::{Map, Value};

use crate::slot::{Part, Slot};
use crate::spec::rope::{Long, Rope, Scaling};
use crate::spec::{Positions, Spec};
use crate::{Error, Tensor, WeightSource, family};

pub use names::Tensors;
use reading::Keys;
pub use writing::{factors, metadata};

/// llama.cpp's names of architectures, and the families that they are.
const ARCHITECTURES: [(&str, &str); 11] = [
    ("llama", "llama"),
    ("qwen2", "qwen2"),
    ("qwen3", "qwen3"),
    ("gemma2", "gemma2"),
    ("gemma3", "gemma3_text"),
    ("phi3", "phi3"),
    ("gpt2", "gpt2"),
    ("gptneox", "gpt_neox"),
    ("granite", "granite"),
    ("smollm3", "smollm3"),
    ("minicpm3", "minicpm3"),
];

/// The spec that a file's metadata and tensors describe. `source` has the tensors under their names in the
/// file.
///
/// # Errors
/// [`Error::UnknownFamily`] for another architecture; [`Error::Config`] with the key that is missing or
/// wrong; what `source` says.
pub fn spec(metadata: &Map<String, Value>, source: &dyn WeightSource) -> Result<Spec, Error> {
    let keys = Keys { metadata, source };
    let mut spec = family::from_config(&keys.config()?)?;
    if let (Some(factors), Positions::Rope(rope)) =
        (keys.factors("rope_freqs.weight")?, &mut spec.positions)
    {
        // Llama 3.1 stretches by a list that its converter computes.
        let (short, long, original) = (factors.clone(), factors, spec.context);
        rope.scaling = Scaling::Long(Long { short, long, original, magnitude: 1.0 });
    }
    spec.check()?;
    Ok(spec)
}

/// The spec as a file can say it: Llama 3.1's way to stretch becomes the list of factors that it comes to, a
/// Mistral a Llama. What is lost beside that, the difference to what is read back tells.
pub fn sayable(spec: &Spec) -> Spec {
    let mut said = spec.clone();
    if said.family == "mistral" {
        said.family = "llama".into();
    }
    if let Positions::Rope(rope) = &mut said.positions
        && matches!(rope.scaling, Scaling::Llama3 { .. })
    {
        let stretched = rope.frequencies(said.head_dim, 1).each;
        let plain = Rope { scaling: Scaling::None, ..rope.clone() };
        let plain = plain.frequencies(said.head_dim, 1).each;
        let factors: Vec<f32> = plain.iter().zip(&stretched).map(|(p, s)| p / s).collect();
        let (short, long, original) = (factors.clone(), factors, said.context);
        rope.scaling = Scaling::Long(Long { short, long, original, magnitude: 1.0 });
    }
    said
}

/// A slot's tensor as the family has it: gains that are stored as what they are above 1 lose it.
pub fn to_ours(spec: &Spec, slot: Slot, tensor: Tensor) -> Tensor {
    raised(spec, slot, tensor, -1.0)
}

/// A slot's tensor as a file has it.
pub fn to_theirs(spec: &Spec, slot: Slot, tensor: Tensor) -> Tensor {
    raised(spec, slot, tensor, 1.0)
}

fn raised(spec: &Spec, slot: Slot, mut tensor: Tensor, by: f32) -> Tensor {
    let is_gain = match slot {
        Slot::FinalNormGain => true,
        Slot::Block(_, part) => matches!(
            part,
            Part::AttentionNormGain
                | Part::AttentionPostNormGain
                | Part::FeedForwardNormGain
                | Part::FeedForwardPostNormGain
                | Part::QueryNormGain
                | Part::KeyNormGain
        ),
        _ => false,
    };
    if is_gain && spec.gain_above_one {
        tensor.values.iter_mut().for_each(|gain| *gain += by);
    }
    tensor
}
