//! The text decoder of Gemma 3 (Gemma Team, "Gemma 3 Technical Report", 2025): Gemma 2's form without
//! soft caps, with a norm on each query and key head, and five sliding blocks to each that sees all, whose
//! heads turn more slowly.
//!
//! Leaves out pictures: the tensors that see them are passed over.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, short};
use super::rope_keys::{self, Defaults};
use super::{gemma2, llama, qwen2};
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::{Attending, Layers, Positions, Rope, Spec};

/// The family.
pub struct Gemma3;

/// What published configs leave unsaid.
const UNSAID: [(&str, usize); 6] = [
    ("vocab_size", 262_208),
    ("num_attention_heads", 8),
    ("num_key_value_heads", 4),
    ("head_dim", 256),
    ("max_position_embeddings", 131_072),
    ("sliding_window", 4096),
];

impl Family for Gemma3 {
    fn name(&self) -> &'static str {
        "gemma3_text"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let mut whole = config.0.clone();
        for (key, value) in UNSAID {
            if whole[key].is_null() {
                whole[key] = json!(value);
            }
        }
        let config = Keys(&whole);
        let spec = gemma2::spec(self.name(), config)?;
        let sliding = match config.has("layer_types") {
            true => qwen2::sliding(config, spec.n_layers)?,
            false => {
                let period = config.size_or("sliding_window_pattern", 6)?.max(1);
                Layers::of(spec.n_layers, |i| !(i + 1).is_multiple_of(period))
            }
        };
        let [full, slow] = ropes(config, &spec)?;
        let softcap = config.number_if("attn_logit_softcapping")?.map(|cap| cap as f32);
        Ok(Spec {
            positions: Positions::Rope(full),
            attention: Attending {
                softcap,
                head_norm: true,
                window: Some(config.size("sliding_window")?),
                sliding,
                sliding_rope: Some(slow),
                ..spec.attention
            },
            logit_softcap: config.number_if("final_logit_softcapping")?.map(|cap| cap as f32),
            ..spec
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = gemma2::config("Gemma3ForCausalLM", spec);
        if let Some(rope) = &spec.attention.sliding_rope {
            config["rope_local_base_freq"] = json!(short(rope.theta));
        }
        config
    }

    fn form(&self, base: Spec) -> Spec {
        let sliding = Layers::of(base.n_layers, |i| !(i + 1).is_multiple_of(6));
        let base = gemma2::form(base);
        let sliding_rope = Some(Rope::plain(10_000.0));
        let (head_norm, window) = (true, Some(512));
        Spec {
            positions: Positions::Rope(Rope::plain(1e6)),
            attention: Attending { head_norm, window, sliding, sliding_rope, ..base.attention },
            ..base
        }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        llama::pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        let mut names = llama::bare(name);
        names.extend(llama::bare(name).iter().map(|bare| format!("model.language_model.{bare}")));
        names.push(format!("language_model.{name}"));
        names
    }

    fn is_idle(&self, name: &str) -> bool {
        let name = name.strip_prefix("model.").unwrap_or(name);
        name.starts_with("vision_tower.") || name.starts_with("multi_modal_projector.")
    }
}

/// How blocks that see all turn their heads, and how sliding ones do.
fn ropes(config: Keys<'_>, spec: &Spec) -> Result<[Rope; 2], Error> {
    let (head_dim, context) = (spec.head_dim, spec.context);
    let nested = config.below("rope_parameters");
    let one = |kind: &str, theta_key: &'static str, theta: f64| {
        let defaults = Defaults { theta, theta_key, ..Defaults::default() };
        let rope = match nested.has(kind) {
            true => nested.below(kind),
            false if kind == "full_attention" => config.below("rope_scaling"),
            false => Keys(&Value::Null),
        };
        rope_keys::read_one(config, rope, head_dim, context, defaults).map(|(rope, _)| rope)
    };
    let full = one("full_attention", "rope_theta", 1e6)?;
    Ok([full, one("sliding_attention", "rope_local_base_freq", 10_000.0)?])
}
