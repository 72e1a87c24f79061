//! Our own family: a config that is the spec itself, so that every combination of choices can be trained,
//! saved and loaded, those too that no published family has. Tensors are named as Llama's.

use serde_json::{Value, json};

use super::Family;
use super::keys::Keys;
use super::llama;
use crate::Error;
use crate::piece::Piece;
use crate::slot::Slot;
use crate::spec::Spec;

/// The family.
pub struct Lyceum;

impl Family for Lyceum {
    fn name(&self) -> &'static str {
        "lyceum"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let wrong =
            |e: serde_json::Error| config.wrong("spec", &format!("a model's numbers ({e})"));
        let spec: Spec = serde_json::from_value(config.0["spec"].clone()).map_err(wrong)?;
        Ok(Spec { family: self.name().into(), ..spec })
    }

    fn config(&self, spec: &Spec) -> Value {
        json!({
            "architectures": ["LyceumForCausalLM"],
            "model_type": self.name(),
            "vocab_size": spec.vocab_size,
            "spec": spec,
        })
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        llama::pieces(spec, slot)
    }
}
