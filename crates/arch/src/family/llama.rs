//! Llama 1 to 3 (Touvron et al., "LLaMA: Open and Efficient Foundation Language Models", 2023): pre-norm
//! RMSNorm, RoPE in the half-split form, SwiGLU, grouped-query attention; biases where a config asks for
//! them. Many families write their configs and name their tensors after it: what they share is here.

use serde_json::{Value, json};

use super::Family;
use super::keys::{Keys, activation_name, short};
use super::latent_names;
use super::rope_keys::{self, Defaults};
use crate::Error;
use crate::piece::Piece;
use crate::slot::{Part, Slot};
use crate::spec::{Arrangement, Biases, Norm, Positions, Spec};

/// The family.
pub struct Llama;

impl Family for Llama {
    fn name(&self) -> &'static str {
        "llama"
    }

    fn spec(&self, config: Keys<'_>) -> Result<Spec, Error> {
        Ok(Spec { biases: biases(config)?, ..spec(self.name(), config, Defaults::default())? })
    }

    fn config(&self, spec: &Spec) -> Value {
        let mut config = self::config("LlamaForCausalLM", spec, Defaults::default());
        write_biases(&mut config, spec);
        config
    }

    fn pieces(&self, spec: &Spec, slot: Slot) -> Vec<Piece> {
        pieces(spec, slot)
    }

    fn other_names(&self, name: &str) -> Vec<String> {
        bare(name)
    }

    fn is_idle(&self, name: &str) -> bool {
        is_table(name)
    }
}

/// What a config of this form says, but for biases.
pub(super) fn spec(family: &str, config: Keys<'_>, defaults: Defaults) -> Result<Spec, Error> {
    let n_heads = config.size("num_attention_heads")?;
    let head_dim = match config.has("head_dim") {
        true => config.size("head_dim")?,
        false => config.head_dim("hidden_size", "num_attention_heads")?,
    };
    let context = config.size_or("max_position_embeddings", 2048)?;
    let (rope, context) = rope_keys::read(config, head_dim, context, defaults)?;
    Ok(Spec {
        family: family.into(),
        vocab_size: config.size("vocab_size")?,
        d_model: config.size("hidden_size")?,
        n_layers: config.size("num_hidden_layers")?,
        n_heads,
        n_kv_heads: config.size_or("num_key_value_heads", n_heads)?,
        head_dim,
        d_ff: config.size("intermediate_size")?,
        context,
        norm: Norm::Rms,
        norm_eps: config.number_or("rms_norm_eps", 1e-6)? as f32,
        activation: config.activation("hidden_act", "silu", true)?,
        positions: Positions::Rope(rope),
        biases: Biases::NONE,
        tied: config.flag_or("tie_word_embeddings", false)?,
        ..Spec::llama(1, 1, 1, 1)
    })
}

/// The biases that a config of this form asks for.
pub(super) fn biases(config: Keys<'_>) -> Result<Biases, Error> {
    let attention = config.flag_or("attention_bias", false)?;
    let feed_forward = config.flag_or("mlp_bias", false)?;
    Ok(Biases { qkv: attention, out: attention, feed_forward, norm: false })
}

/// A config of this form, but for biases.
pub(super) fn config(architecture: &str, spec: &Spec, defaults: Defaults) -> Value {
    let mut config = json!({
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
        "hidden_act": activation_name(spec.activation),
        "tie_word_embeddings": spec.tied,
        "torch_dtype": "float32",
    });
    if let Positions::Rope(rope) = &spec.positions {
        rope_keys::write(rope, spec.head_dim, &mut config, defaults);
    }
    config
}

/// Writes what [`biases`] reads.
pub(super) fn write_biases(config: &mut Value, spec: &Spec) {
    config["attention_bias"] = json!(spec.biases.qkv);
    config["mlp_bias"] = json!(spec.biases.feed_forward);
}

/// The published tensors that make a slot, top to bottom.
pub(super) fn pieces(spec: &Spec, slot: Slot) -> Vec<Piece> {
    let (d, width) = (spec.d_model, spec.embedding_width());
    let one = |name: &str, rows| vec![Piece::rows(name, rows)];
    match slot {
        Slot::Embedding => one("model.embed_tokens.weight", spec.vocab_size),
        Slot::Positions => one("model.embed_positions.weight", spec.position_offset + spec.context),
        Slot::ProjectIn => one("model.project_in.weight", d),
        Slot::FinalNormGain => one("model.norm.weight", d),
        Slot::FinalNormBias => one("model.norm.bias", d),
        Slot::ProjectOut => one("model.project_out.weight", width),
        Slot::Head => one("lm_head.weight", spec.vocab_size),
        Slot::Block(i, part) => {
            let names = in_block(spec, part).into_iter();
            names
                .map(|(name, rows)| Piece::rows(format!("model.layers.{i}.{name}"), rows))
                .collect()
        }
    }
}

fn in_block(spec: &Spec, part: Part) -> Vec<(String, usize)> {
    let d = spec.d_model;
    let one = |name: &str| vec![(name.to_string(), d)];
    let gain = |norm: &str| one(&format!("{norm}.weight"));
    let norm_bias = |norm: &str| one(&format!("{norm}.bias"));
    // In a sandwich the second norm stands after attention, in other blocks before what follows it.
    let second = match spec.arrangement {
        Arrangement::Sandwich => "pre_feedforward_layernorm",
        _ => "post_attention_layernorm",
    };
    match part {
        Part::AttentionNormGain => gain("input_layernorm"),
        Part::AttentionNormBias => norm_bias("input_layernorm"),
        Part::AttentionPostNormGain => gain("post_attention_layernorm"),
        Part::AttentionPostNormBias => norm_bias("post_attention_layernorm"),
        Part::FeedForwardNormGain => gain(second),
        Part::FeedForwardNormBias => norm_bias(second),
        Part::FeedForwardPostNormGain => gain("post_feedforward_layernorm"),
        Part::FeedForwardPostNormBias => norm_bias("post_feedforward_layernorm"),
        Part::Qkv => qkv(spec, "weight"),
        Part::QkvBias => qkv(spec, "bias"),
        Part::QueryDown
        | Part::LatentQueryNormGain
        | Part::QueryUp
        | Part::KeyValueDown
        | Part::LatentNormGain
        | Part::KeyValueUp => latent_names::in_block(spec, part),
        Part::QueryNormGain => vec![("self_attn.q_norm.weight".into(), spec.head_dim)],
        Part::KeyNormGain => vec![("self_attn.k_norm.weight".into(), spec.head_dim)],
        Part::Sinks => vec![("self_attn.sinks".into(), spec.n_heads)],
        Part::AttentionOut => one("self_attn.o_proj.weight"),
        Part::AttentionOutBias => one("self_attn.o_proj.bias"),
        Part::FeedForwardIn => up(spec, "mlp", "weight"),
        Part::FeedForwardInBias => up(spec, "mlp", "bias"),
        Part::FeedForwardOut => one("mlp.down_proj.weight"),
        Part::FeedForwardOutBias => one("mlp.down_proj.bias"),
        Part::Router => vec![("mlp.gate.weight".into(), experts(spec))],
        Part::RouterBias => vec![("mlp.gate.bias".into(), experts(spec))],
        Part::ExpertIn(e) => up(spec, &format!("mlp.experts.{e}"), "weight"),
        Part::ExpertInBias(e) => up(spec, &format!("mlp.experts.{e}"), "bias"),
        Part::ExpertOut(e) => one(&format!("mlp.experts.{e}.down_proj.weight")),
        Part::ExpertOutBias(e) => one(&format!("mlp.experts.{e}.down_proj.bias")),
    }
}

/// E.
pub(super) fn experts(spec: &Spec) -> usize {
    spec.experts.as_ref().map_or(0, |experts| experts.n)
}

fn qkv(spec: &Spec, what: &str) -> Vec<(String, usize)> {
    let (q, kv) = (spec.n_heads * spec.head_dim, spec.n_kv_heads * spec.head_dim);
    let name = |letter| format!("self_attn.{letter}_proj.{what}");
    vec![(name("q"), q), (name("k"), kv), (name("v"), kv)]
}

fn up(spec: &Spec, within: &str, what: &str) -> Vec<(String, usize)> {
    let names: &[&str] = if spec.activation.is_gated() { &["gate", "up"] } else { &["up"] };
    names.iter().map(|name| (format!("{within}.{name}_proj.{what}"), spec.d_ff)).collect()
}

/// The name without that of the module around it: files of the model without its output matrix.
pub(super) fn bare(name: &str) -> Vec<String> {
    name.strip_prefix("model.").map(str::to_string).into_iter().collect()
}

/// Whether a tensor is a table of angles, which older files carry.
pub(super) fn is_table(name: &str) -> bool {
    name.ends_with("rotary_emb.inv_freq")
}
