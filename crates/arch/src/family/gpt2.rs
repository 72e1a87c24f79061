//! GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019): pre-norm
//! LayerNorm, learned positions, GELU in its tanh form, biases.
//!
//! Its files keep matrices as `(in, out)`; ours are `(out, in)`. A model without biases is ours
//! alone (nanoGPT has that setting): our config then says `"bias": false`, which no other program
//! reads.

use serde_json::{Value, json};

use super::{Family, Part, Slot, flag_or, number_or, short, size, text, wrong};
use crate::{Activation, Error, Norm, Positions, Spec, Tensor, WeightSource};

/// The family.
pub struct Gpt2;

impl Family for Gpt2 {
    fn name(&self) -> &'static str {
        "gpt2"
    }

    fn spec(&self, config: &Value) -> Result<Spec, Error> {
        let act = &config["activation_function"];
        if !act.is_null() && text(config, "activation_function")? != "gelu_new" {
            return Err(wrong(config, "activation_function", "\"gelu_new\""));
        }
        let (d_model, n_heads) = (size(config, "n_embd")?, size(config, "n_head")?);
        let n_inner = &config["n_inner"];
        Ok(Spec {
            d_ff: if n_inner.is_null() { 4 * d_model } else { size(config, "n_inner")? },
            context: size(config, "n_positions")?,
            norm_eps: number_or(config, "layer_norm_epsilon", 1e-5)? as f32,
            head_dim: d_model / n_heads.max(1),
            bias: flag_or(config, "bias", true)?,
            qkv_bias: false,
            tied: flag_or(config, "tie_word_embeddings", true)?,
            family: self.name().into(),
            vocab_size: size(config, "vocab_size")?,
            d_model,
            n_layers: size(config, "n_layer")?,
            n_heads,
            n_kv_heads: n_heads,
            norm: Norm::Layer,
            activation: Activation::GeluTanh,
            positions: Positions::Learned,
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = json!({
            "architectures": ["GPT2LMHeadModel"],
            "model_type": self.name(),
            "vocab_size": spec.vocab_size,
            "n_embd": spec.d_model,
            "n_layer": spec.n_layers,
            "n_head": spec.n_heads,
            "n_inner": spec.d_ff,
            "n_positions": spec.context,
            "layer_norm_epsilon": short(spec.norm_eps),
            "activation_function": "gelu_new",
            "tie_word_embeddings": spec.tied,
            "torch_dtype": "float32",
        });
        if !spec.bias {
            config["bias"] = json!(false);
        }
        config
    }

    fn read(&self, _: &Spec, slot: Slot, source: &dyn WeightSource) -> Result<Tensor, Error> {
        let name = published(slot);
        // Some files carry the prefix of the module that wrapped them, some do not.
        let bare = name.strip_prefix("transformer.").unwrap_or(&name);
        let tensor = source.tensor(if source.has(&name) { &name } else { bare })?;
        Ok(if is_transposed(slot) && tensor.shape.len() == 2 {
            tensor.transposed()
        } else {
            tensor
        })
    }

    fn write(&self, _: &Spec, slot: Slot, tensor: Tensor) -> Vec<(String, Tensor)> {
        let tensor = if is_transposed(slot) { tensor.transposed() } else { tensor };
        vec![(published(slot), tensor)]
    }
}

fn published(slot: Slot) -> String {
    let name = match slot {
        Slot::Embedding => "wte.weight".into(),
        Slot::Positions => "wpe.weight".into(),
        Slot::FinalNormGain => "ln_f.weight".into(),
        Slot::FinalNormBias => "ln_f.bias".into(),
        Slot::Head => return "lm_head.weight".into(),
        Slot::Block(i, part) => format!("h.{i}.{}", in_block(part)),
    };
    format!("transformer.{name}")
}

fn in_block(part: Part) -> &'static str {
    match part {
        Part::AttentionNormGain => "ln_1.weight",
        Part::AttentionNormBias => "ln_1.bias",
        Part::Qkv => "attn.c_attn.weight",
        Part::QkvBias => "attn.c_attn.bias",
        Part::AttentionOut => "attn.c_proj.weight",
        Part::AttentionOutBias => "attn.c_proj.bias",
        Part::FeedForwardNormGain => "ln_2.weight",
        Part::FeedForwardNormBias => "ln_2.bias",
        Part::FeedForwardIn => "mlp.c_fc.weight",
        Part::FeedForwardInBias => "mlp.c_fc.bias",
        Part::FeedForwardOut => "mlp.c_proj.weight",
        Part::FeedForwardOutBias => "mlp.c_proj.bias",
    }
}

fn is_transposed(slot: Slot) -> bool {
    use Part::{AttentionOut, FeedForwardIn, FeedForwardOut, Qkv};
    matches!(slot, Slot::Block(_, Qkv | AttentionOut | FeedForwardIn | FeedForwardOut))
}
