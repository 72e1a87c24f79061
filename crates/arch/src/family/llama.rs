//! Llama (Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023): pre-norm
//! RMSNorm, RoPE in the half-split form, SwiGLU, grouped-query attention, no biases.
//!
//! Leaves out RoPE scaling and biases: a config that asks for them is refused by name.

use serde_json::{Value, json};

use super::{Family, Part, Slot, flag_or, number_or, short, size, text, wrong};
use crate::{Activation, Error, Norm, Positions, Spec, Tensor, WeightSource};

/// The family.
pub struct Llama;

impl Family for Llama {
    fn name(&self) -> &'static str {
        "llama"
    }

    fn spec(&self, config: &Value) -> Result<Spec, Error> {
        for key in ["attention_bias", "mlp_bias"] {
            if flag_or(config, key, false)? {
                return Err(wrong(config, key, "false (biases are not read for this family yet)"));
            }
        }
        spec(self.name(), config)
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = self::config("LlamaForCausalLM", spec);
        config["attention_bias"] = json!(false);
        config["mlp_bias"] = json!(false);
        config
    }

    fn read(&self, spec: &Spec, slot: Slot, source: &dyn WeightSource) -> Result<Tensor, Error> {
        read(spec, slot, &names(slot), source)
    }

    fn write(&self, spec: &Spec, slot: Slot, tensor: Tensor) -> Vec<(String, Tensor)> {
        write(spec, slot, names(slot), &tensor)
    }
}

/// What a config of this form says, but for biases.
pub(super) fn spec(family: &str, config: &Value) -> Result<Spec, Error> {
    refuse_what_we_lack(config)?;
    let (d_model, n_heads) = (size(config, "hidden_size")?, size(config, "num_attention_heads")?);
    let or = |key: &str, default: usize| match config[key] {
        Value::Null => Ok(default),
        _ => size(config, key),
    };
    // Transformers 5 keeps θ in `rope_parameters`, earlier ones at the top.
    let rope = &config["rope_parameters"];
    let theta_home = if rope["rope_theta"].is_null() { config } else { rope };
    Ok(Spec {
        family: family.into(),
        vocab_size: size(config, "vocab_size")?,
        d_model,
        n_layers: size(config, "num_hidden_layers")?,
        n_heads,
        n_kv_heads: or("num_key_value_heads", n_heads)?,
        head_dim: or("head_dim", d_model / n_heads.max(1))?,
        d_ff: size(config, "intermediate_size")?,
        context: or("max_position_embeddings", 2048)?,
        norm: Norm::Rms,
        norm_eps: number_or(config, "rms_norm_eps", 1e-6)? as f32,
        activation: Activation::SwiGlu,
        positions: Positions::Rope { theta: number_or(theta_home, "rope_theta", 10_000.0)? as f32 },
        bias: false,
        qkv_bias: false,
        tied: flag_or(config, "tie_word_embeddings", false)?,
    })
}

/// A config of this form, but for biases.
pub(super) fn config(architecture: &str, spec: &Spec) -> Value {
    let Positions::Rope { theta } = spec.positions else {
        return json!(spec);
    };
    json!({
        "architectures": [architecture],
        "model_type": spec.family,
        "vocab_size": spec.vocab_size,
        "hidden_size": spec.d_model,
        "num_hidden_layers": spec.n_layers,
        "num_attention_heads": spec.n_heads,
        "num_key_value_heads": spec.n_kv_heads,
        "head_dim": spec.head_dim,
        "intermediate_size": spec.d_ff,
        "max_position_embeddings": spec.context,
        "rms_norm_eps": short(spec.norm_eps),
        "rope_theta": short(theta),
        "hidden_act": "silu",
        "tie_word_embeddings": spec.tied,
        "torch_dtype": "float32",
    })
}

/// A slot's tensor from the published ones of these names, top to bottom.
pub(super) fn read(
    spec: &Spec,
    slot: Slot,
    names: &[String],
    source: &dyn WeightSource,
) -> Result<Tensor, Error> {
    let parts = names.iter().map(|name| source.tensor(name)).collect::<Result<Vec<_>, _>>()?;
    if parts.is_empty() {
        return Err(Error::MissingTensor { name: format!("{slot:?} of {}", spec.family) });
    }
    Ok(Tensor::stack(&parts))
}

/// A slot's tensor as the published ones of these names, top to bottom.
pub(super) fn write(
    spec: &Spec,
    slot: Slot,
    names: Vec<String>,
    tensor: &Tensor,
) -> Vec<(String, Tensor)> {
    let (q, kv) = (spec.n_heads * spec.head_dim, spec.n_kv_heads * spec.head_dim);
    let heights = match slot {
        Slot::Block(_, Part::Qkv | Part::QkvBias) => vec![q, kv, kv],
        Slot::Block(_, Part::FeedForwardIn) => vec![spec.d_ff, spec.d_ff],
        _ => return names.into_iter().map(|name| (name, tensor.clone())).collect(),
    };
    let mut from = 0;
    let piece = |(name, height): (String, usize)| {
        from += height;
        (name, tensor.rows(from - height, from))
    };
    names.into_iter().zip(heights).map(piece).collect()
}

/// The published tensors that make a slot, top to bottom.
pub(super) fn names(slot: Slot) -> Vec<String> {
    let block = |i: usize, names: &[&str]| {
        names.iter().map(|n| format!("model.layers.{i}.{n}.weight")).collect()
    };
    match slot {
        Slot::Embedding => vec!["model.embed_tokens.weight".into()],
        Slot::FinalNormGain => vec!["model.norm.weight".into()],
        Slot::Head => vec!["lm_head.weight".into()],
        Slot::Block(i, Part::AttentionNormGain) => block(i, &["input_layernorm"]),
        Slot::Block(i, Part::Qkv) => {
            block(i, &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"])
        }
        Slot::Block(i, Part::AttentionOut) => block(i, &["self_attn.o_proj"]),
        Slot::Block(i, Part::FeedForwardNormGain) => block(i, &["post_attention_layernorm"]),
        Slot::Block(i, Part::FeedForwardIn) => block(i, &["mlp.gate_proj", "mlp.up_proj"]),
        Slot::Block(i, Part::FeedForwardOut) => block(i, &["mlp.down_proj"]),
        _ => Vec::new(),
    }
}

fn refuse_what_we_lack(config: &Value) -> Result<(), Error> {
    if !config["rope_scaling"].is_null() {
        return Err(wrong(config, "rope_scaling", "none (scaled RoPE is not read yet)"));
    }
    let rope = &config["rope_parameters"];
    if !rope["rope_type"].is_null() && text(rope, "rope_type")? != "default" {
        return Err(wrong(rope, "rope_type", "\"default\" (scaled RoPE is not read yet)"));
    }
    if !config["hidden_act"].is_null() && text(config, "hidden_act")? != "silu" {
        return Err(wrong(config, "hidden_act", "\"silu\""));
    }
    Ok(())
}
