//! Phi-3 and Phi-4-mini (Abdin et al., "Phi-3 Technical Report", 2024): Llama's form whose files hold
//! queries, keys and values, and gate and up, as one matrix each, with LongRoPE.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::rope_keys::Defaults;
use super::{llama, mistral};
use crate::Error;
use crate::piece::Piece;
use crate::slot::{Part, Slot};
use crate::spec::rope::Scaling;
use crate::spec::{Positions, Spec};

/// The family.
pub struct Phi3;

impl Family for Phi3 {
    fn name(&self) -> &'static str {
        "phi3"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        // Early files call LongRoPE by the name of a method that they do not use.
        let mut renamed = config.0.clone();
        for key in ["rope_scaling", "rope_parameters"] {
            for kind in ["type", "rope_type"] {
                if renamed[key][kind] == "yarn" {
                    renamed[key][kind] = json!("longrope");
                }
            }
        }
        let spec = llama::spec(self.name(), Keys(&renamed), Defaults::default())?;
        Ok(Spec { attention: mistral::window(config, None)?, ..spec })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("Phi3ForCausalLM", spec, Defaults::default());
        config["sliding_window"] = json!(spec.attention.window);
        // Left out, it would be an id that a small vocabulary lacks.
        config["pad_token_id"] = Value::Null;
        config["original_max_position_embeddings"] = json!(spec.context);
        if let Positions::Rope(rope) = &spec.positions
            && let Scaling::Long(long) = &rope.scaling
        {
            config["original_max_position_embeddings"] = json!(long.original);
        }
        config
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        let Slot::Block(i, part) = slot else { return llama::pieces(spec, slot) };
        let one =
            |name: &str, rows| vec![Piece::rows(format!("model.layers.{i}.{name}.weight"), rows)];
        match part {
            Part::Qkv => one("self_attn.qkv_proj", spec.qkv_width()),
            Part::FeedForwardIn => one("mlp.gate_up_proj", spec.ff_in_width()),
            _ => llama::pieces(spec, slot),
        }
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }

    fn is_idle(&self, name: &str) -> bool {
        llama::is_table(name)
    }
}
