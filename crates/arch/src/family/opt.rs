//! OPT (Zhang et al., "OPT: Open Pre-trained Transformer Language Models", 2022): LayerNorm, learned
//! positions that begin at row 2, ReLU, biases. OPT-350m normalises after each half and has narrower
//! embeddings.
//!
//! Leaves out norms without gains, and a pre-norm model without its last norm: refused by name.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, activation_name};
use crate::Error;
use crate::piece::Piece;
use crate::slot::{Part, Slot};
use crate::spec::{Activation, Arrangement, Biases, Spec};

/// The family.
pub struct Opt;

impl Family for Opt {
    fn name(&self) -> &'static str {
        "opt"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let key = "layer_norm_elementwise_affine";
        config.only(key, &json!(true), "norms without gains are not computed here")?;
        config.only(
            "_remove_final_layer_norm",
            &json!(false),
            "the last norm is part of the model",
        )?;
        let d_model = config.size("hidden_size")?;
        let n_heads = config.size("num_attention_heads")?;
        let width = config.size_or("word_embed_proj_dim", d_model)?;
        let bias = config.flag_or("enable_bias", true)?;
        let before = config.flag_or("do_layer_norm_before", true)?;
        Ok(Spec {
            family: self.name().into(),
            vocab_size: config.size("vocab_size")?,
            d_model,
            n_layers: config.size("num_hidden_layers")?,
            n_heads,
            n_kv_heads: n_heads,
            head_dim: config.head_dim("hidden_size", "num_attention_heads")?,
            d_ff: config.size("ffn_dim")?,
            context: config.size("max_position_embeddings")?,
            norm_eps: 1e-5,
            arrangement: if before { Arrangement::PreNorm } else { Arrangement::PostNorm },
            activation: config.activation("activation_function", "relu", false)?,
            position_offset: 2,
            biases: Biases { qkv: bias, out: bias, feed_forward: bias, norm: true },
            embedding_width: (width != d_model).then_some(width),
            tied: config.flag_or("tie_word_embeddings", true)?,
            ..Spec::gpt2(1, 1, 1, 1)
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        json!({
            "architectures": ["OPTForCausalLM"],
            "model_type": self.name(),
            "vocab_size": spec.vocab_size,
            "hidden_size": spec.d_model,
            "num_hidden_layers": spec.n_layers,
            "num_attention_heads": spec.n_heads,
            "ffn_dim": spec.d_ff,
            "max_position_embeddings": spec.context,
            "word_embed_proj_dim": spec.embedding_width(),
            "activation_function": activation_name(spec.activation),
            "do_layer_norm_before": spec.arrangement == Arrangement::PreNorm,
            "enable_bias": spec.biases.qkv,
            "tie_word_embeddings": spec.tied,
            "torch_dtype": "float32",
        })
    }

    fn form(&self, base: Spec) -> Spec {
        Spec {
            activation: Activation::Relu,
            position_offset: 2,
            ..Spec::gpt2(base.vocab_size, base.d_model, base.n_layers, base.n_heads)
        }
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        let (d, width) = (spec.d_model, spec.embedding_width());
        let one = |name: &str, rows| vec![Piece::rows(format!("model.decoder.{name}"), rows)];
        match slot {
            Slot::Embedding => one("embed_tokens.weight", spec.vocab_size),
            Slot::Positions => one("embed_positions.weight", spec.position_offset + spec.context),
            Slot::ProjectIn => one("project_in.weight", d),
            Slot::FinalNormGain => one("final_layer_norm.weight", d),
            Slot::FinalNormBias => one("final_layer_norm.bias", d),
            Slot::ProjectOut => one("project_out.weight", width),
            Slot::Head => vec![Piece::rows("lm_head.weight", spec.vocab_size)],
            Slot::Block(i, part) => {
                let pieces = in_block(spec, part).into_iter();
                let name = |name| format!("model.decoder.layers.{i}.{name}");
                pieces.map(|(piece, rows)| Piece::rows(name(piece), rows)).collect()
            }
        }
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        name.strip_prefix("model.").map(str::to_string).into_iter().collect()
    }
}

fn in_block(spec: &Spec, part: Part) -> Vec<(&'static str, usize)> {
    let (d, f) = (spec.d_model, spec.d_ff);
    match part {
        Part::AttentionNormGain => vec![("self_attn_layer_norm.weight", d)],
        Part::AttentionNormBias => vec![("self_attn_layer_norm.bias", d)],
        Part::Qkv => vec![
            ("self_attn.q_proj.weight", d),
            ("self_attn.k_proj.weight", d),
            ("self_attn.v_proj.weight", d),
        ],
        Part::QkvBias => vec![
            ("self_attn.q_proj.bias", d),
            ("self_attn.k_proj.bias", d),
            ("self_attn.v_proj.bias", d),
        ],
        Part::AttentionOut => vec![("self_attn.out_proj.weight", d)],
        Part::AttentionOutBias => vec![("self_attn.out_proj.bias", d)],
        Part::FeedForwardNormGain => vec![("final_layer_norm.weight", d)],
        Part::FeedForwardNormBias => vec![("final_layer_norm.bias", d)],
        Part::FeedForwardIn => vec![("fc1.weight", f)],
        Part::FeedForwardInBias => vec![("fc1.bias", f)],
        Part::FeedForwardOut => vec![("fc2.weight", d)],
        Part::FeedForwardOutBias => vec![("fc2.bias", d)],
        _ => Vec::new(),
    }
}
