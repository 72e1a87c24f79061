//! Qwen 2 (Yang et al., "Qwen2 Technical Report", 2024): Llama's form with biases on queries, keys and
//! values.
//!
//! Leaves out sliding windows: a config that uses them is refused by name.

use serde_json::{Value, json};

use super::{Family, Part, Slot, flag_or, llama, wrong};
use crate::{Error, Spec, Tensor, WeightSource};

/// The family.
pub struct Qwen2;

impl Family for Qwen2 {
    fn name(&self) -> &'static str {
        "qwen2"
    }

    fn spec(&self, config: &Value) -> Result<Spec, Error> {
        let key = "use_sliding_window";
        if flag_or(config, key, false)? {
            return Err(wrong(config, key, "false (sliding windows are not read yet)"));
        }
        Ok(Spec { qkv_bias: true, ..llama::spec(self.name(), config)? })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = llama::config("Qwen2ForCausalLM", spec);
        config["use_sliding_window"] = json!(false);
        config
    }

    fn read(&self, spec: &Spec, slot: Slot, source: &dyn WeightSource) -> Result<Tensor, Error> {
        llama::read(spec, slot, &names(slot), source)
    }

    fn write(&self, spec: &Spec, slot: Slot, tensor: Tensor) -> Vec<(String, Tensor)> {
        llama::write(spec, slot, names(slot), &tensor)
    }
}

/// The published tensors that make a slot, top to bottom.
fn names(slot: Slot) -> Vec<String> {
    let Slot::Block(i, Part::QkvBias) = slot else { return llama::names(slot) };
    ["q", "k", "v"].map(|name| format!("model.layers.{i}.self_attn.{name}_proj.bias")).into()
}
