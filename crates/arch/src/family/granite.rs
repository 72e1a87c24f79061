//! Granite 3 (IBM, 2024): Llama's form with multipliers of embeddings, scores, what blocks add, and
//! logits.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, short};
use super::llama;
use super::rope_keys::Defaults;
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::{Attending, Scales, Spec};

/// The family.
pub struct Granite;

impl Family for Granite {
    fn name(&self) -> &'static str {
        "granite"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let multiplier = |key| Ok::<f32, Error>(config.number_or(key, 1.0)? as f32);
        let scales = Scales {
            embedding: multiplier("embedding_multiplier")?,
            residual: multiplier("residual_multiplier")?,
            logits: multiplier("logits_scaling")?,
        };
        let scale = Some(multiplier("attention_multiplier")?);
        let attention = Attending { scale, ..Attending::default() };
        let spec = llama::spec(self.name(), config, Defaults::default())?;
        Ok(Spec { scales, attention, biases: llama::biases(config)?, ..spec })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("GraniteForCausalLM", spec, Defaults::default());
        llama::write_biases(&mut config, spec);
        config["embedding_multiplier"] = json!(short(spec.scales.embedding));
        config["residual_multiplier"] = json!(short(spec.scales.residual));
        config["logits_scaling"] = json!(short(spec.scales.logits));
        config["attention_multiplier"] = json!(short(spec.score_scale()));
        config
    }

    fn form(&self, base: Spec) -> Spec {
        let scale = Some(1.0 / base.head_dim as f32);
        Spec {
            scales: Scales { embedding: 12.0, residual: 0.22, logits: 8.0 },
            attention: Attending { scale, ..base.attention },
            ..base
        }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        llama::pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }
}
