//! SmolLM 3 (Hugging Face, 2025): Llama's form in which every fourth block turns no heads (NoPE: Yang et
//! al., "Rope to Nope and Back Again", 2025). SmolLM 1 and 2 are Llamas by name.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::rope_keys::Defaults;
use super::{llama, qwen2};
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::{Attending, Layers, Spec};

/// The family.
pub struct SmolLm3;

fn defaults() -> Defaults {
    Defaults { theta: 2e6, ..Defaults::default() }
}

impl Family for SmolLm3 {
    fn name(&self) -> &'static str {
        "smollm3"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let spec = llama::spec(self.name(), config, defaults())?;
        let unturned = unturned(config, spec.n_layers)?;
        let on = config.flag_or("use_sliding_window", false)? && config.has("sliding_window");
        let sliding = match (on, config.has("layer_types")) {
            (false, _) => Layers::None,
            (true, true) => qwen2::sliding(config, spec.n_layers)?,
            (true, false) => unturned.clone(),
        };
        let window = match sliding.is_none() {
            true => None,
            false => Some(config.size("sliding_window")?),
        };
        Ok(Spec {
            attention: Attending { window, sliding, unturned, ..Attending::default() },
            biases: llama::biases(config)?,
            tied: config.flag_or("tie_word_embeddings", true)?,
            ..spec
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("SmolLM3ForCausalLM", spec, defaults());
        llama::write_biases(&mut config, spec);
        // Left out, it would be an id that a small vocabulary lacks.
        config["pad_token_id"] = Value::Null;
        let turned = |i| usize::from(!spec.attention.unturned.has(i));
        config["no_rope_layers"] = json!((0..spec.n_layers).map(turned).collect::<Vec<_>>());
        config["use_sliding_window"] = json!(spec.attention.window.is_some());
        config["sliding_window"] = json!(spec.attention.window);
        config["layer_types"] = qwen2::layer_types(spec);
        config
    }

    fn form(&self, base: Spec) -> Spec {
        let unturned = Layers::of(base.n_layers, |i| (i + 1).is_multiple_of(4));
        Spec { attention: Attending { unturned, ..base.attention }, ..base }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        llama::pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }
}

/// The blocks that turn no heads: a list with 1 for those that do, or a period.
fn unturned(config: Keys<'_>, n_layers: usize) -> Result<Layers, Error> {
    let key = "no_rope_layers";
    if !config.has(key) {
        let period = config.size_or("no_rope_layer_interval", 4)?;
        return Ok(Layers::of(n_layers, |i| period > 0 && (i + 1).is_multiple_of(period)));
    }
    let turned = config.numbers(key)?;
    if turned.len() != n_layers {
        return Err(config.wrong(key, &format!("{n_layers} numbers, one a block")));
    }
    Ok(Layers::of(n_layers, |i| turned[i] == 0.0))
}
