//! The families: one file each, one line each in [`FAMILIES`].
//!
//! A family maps a Hugging Face `config.json` to a [`Spec`] and back, and says of which published
//! tensors each [`Slot`] of our model is made ([`Piece`]). The rest, reading, writing, and telling all
//! that is wrong with a file at once, is the same for all and stands in [`reading`].

pub mod keys;
mod latent_names;
pub mod reading;
pub mod rope_keys;

pub mod gemma2;
pub mod gemma3;
pub mod gpt2;
pub mod gpt_neox;
pub mod gpt_oss;
pub mod granite;
pub mod llama;
pub mod lyceum;
pub mod minicpm3;
pub mod mistral;
pub mod mixtral;
pub mod opt;
pub mod phi3;
pub mod qwen2;
pub mod qwen3;
pub mod smollm3;

use serde_json::Value;

use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::differences;
use crate::{Error, Spec};
use keys::Keys;

pub use reading::{
    Names, check_weights, check_weights_of, found, names, names_of, publish, publish_of, read_slot,
    read_slot_of,
};

/// How one family's files look.
pub trait Family: Sync {
    /// `model_type` in its config.
    fn name(&self) -> &'static str;

    /// Reads the keys of a `config.json`.
    ///
    /// # Errors
    /// [`Error::Config`] for a key that is absent, of the wrong type, or asks for what we lack.
    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error>;

    /// Writes the keys of a `config.json`. What it has no word for is left out; [`to_config`] notices.
    fn config(&self, spec: &Spec) -> Value;

    /// The family's form at the sizes of `base`, a Llama's of the family's name.
    fn form(&self, base: Spec) -> Spec {
        base
    }

    /// The published tensors that a slot is made of, top to bottom.
    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece>;

    /// Other names that files of this family have for the tensor called `name`.
    fn other_names(&self, name: &str) -> Vec<String> {
        let _ = name;
        Vec::new()
    }

    /// Whether a tensor called `name` may stand in a file without being part of the decoder.
    fn is_idle(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// Every family, one line each.
pub const FAMILIES: &[&dyn Family] = &[
    &llama::Llama,
    &mistral::Mistral,
    &mixtral::Mixtral,
    &qwen2::Qwen2,
    &qwen3::Qwen3,
    &smollm3::SmolLm3,
    &granite::Granite,
    &minicpm3::MiniCpm3,
    &phi3::Phi3,
    &gemma2::Gemma2,
    &gemma3::Gemma3,
    &gpt_oss::GptOss,
    &gpt2::Gpt2,
    &gpt_neox::GptNeoX,
    &opt::Opt,
    &lyceum::Lyceum,
];

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

/// A family's form at a size, with a context of 256.
///
/// # Errors
/// [`Error::UnknownFamily`].
pub fn of_size(
    name: &str,
    vocab_size: usize,
    d_model: usize,
    n_layers: usize,
    n_heads: usize,
) -> Result<Spec, Error> {
    let base = Spec::llama(vocab_size, d_model, n_layers, n_heads);
    let family = named(name)?;
    let form = family.form(Spec { family: name.into(), ..base });
    Ok(Spec { family: name.into(), ..form })
}

/// The spec of a `config.json`, checked.
///
/// # Errors
/// [`Error::UnknownFamily`], [`Error::Config`], [`Error::Shape`].
pub fn from_config(config: &Value) -> Result<Spec, Error> {
    let keys = Keys(config);
    // A model that sees pictures too keeps its decoder's config apart.
    if config["model_type"] == "gemma3" && config["text_config"].is_object() {
        return from_config(&config["text_config"]);
    }
    let spec = named(keys.text("model_type")?)?.spec(keys)?;
    spec.check()?;
    Ok(spec)
}

/// The `config.json` of a spec.
///
/// # Errors
/// [`Error::UnknownFamily`]; [`Error::Unsayable`] with what the family's config has no words for.
pub fn to_config(spec: &Spec) -> Result<Value, Error> {
    let config = named(&spec.family)?.config(spec);
    let back = from_config(&config)?;
    if back == *spec {
        return Ok(config);
    }
    let lost = differences(spec, &back).into_iter();
    let lost: Vec<String> = lost.map(|d| format!("{}: {}", d.field, d.first)).collect();
    Err(Error::Unsayable { family: spec.family.clone(), what: lost.join("; ") })
}

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
