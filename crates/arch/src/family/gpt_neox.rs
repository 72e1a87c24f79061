//! GPT-NeoX and Pythia (Black et al., "GPT-NeoX-20B", 2022; Biderman et al., "Pythia", 2023): LayerNorm,
//! attention and feed-forward side by side, RoPE on a quarter of each head, exact GELU, biases.
//!
//! Its files sort query, key and value rows by head; ours have all heads' queries first.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, activation_name, short};
use super::llama::is_table;
use super::rope_keys::{self, Defaults};
use crate::Error;
use crate::piece::{Layout, Piece};
use crate::slot::{Part, Slot};
use crate::spec::{Activation, Arrangement, Biases, Positions, Rope, Spec};

/// The family.
pub struct GptNeoX;

fn defaults() -> Defaults {
    Defaults { theta: 10_000.0, share: 0.25, theta_key: "rotary_emb_base", share_key: "rotary_pct" }
}

impl Family for GptNeoX {
    fn name(&self) -> &'static str {
        "gpt_neox"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let n_heads = config.size("num_attention_heads")?;
        let head_dim = config.head_dim("hidden_size", "num_attention_heads")?;
        let context = config.size_or("max_position_embeddings", 2048)?;
        let (rope, context) = rope_keys::read(config, head_dim, context, defaults())?;
        let bias = config.flag_or("attention_bias", true)?;
        let parallel = config.flag_or("use_parallel_residual", true)?;
        Ok(Spec {
            family: self.name().into(),
            vocab_size: config.size("vocab_size")?,
            d_model: config.size("hidden_size")?,
            n_layers: config.size("num_hidden_layers")?,
            n_heads,
            n_kv_heads: n_heads,
            head_dim,
            d_ff: config.size("intermediate_size")?,
            context,
            norm_eps: config.number_or("layer_norm_eps", 1e-5)? as f32,
            arrangement: if parallel { Arrangement::Parallel } else { Arrangement::PreNorm },
            activation: config.activation("hidden_act", "gelu", false)?,
            positions: Positions::Rope(rope),
            biases: Biases { qkv: bias, out: bias, ..Biases::ALL },
            tied: config.flag_or("tie_word_embeddings", false)?,
            ..Spec::gpt2(1, 1, 1, 1)
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = json!({
            "architectures": ["GPTNeoXForCausalLM"],
            "model_type": self.name(),
            "vocab_size": spec.vocab_size,
            "hidden_size": spec.d_model,
            "num_hidden_layers": spec.n_layers,
            "num_attention_heads": spec.n_heads,
            "intermediate_size": spec.d_ff,
            "max_position_embeddings": spec.context,
            "layer_norm_eps": short(spec.norm_eps),
            "hidden_act": activation_name(spec.activation),
            "use_parallel_residual": spec.arrangement == Arrangement::Parallel,
            "attention_bias": spec.biases.qkv,
            "tie_word_embeddings": spec.tied,
            "torch_dtype": "float32",
        });
        if let Positions::Rope(rope) = &spec.positions {
            rope_keys::write(rope, spec.head_dim, &mut config, defaults());
        }
        config
    }

    fn form(&self, base: Spec) -> Spec {
        let turned = Some((base.head_dim / 8 * 2).max(2));
        Spec {
            arrangement: Arrangement::Parallel,
            activation: Activation::Gelu,
            positions: Positions::Rope(Rope { turned, ..Rope::plain(10_000.0) }),
            ..Spec::gpt2(base.vocab_size, base.d_model, base.n_layers, base.n_heads)
        }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        let d = spec.d_model;
        let (name, rows) = match slot {
            Slot::Embedding => ("gpt_neox.embed_in.weight".into(), spec.vocab_size),
            Slot::FinalNormGain => ("gpt_neox.final_layer_norm.weight".into(), d),
            Slot::FinalNormBias => ("gpt_neox.final_layer_norm.bias".into(), d),
            Slot::Head => ("embed_out.weight".into(), spec.vocab_size),
            Slot::Block(i, part) => {
                let Some((name, rows)) = in_block(spec, part) else { return Vec::new() };
                (format!("gpt_neox.layers.{i}.{name}"), rows)
            }
            Slot::Positions | Slot::ProjectIn | Slot::ProjectOut => return Vec::new(),
        };
        let layout = match slot {
            Slot::Block(_, Part::Qkv | Part::QkvBias) => Layout::ByHead { heads: spec.n_heads },
            _ => Layout::Rows,
        };
        vec![Piece { name, rows, layout }]
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        name.strip_prefix("gpt_neox.").map(str::to_string).into_iter().collect()
    }

    fn is_idle(&self, name: &str) -> bool {
        let mask = name.ends_with(".attention.bias") || name.ends_with(".attention.masked_bias");
        mask || is_table(name)
    }
}

fn in_block(spec: &Spec, part: Part) -> Option<(&'static str, usize)> {
    let (d, qkv, f) = (spec.d_model, spec.qkv_width(), spec.d_ff);
    Some(match part {
        Part::AttentionNormGain => ("input_layernorm.weight", d),
        Part::AttentionNormBias => ("input_layernorm.bias", d),
        Part::Qkv => ("attention.query_key_value.weight", qkv),
        Part::QkvBias => ("attention.query_key_value.bias", qkv),
        Part::AttentionOut => ("attention.dense.weight", d),
        Part::AttentionOutBias => ("attention.dense.bias", d),
        Part::FeedForwardNormGain => ("post_attention_layernorm.weight", d),
        Part::FeedForwardNormBias => ("post_attention_layernorm.bias", d),
        Part::FeedForwardIn => ("mlp.dense_h_to_4h.weight", f),
        Part::FeedForwardInBias => ("mlp.dense_h_to_4h.bias", f),
        Part::FeedForwardOut => ("mlp.dense_4h_to_h.weight", d),
        Part::FeedForwardOutBias => ("mlp.dense_4h_to_h.bias", d),
        _ => return None,
    })
}
