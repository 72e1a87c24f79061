//! GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019): pre-norm
//! LayerNorm, learned positions, GELU in its tanh form, biases.
//!
//! Its files keep matrices as `(in, out)`; ours are `(out, in)`. A model without biases is ours
//! alone (nanoGPT has that setting): our config then says `"bias": false`, which no other program
//! reads.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, activation_name, short};
use crate::Error;
use crate::piece::{Layout, Piece};
use crate::slot::{Part, Slot};
use crate::spec::{Activation, Attending, Biases, Spec};

/// The family.
pub struct Gpt2;

impl Family for Gpt2 {
    fn name(&self) -> &'static str {
        "gpt2"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        let not = json!(false);
        config.only(
            "scale_attn_by_inverse_layer_idx",
            &not,
            "scores are scaled alike in all blocks",
        )?;
        config.only("add_cross_attention", &not, "a decoder looks at its own text only")?;
        let (d_model, n_heads) = (config.size("n_embd")?, config.size("n_head")?);
        let head_dim = config.head_dim("n_embd", "n_head")?;
        let unscaled = !config.flag_or("scale_attn_weights", true)?;
        let bias = config.flag_or("bias", true)?;
        Ok(Spec {
            vocab_size: config.size("vocab_size")?,
            d_model,
            n_layers: config.size("n_layer")?,
            n_heads,
            n_kv_heads: n_heads,
            head_dim,
            d_ff: config.size_or("n_inner", 4 * d_model)?,
            context: config.size("n_positions")?,
            norm_eps: config.number_or("layer_norm_epsilon", 1e-5)? as f32,
            activation: config.activation("activation_function", "gelu_new", false)?,
            attention: Attending { scale: unscaled.then_some(1.0), ..Attending::default() },
            biases: if bias { Biases::ALL } else { Biases::NONE },
            tied: config.flag_or("tie_word_embeddings", true)?,
            ..Spec::gpt2(1, 1, 1, 1)
        })
    }

    fn config(&self, spec: &Spec) -> Value {
        let activation = match spec.activation {
            Activation::GeluTanh => "gelu_new",
            other => activation_name(other),
        };
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
            "activation_function": activation,
            "scale_attn_weights": spec.attention.scale.is_none(),
            "tie_word_embeddings": spec.tied,
            "torch_dtype": "float32",
        });
        if spec.biases == Biases::NONE {
            config["bias"] = json!(false);
        }
        config
    }

    fn form(&self, base: Spec) -> Spec {
        Spec::gpt2(base.vocab_size, base.d_model, base.n_layers, base.n_heads)
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        let d = spec.d_model;
        let (name, rows) = match slot {
            Slot::Embedding => ("wte.weight".into(), spec.vocab_size),
            Slot::Positions => ("wpe.weight".into(), spec.context),
            Slot::FinalNormGain => ("ln_f.weight".into(), d),
            Slot::FinalNormBias => ("ln_f.bias".into(), d),
            Slot::Head => return vec![Piece::rows("lm_head.weight", spec.vocab_size)],
            Slot::Block(i, part) => {
                let Some((name, rows)) = in_block(spec, part) else { return Vec::new() };
                (format!("h.{i}.{name}"), rows)
            }
            Slot::ProjectIn | Slot::ProjectOut => return Vec::new(),
        };
        use Part::{AttentionOut, FeedForwardIn, FeedForwardOut, Qkv};
        let layout = match slot {
            Slot::Block(_, Qkv | AttentionOut | FeedForwardIn | FeedForwardOut) => Layout::Columns,
            _ => Layout::Rows,
        };
        vec![Piece { name: format!("transformer.{name}"), rows, layout }]
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        // Some files carry the prefix of the module that wrapped them, some do not.
        name.strip_prefix("transformer.").map(str::to_string).into_iter().collect()
    }

    fn is_idle(&self, name: &str) -> bool {
        name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias")
    }
}

fn in_block(spec: &Spec, part: Part) -> Option<(&'static str, usize)> {
    let (d, qkv, f) = (spec.d_model, spec.qkv_width(), spec.d_ff);
    Some(match part {
        Part::AttentionNormGain => ("ln_1.weight", d),
        Part::AttentionNormBias => ("ln_1.bias", d),
        Part::Qkv => ("attn.c_attn.weight", qkv),
        Part::QkvBias => ("attn.c_attn.bias", qkv),
        Part::AttentionOut => ("attn.c_proj.weight", d),
        Part::AttentionOutBias => ("attn.c_proj.bias", d),
        Part::FeedForwardNormGain => ("ln_2.weight", d),
        Part::FeedForwardNormBias => ("ln_2.bias", d),
        Part::FeedForwardIn => ("mlp.c_fc.weight", f),
        Part::FeedForwardInBias => ("mlp.c_fc.bias", f),
        Part::FeedForwardOut => ("mlp.c_proj.weight", d),
        Part::FeedForwardOutBias => ("mlp.c_proj.bias", d),
        _ => return None,
    })
}
