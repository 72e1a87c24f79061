//! Mixtral (Jiang et al., "Mixtral of Experts", 2024): Mistral's form with a mixture of experts in the
//! place of each feed-forward block.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, short};
use super::rope_keys::Defaults;
use super::{llama, mistral};
use crate::Error;
use crate::piece::Piece;
use crate::slot::{Part, Slot};
use crate::spec::{Experts, Spec};

/// The family.
pub struct Mixtral;

fn defaults() -> Defaults {
    Defaults { theta: 1e6, ..Defaults::default() }
}

impl Family for Mixtral {
    fn name(&self) -> &'static str {
        "mixtral"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let experts = Experts {
            n: config.size_or("num_local_experts", 8)?,
            active: config.size_or("num_experts_per_tok", 2)?,
            normalized: true,
            router_bias: false,
            balance: balance(config)?,
        };
        let attention = mistral::window(config, None)?;
        let spec = llama::spec(self.name(), config, defaults())?;
        Ok(Spec { attention, experts: Some(experts), ..spec })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("MixtralForCausalLM", spec, defaults());
        config["sliding_window"] = json!(spec.attention.window);
        if let Some(experts) = &spec.experts {
            config["num_local_experts"] = json!(experts.n);
            write_experts(&mut config, experts);
        }
        config
    }

    fn form(&self, base: Spec) -> Spec {
        let (n, active, normalized, router_bias, balance) = (8, 2, true, false, 0.02);
        Spec { experts: Some(Experts { n, active, normalized, router_bias, balance }), ..base }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        let Slot::Block(i, part) = slot else { return llama::pieces(spec, slot) };
        let moe = format!("model.layers.{i}.block_sparse_moe");
        let of = |e: usize, name: &str, rows| {
            Piece::rows(format!("{moe}.experts.{e}.{name}.weight"), rows)
        };
        match part {
            Part::Router => vec![Piece::rows(format!("{moe}.gate.weight"), llama::experts(spec))],
            Part::ExpertIn(e) => vec![of(e, "w1", spec.d_ff), of(e, "w3", spec.d_ff)],
            Part::ExpertOut(e) => vec![of(e, "w2", spec.d_model)],
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

/// How much the loss asks for a balanced load: nothing unless the router's logits are given out.
pub(super) fn balance(config: Keys<'_>) -> Result<f32, Error> {
    let asked = config.flag_or("output_router_logits", false)?;
    let weight = config.number_or("router_aux_loss_coef", 0.001)? as f32;
    Ok(if asked { weight } else { 0.0 })
}

/// Writes what [`balance`] reads, and how many experts see a token.
pub(super) fn write_experts(config: &mut Value, experts: &Experts) {
    config["num_experts_per_tok"] = json!(experts.active);
    config["output_router_logits"] = json!(experts.balance > 0.0);
    config["router_aux_loss_coef"] = json!(short(experts.balance));
}
