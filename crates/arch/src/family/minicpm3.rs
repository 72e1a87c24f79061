//! MiniCPM 3 (OpenBMB, 2024): Llama's form with latent attention, and with multipliers of embeddings,
//! what blocks add, and logits, all told in words of their own.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::llama;
use super::rope_keys::Defaults;
use crate::Error;
use crate::piece::{Layout, Piece};
use crate::slot::{Part, Slot};
use crate::spec::{Attending, Latent, Positions, Rope, Scales, Spec};

/// The family.
pub struct MiniCpm3;

impl Family for MiniCpm3 {
    fn name(&self) -> &'static str {
        "minicpm3"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        config.only("attention_bias", &json!(false), "biases in latent attention are not read")?;
        let flat = llama::spec(self.name(), config, Defaults::default())?;
        let turned = config.size_or("qk_rope_head_dim", 32)?;
        let own = flat.d_model / flat.n_heads.max(1);
        let rank = if config.0["q_lora_rank"].is_null() && config.0.get("q_lora_rank").is_some() {
            None
        } else {
            Some(config.size_or("q_lora_rank", 768)?)
        };
        let latent = Latent {
            query_rank: rank,
            rank: config.size_or("kv_lora_rank", 256)?,
            turned,
            value_dim: config.size_or("v_head_dim", own)?,
        };
        let Positions::Rope(rope) = flat.positions else { unreachable!("Llama's form has RoPE") };
        let rope = Rope { turned: Some(turned), ..rope };
        let depth = (flat.n_layers as f64).sqrt();
        let base = config.number_or("dim_model_base", 256.0)?;
        Ok(Spec {
            head_dim: turned.saturating_add(config.size_or("qk_nope_head_dim", 64)?),
            n_kv_heads: flat.n_heads,
            positions: Positions::Rope(rope),
            attention: Attending { latent: Some(latent), ..Attending::default() },
            scales: Scales {
                embedding: config.number_or("scale_emb", 12.0)? as f32,
                residual: (config.number_or("scale_depth", 1.4)? / depth) as f32,
                logits: (flat.d_model as f64 / base) as f32,
            },
            ..flat
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let latent = spec.attention.latent.unwrap_or(Latent {
            query_rank: None,
            rank: 1,
            turned: spec.head_dim,
            value_dim: spec.head_dim,
        });
        let mut config = llama::config("MiniCPM3ForCausalLM", &flat(spec), Defaults::default());
        config["head_dim"] = json!(latent.turned);
        config["q_lora_rank"] = json!(latent.query_rank);
        config["kv_lora_rank"] = json!(latent.rank);
        config["qk_rope_head_dim"] = json!(latent.turned);
        config["qk_nope_head_dim"] = json!(spec.head_dim - latent.turned);
        config["v_head_dim"] = json!(latent.value_dim);
        let Scales { embedding, residual, logits } = spec.scales;
        config["scale_emb"] = json!(f64::from(embedding));
        config["scale_depth"] = json!(f64::from(residual) * (spec.n_layers as f64).sqrt());
        let base = spec.d_model as f64 / f64::from(logits);
        // transformers takes whole numbers alone.
        let whole = (spec.d_model as f64 / base.round()) as f32 == logits;
        config["dim_model_base"] = if whole { json!(base.round() as u64) } else { json!(base) };
        config
    }

    fn form(&self, base: Spec) -> Spec {
        // Half of a head turns; an even number, whatever its width.
        let turned = (base.head_dim / 2).next_multiple_of(2).min(base.head_dim);
        let latent = Latent {
            query_rank: Some((base.d_model / 2).max(1)),
            rank: (base.d_model / 4).max(1),
            turned,
            value_dim: base.head_dim,
        };
        Spec {
            positions: Positions::Rope(Rope { turned: Some(turned), ..Rope::plain(10_000.0) }),
            attention: Attending { latent: Some(latent), ..base.attention },
            ..base
        }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        let mut pieces = llama::pieces(spec, slot);
        if let (Slot::Block(_, Part::QueryUp), Some(latent)) = (slot, spec.attention.latent) {
            for piece in &mut pieces {
                let (heads, turned) = (spec.n_heads, latent.turned);
                piece.layout = Layout::TurnedLast { heads, turned };
            }
        }
        pieces
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        llama::bare(name)
    }

    fn is_idle(&self, name: &str) -> bool {
        llama::is_table(name)
    }
}

/// The spec as a Llama would have it, whose heads are the dimensions that turn.
fn flat(spec: &Spec) -> Spec {
    let Positions::Rope(rope) = &spec.positions else { return spec.clone() };
    let rope = Rope { turned: None, ..rope.clone() };
    let head_dim = spec.attention.latent.map_or(spec.head_dim, |latent| latent.turned);
    Spec { head_dim, positions: Positions::Rope(rope), ..spec.clone() }
}
