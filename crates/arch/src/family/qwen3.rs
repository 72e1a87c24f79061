//! Qwen 3 (Yang et al., "Qwen3 Technical Report", 2025): Llama's form with a norm on each query and key
//! head in the place of Qwen 2's biases.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::rope_keys::Defaults;
use super::{llama, qwen2};
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::{Attending, Biases, Spec};

/// The family.
pub struct Qwen3;

impl Family for Qwen3 {
    fn name(&self) -> &'static str {
        "qwen3"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let mut whole = config.0.clone();
        if whole["head_dim"].is_null() {
            whole["head_dim"] = json!(128);
        }
        let config = Keys(&whole);
        let spec = llama::spec(self.name(), config, Defaults::default())?;
        let bias = config.flag_or("attention_bias", false)?;
        let windows = qwen2::windows(config, spec.n_layers)?;
        Ok(Spec {
            attention: Attending { head_norm: true, ..windows },
            biases: Biases { qkv: bias, out: bias, ..Biases::NONE },
            ..spec
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("Qwen3ForCausalLM", spec, Defaults::default());
        config["attention_bias"] = json!(spec.biases.qkv);
        qwen2::write_windows(&mut config, spec);
        config
    }

    fn form(&self, base: Spec) -> Spec {
        Spec { attention: Attending { head_norm: true, ..base.attention }, ..base }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        llama::pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }
}
